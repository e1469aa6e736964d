namespace Overlay.Core.Leases;

/// <summary>An ability of a lease manager: it can say what it waits for, so that a node which does not get on tells why.</summary>
public interface IWaitingReport
{
    /// <summary>What keeps the lease manager waiting now (a store that does not answer, a subnet that was not assigned yet) and what would help;
    /// <see langword="null"/> while nothing does.</summary>
    string? WaitingFor { get; }
}
