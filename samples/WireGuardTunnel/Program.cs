using System.Net;
using Overlay.Core.Addressing;
using Overlay.Linux.Namespaces;
using Overlay.WireGuard.Control;
using Overlay.WireGuard.Device;
using Overlay.WireGuard.Protocol.Keys;

// Two WireGuard interfaces in one process. Each belongs to the network namespace of the thread that opens it; the two namespaces, given by name, are joined
// by a wire, 192.0.2.1 and 192.0.2.2. run.sh makes them, and gives the interfaces their addresses.
var hosts = args.Select((name, number) => (Namespace: NetworkNamespace.OpenName(name), Number: number + 1)).ToArray();
PrivateKey[] keys = [PrivateKey.Generate(), PrivateKey.Generate()];
using var secret = PresharedKey.Import(System.Security.Cryptography.RandomNumberGenerator.GetBytes(PresharedKey.Size));

var devices = new List<UserspaceDevice>();
foreach (var (host, number) in hosts)
{
    var device = host.Run(() => UserspaceDevice.Open("wg0", new UserspaceDeviceOptions { Mtu = 1440 }));
    devices.Add(device);
    var peer = 3 - number;
    await device.ConfigureAsync(
        new WireGuardChange
        {
            PrivateKey = keys[number - 1],
            ListenPort = 51820,
            Peers =
            [
                new WireGuardPeerChange(keys[peer - 1].PublicKey)
                {
                    PresharedKey = secret,
                    Endpoint = new IPEndPoint(IPAddress.Parse($"192.0.2.{peer}"), 51820),
                    AllowedIps = [new AllowedIpChange(InetPrefix.Parse($"10.99.0.{peer}/32"))],
                },
            ],
        },
        CancellationToken.None);
}

Console.WriteLine("ready");

// Until the input ends: each line asks for what the interfaces have counted.
while (Console.ReadLine() is not null)
{
    foreach (var device in devices)
    {
        using var state = await device.ReadAsync(CancellationToken.None);
        var peer = state.Peers[0];
        Console.WriteLine($"{device.Name} {state.PublicKey}: peer {peer.Endpoint}, last handshake {peer.LastHandshake:HH:mm:ss}, received {peer.ReceivedBytes}, sent {peer.SentBytes} bytes");
    }
}

foreach (var device in devices)
{
    await device.DisposeAsync();
}
