namespace Overlay.Linux.Netlink;

/// <summary>What the kernel said against one message of a batch.</summary>
/// <param name="Index">The message's place in the batch, from 0.</param>
/// <param name="Operation">What the message asks for, such as <c>new route</c>.</param>
/// <param name="Errno">The error number (errno.h). ENOBUFS (105) also stands for an answer that was lost: the request may have been done or not.</param>
/// <param name="KernelMessage">The kernel's own words, if it sent an extended acknowledgement.</param>
/// <param name="Offset">Where in the message the offending attribute begins, if the kernel said so.</param>
public readonly record struct NetlinkFailure(int Index, string Operation, int Errno, string? KernelMessage, int? Offset)
{
    /// <summary>The same as an exception to throw.</summary>
    public NetlinkException ToException() => new(Operation, Errno, KernelMessage, Offset);

    /// <summary>The text that the exception would have.</summary>
    public override string ToString() => NetlinkException.Describe(Operation, Errno, KernelMessage);
}
