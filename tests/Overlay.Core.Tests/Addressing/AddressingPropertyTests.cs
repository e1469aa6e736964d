using System.Net;
using CsCheck;
using Overlay.Core.Addressing;
using Overlay.Core.Leases;
using Xunit;

namespace Overlay.Core.Tests.Addressing;

public sealed class AddressingPropertyTests
{
    private static readonly Gen<InetAddress> _ipv4 = Gen.UInt.Select(InetAddress.FromIPv4);
    private static readonly Gen<InetAddress> _ipv6 = Gen.Select(Gen.ULong, Gen.ULong, (high, low) => InetAddress.FromIPv6(new UInt128(high, low)));
    private static readonly Gen<InetAddress> _address = Gen.OneOf(_ipv4, _ipv6);
    private static readonly Gen<InetPrefix> _prefix = Gen.Select(_address, Gen.Int[0, 128], (address, length) => new InetPrefix(address, Math.Min(length, address.Size * 8)));

    // Text that is nearly right is likelier to break a parser than text by chance.
    private static readonly Gen<string> _text = Gen.OneOf(Gen.String, Gen.Char["0123456789abcdefABCDEF:.-/&% "].Array[0, 40].Select(characters => new string(characters)));

    [Fact]
    public void MacAddress_BytesAndText_ComeBack() => Gen.Byte.Array[6].Sample(bytes =>
    {
        var address = MacAddress.Read(bytes);
        var written = new byte[6];
        address.Write(written);
        return written.SequenceEqual(bytes) && MacAddress.TryParse(address.ToString().ToUpperInvariant(), out var again) && again == address;
    });

    [Fact]
    public void MacAddress_AnyText_IsReadOrRefused() => _text.Sample(text =>
        !MacAddress.TryParse(text, out var address) || string.Equals(address.ToString(), text, StringComparison.OrdinalIgnoreCase));

    [Fact]
    public void MacAddress_Local_IsUnicastAndLocallyAdministered() => Gen.Int.Sample(seed =>
    {
        var bytes = new byte[6];
        MacAddress.CreateLocal(new Random(seed)).Write(bytes);
        return (bytes[0] & 3) == 2;
    });

    [Fact]
    public void InetAddress_BytesTextAndObject_ComeBack() => _address.Sample(address =>
    {
        var bytes = new byte[address.Size];
        address.Write(bytes);
        return InetAddress.Read(bytes) == address && InetAddress.Parse(address.ToString()) == address && new InetAddress(address.ToIPAddress()) == address;
    });

    [Fact]
    public void InetAddress_AnyBytes_AreAnAddressOrNone() => Gen.Byte.Array[0, 20].Sample(bytes => InetAddress.Read(bytes).IsNone == bytes.Length is not (4 or 16));

    [Fact]
    public void InetPrefix_Text_ComesBack() => _prefix.Sample(prefix => InetPrefix.Parse(prefix.ToString()) == prefix);

    [Fact]
    public void InetPrefix_Contains_AgreesWithIPNetwork() => Gen.Select(_prefix, _address).Sample((prefix, address) =>
        prefix.Contains(prefix.Masked().Address) && prefix.Contains(prefix.LastAddress)
        && (address.Size != prefix.Address.Size || prefix.Contains(address) == prefix.ToIPNetwork().Contains(address.ToIPAddress())));

    [Fact]
    public void InetPrefix_AnyText_IsReadOrFormatException() => _text.Sample(text =>
    {
        try
        {
            return InetPrefix.Parse(text) is var _;
        }
        catch (FormatException)
        {
            return true;
        }
    });

    [Fact]
    public void LeaseKey_Subnets_ComeBack() => Gen.Select(_ipv4, Gen.Int[0, 32], _ipv6, Gen.Int[0, 128], Gen.Int[0, 2]).Sample((ipv4, length4, ipv6, length6, families) =>
    {
        IPNetwork? left = families == 1 ? null : new InetPrefix(ipv4, length4).ToIPNetwork();
        IPNetwork? right = families == 0 ? null : new InetPrefix(ipv6, length6).ToIPNetwork();
        var subnets = new SubnetPair(left, right);
        return LeaseKey.TryParse(LeaseKey.Format(subnets), out var again) && again == subnets;
    });

    [Fact]
    public void LeaseKey_AnyText_IsReadOrRefused() => _text.Sample(text =>
        !LeaseKey.TryParse(text, out var subnets) || (LeaseKey.TryParse(LeaseKey.Format(subnets), out var again) && again == subnets));

    [Theory]
    [InlineData("10.244.1.0-24", "10.244.1.0/24")]
    [InlineData("10.244.1.0-24&2001:cafe:42:1::-64", "10.244.1.0/24, 2001:cafe:42:1::/64")]
    [InlineData("2001:cafe:42:1::-64", "2001:cafe:42:1::/64")]
    public void LeaseKey_FlannelsForms_AreRead(string key, string subnets)
    {
        Assert.True(LeaseKey.TryParse(key, out var read));
        Assert.Equal((subnets, key), (read.ToString(), LeaseKey.Format(read)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("10.244.1.0")]
    [InlineData("10.244.1.0/24")]
    [InlineData("10.244.1.1-24")]
    [InlineData("10.244.1.0-33")]
    [InlineData("10.244.1.0-24&10.244.2.0-24")]
    [InlineData("2001:cafe:42:1::-64&10.244.1.0-24")]
    [InlineData("10.244.1.0-24&2001:cafe:42:1::-64&x")]
    [InlineData("10.244.1.0-+24")]
    [InlineData("10.244.1.0- 24")]
    public void LeaseKey_Malformed_IsRefused(string key) => Assert.False(LeaseKey.TryParse(key, out _));
}
