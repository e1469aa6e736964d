using Microsoft.Extensions.Hosting;
using Overlay.Core.Leases;

namespace CustomAgent;

/// <summary>The code that nobody else has: it tells who comes and goes. The engine reads the same leases; any number of watchers may.</summary>
internal sealed class Announcer(ISubnetLeaseManager leases) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var batch in leases.WatchAsync(stoppingToken))
        {
            foreach (var line in Describe(batch))
            {
                Console.WriteLine($"announcer: {line}");
            }
        }
    }

    private static IEnumerable<string> Describe(LeaseBatch batch) => batch switch
    {
        LeaseBatch.Snapshot all => all.Leases.Select(lease => $"{lease.Subnets} is at {lease.Attributes.PublicAddresses}"),
        LeaseBatch.Changes changes => changes.Items.Select(change => change switch
        {
            LeaseChange.Written written => $"{written.Lease.Subnets} came to {written.Lease.Attributes.PublicAddresses}",
            LeaseChange.Removed removed => $"{removed.Key} has left",
            _ => "",
        }),
        _ => [],
    };
}
