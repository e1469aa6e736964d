using Overlay.WireGuard.Protocol.Keys;

namespace Overlay.WireGuard.Backend;

/// <summary>What the entries of a network name and do not hold.</summary>
internal sealed class DeviceSecrets(PrivateKey privateKey, PresharedKey? presharedKey) : IDisposable
{
    /// <summary>The node's private key.</summary>
    public PrivateKey PrivateKey => privateKey;

    /// <summary>The secret that all nodes share, if there is one.</summary>
    public PresharedKey? PresharedKey => presharedKey;

    /// <summary>Which key a peer has.</summary>
    public PresharedKeyUse UseOf(PresharedKey? key)
    {
        // All zeros are the protocol's "none".
        if (key is null || !key.Bytes.ContainsAnyExcept((byte)0))
        {
            return PresharedKeyUse.None;
        }

        return presharedKey is not null && System.Security.Cryptography.CryptographicOperations.FixedTimeEquals(key.Bytes, presharedKey.Bytes)
            ? PresharedKeyUse.Network
            : PresharedKeyUse.Other;
    }

    public void Dispose()
    {
        privateKey.Dispose();
        presharedKey?.Dispose();
    }
}
