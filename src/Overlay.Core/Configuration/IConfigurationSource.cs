namespace Overlay.Core.Configuration;

/// <summary>Where a network's configuration comes from: a file, or later a store.</summary>
public interface IConfigurationSource
{
    /// <summary>The configuration now, then each other one. A configuration that cannot be used is thrown at the first reading; a later one is
    /// logged, and the one before stays.</summary>
    /// <exception cref="ConfigurationException">The first configuration cannot be read or has mistakes; all of them are in it.</exception>
    IAsyncEnumerable<NetworkConfiguration> WatchAsync(CancellationToken cancellationToken);
}
