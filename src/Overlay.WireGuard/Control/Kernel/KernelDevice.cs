using Overlay.Core.Addressing;
using Overlay.Linux.Netlink;
using Overlay.Linux.Netlink.Generic;
using Overlay.Linux.Netlink.Route;
using Overlay.WireGuard.Protocol.Keys;

using static Overlay.WireGuard.Control.Kernel.Interop.WireGuardHeader;

namespace Overlay.WireGuard.Control.Kernel;

/// <summary>A WireGuard interface whose packets the kernel carries. Disposing lets go of it and leaves it standing; <see cref="Delete"/> takes it away.</summary>
/// <remarks>The kernel does a change piece by piece: of a refused one, the pieces before the refused one stand. It announces changes of the link and no others, so
/// that peers have to be read to be known.</remarks>
public sealed class KernelDevice : IWireGuardDevice
{
    /// <summary>The kind of link, as <c>ip link add type</c> names it.</summary>
    public const string LinkKind = "wireguard";

    // errno.h.
    private const int NoDevice = 19;
    private const int Invalid = 22;
    private const int Exists = 17;
    private const int NotSupported = 95;

    // How many messages are made before they are sent, so that a change of any size takes half a megabyte.
    private const int MostMessages = 64;

    private readonly Lock _gate = new();
    private readonly GenericNetlink _netlink;
    private readonly RouteNetlink _route;
    private readonly LinkWatch _watch;
    private readonly NetlinkBatch _batch = new(carriesSecrets: true);
    private readonly TaskCompletionSource _disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool? _takesRemovals;

    private KernelDevice(GenericNetlink netlink, RouteNetlink route, Link link)
    {
        (_netlink, _route, Name, Index) = (netlink, route, link.Name, link.Index);
        _watch = new LinkWatch(link.Index, link.Name);
        Closed = Task.WhenAny(_watch.Gone, _disposed.Task);
    }

    /// <inheritdoc />
    public string Name { get; }

    /// <summary>The link's index in the network namespace that this was opened in.</summary>
    public int Index { get; }

    /// <inheritdoc />
    public WireGuardDeviceKind Kind => WireGuardDeviceKind.Kernel;

    /// <inheritdoc />
    public Task Closed { get; }

    /// <summary>Whether this kernel has WireGuard; its module is loaded if need be.</summary>
    public static bool IsSupported()
    {
        using var netlink = GenericNetlink.TryOpen(WG_GENL_NAME);
        return netlink is not null;
    }

    /// <summary>Makes an interface in the network namespace of the calling thread. It is down and has no key.</summary>
    /// <param name="name">The name; at most 15 bytes.</param>
    /// <param name="mtu">The MTU, in bytes; the kernel's own choice is 1420.</param>
    /// <exception cref="WireGuardException">The kernel has no WireGuard (EOPNOTSUPP), the name is taken (EEXIST), or the right is missing (EPERM).</exception>
    public static KernelDevice Create(string name, int? mtu = null) => Open(name, route =>
    {
        route.Execute(batch => batch.CreateLink(LinkKind, new LinkSettings { Name = name, Mtu = mtu }));
        return route.FindLink(name);
    });

    /// <summary>Opens an interface that is there, in the network namespace of the calling thread.</summary>
    /// <exception cref="WireGuardException">There is none (ENODEV), it is of another kind (EEXIST), or the kernel has no WireGuard (EOPNOTSUPP).</exception>
    public static KernelDevice Open(string name) => Open(name, route => route.FindLink(name));

