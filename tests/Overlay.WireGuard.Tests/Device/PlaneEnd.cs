using Overlay.Linux.Interop;
using Overlay.WireGuard.Device.DataPath;
using Overlay.WireGuard.Device.Offload;
using Overlay.WireGuard.Protocol.Peers;
using Overlay.WireGuard.Tests.World;

namespace Overlay.WireGuard.Tests.Device;

/// <summary>The packet path of a device between twins of its two doors, without threads: a test says what runs when.</summary>
internal sealed class PlaneEnd : IDisposable
{
    private readonly UdpInbox _inbox = new();
    private readonly Outbound _outbound;
    private readonly Inbound _inbound;

    public PlaneEnd(Node node, string address, TimeProvider clock)
    {
        Plane = new DataPlane(node.Engine, clock) { Mtu = 1420 };
        Udp = new UdpTwin(address);
        Plane.Sockets = [new SocketPair(Udp, null)];
        Train = new OutgoingTrain(Plane, 0);
        _outbound = new Outbound(Plane, Train, new Unreachable(Tun));
        _inbound = new Inbound(Plane, new SuperPacket(new TunSink([Tun], node.Engine), joinsTcp: true, joinsUdp: true));
    }

    public DataPlane Plane { get; }

    public TunTwin Tun { get; } = new();

    public UdpTwin Udp { get; }

    public OutgoingTrain Train { get; }

    /// <summary>Everything that the interface has to send goes out.</summary>
    public void Transmit()
    {
        while (Tun.Read(_outbound.Frame, out var length) == 0)
        {
            _outbound.Process(length, Plane.Now);
        }

        _outbound.Flush(Plane.Now);
    }

    /// <summary>Everything that has arrived goes to the interface.</summary>
    public void Receive()
    {
        while (Udp.Receive(_inbox) == 0)
        {
            _inbound.Process(_inbox, Plane.Now);
        }
    }

    /// <summary>Takes what the path has left for the other thread.</summary>
    public List<PeerActions> TakeActions()
    {
        var taken = new List<PeerActions>();
        while (Plane.Inbox.TryTake(out _, out var actions))
        {
            taken.Add(actions);
        }

        return taken;
    }

    /// <summary>What was written to the interface, cut as the kernel would.</summary>
    public List<byte[]> Delivered() => [.. Tun.Written.SelectMany(frame =>
        VirtioHeader.Read(frame).Segmentation == VirtioSegmentation.None ? [frame[VirtioHeader.Size..]] : SegmenterTests.Cut(VirtioHeader.Read(frame), frame[VirtioHeader.Size..]))];

    public static byte[] Frame(byte[] packet, VirtioHeader header = default)
    {
        var frame = new byte[VirtioHeader.Size + packet.Length];
        header.Write(frame);
        packet.CopyTo(frame, VirtioHeader.Size);
        return frame;
    }

    public void Dispose()
    {
        _inbox.Dispose();
        Plane.Dispose();
    }
}
