namespace Overlay.WireGuard.Control;

/// <summary>A WireGuard interface of this network namespace, whoever carries its packets: this process, or the kernel. Both answer to the same
/// words, which are those of <c>wg(8)</c> and of the kernel's <c>linux/wireguard.h</c>. Its methods may be called from any thread.</summary>
public interface IWireGuardDevice : IAsyncDisposable
{
    /// <summary>The interface's name, as <c>ip link</c> shows it.</summary>
    string Name { get; }

    /// <summary>Who carries the packets.</summary>
    WireGuardDeviceKind Kind { get; }

    /// <summary>Completes when the interface is gone: deleted behind our back, or disposed. Never faults.</summary>
    Task Closed { get; }

    /// <summary>What is configured and counted now; peers in the order in which they were added.</summary>
    /// <exception cref="WireGuardException">The interface is gone, or the kernel refuses.</exception>
    ValueTask<WireGuardDeviceState> ReadAsync(CancellationToken cancellationToken);

    /// <summary>Carries out a change. What it does not name stays as it is.</summary>
    /// <exception cref="WireGuardException">The change cannot be made: the port is taken, the interface is gone.</exception>
    ValueTask ConfigureAsync(WireGuardChange change, CancellationToken cancellationToken);
}
