using Overlay.WireGuard.Protocol.Peers;
using Overlay.WireGuard.Tests.World;

namespace Overlay.WireGuard.Tests.Conformance;

/// <summary>Points 1 and 2.</summary>
internal static class MessageRules
{
    public static void WrongShapes(Pair pair)
    {
        var initiation = ConformanceTests.LostInitiation(pair);
        ConformanceTests.IsSilentlyDropped(pair, [], DropCause.Malformed);
        ConformanceTests.IsSilentlyDropped(pair, initiation[..147], DropCause.Malformed);
        ConformanceTests.IsSilentlyDropped(pair, [.. initiation, 0], DropCause.Malformed);
        for (var i = 1; i < 4; i++)
        {
            var reserved = initiation.ToArray();
            reserved[i] = 1;
            ConformanceTests.IsSilentlyDropped(pair, reserved, DropCause.Malformed);
        }

        foreach (var kind in new byte[] { 0, 2, 3, 5, 255 })
        {
            byte[] other = [kind, .. initiation[1..]];
            ConformanceTests.IsSilentlyDropped(pair, other, DropCause.Malformed);
        }
    }

    public static void ShortTransport(Pair pair)
    {
        pair.Connect();
        var session = pair.B.PeerOf(pair.A).SelectSession(pair.B.Now)!;
        var message = new byte[31];
        Protocol.Messages.TransportMessage.WriteHeader(message, session.LocalIndex, 7);

        ConformanceTests.IsSilentlyDropped(pair, message, DropCause.Malformed);
        ConformanceTests.IsSilentlyDropped(pair, [.. message, 0], DropCause.Forged);
    }

    public static void WrongMac1(Pair pair)
    {
        var initiation = ConformanceTests.LostInitiation(pair);
        initiation[116] ^= 1;
        ConformanceTests.IsSilentlyDropped(pair, initiation, DropCause.WrongMac1);
        pair.B.IsUnderLoad = true;
        ConformanceTests.IsSilentlyDropped(pair, initiation, DropCause.WrongMac1);
    }

    public static void Mac2IsZero(Pair pair)
    {
        pair.FromA();

        Assert.All(pair.Log.Where(entry => entry.Datagram[0] is 1 or 2), entry => Assert.Equal(new byte[16], entry.Datagram[^16..]));
    }
}
