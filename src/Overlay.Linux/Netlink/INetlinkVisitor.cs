namespace Overlay.Linux.Netlink;

/// <summary>Takes the answers to a request, one after the other, while they are in the buffer.</summary>
public interface INetlinkVisitor
{
    /// <summary>The answers begin. This is called again when a dump has to be started anew because the table changed meanwhile: what was visited
    /// before no longer counts.</summary>
    void Begin();

    /// <summary>One message of the answer. It must not be kept.</summary>
    void Visit(NetlinkMessage message);
}
