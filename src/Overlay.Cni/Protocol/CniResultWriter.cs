using System.Text.Json;

namespace Overlay.Cni.Protocol;

/// <summary>Writes a result in the form of a version.</summary>
internal static class CniResultWriter
{
    public static byte[] Write(CniResult result, CniVersion version)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("cniVersion", version.Text());
            if (version.HasLists())
            {
                WriteLists(json, result, version);
            }
            else
            {
                WriteFamily(json, "ip4", result, isIPv6: false);
                WriteFamily(json, "ip6", result, isIPv6: true);
            }

            WriteDns(json, result.Dns);
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    /// <summary>One entry of <c>dns</c>, in a result and in a configuration alike.</summary>
    public static void WriteDns(Utf8JsonWriter json, CniDns dns)
    {
        json.WriteStartObject("dns");
        WriteTexts(json, "nameservers", dns.Nameservers);
        if (dns.Domain.Length > 0)
        {
            json.WriteString("domain", dns.Domain);
        }

        WriteTexts(json, "search", dns.Search);
        WriteTexts(json, "options", dns.Options);
        json.WriteEndObject();
    }

    private static void WriteLists(Utf8JsonWriter json, CniResult result, CniVersion version)
    {
        json.WriteStartArray("interfaces");
        foreach (var entry in result.Interfaces)
        {
            json.WriteStartObject();
            json.WriteString("name", entry.Name);
            if (entry.Mac.Length > 0)
            {
                json.WriteString("mac", entry.Mac);
            }

            if (version.Is11() && entry.Mtu > 0)
            {
                json.WriteNumber("mtu", entry.Mtu);
            }

            if (entry.Sandbox is not null)
            {
                json.WriteString("sandbox", entry.Sandbox);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("ips");
        foreach (var entry in result.Addresses)
        {
            json.WriteStartObject();
            if (version.NamesFamilies())
            {
                json.WriteString("version", entry.Address.Address.IsIPv6 ? "6" : "4");
            }

            if (entry.Interface is { } index)
            {
                json.WriteNumber("interface", index);
            }

            json.WriteString("address", entry.Address.ToString());
            if (!entry.Gateway.IsNone)
            {
                json.WriteString("gateway", entry.Gateway.ToString());
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteRoutes(json, result.Routes, version);
    }

    private static void WriteRoutes(Utf8JsonWriter json, IEnumerable<CniRoute> routes, CniVersion version)
    {
        json.WriteStartArray("routes");
        foreach (var route in routes)
        {
            json.WriteStartObject();
            json.WriteString("dst", route.Destination.ToString());
            if (!route.Gateway.IsNone)
            {
                json.WriteString("gw", route.Gateway.ToString());
            }

            foreach (var (name, value) in version.Is11() && route.Details is { } details ? details : (IReadOnlyDictionary<string, long>)new Dictionary<string, long>())
            {
                json.WriteNumber(name, value);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    // One address in each family is all that the old form can say.
    private static void WriteFamily(Utf8JsonWriter json, string name, CniResult result, bool isIPv6)
    {
        if (result.Addresses.Find(entry => entry.Address.Address.IsIPv6 == isIPv6) is not { } address)
        {
            return;
        }

        json.WriteStartObject(name);
        json.WriteString("ip", address.Address.ToString());
        if (!address.Gateway.IsNone)
        {
            json.WriteString("gateway", address.Gateway.ToString());
        }

        WriteRoutes(json, result.Routes.Where(route => route.Destination.Address.IsIPv6 == isIPv6), CniVersion.V020);
        json.WriteEndObject();
    }

    private static void WriteTexts(Utf8JsonWriter json, string name, IReadOnlyList<string> texts)
    {
        if (texts.Count == 0)
        {
            return;
        }

        json.WriteStartArray(name);
        foreach (var text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }
}
