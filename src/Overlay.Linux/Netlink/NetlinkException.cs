using System.Runtime.InteropServices;
using Overlay.Core.Diagnostics;

namespace Overlay.Linux.Netlink;

/// <summary>The kernel refused a netlink request.</summary>
public sealed class NetlinkException : OverlayException
{
    /// <summary>Says what was asked for and what the kernel answered.</summary>
    public NetlinkException(string operation, int errno, string? kernelMessage = null, int? offset = null)
        : base(Describe(operation, errno, kernelMessage))
    {
        Operation = operation;
        Errno = errno;
        KernelMessage = kernelMessage;
        Offset = offset;
    }

    /// <summary>What was asked for, such as <c>new link</c>.</summary>
    public string Operation { get; }

    /// <summary>The error number (errno.h), such as 17 for "File exists".</summary>
    public int Errno { get; }

    /// <summary>The kernel's own words, if it sent an extended acknowledgement.</summary>
    public string? KernelMessage { get; }

    /// <summary>Where in the request the offending attribute begins, in bytes from the message's header, if the kernel said so.</summary>
    public int? Offset { get; }

    /// <summary><c>netlink new link: File exists: the kernel's own words</c>.</summary>
    internal static string Describe(string operation, int errno, string? kernelMessage)
    {
        var text = $"netlink {operation}: {Marshal.GetPInvokeErrorMessage(errno)}";
        return string.IsNullOrEmpty(kernelMessage) ? text : $"{text}: {kernelMessage}";
    }
}
