using Overlay.Linux.Netlink.Route;
using Xunit;

namespace Overlay.Linux.Tests.Netlink;

/// <summary>Deletion by a forked child. The test's own process has many threads, which the child does not: it does system calls only.</summary>
[Trait("Needs", "root")]
public sealed class LinkRemovalTests : KernelFixture
{
    [Fact]
    public void DeleteLinkQuickly_VethPair_IsGoneWhenItReturns()
    {
        for (var i = 0; i < 20; i++)
        {
            Route.Execute(batch => batch.CreateVeth(new LinkSettings { Name = "va", IsUp = true }, new LinkSettings { Name = "vb" }));

            Assert.True(Namespace.Run(() => Route.DeleteLinkQuickly("va")));

            Assert.Null(Route.FindLink("va"));
            Assert.Null(Route.FindLink("vb"));
        }
    }

    [Fact]
    public void DeleteLinkQuickly_NoSuchLink_SaysSo() => Assert.False(Namespace.Run(() => Route.DeleteLinkQuickly("va")));
}
