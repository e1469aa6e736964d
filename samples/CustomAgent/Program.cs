// An agent of one's own: the parts of overlayd that this node needs, beside code that nobody else has. It takes its settings from the command line,
// as every .NET host does: --folder /var/lib/mine --net-conf net-conf.json --store leases.db
using CustomAgent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

var builder = Host.CreateApplicationBuilder(args);
var folder = builder.Configuration["folder"]!;

builder.Services.AddOverlay(options =>
    {
        options.SubnetFile = Path.Combine(folder, "subnet.env");
        options.StateDirectory = Path.Combine(folder, "state");
    })
    .UseLinux()
    .UseVxlan()
    .UseConfigurationFile(builder.Configuration["net-conf"]!)
    .UseSqlite(builder.Configuration["store"]!);
builder.Services.AddHostedService<Announcer>();

await builder.Build().RunAsync();
