using System.Net;
using CsCheck;
using Overlay.Core.Addressing;
using Overlay.Core.Diagnostics;
using Overlay.Core.Engine;
using Xunit;

namespace Overlay.Core.Tests.Engine;

public class SubnetFileTests
{
    // flannel-facts 2.1.
    private const string DualStack =
        "FLANNEL_NETWORK=10.244.0.0/16\nFLANNEL_SUBNET=10.244.1.1/24\nFLANNEL_IPV6_NETWORK=2001:cafe:42::/56\nFLANNEL_IPV6_SUBNET=2001:cafe:42::1/64\nFLANNEL_MTU=1450\nFLANNEL_IPMASQ=true\n";

    private static readonly SubnetFileContent _dualStack = new(
        new SubnetPair(IPNetwork.Parse("10.244.0.0/16"), IPNetwork.Parse("2001:cafe:42::/56")),
        new SubnetPair(IPNetwork.Parse("10.244.1.0/24"), IPNetwork.Parse("2001:cafe:42::/64")),
        1450,
        Masquerade: true);

    [Fact]
    public void Format_DualStack_IsFlannelsBytes() => Assert.Equal(DualStack, _dualStack.Format());

    [Fact]
    public void Format_IPv6Only_LeavesIPv4Out() => Assert.Equal(
        "FLANNEL_IPV6_NETWORK=2001:cafe:42::/56\nFLANNEL_IPV6_SUBNET=2001:cafe:42::1/64\nFLANNEL_MTU=1450\nFLANNEL_IPMASQ=false\n",
        (_dualStack with { Network = new(null, _dualStack.Network.IPv6), Subnets = new(null, _dualStack.Subnets.IPv6), Masquerade = false }).Format());

    [Theory]
    [InlineData(DualStack, "10.244.1.0/24, 2001:cafe:42::/64", 0)]
    [InlineData("export FLANNEL_SUBNET = \"10.244.3.9/24\" # mine", "10.244.3.0/24", 0)]
    [InlineData("FLANNEL_SUBNET: 10.244.3.1/24", "10.244.3.0/24", 0)]
    [InlineData("FLANNEL_SUBNET='10.244.3.1/24'\r\nFLANNEL_MTU=1", "10.244.3.0/24", 0)]
    [InlineData("FLANNEL_SUBNET=nonsense,10.244.3.1/24", "10.244.3.0/24", 1)]
    [InlineData("FLANNEL_SUBNET=10.244.3.1/24,10.244.4.1/24", "", 1)]
    [InlineData("FLANNEL_SUBNET=10.244.3.1/33", "", 1)]
    [InlineData("FLANNEL_SUBNET=10.244.3.1/0", "0.0.0.0/0", 0)]
    [InlineData("FLANNEL_SUBNET=2001:db8::1/64", "", 1)]
    [InlineData("FLANNEL_IPV6_SUBNET=2001:db8::1/0", "::/0", 0)]
    [InlineData("#FLANNEL_SUBNET=10.244.3.1/24", "", 0)]
    [InlineData("", "", 0)]
    public void ParseSubnets_Text_GivesWhatFlannelReads(string text, string expected, int expectedComplaints)
    {
        var complaints = 0;

        var subnets = SubnetFileReader.ParseSubnets(text, _ => complaints++);

        Assert.Equal(expected, subnets.ToString());
        Assert.Equal(expectedComplaints, complaints);
    }

    [Fact]
    public void ParseSubnets_AnyText_GivesAValue() => Gen.OneOf(Gen.String, Gen.String["FLANNEL_SUBNETIPV6=:/.,0123456789abcdef'\"# \n"].Select(text => "FLANNEL_SUBNET=" + text))
        .Sample(text => SubnetFileReader.ParseSubnets(text, _ => { }).Families is >= AddressFamilies.None and <= AddressFamilies.Dual);

    [Fact]
    public void ParseSubnets_WhatWasFormatted_GivesItBack() =>
        Gen.Select(Gen.UInt, Gen.Int[8, 30], Gen.ULong, Gen.Int[16, 124]).Sample((v4, length4, v6, length6) =>
        {
            var subnets = new SubnetPair(Subnet(InetAddress.FromIPv4(v4), length4), Subnet(InetAddress.FromIPv6((UInt128)v6 << 64), length6));
            return SubnetFileReader.ParseSubnets(new SubnetFileContent(subnets, subnets, 1450, false).Format(), Assert.Fail) == subnets;
        });

    [Fact]
    public void Replace_FolderMissing_MakesFileAndFolderReadableByAll()
    {
        var folder = Directory.CreateTempSubdirectory("ovagent");
        try
        {
            var path = Path.Combine(folder.FullName, "a", "b", "subnet.env");
            var writer = new SubnetFileWriter(path);

            writer.Probe();
            Assert.Empty(folder.GetFileSystemInfos());
            writer.Replace(_dualStack);

            Assert.Equal(DualStack, File.ReadAllText(path));
            if (!OperatingSystem.IsWindows())
            {
                Assert.Equal("644", Convert.ToString((int)File.GetUnixFileMode(path), 8));
                Assert.Equal("755", Convert.ToString((int)File.GetUnixFileMode(Path.GetDirectoryName(path)!), 8));
            }

            Assert.True(writer.Delete());
            Assert.False(writer.Delete());
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Replace_PathIsAFolder_SaysSo()
    {
        var folder = Directory.CreateTempSubdirectory("ovagent");
        try
        {
            var failure = Assert.Throws<OverlayException>(() => new SubnetFileWriter(folder.FullName).Probe());
            Assert.Equal($"Cannot write the subnet file {folder.FullName}: it is a folder", failure.Message);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static IPNetwork Subnet(InetAddress address, int length)
    {
        var hostBits = (address.Size * 8) - length;
        var bits = address.Value >> hostBits << hostBits;
        return new IPNetwork((address.IsIPv6 ? InetAddress.FromIPv6(bits) : InetAddress.FromIPv4((uint)bits)).ToIPAddress(), length);
    }
}
