using System.Reflection;

namespace Overlay.WireGuard.Cli.CommandLine;

internal static class HelpText
{
    public const string Usage = "Usage: overlay-wg [-f|--foreground] INTERFACE";

    /// <summary>What <c>--help</c> prints.</summary>
    public const string Text = $"""
        {Usage}

        Makes the WireGuard interface INTERFACE, carries its packets, and answers wg(8) on /var/run/wireguard/INTERFACE.sock. It takes the place of
        wireguard-go, also under wg-quick(8): WG_QUICK_USERSPACE_IMPLEMENTATION=overlay-wg. It ends when the interface is deleted, when the socket is removed,
        and on SIGTERM or SIGINT.

          -f, --foreground    stay in the foreground; otherwise the program returns when the interface is ready
          -h, --help          print this
              --version       print the version

        Environment:
          LOG_LEVEL           silent, error or verbose; default error. When it is set, the program in the background goes on writing to its output.
          OVERLAY_WG_AEAD     auto, nsec, system or openssl: the library that seals packets; default auto, the fastest
          WG_TUN_FD           the descriptor of a TUN device to go on with
          WG_UAPI_FD          the descriptor of a listening socket to go on with
          WG_PROCESS_FOREGROUND=1    the same as -f

        """;

    /// <summary>What <c>--version</c> prints; the commit that it was built from stands behind a plus.</summary>
    public static string Version { get; } =
        $"overlay-wg {typeof(HelpText).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown"}\n";
}
