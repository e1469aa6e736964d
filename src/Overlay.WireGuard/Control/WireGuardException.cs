using Overlay.Core.Diagnostics;

namespace Overlay.WireGuard.Control;

/// <summary>A WireGuard interface could not do what it was asked for.</summary>
public sealed class WireGuardException : OverlayException
{
    /// <summary>Says what was refused, in one sentence that a user can act upon, with the error number for <c>errno=</c> answers.</summary>
    public WireGuardException(string message, int errno)
        : base(message) => Errno = errno;

    /// <summary>Says what was refused, and what caused it.</summary>
    public WireGuardException(string message, int errno, Exception innerException)
        : base(message, innerException) => Errno = errno;

    /// <summary>The error number (errno.h), positive: 98 for "Address already in use".</summary>
    public int Errno { get; }
}
