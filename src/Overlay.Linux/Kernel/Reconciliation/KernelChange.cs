namespace Overlay.Linux.Kernel;

/// <summary>One change that the reconciler wants made, and how the kernel answered.</summary>
internal struct KernelChange(Slot slot, KernelEntry? wanted, KernelEntry? seen, bool removesFirst)
{
    /// <summary>The place that the change is about.</summary>
    public Slot Slot { get; } = slot;

    /// <summary>What shall stand; <see langword="null"/> to remove <see cref="Seen"/>.</summary>
    public KernelEntry? Wanted { get; } = wanted;

    /// <summary>What stands there now, as far as is known.</summary>
    public KernelEntry? Seen { get; } = seen;

    /// <summary>Whether <see cref="Seen"/> has to be removed before <see cref="Wanted"/> can be added: the kernel did not replace it in place.</summary>
    public bool RemovesFirst { get; } = removesFirst;

    /// <summary>The kernel's refusal; <see langword="null"/> when it accepted. Set by <see cref="IKernelDoor.Send"/>.</summary>
    public KernelRefusal? Refusal { get; set; }

    /// <summary>The change as one line of a plan.</summary>
    public override readonly string ToString()
    {
        var text = Wanted is null ? $"remove {Named(Seen!)}" : Seen is null ? $"add {Named(Wanted)}" : $"replace {Named(Seen)} with {Named(Wanted)}";
        return text;
    }

    // Routes are printed as iproute2 prints them, which is without a noun.
    private static string Named(KernelEntry entry)
    {
        var text = entry.ToString();
        var table = entry.Key.Table;
        return text.StartsWith(table, StringComparison.Ordinal) ? text : $"{table} {text}";
    }
}
