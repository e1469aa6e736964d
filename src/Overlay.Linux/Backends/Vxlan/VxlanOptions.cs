namespace Overlay.Linux.Backends.Vxlan;

/// <summary>What is chosen on the node itself rather than in the network's configuration.</summary>
public sealed class VxlanOptions
{
    /// <summary>Whether checksums are left to the devices beneath. Defaults to <see cref="ChecksumOffload.Auto"/>.</summary>
    public ChecksumOffload TxChecksumOffload { get; set; } = ChecksumOffload.Auto;
}
