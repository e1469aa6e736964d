using System.Globalization;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Microsoft.Extensions.Logging.Testing;
using Overlay.Core.Diagnostics;
using Overlay.Linux.Firewall;
using Overlay.Linux.Namespaces;
using Xunit;

namespace Overlay.Linux.Tests.Firewall;

/// <summary>A network namespace of its own with firewalls in it, and the real tools to look at what they did.</summary>
internal sealed class FirewallHost : IDisposable
{
    private static int _count;
    private readonly TestMeterFactory _meters = new();

    public FirewallHost()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        Name = string.Create(CultureInfo.InvariantCulture, $"ovfw{Environment.ProcessId}-{Interlocked.Increment(ref _count)}");
        Namespace = NetworkNamespace.Create(Name);
        Metrics = new(_meters);
        Repairs = new(_meters, OverlayMetrics.MeterName, "overlay.repairs");
        Tools = new(TimeProvider.System) { Prefix = ["nsenter", $"--net=/run/netns/{Name}"] };
    }

    public string Name { get; }

    public NetworkNamespace Namespace { get; }

    public OverlayMetrics Metrics { get; }

    public MetricCollector<long> Repairs { get; }

    public FakeLogger Logger { get; } = new();

    public Toolbox Tools { get; }

    /// <summary>A new agent's firewall.</summary>
    public LinuxFirewall Open(Toolbox? tools = null) => new(Logger, Metrics, TimeProvider.System, new Place(Namespace, tools ?? Tools));

    /// <summary>Tools of this host that are found in <paramref name="folders"/> only.</summary>
    public Toolbox ToolsIn(params string[] folders) => new(TimeProvider.System) { Prefix = Tools.Prefix, Folders = folders };

    /// <summary>Runs a command here; it has to succeed.</summary>
    public async Task<string> RunAsync(string command, string input = "") =>
        (await TryAsync(command, input)).Require($"run '{command}'");

    public async Task<ToolResult> TryAsync(string command, string input = "")
    {
        var words = command.Split(' ');
        var path = Tools.Find(words[0]);
        Assert.SkipWhen(path is null, $"needs the tool {words[0]}");
        return await Tools.RunAsync(path, words[1..], input, TestContext.Current.CancellationToken);
    }

    /// <summary>The rules of a table as <c>iptables -S</c> prints them, without the built-in chains' policies and the declarations.</summary>
    public async Task<string> RulesAsync(string command, string table) => string.Concat(
        (await RunAsync($"{command} -t {table} -S")).Split('\n').Where(line => line.StartsWith("-A ", StringComparison.Ordinal)).Select(line => line + "\n"));

    /// <summary>Waits until <paramref name="check"/> holds.</summary>
    public static async Task WaitAsync(Func<Task<bool>> check)
    {
        for (var attempt = 0; attempt < 500; attempt++)
        {
            if (await check())
            {
                return;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(10), TestContext.Current.CancellationToken);
        }

        Assert.Fail("It did not happen in time.");
    }

    public void Dispose()
    {
        Repairs.Dispose();
        _meters.Dispose();
        Namespace.Dispose();
    }

    private sealed class Place(NetworkNamespace place, Toolbox tools) : FirewallPlace(tools)
    {
        public override T Open<T>(Func<T> open) => place.Run(open);
    }
}
