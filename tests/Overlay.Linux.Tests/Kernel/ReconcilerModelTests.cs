using CsCheck;
using Overlay.Core.Addressing;
using Overlay.Linux.Kernel;
using Xunit;

namespace Overlay.Linux.Tests.Kernel;

/// <summary>Whatever happens in whatever order: once it is quiet, what is wanted stands, what is claimed and unwanted does not, and nothing else was
/// touched.</summary>
public class ReconcilerModelTests
{
    private const int Peers = 5;

    private static readonly ScopeClaim _direct = new("host-gw", [], KernelHost.Claim.Network);

    [Fact]
    public void Run_RandomHistories_EndsWithWhatIsWanted() =>
        Gen.Select(Gen.Int[0, 16], Gen.Int[1, Peers], Gen.Int[0, 2], Gen.Bool).Array[0, 60].Sample(Check, iter: 4_000);

    private static void Check((int Kind, int Peer, int Variant, bool Flag)[] history)
    {
        using var fixture = new CoreFixture();
        var vxlan = fixture.Open();
        var direct = fixture.Open(_direct);
        fixture.Want(vxlan, "own", KernelHost.Own);
        fixture.Complete(vxlan);
        fixture.Complete(direct);
        fixture.Core.Run();
        var everWanted = new HashSet<KernelEntry>(KernelHost.Own);
        foreach (var step in history)
        {
            Apply(fixture, vxlan, direct, everWanted, step);
        }

        // The causes end.
        fixture.Kernel.Refused.Clear();
        fixture.Kernel.Bent.Clear();
        fixture.Kernel.ThrowsAfter = -1;
        fixture.Kernel.LosesAnnouncements = false;
        if (!fixture.Kernel.HasDevice("eth0"))
        {
            fixture.Kernel.AddDevice("eth0");
        }

        fixture.Kernel.SetDevice("eth0", isUp: true);
        fixture.Core.Run();
        fixture.Pass(TimeSpan.FromMinutes(5));

        // Several owners may want different things of one key; one of them gets it.
        var wanted = vxlan.Owners.Values.Concat(direct.Owners.Values).SelectMany(owner => owner.Entries).ToLookup(entry => entry.Key);
        Assert.Null(fixture.Core.NextDue);
        Assert.All(wanted, wishes => Assert.Contains(fixture.Kernel.At(wishes.Key), wishes));
        Assert.All(fixture.Kernel.Entries, entry => Assert.True(
            wanted.Contains(entry.Key) || !(entry.IsWithin(vxlan.Claim) || entry.IsWithin(direct.Claim)), $"left over: {entry}"));
        Assert.All(fixture.Kernel.Displaced, entry => Assert.True(
            entry.IsWithin(vxlan.Claim) || entry.IsWithin(direct.Claim) || everWanted.Any(other => other.Key == entry.Key), $"not ours: {entry}"));
        Assert.Equal((0, 0), (vxlan.Status.Pending, direct.Status.Pending));
        Assert.Empty(vxlan.Status.Failed);
        Assert.Equal(vxlan.Status.Entries + direct.Status.Entries, wanted.Count);
    }

    private static void Apply(CoreFixture fixture, ScopeState vxlan, ScopeState direct, HashSet<KernelEntry> everWanted, (int Kind, int Peer, int Variant, bool Flag) step)
    {
        var kernel = fixture.Kernel;
        var peer = KernelHost.Peer(step.Peer, step.Variant, step.Variant);
        var name = KernelHost.PeerName(step.Peer);
        var route = new RouteEntry { Destination = peer[2].Key.Prefix, Gateway = InetAddress.Parse("192.0.2.9"), Device = "eth0" };
        switch (step.Kind)
        {
            case 0 or 1:
                everWanted.UnionWith(peer);
                fixture.Want(vxlan, name, peer);
                Commit(fixture, step.Flag);
                break;
            case 2:
                fixture.Want(vxlan, name, []);
                Commit(fixture, step.Flag);
                break;
            case 3:
                everWanted.Add(route);
                fixture.Want(direct, name, [route]);
                Commit(fixture, step.Flag);
                break;
            case 4:
                fixture.Want(direct, name, []);
                Commit(fixture, step.Flag);
                break;
            case 5:
                kernel.RemoveForeign(peer[step.Variant].Key, step.Flag ? ChangeOrigin.Foreign : ChangeOrigin.Unknown);
                break;
            case 6:
                kernel.PutForeign(peer[step.Variant]);
                break;
            case 7:
                kernel.PutForeign(route with { Protocol = step.Flag ? RouteProtocols.Boot : RouteProtocols.Overlay, Metric = (uint)step.Variant });
                break;
            case 8:
                kernel.SetDevice(step.Flag ? "eth0" : KernelHost.Device, isUp: step.Variant == 0);
                break;
            case 9:
                kernel.RemoveDevice(step.Flag ? "eth0" : KernelHost.Device);
                break;
            case 10 when !kernel.HasDevice("eth0"):
                kernel.AddDevice("eth0", step.Flag);
                break;
            case 11:
                kernel.PutForeign(KernelHost.Link with { Mac = KernelHost.MacOf(step.Peer), Mtu = 1400 + step.Variant });
                break;
            case 12:
                kernel.RemoveForeign(KernelHost.Own[1].Key);
                break;
            case 13 when step.Flag:
                kernel.Refused[peer[step.Variant].Key] = "Cannot allocate memory";
                break;
            case 13:
                kernel.Refused.Clear();
                kernel.Bent.Clear();
                break;
            case 14 when step.Flag:
                kernel.LosesAnnouncements = step.Variant == 0;
                break;
            case 14:
                kernel.Overrun();
                break;
            case 15 when step.Flag:
                kernel.Bent[peer[2].Key] = route;
                break;
            case 16:
                kernel.ThrowsAfter = step.Peer;
                break;
            case 15:
                fixture.Pass(TimeSpan.FromMilliseconds(7 * step.Peer * (1 + (100 * step.Variant))));
                break;
        }
    }

    private static void Commit(CoreFixture fixture, bool isNow)
    {
        if (isNow)
        {
            fixture.Guard(fixture.Core.Run);
        }
    }
}
