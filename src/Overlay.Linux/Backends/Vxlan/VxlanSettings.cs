using Overlay.Core.Configuration;

namespace Overlay.Linux.Backends.Vxlan;

/// <summary>The keys of a <c>Backend</c> object of type vxlan (flannel-facts 1.D).</summary>
internal sealed record VxlanSettings
{
    /// <summary>The kernel's port when none is set; IANA's is 4789, Linux is older than that.</summary>
    public const int KernelPort = 8472;

    /// <summary>The network identifier of the VXLAN header, 24 bits (RFC 7348). Defaults to 1.</summary>
    public int Vni { get; init; } = 1;

    /// <summary>The UDP port; <c>0</c> in the file stands for the kernel's, 8472.</summary>
    public int Port { get; init; } = KernelPort;

    /// <summary>The largest outer packet in bytes; 0, the default, is the underlay's.</summary>
    public int Mtu { get; init; }

    /// <summary>Whether the group policy extension is on.</summary>
    public bool GroupPolicy { get; init; }

    /// <summary>Whether the device learns addresses from what it receives.</summary>
    public bool Learning { get; init; }

    /// <summary>Whether peers on the underlay's link are reached without VXLAN.</summary>
    public bool DirectRouting { get; init; }

    /// <summary>Reads every key once; the reader collects the mistakes. Unknown keys are ignored, as flannel does.</summary>
    public static VxlanSettings Read(SettingsReader reader) => new()
    {
        Vni = reader.ReadInt32("VNI", 1, 1, 0xFF_FFFF),
        Port = reader.ReadInt32("Port", 0, 0, ushort.MaxValue) is not 0 and var port ? port : KernelPort,
        // RFC 791: every host takes 576 bytes. Less leaves no room for a workload.
        Mtu = reader.ReadInt32("MTU", 0, 576, ushort.MaxValue),
        GroupPolicy = reader.ReadBoolean("GBP", false),
        Learning = reader.ReadBoolean("Learning", false),
        DirectRouting = reader.ReadBoolean("DirectRouting", false),
    };
}
