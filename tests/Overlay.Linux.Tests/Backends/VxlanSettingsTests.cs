using System.Text.Json;
using Overlay.Core.Configuration;
using Overlay.Linux.Backends.Vxlan;
using Xunit;

namespace Overlay.Linux.Tests.Backends;

public class VxlanSettingsTests
{
    [Fact]
    public void Read_NothingSet_GivesFlannelsDefaults()
    {
        Assert.Equal(new VxlanSettings(), Read("""{"Type":"vxlan"}""", out var mistakes));
        Assert.Empty(mistakes);
    }

    [Fact]
    public void Read_Everything_IsRead()
    {
        var settings = Read("""{"Type":"vxlan","vni":4096,"PORT":4789,"mtu":1400,"GBP":true,"Learning":true,"DirectRouting":true,"MacPrefix":"0E-2A"}""", out var mistakes);

        Assert.Empty(mistakes);
        Assert.Equal(new VxlanSettings { Vni = 4096, Port = 4789, Mtu = 1400, GroupPolicy = true, Learning = true, DirectRouting = true }, settings);
    }

    [Fact]
    public void Read_PortZero_IsTheKernelsPort() => Assert.Equal(8472, Read("""{"Port":0}""", out _).Port);

    [Theory]
    [InlineData("""{"VNI":0}""", "Backend.VNI: found 0, allowed is a whole number from 1 to 16777215")]
    [InlineData("""{"VNI":16777216}""", "Backend.VNI: found 16777216, allowed is a whole number from 1 to 16777215")]
    [InlineData("""{"VNI":"1"}""", "Backend.VNI: found \"1\", allowed is a whole number from 1 to 16777215")]
    [InlineData("""{"VNI":1.5}""", "Backend.VNI: found 1.5, allowed is a whole number from 1 to 16777215")]
    [InlineData("""{"Port":-1}""", "Backend.Port: found -1, allowed is a whole number from 0 to 65535")]
    [InlineData("""{"Port":65536}""", "Backend.Port: found 65536, allowed is a whole number from 0 to 65535")]
    [InlineData("""{"MTU":575}""", "Backend.MTU: found 575, allowed is a whole number from 576 to 65535")]
    [InlineData("""{"MTU":65536}""", "Backend.MTU: found 65536, allowed is a whole number from 576 to 65535")]
    [InlineData("""{"GBP":1}""", "Backend.GBP: found 1, allowed is true or false")]
    [InlineData("""{"Learning":"yes"}""", "Backend.Learning: found \"yes\", allowed is true or false")]
    [InlineData("""{"DirectRouting":[]}""", "Backend.DirectRouting: found [], allowed is true or false")]
    public void Read_OutsideTheRange_IsOneMistake(string json, string expected)
    {
        Read(json, out var mistakes);
        Assert.Equal(expected, Assert.Single(mistakes).ToString());
    }

    [Fact]
    public void Read_ManyMistakes_ReportsAll()
    {
        Read("""{"VNI":0,"Port":-1,"MTU":1,"GBP":1}""", out var mistakes);
        Assert.Equal(4, mistakes.Count);
    }

    private static VxlanSettings Read(string json, out List<ConfigurationMistake> mistakes)
    {
        mistakes = [];
        return VxlanSettings.Read(new SettingsReader(JsonElement.Parse(json), "Backend.", mistakes));
    }
}
