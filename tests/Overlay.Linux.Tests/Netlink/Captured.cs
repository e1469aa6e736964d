namespace Overlay.Linux.Tests.Netlink;

/// <summary>What iproute2 and the kernel said to each other: <c>captured.txt</c>, which says how it was made.</summary>
internal static class Captured
{
    private static readonly List<(string Command, char Direction, byte[] Bytes)> _all = [.. Read()];

    /// <summary>The datagram that the command sent.</summary>
    public static byte[] Request(string command) => _all.Single(entry => entry.Command == command && entry.Direction == '>').Bytes;

    /// <summary>The datagram that the kernel answered to the command.</summary>
    public static byte[] Reply(string command) => _all.Single(entry => entry.Command == command && entry.Direction == '<').Bytes;

    /// <summary>All datagrams.</summary>
    public static IEnumerable<byte[]> All => _all.Select(entry => entry.Bytes);

    private static IEnumerable<(string, char, byte[])> Read()
    {
        var command = "";
        foreach (var line in Resources.Lines("captured.txt"))
        {
            if (line[0] == '$')
            {
                command = line[2..];
            }
            else
            {
                yield return (command, line[0], Convert.FromHexString(line[2..]));
            }
        }
    }
}
