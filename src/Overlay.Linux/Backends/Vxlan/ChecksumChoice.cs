namespace Overlay.Linux.Backends.Vxlan;

/// <summary>Decides what <see cref="ChecksumOffload.Auto"/> means on this node (docs/decisions/0033-checksum-offload.md).</summary>
internal static class ChecksumChoice
{
    // Linux 5.7 (ea64d8d6c675, "netfilter: nat: never update the UDP checksum when it's 0").
    private static readonly Version _fixedKernel = new(5, 7);

    /// <summary>On, off, or <see langword="null"/> for the kernel's own choice.</summary>
    /// <param name="wish">What the user wants.</param>
    /// <param name="kernel">The kernel's version.</param>
    /// <param name="drivers">The drivers of the interface between nodes and of those beneath it.</param>
    public static bool? Decide(ChecksumOffload wish, Version kernel, IEnumerable<string> drivers) => wish switch
    {
        ChecksumOffload.On => true,
        ChecksumOffload.Off => false,
        _ => kernel < _fixedKernel || drivers.Contains("vmxnet3") ? false : null,
    };
}
