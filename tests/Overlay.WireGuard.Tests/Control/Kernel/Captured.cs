using System.Runtime.CompilerServices;

using Overlay.Linux.Interop;

namespace Overlay.WireGuard.Tests.Control.Kernel;

/// <summary>What <c>wg</c> and the kernel said to each other: <c>captured.txt</c>, which says how it was made.</summary>
internal static class Captured
{
    private static readonly List<(string Command, char Direction, byte[] Bytes)> _all = [.. Read()];

    public static IEnumerable<byte[]> All => _all.Select(entry => entry.Bytes);

    /// <summary>The last message that the command sent, without its netlink header, whose number and flags are the connection's affair.</summary>
    public static byte[] Request(string command) => Last(command, '>')[Unsafe.SizeOf<Uapi.nlmsghdr>()..];

    /// <summary>The last message that answered the command.</summary>
    public static byte[] Reply(string command) => Last(command, '<');

    private static byte[] Last(string command, char direction) =>
        _all.Last(entry => entry.Command.StartsWith(command, StringComparison.Ordinal) && entry.Direction == direction).Bytes;

    private static IEnumerable<(string, char, byte[])> Read()
    {
        using var stream = typeof(Captured).Assembly.GetManifestResourceStream("captured.txt")!;
        using var reader = new StreamReader(stream);
        var command = "";
        while (reader.ReadLine() is { } line)
        {
            switch (line)
            {
                case ['$', ..]:
                    command = line[2..];
                    break;
                case ['>' or '<', ..]:
                    yield return (command, line[0], Convert.FromHexString(line.AsSpan(2)));
                    break;
            }
        }
    }
}
