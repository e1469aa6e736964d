namespace Overlay.Linux.Kernel;

/// <summary>An entry that was put back after somebody else had changed or removed it.</summary>
/// <param name="At">When.</param>
/// <param name="Table">The name of the table; see <see cref="KernelTables"/>.</param>
/// <param name="Entry">The entry in the words of iproute2.</param>
public sealed record KernelRepair(DateTimeOffset At, string Table, string Entry);
