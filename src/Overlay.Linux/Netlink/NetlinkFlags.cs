namespace Overlay.Linux.Netlink;

/// <summary>The flags of a message header (NLM_F_* of linux/netlink.h). Some bits mean one thing in a request to create, another in a request to read,
/// and a third in an answer.</summary>
[Flags]
#pragma warning disable CA1028 // The width is that of the header.
#pragma warning disable CA1069 // The kernel gives some bits two meanings.
public enum NetlinkFlags : ushort
#pragma warning restore CA1028
{
    /// <summary>No flag.</summary>
    None = 0,

    /// <summary>The message asks for something; every message to the kernel has it.</summary>
    Request = 0x1,

    /// <summary>The message is one of several that end with a "done" message.</summary>
    Multi = 0x2,

    /// <summary>Success is to be acknowledged too; errors always are.</summary>
    Acknowledge = 0x4,

    /// <summary>Answer: the table changed while it was dumped, so that entries may be missing or come twice.</summary>
    DumpInterrupted = 0x10,

    /// <summary>Answer: the kernel understood the dump's filter.</summary>
    DumpFiltered = 0x20,

    /// <summary>Create: what has the same key is replaced.</summary>
    Replace = 0x100,

    /// <summary>Create: it is an error when the key exists.</summary>
    Exclusive = 0x200,

    /// <summary>Create: it is no error when the key does not exist.</summary>
    Create = 0x400,

    /// <summary>Create: add at the end of a list.</summary>
    Append = 0x800,

    /// <summary>Read: everything (NLM_F_ROOT and NLM_F_MATCH).</summary>
    Dump = 0x300,

    /// <summary>Verdict: the request's own bytes are not repeated.</summary>
    Capped = 0x100,

    /// <summary>Verdict: an extended acknowledgement follows.</summary>
    HasExtendedAcknowledgement = 0x200,
}
#pragma warning restore CA1069
