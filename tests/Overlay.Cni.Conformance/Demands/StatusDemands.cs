using Overlay.TestKit.Cni;
using static Overlay.Cni.Conformance.Trial;

namespace Overlay.Cni.Conformance.Demands;

/// <summary>Section 2, "STATUS", since 1.1.0.</summary>
internal static class StatusDemands
{
    private const string Section = "2 STATUS";

    public static IEnumerable<Demand> All =>
    [
        new(Section, "STATUS needs no container, and succeeds when ADD would", trial => Status(trial, [])) { Since = "1.1.0" },
        new(Section, "STATUS fails with code 50 or 51 when no address is free", Exhausted) { Since = "1.1.0" },
        new(Section, "STATUS fails with code 50 or 51 when what the plugin depends on is missing", DependencyMissing) { Since = "1.1.0", AppliesTo = subject => subject.HasDependency },
        new(Section, "STATUS with a cniVersion before 1.1.0 is refused with code 1", trial => RequireError(Ask(trial, "1.0.0"), 1)) { Since = "1.1.0" },
        new(Section, "ADD and DEL work while STATUS fails", OthersGoOn) { Since = "1.1.0" },
    ];

    private static CniAnswer Ask(Trial trial, string? version = null) => trial.Send(new CniRequest { Command = "STATUS", Input = trial.Configuration(version).ToJsonString() });

    private static void Status(Trial trial, int[] codes)
    {
        var answer = Ask(trial);
        if (codes.Length == 0)
        {
            Require(answer.IsSuccess, $"STATUS failed: {Brief(answer)}");
            return;
        }

        RequireError(answer, codes);
    }

    private static void Exhausted(Trial trial)
    {
        trial.UseSmallSubnet();
        trial.RequireAllAddressesFree();
        Status(trial, [50, 51]);
    }

    private static void DependencyMissing(Trial trial)
    {
        var input = trial.Configuration().ToJsonString();
        trial.BreakDependency();
        RequireError(trial.Send(new CniRequest { Command = "STATUS", Input = input }), 50, 51);
    }

    private static void OthersGoOn(Trial trial)
    {
        trial.UseSmallSubnet();
        using var container = trial.Container();
        trial.Add(container);
        for (var i = 1; i < SmallRoom; i++)
        {
            trial.Add(trial.Container());
        }

        Status(trial, [50, 51]);
        trial.Del(container);
        trial.Add(trial.Container());
    }
}
