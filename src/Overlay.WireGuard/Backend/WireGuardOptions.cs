namespace Overlay.WireGuard.Backend;

/// <summary>What is chosen on the node itself rather than in the network's configuration.</summary>
public sealed class WireGuardOptions
{
    /// <summary>The file of the node's private key, made when it is missing. <see langword="null"/>, the default, is <c>wgkey</c> in the agent's state folder.</summary>
    public string? PrivateKeyFile { get; set; }
}
