namespace Overlay.Linux.Kernel;

/// <summary>The reconciler's only way to the kernel. Everything but <see cref="Wake"/> is called on one thread.</summary>
internal interface IKernelDoor : IDisposable
{
    /// <summary>The names of the tables in the order of dependency: what stands in one may need what stands in those before it. A table's rank is
    /// its index here.</summary>
    IReadOnlyList<string> Tables { get; }

    /// <summary>Waits until there is something to receive, or for <see cref="Wake"/>.</summary>
    void Wait();

    /// <summary>Ends the current or the next <see cref="Wait"/>, from any thread.</summary>
    void Wake();

    /// <summary>Reports everything that changed since the last call, in the kernel's order, and does not wait. <see langword="false"/> when some of
    /// it was lost: then everything has to be dumped.</summary>
    bool Receive(IKernelSink sink);

    /// <summary>Reports what stands in a table, or only what stands there on one device.</summary>
    void Dump(int rank, string? device, IKernelSink sink);

    /// <summary>Makes the changes, all of one table, and fills in the refusals. What has changed is reported by the next <see cref="Receive"/>.</summary>
    void Send(int rank, Span<KernelChange> changes);
}
