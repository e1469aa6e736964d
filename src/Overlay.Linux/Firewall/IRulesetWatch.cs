namespace Overlay.Linux.Firewall;

/// <summary>Tells that rules may have been changed.</summary>
internal interface IRulesetWatch : IDisposable
{
    /// <summary>Waits for the next change, or until the time is over.</summary>
    Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken);
}
