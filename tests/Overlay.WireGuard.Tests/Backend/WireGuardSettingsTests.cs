using System.Text.Json;
using Overlay.Core.Addressing;
using Overlay.Core.Configuration;
using Overlay.WireGuard.Backend;

namespace Overlay.WireGuard.Tests.Backend;

public class WireGuardSettingsTests
{
    private const string Secret = "s3cr3ts3cr3ts3cr3ts3cr3ts3cr3ts3cr3ts3cr3tA=";

    [Fact]
    public void Read_NothingSet_GivesFlannelsDefaults()
    {
        var settings = Read("""{"Type":"wireguard"}""", out var mistakes);

        Assert.Empty(mistakes);
        Assert.Equal(new WireGuardSettings { ListenPort = 51820, ListenPortV6 = 51821, Mode = TunnelMode.Separate, Device = DeviceChoice.Auto }, settings);
    }

    [Fact]
    public void Read_Everything_IsRead()
    {
        var settings = Read(
            $$"""{"listenport":1,"LISTENPORTV6":2,"MTU":1400,"PSK":"{{Secret}}","PersistentKeepaliveInterval":25,"Mode":"ipv6","Device":"userspace","Other":1}""", out var mistakes);

        Assert.Empty(mistakes);
        Assert.Equal(
            new WireGuardSettings
            {
                ListenPort = 1, ListenPortV6 = 2, Mtu = 1400, HasPresharedKey = true, PersistentKeepalive = TimeSpan.FromSeconds(25), Mode = TunnelMode.IPv6, Device = DeviceChoice.Userspace,
            },
            settings);
    }

    [Fact]
    public void Read_EmptyPresharedKey_IsNone()
    {
        Assert.False(Read("""{"PSK":""}""", out var mistakes).HasPresharedKey);
        Assert.Empty(mistakes);
    }

    [Theory]
    [InlineData("""{"ListenPort":0}""", "Backend.ListenPort: found 0, allowed is a whole number from 1 to 65535")]
    [InlineData("""{"ListenPort":65536}""", "Backend.ListenPort: found 65536, allowed is a whole number from 1 to 65535")]
    [InlineData("""{"ListenPort":"51820"}""", "Backend.ListenPort: found \"51820\", allowed is a whole number from 1 to 65535")]
    [InlineData("""{"ListenPortV6":-1}""", "Backend.ListenPortV6: found -1, allowed is a whole number from 1 to 65535")]
    [InlineData("""{"MTU":575}""", "Backend.MTU: found 575, allowed is a whole number from 576 to 65535")]
    [InlineData("""{"PersistentKeepaliveInterval":-1}""", "Backend.PersistentKeepaliveInterval: found -1, allowed is a whole number from 0 to 65535")]
    [InlineData("""{"PersistentKeepaliveInterval":65536}""", "Backend.PersistentKeepaliveInterval: found 65536, allowed is a whole number from 0 to 65535")]
    [InlineData("""{"PersistentKeepaliveInterval":"25s"}""", "Backend.PersistentKeepaliveInterval: found \"25s\", allowed is a whole number from 0 to 65535")]
    [InlineData("""{"Mode":"both"}""", "Backend.Mode: found \"both\", allowed is one of separate, auto, ipv4, ipv6")]
    [InlineData("""{"Mode":""}""", "Backend.Mode: found \"\", allowed is one of separate, auto, ipv4, ipv6")]
    [InlineData("""{"Mode":4}""", "Backend.Mode: found 4, allowed is one of separate, auto, ipv4, ipv6")]
    [InlineData("""{"Device":"go"}""", "Backend.Device: found \"go\", allowed is one of auto, kernel, userspace")]
    public void Read_OutsideWhatIsAllowed_IsOneMistake(string json, string expected)
    {
        Read(json, out var mistakes);
        Assert.Equal(expected, Assert.Single(mistakes).ToString());
    }

    [Theory]
    [InlineData("\"s3cr3t\"")]
    [InlineData("12345678")]
    [InlineData("\"s3cr3ts3cr3ts3cr3ts3cr3ts3cr3ts3cr3ts3cr3tB=\"")]
    [InlineData("\"a0a1a2a3a4a5a6a7a8a9aaabacadaeafa0a1a2a3a4a5a6a7a8a9aaabacadaeaf\"")]
    [InlineData("[\"s3cr3t\"]")]
    public void Read_UnusablePresharedKey_IsNotShown(string value)
    {
        Read($$"""{"PSK":{{value}}}""", out var mistakes);

        Assert.Equal(
            "Backend.PSK: found something else (not shown: it is a secret), allowed is 32 bytes in base64, as 'wg genpsk' prints them: 44 characters",
            Assert.Single(mistakes).ToString());
    }

    [Fact]
    public void Read_ManyMistakes_ReportsAll()
    {
        Read("""{"ListenPort":0,"ListenPortV6":0,"MTU":1,"PSK":"x","PersistentKeepaliveInterval":-1,"Mode":"x","Device":"x"}""", out var mistakes);
        Assert.Equal(7, mistakes.Count);
    }

    [Theory]
    [InlineData("""{"ListenPort":51820,"ListenPortV6":51820}""", AddressFamilies.Dual, "Backend.ListenPortV6: found 51820, allowed is another port than ListenPort: mode separate opens two devices, and each takes its port in both families")]
    [InlineData("""{"Mode":"ipv4"}""", AddressFamilies.IPv6, "Backend.Mode: found \"ipv4\", allowed is separate, auto or ipv6 while EnableIPv4 is false")]
    [InlineData("""{"Mode":"ipv6"}""", AddressFamilies.IPv4, "Backend.Mode: found \"ipv6\", allowed is separate, auto or ipv4 while EnableIPv6 is false")]
    public void Read_WhatTheFamiliesRuleOut_IsOneMistake(string json, AddressFamilies families, string expected)
    {
        Read(json, out var mistakes, families);
        Assert.Equal(expected, Assert.Single(mistakes).ToString());
    }

    [Theory]
    [InlineData("""{"ListenPort":51820,"ListenPortV6":51820}""", AddressFamilies.IPv4)]
    [InlineData("""{"ListenPort":51820,"ListenPortV6":51820,"Mode":"auto"}""", AddressFamilies.Dual)]
    [InlineData("""{"Mode":"ipv4"}""", AddressFamilies.Dual)]
    [InlineData("""{"Mode":"ipv6"}""", AddressFamilies.Dual)]
    public void Read_WhatTheFamiliesAllow_IsTaken(string json, AddressFamilies families)
    {
        Read(json, out var mistakes, families);
        Assert.Empty(mistakes);
    }

    private static WireGuardSettings Read(string json, out List<ConfigurationMistake> mistakes, AddressFamilies families = AddressFamilies.Dual)
    {
        mistakes = [];
        return WireGuardSettings.Read(new SettingsReader(JsonElement.Parse(json), "Backend.", mistakes), families);
    }
}
