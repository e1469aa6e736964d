namespace Overlay.Core.Engine;

/// <summary>Tells the sinks whether the node's network works, from the moment it is ready.</summary>
internal sealed class NodeHealthLoop(EngineParts parts, EngineSession session)
{
    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var facts = session.Networks.Facts.Current;
            foreach (var sink in parts.HealthSinks)
            {
                sink.Report(facts.Fault);
            }

            await session.Networks.Facts.UntilAsync(now => now.Fault != facts.Fault, cancellationToken);
        }
    }
}
