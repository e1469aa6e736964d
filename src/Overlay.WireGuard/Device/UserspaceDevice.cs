using System.Runtime.InteropServices;

using Microsoft.Extensions.Logging;

using Overlay.Linux.Namespaces;
using Overlay.Linux.Netlink.Route;
using Overlay.WireGuard.Control;
using Overlay.WireGuard.Device.DataPath;
using Overlay.WireGuard.Protocol.Aead;
using Overlay.WireGuard.Protocol.Keys;
using Overlay.WireGuard.Protocol.Peers;

namespace Overlay.WireGuard.Device;

/// <summary>A WireGuard interface whose packets this process carries, over a TUN device. Addresses, MTU, up and down are set as with any interface (<c>ip link</c>,
/// <c>ip address</c>); the device follows. Its UDP sockets stay in the network namespace that it was opened in, also when the interface moves to another.</summary>
public sealed partial class UserspaceDevice : IWireGuardDevice, ILinkListener
{
    // The kernel's 500 packets overflow in bursts that the device could carry (fact 8.9).
    private const int TransmitQueueLength = 2000;

    private readonly ILogger _logger;
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly NetworkNamespace _place = NetworkNamespace.OpenOwn();
    private readonly TunDevice _tun;
    private readonly DataPlane _plane;
    private readonly Uplink _uplink;
    private readonly DeviceConfiguration _configuration;
    private readonly ProtocolWorker _worker;
    private readonly List<QueueThread> _queues;
    private readonly StickySources _sources;
    private readonly LinkFollower _follower;
    private volatile string _name;
    private int _isClosing;

    private UserspaceDevice(TunDevice tun, UserspaceDeviceOptions options)
    {
        _tun = tun;
        _logger = options.LoggerFactory.CreateLogger<UserspaceDevice>();
        var vault = new KeyVault();
        var aead = AeadChoice.Make(options.Aead, vault, options.Clock);
        var engine = new ProtocolEngine(new EngineServices(options.Clock, Entropy.System, new Random(), aead.Provider, vault));
        _plane = new DataPlane(engine, options.Clock, tun.Queues.Count);
        _uplink = new Uplink(_plane, tun, options, _place, _logger);
        _configuration = new DeviceConfiguration(_plane, _uplink);
        _sources = new StickySources(engine);
        tun.First.GetName(out var name);
        _name = name;
        var link = new LinkPlace(tun.First);
        SetLink(link, options);
        // What can fail is done; now the threads.
        _follower = new LinkFollower(link, this, "wireguard link", _logger);
        _worker = new ProtocolWorker(_plane, "wireguard", peer => Log.GaveUp(_logger, _name, peer));
        _queues = [.. tun.Queues.Select((queue, i) => new QueueThread(
            _plane, i, queue, new Outbound(_plane, new OutgoingTrain(_plane, i), new Unreachable(queue)), Close))];
        _follower.Start();
        Log.Opened(_logger, _name, tun.Queues.Count, aead.Provider.Name, aead.Reason);
        if (options.OffloadsTun && !tun.OffloadsUdp)
        {
            Log.WithoutOffload(_logger, _name, tun.OffloadsTcp ? "UDP" : "TCP and UDP");
        }
    }

    /// <inheritdoc/>
    public string Name => _name;

    /// <inheritdoc/>
    public WireGuardDeviceKind Kind => WireGuardDeviceKind.Userspace;

    /// <inheritdoc/>
    public Task Closed => _closed.Task;

    internal DataPlane Plane => _plane;

    /// <summary>By queue.</summary>
    internal IReadOnlyList<long> FramesRead => [.. _queues.Select(thread => thread.Frames)];

    /// <summary>By queue.</summary>
    internal IReadOnlyList<long> TrainsReceived => _uplink.TrainsReceived;

    /// <summary>Makes the interface in the network namespace of the calling thread, where its sockets will be too, or takes over the one of
    /// <see cref="UserspaceDeviceOptions.TunDescriptor"/>. It lives until the device is disposed, or the interface deleted.</summary>
    /// <exception cref="ArgumentException"><paramref name="name"/> is no name for an interface.</exception>
    /// <exception cref="WireGuardException">The name is taken, a privilege (CAP_NET_ADMIN) or <c>/dev/net/tun</c> is missing.</exception>
    /// <exception cref="PlatformNotSupportedException">The AEAD that was asked for does not exist here.</exception>
    public static UserspaceDevice Open(string name, UserspaceDeviceOptions? options = null)
    {
        options ??= new UserspaceDeviceOptions();
        var tun = options.TunDescriptor is { } descriptor
            ? TunDevice.Adopt(descriptor, options.QueueCount, options.OffloadsTun)
            : TunDevice.Create(name, options.QueueCount, options.OffloadsTun);
        try
        {
            return new UserspaceDevice(tun, options);
        }
        catch
        {
            tun.Dispose();
            throw;
        }
    }

