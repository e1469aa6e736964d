using Overlay.Cni.Ipam;
using Overlay.Cni.Protocol;
using Overlay.Core.Addressing;
using Xunit;

namespace Overlay.Cni.Tests.Ipam;

public sealed class AddressBookTests
{
    private readonly AddressBook _book = new();

    [Fact]
    public void TryAllocate_FreshSubnet_BeginsBehindTheGateway()
    {
        Assert.Equal("10.1.17.2", Reserve("a", "10.1.17.0/24"));
        Assert.Equal("10.1.17.3", Reserve("b", "10.1.17.0/24"));
        Assert.Equal("fd00::2", Reserve("c", "fd00::/64"));
    }

    [Fact]
    public void TryAllocate_AllUsedOnce_TakesTheOneThatRestedLongest()
    {
        foreach (var name in new[] { "a", "b", "c", "d", "e" })
        {
            Reserve(name, "10.1.17.0/29");
        }

        Release("d");
        Release("a");
        Release("b");

        Assert.Equal("10.1.17.5", Reserve("f", "10.1.17.0/29"));
        Assert.Equal("10.1.17.2", Reserve("g", "10.1.17.0/29"));
        Assert.Equal("10.1.17.3", Reserve("h", "10.1.17.0/29"));
        Assert.False(_book.TryAllocate(InetPrefix.Parse("10.1.17.0/29"), _ => false, out _));
    }

    [Fact]
    public void TryAllocate_ReleasedWhileOthersAreUntouched_TakesAnUntouchedOne()
    {
        Reserve("a", "10.1.17.0/24");
        Release("a");

        Assert.Equal("10.1.17.3", Reserve("b", "10.1.17.0/24"));
    }

    [Theory]
    [InlineData("10.1.17.0/30", 1)]
    [InlineData("10.1.17.0/31", 0)]
    [InlineData("10.1.17.0/32", 0)]
    [InlineData("10.1.16.0/22", 1021)]
    [InlineData("fd00::/125", 6)]
    [InlineData("fd00::/128", 0)]
    public void TryAllocate_WholeSubnet_GivesEachAddressOnce(string subnet, int expected)
    {
        var addresses = new HashSet<InetAddress>();
        while (_book.TryAllocate(InetPrefix.Parse(subnet), _ => false, out var address))
        {
            Assert.True(addresses.Add(address));
            Assert.True(AddressBook.IsAssignable(InetPrefix.Parse(subnet), address));
            Apply(JournalAction.Reserve, $"c{addresses.Count}", address);
        }

        Assert.Equal(expected, addresses.Count);
    }

    [Fact]
    public void TryAllocate_ManyComeAndGo_StaysSmall()
    {
        for (var i = 0; i < 10_000; i++)
        {
            Reserve("a", "fd00::/64");
            Release("a");
        }

        Assert.InRange(_book.Lines, 1, 2048);
    }

    private string Reserve(string name, string subnet)
    {
        Assert.True(_book.TryAllocate(InetPrefix.Parse(subnet), _ => false, out var address));
        Apply(JournalAction.Reserve, name, address);
        return address.ToString();
    }

    private void Release(string name) => Apply(JournalAction.Release, name);

    private void Apply(JournalAction action, string name, params InetAddress[] addresses) => Assert.True(_book.TryApply(new JournalEntry(action, "net", new AttachmentKey(name, "eth0"), addresses).ToLine().AsMemory(..^1)));
}
