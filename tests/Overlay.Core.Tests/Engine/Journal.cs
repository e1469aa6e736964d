using System.Threading.Channels;
using Xunit;

namespace Overlay.Core.Tests.Engine;

/// <summary>What the fakes were asked to do, in order. Tests wait for a line instead of sleeping.</summary>
internal sealed class Journal
{
    private readonly Lock _lock = new();
    private readonly List<string> _lines = [];
    private readonly Channel<string> _news = Channel.CreateUnbounded<string>();

    /// <summary>Called with the number of lines after each one.</summary>
    public Action<int> OnLine { get; set; } = _ => { };

    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lock)
            {
                return [.. _lines];
            }
        }
    }

    public void Add(string line)
    {
        int count;
        lock (_lock)
        {
            _lines.Add(line);
            count = _lines.Count;
        }

        _news.Writer.TryWrite(line);
        OnLine(count);
    }

    /// <summary>Reads on until <paramref name="line"/> comes; what came before is consumed.</summary>
    public async Task WaitForAsync(string line)
    {
        var seen = new List<string>();
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        try
        {
            while (await _news.Reader.ReadAsync(deadline.Token) is var next && next != line)
            {
                seen.Add(next);
            }
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"'{line}' did not come. What came: {string.Join(" | ", seen)}");
        }
    }
}
