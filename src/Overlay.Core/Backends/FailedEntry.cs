namespace Overlay.Core.Backends;

/// <summary>An entry that the kernel has refused; it is tried again with back-off.</summary>
/// <param name="Entry">The entry in the words of iproute2.</param>
/// <param name="Error">The kernel's answer.</param>
public sealed record FailedEntry(string Entry, string Error);
