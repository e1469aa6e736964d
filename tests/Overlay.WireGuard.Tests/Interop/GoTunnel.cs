using System.Globalization;
using System.Net;
using System.Net.Sockets;

using Overlay.Core.Addressing;
using Overlay.Linux.Namespaces;
using Overlay.TestKit.Agents;
using Overlay.TestKit.Namespaces;
using Overlay.TestKit.Processes;
using Overlay.WireGuard.Protocol.Keys;
using Overlay.WireGuard.Protocol.Peers;
using Overlay.WireGuard.Tests.World;

using Endpoint = Overlay.WireGuard.Protocol.Handshakes.Endpoint;

namespace Overlay.WireGuard.Tests.Interop;

/// <summary>Debian's wireguard-go in a namespace of its own, and our engine behind a plain UDP socket in the same namespace. Our inner addresses,
/// 10.99.0.2 and fd99::2, answer pings.</summary>
internal sealed class GoTunnel : IAsyncDisposable
{
    private readonly NetworkNamespace _namespace;
    private readonly string _namespaceName;
    private readonly string _device = string.Create(CultureInfo.InvariantCulture, $"ovw{Environment.ProcessId % 1_000_000}");
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ChildProcess? _go;
    private Socket _socket;
    private volatile bool _isOver;
    private Thread? _loop;

    private GoTunnel()
    {
        (_namespaceName, _namespace) = TestNamespaces.Create("wg");
        _socket = OpenSocket();
        Node = new Node("127.0.0.1", Environment.TickCount, TimeProvider.System)
        {
            Sent = (to, datagram) => _socket.SendTo(datagram, new IPEndPoint(to.Address.ToIPAddress(), to.Port)),
        };
    }

    public Node Node { get; }

    /// <summary>wireguard-go, as our peer.</summary>
    public Peer Go { get; private set; } = null!;

    /// <summary>Completed when our own ping was answered.</summary>
    public Task Answered => _answered.Task;

    public static async Task<GoTunnel> StartAsync(byte[]? presharedKey = null)
    {
        var tunnel = new GoTunnel();
        try
        {
            await tunnel.OpenAsync(presharedKey ?? new byte[32]);
            return tunnel;
        }
        catch
        {
            await tunnel.DisposeAsync();
            throw;
        }
    }

    public Task<string> RunAsync(string command) => Tool.RunAsync(_namespaceName, command.Replace("DEVICE", _device, StringComparison.Ordinal));

    /// <summary>Sends an ICMP echo request to wireguard-go's end.</summary>
    public void Ping()
    {
        var packet = Pair.Packet("10.99.0.2", "10.99.0.1", 8);
        (packet[8], packet[9]) = (64, 1);
        packet.AsSpan(20).Clear();
        (packet[20], packet[22], packet[23]) = (8, 0xF7, 0xFF);
        var sum = Enumerable.Range(0, 10).Sum(i => (packet[2 * i] << 8) | packet[(2 * i) + 1]);
        sum = ~((sum & 0xFFFF) + (sum >> 16)) & 0xFFFF;
        (packet[10], packet[11]) = ((byte)(sum >> 8), (byte)sum);
        lock (_gate)
        {
            Node.Transmit(packet);
        }
    }

    /// <summary>From here on we are at another port.</summary>
    public int Roam()
    {
        lock (_gate)
        {
            _socket.Dispose();
            _socket = OpenSocket();
        }

        return ((IPEndPoint)_socket.LocalEndPoint!).Port;
    }

    public async ValueTask DisposeAsync()
    {
        _isOver = true;
        _loop?.Join();
        if (_go is { } go)
        {
            await go.DisposeAsync();
        }

        _socket.Dispose();
        Node.Dispose();
        _namespace.Dispose();
        File.Delete($"/var/run/wireguard/{_device}.sock");
    }

    private Socket OpenSocket() => _namespace.Run(() =>
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 20 };
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    });

    private async Task OpenAsync(byte[] presharedKey)
    {
        await RunAsync("ip link set lo up");
        _go = ChildProcess.Start(_namespaceName, "wireguard-go", ["-f", _device], new Dictionary<string, string?> { ["LOG_LEVEL"] = "verbose", ["WG_PROCESS_FOREGROUND"] = "1" });
        await _go.WaitForLineAsync("UAPI listener started", TimeSpan.FromSeconds(20));

        using var key = PrivateKey.Generate();
        var bytes = new byte[32];
        key.Export(bytes);
        var port = ((IPEndPoint)_socket.LocalEndPoint!).Port;
        await Tool.FeedAsync(_namespaceName, $"wg setconf {_device}", string.Create(CultureInfo.InvariantCulture, $"""
            [Interface]
            PrivateKey = {Convert.ToBase64String(bytes)}
            ListenPort = 51821
            [Peer]
            PublicKey = {Node.Key}
            PresharedKey = {Convert.ToBase64String(presharedKey)}
            AllowedIPs = 10.99.0.2/32, fd99::2/128
            Endpoint = 127.0.0.1:{port}
            """));
        await RunAsync("ip address add 10.99.0.1/24 dev DEVICE");
        await RunAsync("ip address add fd99::1/64 dev DEVICE nodad");
        await RunAsync("ip link set DEVICE mtu 1420 up");

        Go = Node.Engine.GetOrAddPeer(key.PublicKey, Node.Now)!;
        Go.SetEndpoint(new Endpoint(InetAddress.Parse("127.0.0.1"), 51821));
        Go.SetPresharedKey(PresharedKey.Import(presharedKey));
        Node.Engine.AllowedIps.Set(InetPrefix.Parse("10.99.0.1/32"), Go);
        Node.Engine.AllowedIps.Set(InetPrefix.Parse("fd99::1/128"), Go);
        _loop = new Thread(Loop);
        _loop.Start();
    }

    private void Loop()
    {
        var buffer = new byte[2048];
        EndPoint from = new IPEndPoint(IPAddress.Any, 0);
        while (!_isOver)
        {
            try
            {
                var length = _socket.ReceiveFrom(buffer, ref from);
                lock (_gate)
                {
                    var source = (IPEndPoint)from;
                    Node.Receive(buffer[..length], new Endpoint(new InetAddress(source.Address), (ushort)source.Port));
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // A pause, in which timers run; or a move to another socket.
            }

            lock (_gate)
            {
                Node.RunTimers();
                Node.Delivered.ForEach(Answer);
                Node.Delivered.Clear();
            }
        }
    }

    /// <summary>An echo request becomes its own answer: source and destination change places, which no checksum notices, and so does the type.</summary>
    private void Answer(byte[] packet)
    {
        var isIPv6 = packet[0] >> 4 == 6;
        var (addresses, size, header) = isIPv6 ? (8, 16, 40) : (12, 4, 20);
        if (packet[header] == (isIPv6 ? 129 : 0))
        {
            _answered.TrySetResult();
            return;
        }

        if (packet[header] != (isIPv6 ? 128 : 8))
        {
            return;
        }

        byte[] source = packet[addresses..(addresses + size)];
        packet.AsSpan(addresses + size, size).CopyTo(packet.AsSpan(addresses));
        source.CopyTo(packet, addresses + size);
        var sum = (packet[header + 2] << 8) | packet[header + 3];
        sum += isIPv6 ? 0xFFFF - 0x0100 : 0x0800;
        sum = (sum & 0xFFFF) + (sum >> 16);
        packet[header] = (byte)(isIPv6 ? 129 : 0);
        (packet[header + 2], packet[header + 3]) = ((byte)(sum >> 8), (byte)sum);
        Node.Transmit(packet);
    }
}
