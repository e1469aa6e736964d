using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Overlay.Core.Addressing;
using Overlay.Core.Backends;
using Overlay.Core.Configuration;
using Overlay.Core.Diagnostics;
using Overlay.Core.Leases;

namespace Overlay.Core.Engine;

/// <summary>Everything up to the own lease, in the order of the design: options, configuration, own record, underlay, backend, lease. Until the lease
/// is there, nothing has been changed.</summary>
internal sealed partial class EngineStart(EngineParts parts)
{
    /// <summary>Runs the start.</summary>
    /// <exception cref="OverlayException">It has failed; the message says what to do.</exception>
    public async Task<EngineSession> RunAsync(CancellationToken cancellationToken)
    {
        var options = ReadOptions();
        var configuration = await ReadConfigurationAsync(cancellationToken);
        var backend = FindBackend(configuration.Backend.Type);
        foreach (var preparation in parts.Preparations)
        {
            await preparation.PrepareAsync(configuration, cancellationToken);
        }

        new SubnetFileWriter(options.SubnetFile).Probe();
        var own = await parts.Leases.ReadOwnAsync(cancellationToken);
        var underlay = await parts.Underlay.SelectAsync(Select(options, own), configuration.Network.Families, cancellationToken);
        var network = await backend.OpenAsync(
            new BackendContext { Configuration = configuration, Underlay = underlay, Own = own, BlackholeOwnSubnet = options.BlackholeOwnSubnet },
            cancellationToken);
        try
        {
            if (network.Facts.Current.Fault is { } fault)
            {
                throw new OverlayException(fault);
            }

            var lease = await AcquireAsync(network.Facts.Current.Attributes, cancellationToken);
            IReadOnlyList<OpenNetwork> open = [new OpenNetwork(backend.Name, network)];
            return new EngineSession
            {
                Configuration = new Live<NetworkConfiguration>(configuration),
                Underlay = underlay,
                Own = new Live<Lease>(lease),
                Open = open,
                Networks = new NetworkSet(open),
                IsFirstStart = own?.Lease is null,
            };
        }
        catch
        {
            await network.DisposeAsync();
            throw;
        }
    }

    private async Task<Lease> AcquireAsync(LeaseAttributes attributes, CancellationToken cancellationToken)
    {
        var previous = SubnetFileReader.ReadSubnets(parts.Options.SubnetFile, complaint => Log.OddSubnetFile(parts.Logger, parts.Options.SubnetFile, complaint));
        return await parts.Leases.AcquireAsync(new LeaseRequest(attributes, previous), cancellationToken);
    }

    private OverlayOptions ReadOptions()
    {
        try
        {
            return parts.Options;
        }
        catch (OptionsValidationException exception)
        {
            throw new OverlayException(string.Join(Environment.NewLine, exception.Failures), exception);
        }
    }

    public async Task<NetworkConfiguration> ReadConfigurationAsync(CancellationToken cancellationToken)
    {
        await foreach (var configuration in parts.Leases.WatchConfigurationAsync(cancellationToken))
        {
            return configuration;
        }

        throw new OverlayException("The lease manager has no network configuration.");
    }

    public IBackend FindBackend(string type)
    {
        if (parts.Backends.FirstOrDefault(backend => backend.Name == type) is { } found)
        {
            return found;
        }

        var known = parts.Backends.Count == 0 ? "none, because no backend is registered" : "one of " + string.Join(", ", parts.Backends.Select(backend => backend.Name).Order());
        throw new ConfigurationException([new ConfigurationMistake("Backend.Type", $"\"{type}\"", known)]);
    }

    // What the administrator wrote into the store replaces --public-ip and --public-ipv6, as in flannel.
    public static UnderlaySelection Select(OverlayOptions options, OwnRecord? own)
    {
        var chosen = options.Underlay.PublicAddresses;
        var overrides = own?.PublicAddressOverrides ?? default;
        return options.Underlay with { PublicAddresses = new AddressPair(overrides.IPv4 ?? chosen.IPv4, overrides.IPv6 ?? chosen.IPv6) };
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.Engine + 0, LogLevel.Warning, "The earlier subnet file {Path} is not used as it stands: {Complaint}")]
        public static partial void OddSubnetFile(ILogger logger, string path, string complaint);
    }
}
