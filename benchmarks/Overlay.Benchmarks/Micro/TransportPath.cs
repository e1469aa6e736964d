using BenchmarkDotNet.Attributes;
using Overlay.WireGuard.Protocol.Aead;
using Overlay.WireGuard.Protocol.Keys;
using Overlay.WireGuard.Protocol.Messages;
using Overlay.WireGuard.Protocol.Packets;
using Overlay.WireGuard.Protocol.Sessions;

namespace Overlay.Benchmarks.Micro;

/// <summary>One packet of so many bytes from the initiator's TUN to the responder's, without the two TUNs and the sockets: allowed IPs, padding, counter, seal;
/// index, open, replay window, inspection. The baseline seals and opens the same bytes, and does nothing else. NSec in both.</summary>
public class TransportPath
{
    private EnginePair _pair = null!;
    private IAeadKey _key = null!;
    private byte[] _packet = [];
    private byte[] _datagram = [];
    private ulong _counter;

    [Params(64, 512, 1420)]
    public int Bytes { get; set; }

    [GlobalSetup]
    public void Begin()
    {
        var vault = new KeyVault();
        var aead = new NSecAead(vault);
        _pair = new EnginePair(aead, vault);
        _pair.Handshake();
        _key = aead.CreateKey(new byte[32]);
        _packet = EnginePair.Packet(Bytes);
        _datagram = new byte[Session.MessageSize(Padding.PaddedLength(Bytes, 1420))];
    }

    [GlobalCleanup]
    public void End()
    {
        _pair.Dispose();
        _key.Dispose();
    }

    [Benchmark]
    public int WholePath()
    {
        var payload = _datagram.AsSpan(TransportMessage.HeaderSize, _datagram.Length - TransportMessage.Overhead);
        payload.Clear();
        _packet.CopyTo(payload);
        if (!InnerPacket.TryReadOutgoing(_packet, out var inner)
            || _pair.Initiator.AllowedIps.Find(inner.Destination) is not { } peer
            || peer.SelectSession(_pair.Now) is not { } session
            || !session.TryReserve(1, out var counter)
            || !session.TrySeal(counter, payload, _datagram))
        {
            throw new InvalidOperationException("The packet found no way.");
        }

        peer.Sent(_datagram.Length, hasData: true, _pair.Now);
        return _pair.Receive(_datagram);
    }

    [Benchmark(Baseline = true)]
    public bool SealAndOpen()
    {
        var payload = _datagram.AsSpan(TransportMessage.HeaderSize, _datagram.Length - TransportMessage.Overhead);
        var text = _datagram.AsSpan(TransportMessage.HeaderSize);
        var counter = _counter++;
        return _key.Seal(counter, payload, text) && _key.Open(counter, text, payload);
    }
}
