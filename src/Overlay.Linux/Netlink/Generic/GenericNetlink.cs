using static Overlay.Linux.Interop.Uapi;

namespace Overlay.Linux.Netlink.Generic;

/// <summary>A connection to one family of generic netlink. Not safe for several threads.</summary>
public sealed class GenericNetlink : IDisposable
{
    private GenericNetlink(NetlinkConnection connection, in GenericFamily family) => (Connection, Family) = (connection, family);

    /// <summary>The connection, for batches that <see cref="GenericMessages.Begin"/> writes.</summary>
    public NetlinkConnection Connection { get; }

    /// <summary>Whom it leads to.</summary>
    public GenericFamily Family { get; }

    /// <summary>Opens a socket in the network namespace of the calling thread; <see langword="null"/> when the kernel has no such family.</summary>
    /// <param name="family">The family's name.</param>
    /// <param name="carriesSecrets">Whether answers are wiped once they were read.</param>
    /// <exception cref="NetlinkException">The kernel has no generic netlink, or refuses.</exception>
    public static GenericNetlink? TryOpen(string family, bool carriesSecrets = false) => TryOpen(NetlinkConnection.Open(NetlinkProtocol.Generic, carriesSecrets), family);

    internal static GenericNetlink? TryOpen(NetlinkConnection connection, string family)
    {
        using var request = new NetlinkBatch();
        request.GetFamily(family);
        var found = new ListVisitor<GenericFamily>(GenericMessages.TryReadFamily);
        try
        {
            connection.Query(request, ref found);
            if (found.Items is [var only, ..])
            {
                return new GenericNetlink(connection, only);
            }
        }
        catch (NetlinkException exception) when (exception.Errno == ENOENT)
        {
            // As said.
        }
        catch
        {
            connection.Dispose();
            throw;
        }

        connection.Dispose();
        return null;
    }

    /// <inheritdoc/>
    public void Dispose() => Connection.Dispose();
}