    /// <summary>Makes the interface alone, as <see cref="Open"/> would: for a process that hands the descriptor to another, which opens the device with
    /// <see cref="UserspaceDeviceOptions.TunDescriptor"/>. The interface goes when the last descriptor is closed.</summary>
    /// <exception cref="ArgumentException"><paramref name="name"/> is no name for an interface.</exception>
    /// <exception cref="WireGuardException">The name is taken, a privilege (CAP_NET_ADMIN) or <c>/dev/net/tun</c> is missing.</exception>
    public static SafeHandle OpenTun(string name, UserspaceDeviceOptions? options = null)
    {
        options ??= new UserspaceDeviceOptions();
        var tun = TunDevice.OpenFirst(name, isMultiQueue: options.QueueCount > 1);
        using var place = new LinkPlace(tun);
        place.Change(SettingsOf(options));
        return tun.Handle;
    }

    /// <inheritdoc/>
    public ValueTask<WireGuardDeviceState> ReadAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ThrowIfClosed();
        return ValueTask.FromResult(_configuration.Read());
    }

    /// <inheritdoc/>
    public ValueTask ConfigureAsync(WireGuardChange change, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(change);
        cancellationToken.ThrowIfCancellationRequested();
        ThrowIfClosed();
        try
        {
            _configuration.Apply(change);
            return ValueTask.CompletedTask;
        }
        catch (ObjectDisposedException)
        {
            throw Gone(); // At this moment.
        }
    }

    /// <summary>Begins handshakes with peers that have an endpoint and no session, some hundreds in a second, without waiting for them: after a restart, so that no
    /// peer has to notice first. While the interface is down, the wish is kept until it is up.</summary>
    public void StartHandshakes(IReadOnlyList<PublicKey> peers)
    {
        ArgumentNullException.ThrowIfNull(peers);
        _worker.Pacer.Add(peers);
        _plane.Inbox.Wake();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Close();
        await Closed;
    }

    bool ILinkListener.LinkChanged(Link link)
    {
        _plane.Mtu = link.Mtu;
        _name = link.Name;
        if (!link.IsUp)
        {
            _uplink.Stop();
            _queues.ForEach(thread => thread.Discard());
            return true;
        }

        try
        {
            _uplink.Start();
            _plane.Inbox.Wake();
            return true;
        }
        catch (Exception exception) when (exception is WireGuardException or System.ComponentModel.Win32Exception)
        {
            Log.CannotStart(_logger, _name, exception.Message);
            return false;
        }
    }

    void ILinkListener.LinkGone() => Close();

    void ILinkListener.RoutesChanged() => _sources.Check(_uplink.Mark);

    private static LinkSettings SettingsOf(UserspaceDeviceOptions options) =>
        new() { Mtu = options.Mtu, TransmitQueueLength = TransmitQueueLength, LongestSuperPacket = OutgoingTrain.LongestSuperPacket(options.Mtu) };

    private void SetLink(LinkPlace link, UserspaceDeviceOptions options)
    {
        if (options.TunDescriptor is null)
        {
            link.Change(SettingsOf(options));
        }

        _plane.Mtu = link.Read()?.Mtu ?? throw Gone();
    }

    private void ThrowIfClosed()
    {
        if (Volatile.Read(ref _isClosing) != 0)
        {
            throw Gone();
        }
    }

    private WireGuardException Gone() => new($"The interface {_name} is gone.", Linux.Interop.Uapi.ENODEV);

    /// <summary>Ends everything, on another thread: the caller may be one of those that end.</summary>
    private void Close()
    {
        if (Interlocked.Exchange(ref _isClosing, 1) == 0)
        {
            _ = Task.Run(End);
        }
    }

    private void End()
    {
        _follower.Dispose();
        _uplink.Dispose();
        _queues.ForEach(thread => thread.Dispose());
        _worker.Dispose();
        _plane.Engine.Dispose();
        _plane.Dispose();
        _sources.Dispose();
        _tun.Dispose();
        _place.Dispose();
        Log.Closed(_logger, _name);
        _closed.SetResult();
    }
}
