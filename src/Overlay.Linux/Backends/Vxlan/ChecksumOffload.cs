namespace Overlay.Linux.Backends.Vxlan;

/// <summary>Whether a VXLAN device leaves the checksums of inner packets to the devices beneath (<c>ethtool -K DEVICE tx-checksum-ip-generic</c>).</summary>
public enum ChecksumOffload
{
    /// <summary>The kernel's choice, which is on, except where it is known to corrupt packets: on kernels before 5.7 (masquerade with random ports leaves a
    /// wrong outer checksum) and over VMware's vmxnet3 (which drops what it cannot offload).</summary>
    Auto,

    /// <summary>On.</summary>
    On,

    /// <summary>Off: slower, and right everywhere.</summary>
    Off,
}
