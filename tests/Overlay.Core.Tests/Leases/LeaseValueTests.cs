using System.Net;
using System.Text;
using CsCheck;
using Overlay.Core.Addressing;
using Overlay.Core.Leases;
using Xunit;

namespace Overlay.Core.Tests.Leases;

public sealed class LeaseValueTests
{
    // The bytes of flannel-facts 3.2 and 3.3.
    public static TheoryData<string?, string?, string, string?, string?, string> FlannelsBytes => new()
    {
        { "192.168.64.3", null, "vxlan", """{"VNI":1,"VtepMAC":"c6:d2:32:6f:8f:44"}""", null, """{"PublicIP":"192.168.64.3","PublicIPv6":null,"BackendType":"vxlan","BackendData":{"VNI":1,"VtepMAC":"c6:d2:32:6f:8f:44"}}""" },
        { "10.0.0.1", "fd00::1", "vxlan", """{"VNI":1}""", """{"VNI":1}""", """{"PublicIP":"10.0.0.1","PublicIPv6":"fd00::1","BackendType":"vxlan","BackendData":{"VNI":1},"BackendV6Data":{"VNI":1}}""" },
        { "10.0.0.1", null, "host-gw", null, null, """{"PublicIP":"10.0.0.1","PublicIPv6":null,"BackendType":"host-gw"}""" },
        { "10.0.0.1", null, "", null, null, """{"PublicIP":"10.0.0.1","PublicIPv6":null}""" },
        { null, "fd00::1", "wireguard", null, """{"PublicKey":"a+b/c=","Port":51821}""", """{"PublicIP":"0.0.0.0","PublicIPv6":"fd00::1","BackendType":"wireguard","BackendV6Data":{"PublicKey":"a+b/c=","Port":51821}}""" },
        { "10.0.0.1", null, "extension", "\"a <b> & \\\" c\"", null, """{"PublicIP":"10.0.0.1","PublicIPv6":null,"BackendType":"extension","BackendData":"a \u003cb\u003e \u0026 \" c"}""" },
        { "10.0.0.1", null, "vxlan", "{ \"VNI\" : 1,\n\t\"Name\": \"a  b\" }", null, """{"PublicIP":"10.0.0.1","PublicIPv6":null,"BackendType":"vxlan","BackendData":{"VNI":1,"Name":"a  b"}}""" },
    };

    public static TheoryData<string, string?, string?, string, string?> Readable => new()
    {
        { """{}""", null, null, "", null },
        { """{"BackendData":{"b":1},"PublicIPv6":"fd00::1","BackendType":"vxlan","PublicIP":"10.0.0.1"}""", "10.0.0.1", "fd00::1", "vxlan", """{"b":1}""" },
        { """{"publicip":"10.0.0.1","BACKENDTYPE":"odd","backenddata": [ 1, 2 ],"New":{"x":[]}}""", "10.0.0.1", null, "odd", "[1,2]" },
        { """{"PublicIP":"10.0.0.1","PublicIP":"10.0.0.2"}""", "10.0.0.2", null, "", null },
        { """{"PublicIP":null,"PublicIPv6":null,"BackendType":null,"BackendData":null}""", null, null, "", null },
        { """{"PublicIP":"0.0.0.0","PublicIPv6":"::"}""", null, null, "", null },
        { """{"PublicIP":"10.0.0.1","Overlay":"somebody else's"}""", "10.0.0.1", null, "", null },
        { """{"PublicIP":"10.0.0.1","Overlay":{"Node":1}}""", "10.0.0.1", null, "", null },
    };

    [Theory]
    [MemberData(nameof(FlannelsBytes))]
    public void Write_Attributes_GivesFlannelsBytes(string? ipv4, string? ipv6, string type, string? data, string? dataV6, string json)
    {
        var attributes = new LeaseAttributes { PublicAddresses = Pair(ipv4, ipv6), BackendType = type, BackendData = data, BackendV6Data = dataV6 };

        Assert.Equal(json, Encoding.UTF8.GetString(new LeaseValue(attributes).Write()));
    }

    [Fact]
    public void Write_WithMarks_ReadsBackTheSame()
    {
        var mark = new NodeMark(new NodeIdentity("node \"1\"", "boot/net:[4026531840]"), "session");
        var value = new LeaseValue(new LeaseAttributes { PublicAddresses = Pair("10.0.0.1", null), BackendType = "vxlan", BackendData = "{}" }, mark, mark with { Session = "other" });

        var bytes = value.Write();

        Assert.Equal(value, LeaseValue.TryRead(bytes));
        Assert.StartsWith("""{"PublicIP":"10.0.0.1","PublicIPv6":null,"BackendType":"vxlan","BackendData":{},"Overlay":{"Node":""", Encoding.UTF8.GetString(bytes), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Readable))]
    public void TryRead_OddButLegal_ReadsAsGoDoes(string json, string? ipv4, string? ipv6, string type, string? data)
    {
        var value = LeaseValue.TryRead(Encoding.UTF8.GetBytes(json));

        Assert.Equal(new LeaseValue(new LeaseAttributes { PublicAddresses = Pair(ipv4, ipv6), BackendType = type, BackendData = data }), value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{} x")]
    [InlineData("{\"PublicIP\":1}")]
    [InlineData("{\"PublicIP\":\"\"}")]
    [InlineData("{\"PublicIP\":\"10.1\"}")]
    [InlineData("{\"PublicIP\":\"fd00::1\"}")]
    [InlineData("{\"PublicIPv6\":\"10.0.0.1\"}")]
    [InlineData("{\"BackendType\":5}")]
    [InlineData("{\"BackendType\":\"\\ud800\"}")]
    [InlineData("{\"\\ud800\":5}")]
    public void TryRead_WhatGoRefuses_GivesNothing(string json) => Assert.Null(LeaseValue.TryRead(Encoding.UTF8.GetBytes(json)));

    [Fact]
    public void TryRead_AnyBytes_GivesAValueThatIsWrittenAndReadTheSameOrNothing()
    {
        string[] pieces = ["{", "}", "\"PublicIP\":", "\"10.0.0.1\"", ",", "\"BackendData\":", "{\"a\":[1,\"x \"]}", "null", "\"BackendType\":", "\"v\\u00e9\\n<\"", "\"Overlay\":", "{\"Node\":\"n\"}"];
        var structured = Gen.Int[0, pieces.Length - 1].Array[0, 12].Select(chosen => Encoding.UTF8.GetBytes("{" + string.Concat(chosen.Select(piece => pieces[piece])) + "}"));

        Gen.OneOf(Gen.Byte.Array, structured).Sample(bytes =>
            LeaseValue.TryRead(bytes) is not { } value || LeaseValue.TryRead(value.Write()) is { } again && again.Attributes.BackendType == value.Attributes.BackendType && again == LeaseValue.TryRead(again.Write()));
    }

    private static AddressPair Pair(string? ipv4, string? ipv6) => new(ipv4 is null ? null : IPAddress.Parse(ipv4), ipv6 is null ? null : IPAddress.Parse(ipv6));
}
