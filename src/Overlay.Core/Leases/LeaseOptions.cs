using System.Net;
using System.Net.NetworkInformation;

namespace Overlay.Core.Leases;

/// <summary>How long leases last and when they are renewed.</summary>
public sealed class LeaseOptions
{
    /// <summary>How long a lease lasts without renewal. Defaults to one day.</summary>
    public TimeSpan Term { get; set; } = TimeSpan.FromDays(1);

    /// <summary>How long before its end a lease is renewed. Defaults to one hour; more than zero and less than <see cref="Term"/>.</summary>
    public TimeSpan RenewMargin { get; set; } = TimeSpan.FromHours(1);

    /// <summary>How long a node waits for the living owner of a lease that has its own public address to contest, before it takes the lease over.
    /// A rebooted node waits so once. Defaults to three seconds.</summary>
    public TimeSpan ClaimWindow { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>Gives the machine's own addresses, by which a node finds its lease from before its last boot. Defaults to those of all interfaces.</summary>
    public Func<IReadOnlyCollection<IPAddress>> LocalAddresses { get; set; } = () =>
        [.. NetworkInterface.GetAllNetworkInterfaces().SelectMany(device => device.GetIPProperties().UnicastAddresses).Select(address => address.Address)];
}
