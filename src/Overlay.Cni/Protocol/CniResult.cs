using Overlay.Core.Addressing;

namespace Overlay.Cni.Protocol;

/// <summary>What ADD made, in no version's form.</summary>
internal sealed class CniResult
{
    public List<CniInterface> Interfaces { get; init; } = [];

    public List<CniAddress> Addresses { get; init; } = [];

    public List<CniRoute> Routes { get; init; } = [];

    public CniDns Dns { get; init; } = new();

    /// <summary>The same, with what plugins before this one in a chain have made in front.</summary>
    public CniResult After(CniResult previous) => new()
    {
        Interfaces = [.. previous.Interfaces, .. Interfaces],
        Addresses = [.. previous.Addresses, .. Addresses.Select(entry => entry with { Interface = entry.Interface + previous.Interfaces.Count })],
        Routes = [.. previous.Routes, .. Routes],
        Dns = Dns.IsEmpty ? previous.Dns : Dns,
    };
}

/// <summary>A link. <paramref name="Sandbox"/> is the path of the namespace that it is in; <see langword="null"/> for the host.</summary>
internal sealed record CniInterface(string Name, string Mac, string? Sandbox, int Mtu = 0);

/// <summary>An address. <paramref name="Interface"/> counts in the result's interfaces; <see langword="null"/> says nothing.</summary>
internal sealed record CniAddress(InetPrefix Address, InetAddress Gateway, int? Interface);

/// <summary>A route; the gateway may be none. <paramref name="Details"/> are the members that 1.1.0 added, by name.</summary>
internal sealed record CniRoute(InetPrefix Destination, InetAddress Gateway, IReadOnlyDictionary<string, long>? Details = null)
{
    /// <summary>What 1.1.0 added.</summary>
    public static readonly string[] DetailNames = ["mtu", "advmss", "priority", "table", "scope"];

    /// <summary>One of the details; 0 if it is not said.</summary>
    public long Detail(string name) => Details?.GetValueOrDefault(name) ?? 0;
}

/// <summary>Where names are looked up.</summary>
internal sealed record CniDns
{
    public IReadOnlyList<string> Nameservers { get; init; } = [];

    /// <summary>Whether nothing is set.</summary>
    public bool IsEmpty => Nameservers.Count + Search.Count + Options.Count + Domain.Length == 0;

    public string Domain { get; init; } = "";

    public IReadOnlyList<string> Search { get; init; } = [];

    public IReadOnlyList<string> Options { get; init; } = [];
}
