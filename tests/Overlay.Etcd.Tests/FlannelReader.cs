using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Overlay.Etcd.Tests;

/// <summary>Reads a key and a value as flannel does (flannel-facts 3.1 and 3.2), written from those rules alone: ParseSubnetKey, and encoding/json into
/// LeaseAttrs. It throws where flannel would drop the lease.</summary>
internal sealed partial class FlannelReader
{
    public string? IPv4Subnet { get; private init; }

    public string? IPv6Subnet { get; private init; }

    public string PublicIP { get; private set; } = "0.0.0.0";

    public string? PublicIPv6 { get; private set; }

    public string BackendType { get; private set; } = "";

    public string? BackendData { get; private set; }

    public string? BackendV6Data { get; private set; }

    public static FlannelReader Read(string key, string value)
    {
        var match = KeyPattern().Match(key);
        if (!match.Success || byte.Parse(match.Groups[2].Value) > 31)
        {
            throw new FormatException($"flannel does not take {key} for a lease");
        }

        var lease = new FlannelReader
        {
            IPv4Subnet = $"{IPAddress.Parse(match.Groups[1].Value)}/{match.Groups[2].Value}",
            IPv6Subnet = match.Groups[3].Success ? $"{IPAddress.Parse(match.Groups[3].Value)}/{match.Groups[4].Value}" : null,
        };
        using var document = JsonDocument.Parse(value);
        foreach (var member in document.RootElement.EnumerateObject())
        {
            // Unmarshal of null leaves the field as it is.
            var isNull = member.Value.ValueKind == JsonValueKind.Null;
            switch (member.Name.ToLowerInvariant())
            {
                case "publicip" when !isNull: lease.PublicIP = IPAddress.Parse(member.Value.GetString()!).MapToIPv4().ToString(); break;
                case "publicipv6" when !isNull: lease.PublicIPv6 = IPAddress.Parse(member.Value.GetString()!).MapToIPv6().ToString(); break;
                case "backendtype" when !isNull: lease.BackendType = member.Value.GetString()!; break;
                case "backenddata": lease.BackendData = member.Value.GetRawText(); break;
                case "backendv6data": lease.BackendV6Data = member.Value.GetRawText(); break;
            }
        }

        return lease;
    }

    [GeneratedRegex(@"(\d+\.\d+.\d+.\d+)-(\d+)(?:&([a-f\d:]+)-(\d+))?$")]
    private static partial Regex KeyPattern();
}
