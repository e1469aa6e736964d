using System.Text.RegularExpressions;
using Overlay.TestKit.Cni;

namespace Overlay.Cni.Tests.Crash;

/// <summary>A place where a plugin can be killed: just before a thread's n-th call of a system call, which is just after whatever it did before.</summary>
/// <param name="Call">The system call.</param>
/// <param name="Number">Its number, from 1; strace counts for each call and thread.</param>
internal sealed partial record CrashPoint(string Call, int Number)
{
    /// <summary>Runs a request to its end under strace, and gives every point after the first open of the state.</summary>
    /// <param name="driver">The plugin.</param>
    /// <param name="request">The request; it is carried out.</param>
    /// <param name="state">The folder of the plugin's state.</param>
    public static IReadOnlyList<CrashPoint> Record(CniDriver driver, CniRequest request, string state)
    {
        var trace = Path.GetTempFileName();
        try
        {
            var answer = new CniDriver(driver) { Launcher = ["strace", "-f", "-o", trace] }.Call(request);
            return answer.IsSuccess ? Read(File.ReadLines(trace), state) : throw new InvalidOperationException($"{request.Command} under strace: {answer}");
        }
        finally
        {
            File.Delete(trace);
        }
    }

    /// <summary>A plugin that is killed here.</summary>
    public CniDriver Arm(CniDriver driver) => new(driver)
    {
        Launcher = ["strace", "-f", "-o", "/dev/null", "-e", $"trace={Call}", "-e", $"inject={Call}:signal=SIGKILL:when={Number}"],
    };

    /// <inheritdoc/>
    public override string ToString() => $"{Call} {Number}";

    /// <summary>Reads <c>PROCESS call(arguments...</c>; the second halves of interrupted lines are no calls.</summary>
    internal static IReadOnlyList<CrashPoint> Read(IEnumerable<string> lines, string state)
    {
        var counts = new Dictionary<(string Thread, string Call), int>();
        var points = new List<CrashPoint>();
        var hasBegun = false;
        foreach (var match in lines.Select(line => Entry().Match(line)).Where(match => match.Success))
        {
            var (thread, call) = (match.Groups[1].Value, match.Groups[2].Value);
            counts[(thread, call)] = counts.GetValueOrDefault((thread, call)) + 1;
            hasBegun |= call is "openat" or "open" or "mkdir" && match.Groups[3].Value.Contains(state, StringComparison.Ordinal);
            // The end of the process is no point before which anything is left to do.
            if (hasBegun && call is not ("exit" or "exit_group"))
            {
                points.Add(new CrashPoint(call, counts[(thread, call)]));
            }
        }

        return [.. points.Distinct()];
    }

    [GeneratedRegex(@"^(\d+) +(\w+)\((.*)")]
    private static partial Regex Entry();
}
