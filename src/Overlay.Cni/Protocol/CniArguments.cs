using Overlay.Core.Addressing;

namespace Overlay.Cni.Protocol;

/// <summary>CNI_ARGS: pairs such as <c>IgnoreUnknown=1;IP=10.244.1.9</c>, the old way in which a runtime asks for something.</summary>
/// <param name="Addresses">The addresses that the attachment shall have (IP).</param>
/// <param name="Mac">The Ethernet address that it shall have (MAC).</param>
internal sealed record CniArguments(IReadOnlyList<InetAddress> Addresses, MacAddress? Mac)
{
    public static CniArguments None { get; } = new([], null);

    /// <summary>Reads the pairs; one with an unknown name is refused unless IgnoreUnknown is there too, as libcni does it.</summary>
    /// <exception cref="CniException">A pair is malformed.</exception>
    public static CniArguments Parse(string text)
    {
        var addresses = new List<InetAddress>();
        MacAddress? mac = null;
        string? unknown = null;
        var ignoresUnknown = false;
        foreach (var pair in text.Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                throw Wrong(pair, "NAME=VALUE pairs separated by ';'");
            }

            var value = pair[(equals + 1)..];
            switch (pair[..equals])
            {
                case "IgnoreUnknown":
                    ignoresUnknown = value is "1" or "true" or "True" or "TRUE" or "t" or "T";
                    break;
                case "IP":
                    addresses.Add(IpText.TryParse(value, out var address) ? address : throw Wrong(pair, "IP=ADDRESS"));
                    break;
                case "MAC":
                    mac = MacAddress.TryParse(value, out var parsed) && !parsed.IsZero ? parsed : throw Wrong(pair, "MAC=ADDRESS, for example MAC=0a:58:0a:f4:01:02");
                    break;
                default:
                    unknown ??= pair;
                    break;
            }
        }

        return unknown is null || ignoresUnknown ? new CniArguments(addresses, mac) : throw Wrong(unknown, "IP, MAC and IgnoreUnknown (IgnoreUnknown=1 lets others pass)");
    }

    private static CniException Wrong(string found, string allowed) => new(CniErrorCode.InvalidEnvironment, $"CNI_ARGS: found \"{found}\", allowed is {allowed}.");
}
