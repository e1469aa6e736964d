using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using Overlay.Core.Addressing;
using Overlay.TestKit.WireGuard;
using Overlay.WireGuard.Cli.Tests.World;
using Overlay.WireGuard.Protocol.Keys;
using Overlay.WireGuard.Protocol.Messages;
using Overlay.WireGuard.Protocol.Peers;
using Overlay.WireGuard.Tests.World;
using Endpoint = Overlay.WireGuard.Protocol.Handshakes.Endpoint;

namespace Overlay.WireGuard.Cli.Tests.Misuse;

/// <summary>A live device, and a peer of it that the test plays itself: our engine behind a UDP socket on the same loopback, with a clock that only it
/// moves. The device has the inner address 10.99.0.1, we have 10.99.0.2.</summary>
internal sealed class LivePeer : IAsyncDisposable
{
    public const string TheirAddress = "10.99.0.1";
    public const string OurAddress = "10.99.0.2";
    private const int Port = 10001;

    private static readonly TimeSpan _patience = TimeSpan.FromMilliseconds(200);

    private readonly Lab _lab = new();
    private readonly FakeTimeProvider _clock = new(TimeProvider.System.GetUtcNow());
    private readonly byte[] _buffer = new byte[65_536];
    private ushort _lastEcho;
    private int _unanswered;

    private LivePeer()
    {
        Node = new Node("127.0.0.1", Random.Shared.Next(), _clock);
        Node.Sent = (_, datagram) => Send(datagram);
    }

    public Node Node { get; }

    public Space Space { get; private set; } = null!;

    public WireGuardInterface Interface { get; private set; } = null!;

    public Socket Socket { get; private set; } = null!;

    /// <summary>The device, as our engine knows it.</summary>
    public Peer Device { get; private set; } = null!;

    public IPEndPoint DeviceEndpoint { get; } = new(IPAddress.Loopback, Port);

    /// <summary>Our public key, in base64.</summary>
    public string OurKey => Node.Key.ToString();

    /// <summary>Answers of the device that nothing asked for: every response, cookie and packet that was received while waiting for something else.</summary>
    public List<byte[]> Unexpected { get; } = [];

    public static async Task<LivePeer> OpenAsync()
    {
        var live = new LivePeer();
        live.Space = await live._lab.AddAsync("live");
        live.Interface = await live._lab.StartAsync(live.Space);
        live.Socket = live.OpenSocket();
        await live.Interface.SetUpAsync(Port, string.Create(CultureInfo.InvariantCulture, $"""
            [Peer]
            PublicKey = {live.OurKey}
            AllowedIPs = {OurAddress}/32
            Endpoint = {live.Socket.LocalEndPoint}
            """));
        await live.Interface.BringUpAsync(1420, TheirAddress + "/24");

        Assert.True(PublicKey.TryParse(live.Interface.PublicKey, out var key));
        live.Device = live.Node.Engine.GetOrAddPeer(key, live.Node.Now)!;
        live.Device.SetEndpoint(new Endpoint(InetAddress.Parse("127.0.0.1"), Port));
        live.Node.Engine.AllowedIps.Set(InetPrefix.Parse(TheirAddress + "/32"), live.Device);
        return live;
    }

