using System.Net;
using System.Text;

using CsCheck;

using Overlay.Core.Addressing;
using Overlay.WireGuard.Control;
using Overlay.WireGuard.Control.Uapi;


namespace Overlay.WireGuard.Tests.Control;

public sealed class UapiTextTests
{
    private static readonly string[] _words =
    [
        "get=1", "set=1", "", "private_key=", "listen_port=", "fwmark=", "replace_peers=", "public_key=", "remove=", "update_only=", "preshared_key=", "endpoint=",
        "persistent_keepalive_interval=", "replace_allowed_ips=", "allowed_ip=", "protocol_version=", "true", "1", "-", "0", "51820", "/32", "192.0.2.1", "2001:db8::",
        "[", "]", ":", "%1", "\n", "\n\n", "\0", "é", "e84b5a6d2717c1003a13b431570353dbaca9146cf150c5f8575680feba52027a",
    ];

    private static readonly Gen<InetPrefix> _prefix = Gen.OneOf(
        Gen.Select(Gen.UInt, Gen.Int[0, 32]).Select((bits, length) => new InetPrefix(InetAddress.FromIPv4(bits), length)),
        Gen.Select(Gen.ULong, Gen.ULong, Gen.Int[0, 128]).Select((upper, lower, length) => new InetPrefix(InetAddress.FromIPv6(new UInt128(upper, lower)), length)));

    [Fact]
    public void AnyBytes_GiveSteps_AndNeverMoreThanTheRoom() =>
        Gen.OneOf(
            Gen.Byte.Array[0, 3000].Array[0, 20],
            Gen.OneOf(_words.Select(word => Gen.Const(word)).ToArray()).Array[0, 60].Select(words => Encoding.Latin1.GetBytes(string.Concat(words))).Array[0, 5])
            .Sample(pieces => Assert.All(Feed(pieces), step => Assert.IsNotType<UapiStep.Wait>(step)), iter: 5_000);

    [Fact]
    public void Pieces_MakeNoDifference()
    {
        const string Text = "set=1\nlisten_port=7\n\nget=1\n\nset=1\nfwmark=x\n\nset=1\npublic_key=00\n\n";
        var whole = Describe(Feed([Encoding.ASCII.GetBytes(Text)]));

        Assert.Equal("Set Get Refuse Refuse", whole);
        Gen.Int[1, 9].Array[70].Sample(sizes => Assert.Equal(whole, Describe(Feed(Cut(Encoding.ASCII.GetBytes(Text), sizes)))));
    }

    [Fact]
    public void AllowedIp_Written_ReadsTheSame() =>
        Gen.Select(_prefix, Gen.Bool).Sample((prefix, isRemoval) =>
            Assert.Equal(new AllowedIpChange(prefix, isRemoval), UapiValue.ReadAllowedIp(Encoding.ASCII.GetBytes($"{(isRemoval ? "-" : "")}{prefix}"))));

    [Fact]
    public void Endpoint_Written_ReadsTheSame() =>
        Gen.Select(_prefix, Gen.UShort).Sample((prefix, port) =>
        {
            var address = prefix.Address.ToIPAddress();
            var endpoint = new IPEndPoint(address, port);
            var expected = address.IsIPv4MappedToIPv6 ? new IPEndPoint(address.MapToIPv4(), port) : endpoint;

            Assert.Equal(expected, UapiValue.ReadEndpoint(Encoding.ASCII.GetBytes(endpoint.ToString())));
        });

    [Theory]
    [InlineData("[fe80::1%1]:7", "[fe80::1%1]:7")]
    [InlineData("[fe80::1%lo]:7", "[fe80::1%1]:7")]
    [InlineData("[::ffff:192.0.2.1]:7", "192.0.2.1:7")]
    public void Endpoint_WithAZoneOrMapped_IsRead(string text, string expected) =>
        Assert.Equal(expected, UapiValue.ReadEndpoint(Encoding.ASCII.GetBytes(text))?.ToString());

    [Fact]
    public void Number_Written_ReadsTheSame() =>
        Gen.UInt.Sample(number => Assert.True(UapiValue.TryReadNumber(Encoding.ASCII.GetBytes($"000{number}"), uint.MaxValue, out var read) && read == number));

    [Fact]
    public void Refusal_NeverQuotesASecret()
    {
        const string Slip = "e84b5a6d2717c1003a13b431570353dbaca9146cf150c5f8575680feba52027";
        foreach (var line in new[] { $"private_key={Slip}", $"public_key={new string('0', 64)}\npreshared_key={Slip}", Slip })
        {
            var refusal = Assert.IsType<UapiStep.Refuse>(Assert.Single(Feed([Encoding.ASCII.GetBytes($"set=1\n{line}\n\n")])));

            Assert.DoesNotContain(Slip[..8], refusal.Refusal.Reason, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Refusal_SaysWhatWasFoundAndWhatIsAllowed()
    {
        var refusal = Assert.IsType<UapiStep.Refuse>(Assert.Single(Feed([Encoding.ASCII.GetBytes("set=1\nlisten_port=70000\x1b\n\n")])));

        Assert.Equal("listen_port: found '70000?', allowed is 0 to 65535", refusal.Refusal.Reason);
    }

    private static string Describe(IEnumerable<UapiStep> steps) => string.Join(' ', steps.Select(step => step.GetType().Name));

    private static List<UapiStep> Feed(IEnumerable<byte[]> pieces)
    {
        using var lines = new UapiLines();
        using var dialogue = new UapiDialogue();
        List<UapiStep> steps = [];
        foreach (var piece in pieces)
        {
            for (var rest = piece.AsSpan(); !rest.IsEmpty;)
            {
                var room = lines.Room.Span;
                Assert.NotEqual(0, room.Length);
                var count = Math.Min(room.Length, rest.Length);
                rest[..count].CopyTo(room);
                rest = rest[count..];
                lines.Add(count);
                while (lines.TryTake(out var line))
                {
                    if (dialogue.Take(line) is not UapiStep.Wait and var step)
                    {
                        steps.Add(step);
                    }

                    (steps is [.., UapiStep.Set set] ? set.Reader : null)?.Dispose();
                    if (steps is [.., UapiStep.Refuse { IsEnd: true }])
                    {
                        return steps;
                    }
                }

                if (lines.IsTooLong)
                {
                    return steps;
                }
            }
        }

        return steps;
    }

    private static IEnumerable<byte[]> Cut(byte[] bytes, int[] sizes)
    {
        var start = 0;
        foreach (var size in sizes.Append(bytes.Length))
        {
            var end = Math.Min(bytes.Length, start + size);
            yield return bytes[start..end];
            start = end;
        }
    }
}
