using System.Runtime.InteropServices;
using Overlay.Core.Diagnostics;

namespace Overlay.Linux.Netlink.Ethtool;

/// <summary>The kernel refused an ethtool command.</summary>
public sealed class EthtoolException : OverlayException
{
    /// <summary>Says what was asked for and what the kernel answered.</summary>
    public EthtoolException(string operation, int errno)
        : base($"ethtool {operation}: {Marshal.GetPInvokeErrorMessage(errno)}")
    {
        Operation = operation;
        Errno = errno;
    }

    /// <summary>What was asked for, such as <c>set tx-checksum-ip-generic of flannel.1</c>.</summary>
    public string Operation { get; }

    /// <summary>The error number (errno.h), such as 95 for "Operation not supported".</summary>
    public int Errno { get; }
}
