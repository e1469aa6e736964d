using BenchmarkDotNet.Attributes;
using Overlay.WireGuard.Protocol.Sessions;

namespace Overlay.Benchmarks.Micro;

/// <summary>Judges the counters of 1,024 packets: in order; in pairs that changed places; each a second time. The baseline only keeps the newest, and would
/// refuse what comes late.</summary>
public class ReplayWindowAccept
{
    private const int Packets = 1024;

    private ReplayWindow _window;
    private ulong _next = 64;
    private ulong _newest;

    [Benchmark(OperationsPerInvoke = Packets)]
    public int InOrder()
    {
        var accepted = 0;
        for (var i = 0; i < Packets; i++)
        {
            accepted += _window.TryAccept(_next++) ? 1 : 0;
        }

        return accepted == Packets ? accepted : throw new InvalidOperationException("A new counter was refused.");
    }

    [Benchmark(OperationsPerInvoke = Packets)]
    public int PairsChanged()
    {
        var accepted = 0;
        for (var i = 0; i < Packets; i++)
        {
            accepted += _window.TryAccept((_next + (ulong)i) ^ 1) ? 1 : 0;
        }

        _next += Packets;
        return accepted == Packets ? accepted : throw new InvalidOperationException("A late counter was refused.");
    }

    [Benchmark(OperationsPerInvoke = Packets)]
    public int Replayed()
    {
        var accepted = 0;
        _window.TryAccept(_next);
        for (var i = 0; i < Packets; i++)
        {
            accepted += _window.TryAccept(_next) ? 1 : 0;
        }

        _next++;
        return accepted == 0 ? accepted : throw new InvalidOperationException("An old counter was accepted.");
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Packets)]
    public int NewestOnly()
    {
        var accepted = 0;
        for (var i = 0; i < Packets; i++)
        {
            var counter = _next++;
            if (counter > _newest)
            {
                (_newest, accepted) = (counter, accepted + 1);
            }
        }

        return accepted;
    }
}
