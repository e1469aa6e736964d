namespace Overlay.Linux.Kernel;

/// <summary>What a slot has only while something is unusual about it.</summary>
internal sealed class SlotTrouble
{
    /// <summary>Others that want something here, the one who asked last at the end. They come to their turn when the present owner leaves.</summary>
    public List<(Owner Owner, KernelEntry Entry)>? Others { get; set; }

    /// <summary>How often the kernel refused in a row.</summary>
    public int Failures { get; set; }

    /// <summary>When the slot's turn comes, in milliseconds of <see cref="Agenda.Now"/>.</summary>
    public long Due { get; set; }
}
