using Overlay.TestKit.Cni;
using static Overlay.Cni.Conformance.Trial;

namespace Overlay.Cni.Conformance.Demands;

/// <summary>Section 3, "Lifecycle &amp; Ordering": several containers at once.</summary>
internal static class ConcurrencyDemands
{
    private const int Containers = 16;

    public static IEnumerable<Demand> All =>
    [
        new("3 Lifecycle & Ordering", "16 containers can be attached at once, each with an address of its own", Together),
        new("3 Lifecycle & Ordering", "16 containers can be detached at once, and nothing is left", Apart),
    ];

    private static void Together(Trial trial) => AddTogether(trial);

    private static CniContainer[] AddTogether(Trial trial)
    {
        var input = trial.Configuration().ToJsonString();
        var containers = Enumerable.Range(0, Containers).Select(_ => trial.Container()).ToArray();
        var answers = new CniAnswer[Containers];
        Parallel.For(0, Containers, new ParallelOptions { MaxDegreeOfParallelism = Containers }, i => answers[i] = trial.Send(CniRequest.For("ADD", containers[i], input)));
        foreach (var answer in answers)
        {
            Require(answer.IsSuccess, $"ADD failed: {Brief(answer)}");
        }

        var addresses = answers.SelectMany(answer => AddDemands.Addresses(answer.Result)).ToArray();
        Require(addresses.Distinct().Count() == Containers, $"an address was given twice: {string.Join(", ", addresses.Order())}");
        return containers;
    }

    private static void Apart(Trial trial)
    {
        var containers = AddTogether(trial);
        var input = trial.Configuration().ToJsonString();
        var answers = new CniAnswer[Containers];
        Parallel.For(0, Containers, new ParallelOptions { MaxDegreeOfParallelism = Containers }, i => answers[i] = trial.Send(CniRequest.For("DEL", containers[i], input)));
        foreach (var answer in answers)
        {
            Require(answer.IsSuccess, $"DEL failed: {Brief(answer)}");
        }

        Require(!trial.Node.HostEnds.Any(), "links were left on the host");
    }
}
