using Overlay.TestKit.Namespaces;
using Overlay.TestKit.Processes;

namespace Overlay.TestKit.Traffic;

/// <summary>Listens to everything on the Ethernet between hosts, from its start to <see cref="StopAsync"/>.</summary>
public sealed class WireTap : IAsyncDisposable
{
    private readonly ChildProcess _tcpdump;
    private readonly string _folder;

    private WireTap(ChildProcess tcpdump, string folder) => (_tcpdump, _folder) = (tcpdump, folder);

    private string CaptureFile => Path.Combine(_folder, "wire.pcap");

    /// <summary>Begins to listen on the bridge that joins the hosts.</summary>
    public static async Task<WireTap> StartAsync(TestTopology topology)
    {
        ArgumentNullException.ThrowIfNull(topology);
        var folder = Directory.CreateTempSubdirectory("wiretap-").FullName;
        var tcpdump = ChildProcess.Start(topology.NetworkName, "tcpdump", ["-n", "-i", "br0", "-U", "-B", "16384", "-s", "0", "-Z", "root", "-w", Path.Combine(folder, "wire.pcap")]);
        var tap = new WireTap(tcpdump, folder);
        await tcpdump.WaitForLineAsync("listening", TimeSpan.FromSeconds(20));
        return tap;
    }

    /// <summary>Ends the listening.</summary>
    public async Task StopAsync()
    {
        _tcpdump.Send(2);
        await _tcpdump.WaitForExitAsync(TimeSpan.FromSeconds(20));
    }

    /// <summary>Whether these bytes were on the wire, in whatever.</summary>
    public bool Heard(ReadOnlySpan<byte> bytes) => File.ReadAllBytes(CaptureFile).AsSpan().IndexOf(bytes) >= 0;

    /// <summary>The packets that a filter of tcpdump matches, one line each.</summary>
    public async Task<string[]> PacketsAsync(string filter) =>
        [.. (await ChildProcess.RunAsync(null, "tcpdump", "-n", "-r", CaptureFile, filter)).Split('\n').Where(line => line.Contains(" > ", StringComparison.Ordinal))];

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _tcpdump.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
