namespace Overlay.Linux.Netlink;

/// <summary>What came of an attempt to receive.</summary>
public enum NetlinkReceipt
{
    /// <summary>There is nothing to receive now.</summary>
    Nothing,

    /// <summary>The buffer holds a datagram.</summary>
    Datagram,

    /// <summary>The socket's queue was full and messages were lost (ENOBUFS). Who follows notifications has to read everything again; what is in the queue
    /// is still to be received.</summary>
    Overrun,

    /// <summary>The datagram was larger than the buffer and is lost. The buffer has grown, so that the next one of that size fits.</summary>
    Truncated,
}
