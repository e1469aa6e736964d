using Overlay.WireGuard.Protocol.Messages;

namespace Overlay.WireGuard.Cli.Tests.Misuse;

/// <summary>Points 1, 2 and 6: what is no message, and what is nobody's.</summary>
internal static class ShapeMisuse
{
    public static Dictionary<string, Func<LivePeer, Task>> Rows { get; } = new()
    {
        ["datagrams of every length from 0 to 200, of each kind 0 to 5"] = EveryLength,
        ["reserved bytes that are not zero"] = ReservedBytes,
        ["an initiation with a byte more, or a byte less"] = InitiationOfWrongLength,
        ["datagrams of 1,500 and 65,507 bytes"] = LargeDatagrams,
        ["a transport message of 31 bytes for a living session"] = ShortTransport,
        ["an initiation with a wrong MAC1"] = WrongMac1,
        ["an initiation with a MAC2 that nobody asked for"] = UnaskedMac2,
        ["a response, a cookie and a packet for an index that nobody has"] = UnknownIndex,
    };

    private static Task EveryLength(LivePeer live)
    {
        live.Connect();
        for (var length = 0; length <= 200; length++)
        {
            for (byte kind = 0; kind <= 5; kind++)
            {
                var datagram = new byte[length];
                new Random(length).NextBytes(datagram);
                new byte[] { kind, 0, 0, 0 }.AsSpan(0, Math.Min(4, length)).CopyTo(datagram);
                live.Send(datagram);
            }

            if (length % 20 == 0)
            {
                live.Ping();
            }
        }

        return Task.CompletedTask;
    }

    private static Task ReservedBytes(LivePeer live)
    {
        live.Connect();
        foreach (var genuine in new[] { live.Initiation(), live.Echo() })
        {
            for (var i = 1; i < 4; i++)
            {
                var changed = genuine.ToArray();
                changed[i] = 0x80;
                live.Send(changed);
            }
        }

        return Task.CompletedTask;
    }

    private static Task InitiationOfWrongLength(LivePeer live)
    {
        live.Send([.. live.Initiation(), 0]);
        live.Send(live.Initiation().AsSpan(..^1));
        return Task.CompletedTask;
    }

    private static Task LargeDatagrams(LivePeer live)
    {
        foreach (var length in new[] { 1500, 65_507 })
        {
            for (byte kind = 1; kind <= 4; kind++)
            {
                var datagram = new byte[length];
                datagram[0] = kind;
                live.Send(datagram);
            }
        }

        return Task.CompletedTask;
    }

    private static Task ShortTransport(LivePeer live)
    {
        live.Connect();
        live.Send(live.Echo().AsSpan(0, 31));
        return Task.CompletedTask;
    }

    private static Task WrongMac1(LivePeer live)
    {
        var initiation = live.Initiation();
        initiation[116] ^= 1;
        live.Send(initiation);
        return Task.CompletedTask;
    }

    private static Task UnaskedMac2(LivePeer live)
    {
        var initiation = live.Initiation();
        initiation.AsSpan(^16).Fill(7);
        live.Send(initiation);
        live.Expect(MessageKind.Response);
        return Task.CompletedTask;
    }

    private static Task UnknownIndex(LivePeer live)
    {
        foreach (var (kind, length) in new[] { (MessageKind.Response, 92), (MessageKind.CookieReply, 64), (MessageKind.Transport, 64) })
        {
            var datagram = new byte[length];
            new Random(length).NextBytes(datagram);
            MessageHeader.Write(datagram, kind, 0xDEAD_BEEF);
            live.Send(datagram);
        }

        return Task.CompletedTask;
    }
}
