using System.Text.Json.Nodes;
using Overlay.Core.Addressing;
using Overlay.TestKit.Cni;
using Overlay.TestKit.Namespaces;

namespace Overlay.Cni.Tests.Crash;

/// <summary>A host whose subnet has room for five workloads, two of which live there all the time: an address that is lost or given twice is seen at once.</summary>
internal sealed class CrashNode : IDisposable
{
    private const int Room = 5;

    private readonly CniNode _node = new();
    private readonly JsonObject _extra;
    private readonly List<(CniContainer Container, string Address)> _residents = [];

    /// <param name="extra">Further keys of the configuration.</param>
    public CrashNode(JsonObject extra)
    {
        _extra = extra;
        SubnetFile = _node.WriteSubnetFile("10.1.17.1/29");
        Driver = new CniDriver(_node.Namespace, CniBinaries.Overlay, CniBinaries.SearchPath);
        for (var i = 0; i < 2; i++)
        {
            var container = new CniContainer();
            _residents.Add((container, AddressOf(Send("ADD", container))));
        }
    }

    public string SubnetFile { get; }

    public CniDriver Driver { get; }

    private string HostLocal => Path.Combine(_node.Folder, "host-local");

    /// <summary>Where the plugin keeps its state.</summary>
    public string State => Path.Combine(_node.Folder, "data");

    public CniRequest Request(string command, CniContainer container) => CniRequest.For(command, container, Configuration().ToJsonString());

    public CniAnswer Send(string command, CniContainer container) => Driver.Call(Request(command, container));

    /// <summary>The file of the address that host-local will give next: it goes through the subnet in order.</summary>
    public string NextHostLocalFile => Path.Combine(HostLocal, "crash", $"10.1.17.{2 + _residents.Count}");

    /// <summary>Garbage collection with the residents, and nobody else, as valid attachments.</summary>
    public CniAnswer Collect()
    {
        var configuration = Configuration();
        configuration["cniVersion"] = "1.1.0";
        configuration["cni.dev/valid-attachments"] =
            new JsonArray([.. _residents.Select(resident => new JsonObject { ["containerID"] = resident.Container.Id, ["ifname"] = "eth0" })]);
        return Driver.Call(new CniRequest { Command = "GC", Input = configuration.ToJsonString() });
    }

    /// <summary>What is wrong: <see langword="null"/> when no address was lost or given twice, the residents are well, and no link is left over.</summary>
    public string? FindFault()
    {
        var guests = new List<CniContainer>();
        try
        {
            var addresses = _residents.Select(resident => resident.Address).ToList();
            for (var i = _residents.Count; i < Room; i++)
            {
                var guest = new CniContainer();
                guests.Add(guest);
                var answer = Send("ADD", guest);
                if (!answer.IsSuccess)
                {
                    return $"only {i} of {Room} addresses can be had: {answer}";
                }

                addresses.Add(AddressOf(answer));
            }

            if (addresses.Distinct().Count() != Room)
            {
                return $"an address was given twice: {string.Join(", ", addresses)}";
            }

            foreach (var guest in guests)
            {
                if (Send("DEL", guest) is { IsSuccess: false } refusal)
                {
                    return $"DEL: {refusal}";
                }
            }

            var broken = _residents.FirstOrDefault(resident => !resident.Container.Ask(route => route.ListAddresses().Any(address => address.Address.ToString() == resident.Address)));
            return broken.Container is not null ? $"the resident lost {broken.Address}" : FindLeftLinks();
        }
        finally
        {
            guests.ForEach(guest => guest.Dispose());
        }
    }

    public void Dispose()
    {
        _residents.ForEach(resident => resident.Container.Dispose());
        _node.Dispose();
    }

    // A namespace that ends takes its links along, but a moment later.
    private string? FindLeftLinks()
    {
        var redirections = _extra.ContainsKey("runtimeConfig") ? _residents.Count : 0;
        try
        {
            KernelWatch.Until(_node.Namespace, route => route.ListLinks("veth").Count == _residents.Count && route.ListLinks("ifb").Count == redirections, TimeSpan.FromSeconds(10));
            return null;
        }
        catch (TimeoutException)
        {
            return $"links are left on the host: {string.Join(", ", _node.Route.ListLinks().Select(link => link.Name))}";
        }
    }

    private JsonObject Configuration()
    {
        var configuration = new JsonObject
        {
            ["cniVersion"] = "1.0.0",
            ["name"] = "crash",
            ["type"] = "overlay-cni",
            ["subnetFile"] = SubnetFile,
            ["dataDir"] = State,
        };
        foreach (var (key, value) in _extra)
        {
            configuration[key] = value?.DeepClone();
        }

        // Two nodes at once must not share what a delegate keeps.
        if (configuration["ipam"] is JsonObject ipam)
        {
            ipam["dataDir"] = HostLocal;
        }

        return configuration;
    }

    private static string AddressOf(CniAnswer answer) => InetPrefix.Parse(answer.Result.GetProperty("ips")[0].GetProperty("address").GetString()!).ToString();
}