    /// <inheritdoc />
    public ValueTask<WireGuardDeviceState> ReadAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return ValueTask.FromResult(Do(Read));
        }
    }

    /// <inheritdoc />
    public ValueTask ConfigureAsync(WireGuardChange change, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(change);
        lock (_gate)
        {
            Do(() =>
            {
                Configure(change);
                return true;
            });
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>Takes the interface away; nothing happens when it is gone.</summary>
    /// <exception cref="WireGuardException">The kernel refuses.</exception>
    public void Delete()
    {
        lock (_gate)
        {
            try
            {
                _route.Execute(batch => batch.DeleteLink(Index));
            }
            catch (NetlinkException exception) when (exception.Errno == NoDevice)
            {
                // As said.
            }
            catch (NetlinkException exception)
            {
                throw Failed(Name, exception);
            }
        }
    }

    /// <summary>Lets go of the interface, which stays as it is.</summary>
    public ValueTask DisposeAsync()
    {
        _disposed.TrySetResult();
        _watch.Dispose();
        lock (_gate)
        {
            _netlink.Dispose();
            _route.Dispose();
            _batch.Dispose();
        }

        return ValueTask.CompletedTask;
    }

    private static KernelDevice Open(string name, Func<RouteNetlink, Link?> find)
    {
        var netlink = GenericNetlink.TryOpen(WG_GENL_NAME, carriesSecrets: true)
            ?? throw new WireGuardException("This kernel has no WireGuard: the module 'wireguard' is missing.", NotSupported);
        RouteNetlink? route = null;
        try
        {
            route = new RouteNetlink();
            var link = find(route) ?? throw new WireGuardException($"There is no interface {name}.", NoDevice);
            return link.Kind == LinkKind
                ? new KernelDevice(netlink, route, link)
                : throw new WireGuardException($"The interface {name} is of kind '{link.Kind}', not '{LinkKind}'.", Exists);
        }
        catch (Exception exception)
        {
            netlink.Dispose();
            route?.Dispose();
            throw exception is NetlinkException refused ? Failed(name, refused) : exception;
        }
    }

    private static WireGuardException Failed(string name, NetlinkException exception) => new($"{name}: {exception.Message}", exception.Errno, exception);

    private T Do<T>(Func<T> work)
    {
        if (_disposed.Task.IsCompleted)
        {
            throw new WireGuardException($"The interface {Name} was let go of.", NoDevice);
        }

        try
        {
            return work();
        }
        catch (NetlinkException exception)
        {
            throw Failed(Name, exception);
        }
        finally
        {
            _batch.Clear();
        }
    }

    private WireGuardDeviceState Read()
    {
        _batch.Clear();
        _batch.DumpDevice(_netlink.Family, Index);
        var visitor = new DeviceVisitor(_netlink.Family);
        _netlink.Connection.Query(_batch, ref visitor);
        return visitor.ToState();
    }

    private void Configure(WireGuardChange change)
    {
        if (change.ListenPort is { } port)
        {
            // Alone and first: it is what may well be refused, and nothing else has happened then.
            Execute(batch => batch.SetDevice(_netlink.Family, Index, listenPort: port));
        }

        if (change.FirewallMark is not null || change.PrivateKey is not null || change.RemovePrivateKey || change.ReplacePeers)
        {
            Execute(batch => batch.SetDevice(
                _netlink.Family, Index, null, change.FirewallMark, change.PrivateKey, change.RemovePrivateKey, change.ReplacePeers));
        }

        ConfigurePeers(change.Peers);
    }

    // Kernels before 6.16 do not know how to take a single prefix away and refuse to try. Until it is known, such a change goes alone.
    private void ConfigurePeers(IReadOnlyList<WireGuardPeerChange> changes)
    {
        List<WireGuardPeerChange> together = [];
        foreach (var change in changes)
        {
            if (_takesRemovals != true && !change.Remove && change.AllowedIps.Any(allowed => allowed.IsRemoval))
            {
                Send(together);
                together.Clear();
                TakeAway(change);
            }
            else
            {
                together.Add(change);
            }
        }

        Send(together);
    }

    private void TakeAway(WireGuardPeerChange change)
    {
        try
        {
            if (_takesRemovals is null)
            {
                Send([change]);
                // About a peer that is not there, nothing was said.
                _takesRemovals = Read(change.PublicKey) is not null ? true : null;
                return;
            }
        }
        catch (NetlinkException exception) when (exception.Errno == Invalid)
        {
            _takesRemovals = false;
        }

        Send([PrefixRemoval.Rewrite(change, Read(change.PublicKey) ?? [])]);
    }

    private IReadOnlyList<InetPrefix>? Read(PublicKey peer)
    {
        using var state = Read();
        return state.Peers.FirstOrDefault(candidate => candidate.PublicKey == peer)?.AllowedIps;
    }

    private void Send(IReadOnlyList<WireGuardPeerChange> changes)
    {
        foreach (var pieces in PeerPiece.Divide(changes).Chunk(MostMessages))
        {
            Execute(batch =>
            {
                foreach (var message in pieces)
                {
                    batch.SetPeers(_netlink.Family, Index, message);
                }
            });
        }
    }

    private void Execute(Action<NetlinkBatch> write)
    {
        _batch.Clear();
        write(_batch);
        _netlink.Connection.Execute(_batch);
    }
}
