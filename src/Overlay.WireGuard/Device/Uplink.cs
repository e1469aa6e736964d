using Microsoft.Extensions.Logging;

using Overlay.Core.Diagnostics;
using Overlay.Linux.Namespaces;
using Overlay.WireGuard.Control;
using Overlay.WireGuard.Device.Offload;
using Overlay.WireGuard.Device.DataPath;

namespace Overlay.WireGuard.Device;

/// <summary>The device's side to the network: sockets and what receives, while the interface is up.</summary>
internal sealed partial class Uplink(DataPlane plane, TunDevice tun, UserspaceDeviceOptions options, NetworkNamespace place, ILogger logger) : IDisposable
{
    private readonly Lock _gate = new();
    private Binding? _binding;
    private ushort _port;
    private uint _mark;
    private bool _hasTold;

    /// <summary>The port in use, else the one that was asked for.</summary>
    public ushort Port => _binding?.Port ?? _port;

    public uint Mark => _mark;

    /// <summary>By queue, since the sockets were opened.</summary>
    public IReadOnlyList<long> TrainsReceived => [.. plane.Receivers.Select(receiver => receiver.Trains)];

    /// <summary>Opens the sockets and starts the engine; nothing happens when that was done.</summary>
    /// <exception cref="WireGuardException">The port is taken.</exception>
    public void Start()
    {
        lock (_gate)
        {
            if (_binding is null)
            {
                Replace(Open(_port));
                plane.Engine.Start(plane.Now);
            }
        }
    }

    /// <summary>Closes the sockets and drops all sessions.</summary>
    public void Stop()
    {
        lock (_gate)
        {
            plane.Engine.Stop();
            Replace(null);
        }
    }

    /// <summary>Moves to another port; zero lets the kernel choose. On a failure all stays as it was.</summary>
    /// <exception cref="WireGuardException">The port is taken.</exception>
    public void SetPort(ushort port)
    {
        lock (_gate)
        {
            if (_binding is not null && port != _binding.Port)
            {
                Replace(Open(port));
                ForgetSources();
            }

            _port = port;
        }
    }

    public void SetMark(uint mark)
    {
        lock (_gate)
        {
            _mark = mark;
            _binding?.SetMark(mark);
            ForgetSources();
        }
    }

    public void Dispose() => Stop();

    private Binding Open(ushort port) => place.Run(() => Binding.Open(port, _mark, tun.Queues.Count, options.OffloadsSockets));

    private void Replace(Binding? binding)
    {
        // The new sockets are there before the old ones go, so that nothing is refused meanwhile.
        var (oldBinding, oldReceivers) = (_binding, plane.Receivers);
        _binding = binding;
        plane.Receivers = [.. (binding?.Pairs ?? []).Select(CreateReceiver)];
        plane.Sockets = binding?.Pairs ?? [];
        for (var i = 0; i < tun.Queues.Count; i++)
        {
            plane.Wake(i);
        }

        Array.ForEach(oldReceivers, receiver => receiver.Dispose());
        oldBinding?.Dispose();
        if (binding is not null)
        {
            binding.WatchSegmentation(TellOnce);
            if (options.OffloadsSockets && !binding.OffloadsTrains)
            {
                TellOnce();
            }
        }
    }

    private Receiver CreateReceiver(SocketPair pair, int queue)
    {
        var sink = new TunSink(tun.Queues, plane.Engine);
        return new Receiver(plane, queue, pair, new Inbound(plane, new SuperPacket(sink, tun.OffloadsTcp, tun.OffloadsUdp)));
    }

    private void ForgetSources()
    {
        foreach (var peer in plane.Engine.Peers)
        {
            peer.ForgetSource();
        }
    }

    private void TellOnce()
    {
        if (!Interlocked.Exchange(ref _hasTold, true))
        {
            Log.WithoutTrains(logger);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.WireGuardDevice + 10, LogLevel.Warning, "The kernel cannot cut or join trains of datagrams (UDP_SEGMENT, UDP_GRO); they are moved one by one, at a fraction of the speed")]
        public static partial void WithoutTrains(ILogger logger);
    }
}