    /// <summary>A second socket, at another port.</summary>
    public Socket OpenSocket() => Space.Namespace.Run(() =>
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveBufferSize = 4_000_000 };
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    });

    public void Send(ReadOnlySpan<byte> datagram) => Socket.SendTo(datagram, DeviceEndpoint);

    /// <summary>The next datagram, or <see langword="null"/> when none comes in time.</summary>
    public byte[]? Receive(TimeSpan? patience = null)
    {
        if (!Socket.Poll(patience ?? _patience, SelectMode.SelectRead))
        {
            return null;
        }

        EndPoint from = new IPEndPoint(IPAddress.Any, 0);
        var length = Socket.ReceiveFrom(_buffer, ref from);
        LastSource = (IPEndPoint)from;
        return _buffer[..length];
    }

    /// <summary>Where the last datagram came from.</summary>
    public IPEndPoint LastSource { get; private set; } = new(IPAddress.Any, 0);

    /// <summary>The next datagram of a kind; others are taken as <see cref="Unexpected"/>, or answered if they are initiations.</summary>
    public byte[] Expect(MessageKind kind)
    {
        for (var tries = 0; tries < 150; tries++)
        {
            if (Receive() is { } datagram)
            {
                if (datagram[0] == (byte)kind)
                {
                    return datagram;
                }

                Take(datagram);
            }
        }

        throw new TimeoutException($"No message of the kind {kind} came; the device wrote:\n{Interface.Process.Output}");
    }

    /// <summary>A genuine initiation, newer than all before it.</summary>
    public byte[] Initiation()
    {
        _clock.Advance(TimeSpan.FromSeconds(5.5)); // Ours are at least five seconds apart, by our clock.
        var message = new byte[InitiationMessage.Size];
        Assert.True(Device.TryCreateInitiation(message, Node.Now));
        return message;
    }

    /// <summary>Makes a session, by a handshake of ours that the device answers.</summary>
    public void Connect()
    {
        for (var tries = 0; tries < 150; tries++)
        {
            Send(Initiation());
            _unanswered++;
            while (Receive() is { } datagram)
            {
                if (datagram[0] == (byte)MessageKind.Response && Node.Receive(datagram, Node.Endpoint) == DropCause.None)
                {
                    _unanswered--;
                    return; // The node has confirmed it.
                }

                Take(datagram);
            }
        }

        throw new TimeoutException($"The device does not answer an initiation; it wrote:\n{Interface.Process.Output}");
    }

    /// <summary>A genuine transport message with an ICMP echo request in it.</summary>
    public byte[] Echo(string source = OurAddress) => Seal(EchoRequest(source, ++_lastEcho));

    /// <summary>Seals any bytes with the session, padded.</summary>
    public byte[] Seal(byte[] packet) => Node.Seal(Device, packet) ?? throw new InvalidOperationException("There is no session.");

    /// <summary>Sends an echo request and waits for the answer: the device is alive, and has dealt with all transport messages before.</summary>
    public void Ping()
    {
        var (session, echo) = (Device.SelectSession(Node.Now), Echo());
        for (var tries = 0; tries < 50; tries++)
        {
            if (Device.SelectSession(Node.Now) is var newest && newest != session)
            {
                (session, echo) = (newest, Echo());
            }

            // Again the same message: should it only be late, it is delivered once all the same.
            Send(echo);
            while (Receive() is { } datagram)
            {
                Take(datagram);
                if (Node.Delivered.RemoveAll(packet => EchoAnswer(packet) == _lastEcho) > 0)
                {
                    return;
                }
            }
        }

        throw new TimeoutException($"The device does not answer a ping through the tunnel; it wrote:\n{Interface.Process.Output}");
    }

    /// <summary>After whatever was sent: the device is alive, still makes sessions, and nothing but the answers to that has come.</summary>
    public void IsSilentAndWell()
    {
        Connect();
        Ping();
        Connect();
        Ping();
        Assert.Empty(Unexpected.Select(Convert.ToHexStringLower));
        Assert.False(Interface.Process.HasExited, Interface.Process.Output);
    }

    /// <summary>How many packets have come out of the tunnel: what the program has written to the interface.</summary>
    public async Task<long> DeliveredAsync() => (await CountersAsync())[1];

    /// <summary>How many packets the program has taken from the interface.</summary>
    public async Task<long> TakenAsync() => (await CountersAsync())[9];

    public async ValueTask DisposeAsync()
    {
        Socket?.Dispose();
        Node.Dispose();
        await _lab.DisposeAsync();
    }

    private async Task<long[]> CountersAsync()
    {
        var line = (await Space.RunAsync("cat /proc/net/dev")).Split('\n').Single(line => line.TrimStart().StartsWith(Interface.Name + ":", StringComparison.Ordinal));
        return [.. line.Split(':')[1].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => long.Parse(word, CultureInfo.InvariantCulture))];
    }

    private void Take(byte[] datagram)
    {
        var delivered = Node.Delivered.Count;
        var cause = Node.Receive(datagram, Node.Endpoint);
        // A cookie is an answer to our last genuine initiation, or it does not open: a device that has just been flooded is under load. A response may be late.
        var isLegal = datagram[0] == (byte)MessageKind.Initiation
            || (datagram[0] == (byte)MessageKind.Response && --_unanswered >= 0)
            || (datagram[0] == (byte)MessageKind.CookieReply && cause == DropCause.None)
            || (datagram[0] == (byte)MessageKind.Transport && cause == DropCause.None && (datagram.Length == TransportMessage.Overhead || Node.Delivered.Count > delivered));
        if (!isLegal)
        {
            Unexpected.Add(datagram);
        }
    }

    private static byte[] EchoRequest(string source, ushort sequence)
    {
        var packet = new byte[28];
        (packet[0], packet[3], packet[8], packet[9]) = (0x45, 28, 64, 1);
        IPAddress.Parse(source).TryWriteBytes(packet.AsSpan(12), out _);
        IPAddress.Parse(TheirAddress).TryWriteBytes(packet.AsSpan(16), out _);
        packet[20] = 8;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(26), sequence);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(10), Checksum(packet.AsSpan(0, 20)));
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(22), Checksum(packet.AsSpan(20)));
        return packet;
    }

    private static ushort? EchoAnswer(byte[] packet) => packet.Length == 28 && packet[20] == 0 ? BinaryPrimitives.ReadUInt16BigEndian(packet.AsSpan(26)) : null;

    private static ushort Checksum(ReadOnlySpan<byte> bytes)
    {
        var sum = 0u;
        for (var i = 0; i < bytes.Length; i += 2)
        {
            sum += BinaryPrimitives.ReadUInt16BigEndian(bytes[i..]);
        }

        sum = (sum & 0xFFFF) + (sum >> 16);
        return (ushort)~(sum + (sum >> 16));
    }
}
