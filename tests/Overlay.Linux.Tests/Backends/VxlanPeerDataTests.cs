using CsCheck;
using Overlay.Core.Addressing;
using Overlay.Linux.Backends.Vxlan;
using Xunit;

namespace Overlay.Linux.Tests.Backends;

public class VxlanPeerDataTests
{
    // flannel-facts 4.2 has this text.
    [Fact]
    public void Write_FlannelsExample_GivesFlannelsBytes()
    {
        Assert.True(MacAddress.TryParse("12:C6:65:89:B4:E3", out var mac));
        Assert.Equal("""{"VNI":1,"VtepMAC":"12:c6:65:89:b4:e3"}""", VxlanPeerData.Write(1, mac));
    }

    [Theory]
    [InlineData("""{"VtepMAC":"12:c6:65:89:b4:e3"}""", null)] // flannel before it published the VNI
    [InlineData("""{"vni":7,"vtepmac":"12:C6:65:89:B4:E3"}""", 7)]
    [InlineData("""{"VNI":4096,"VtepMAC":"12-c6-65-89-b4-e3"}""", 4096)]
    [InlineData("""{"VNI":1,"VNI":2,"VtepMAC":"12:c6:65:89:b4:e3","New":[{}]}""", 2)]
    public void TryRead_WhatGoWouldRead_IsRead(string json, int? vni)
    {
        Assert.True(VxlanPeerData.TryRead(json, out var data, out _));
        Assert.Equal(vni, data.Vni);
        Assert.Equal("12:c6:65:89:b4:e3", data.Mac.ToString());
    }

    [Fact]
    public void TryRead_WhatWasWritten_IsTheSame() => Gen.Select(Gen.Int[1, 0xFF_FFFF], Gen.Int).Sample((vni, seed) =>
    {
        var mac = MacAddress.CreateLocal(new Random(seed));
        return VxlanPeerData.TryRead(VxlanPeerData.Write(vni, mac), out var data, out _) && data == new VxlanPeerData(vni, mac);
    });

    [Fact]
    public void TryRead_AnyText_GivesDataOrAMistake() => Gen.String.Sample(text =>
        VxlanPeerData.TryRead(text, out _, out var mistake) ? mistake.Length >= 0 : mistake.Length > 0);

    [Fact]
    public void TryRead_DamagedData_GivesDataOrAMistake() => Gen.Select(Gen.Int[0, 38], Gen.Char).Sample((at, character) =>
    {
        var damaged = """{"VNI":1,"VtepMAC":"12:c6:65:89:b4:e3"}""".ToCharArray();
        damaged[at] = character;
        return VxlanPeerData.TryRead(new string(damaged), out _, out var mistake) || mistake.Length > 0;
    });

    [Theory]
    [InlineData("""{"VNI":1,"VtepMAC":"\ud800"}""")]
    [InlineData("""{"\ud800":1,"VtepMAC":"12:c6:65:89:b4:e3"}""")]
    public void TryRead_UnpairedSurrogate_IsAMistake(string json)
    {
        Assert.False(VxlanPeerData.TryRead(json, out _, out var mistake));
        Assert.NotEmpty(mistake);
    }
}
