// The host of a custom backend. Nothing but AddBackend<HubBackend>() is special about it; beside it stand the backends of the packages.
using CustomBackend;
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
    .AddBackend<HubBackend>()
    .UseConfigurationFile(builder.Configuration["net-conf"]!)
    .UseSqlite(builder.Configuration["store"]!);

await builder.Build().RunAsync();
