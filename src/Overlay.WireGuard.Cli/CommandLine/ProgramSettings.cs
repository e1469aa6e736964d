using Microsoft.Extensions.Logging;

using Overlay.WireGuard.Protocol.Aead;

namespace Overlay.WireGuard.Cli.CommandLine;

/// <summary>What the user wants, from the command line and the environment. The variables are wireguard-go's, those of our own begin with OVERLAY_WG_.</summary>
internal sealed record ProgramSettings
{
    public const string LogLevelVariable = "LOG_LEVEL";
    public const string AeadVariable = "OVERLAY_WG_AEAD";
    public const string TunVariable = "WG_TUN_FD";
    public const string UapiVariable = "WG_UAPI_FD";
    public const string ForegroundVariable = "WG_PROCESS_FOREGROUND";
    public const string DetachVariable = "OVERLAY_WG_DETACH";

    public string Interface { get; init; } = "";

    public bool IsForeground { get; init; }

    /// <summary>Whether to let go of the output when the device is ready: set by the process that started this one in the background.</summary>
    public bool Detaches { get; init; }

    public LogLevel LogLevel { get; init; } = LogLevel.Error;

    /// <summary>Whether the user asked for a log: then the process in the background keeps its output.</summary>
    public bool WantsLog { get; init; }

    public AeadPreference Aead { get; init; }

    public int? TunDescriptor { get; init; }

    public int? UapiDescriptor { get; init; }
}
