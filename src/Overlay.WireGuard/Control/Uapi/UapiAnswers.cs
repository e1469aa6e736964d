using System.Security.Cryptography;

using Overlay.WireGuard.Protocol.Keys;

namespace Overlay.WireGuard.Control.Uapi;

/// <summary>Writes answers, in wireguard-go's order of lines.</summary>
internal static class UapiAnswers
{
    /// <summary>Writes the whole interface. However many prefixes it has, only a piece of the text is in memory at a time.</summary>
    public static async ValueTask WriteStateAsync(this UapiOutput output, WireGuardDeviceState state, CancellationToken cancellationToken)
    {
        WriteDevice(output, state);
        foreach (var peer in state.Peers)
        {
            WritePeer(output, peer);
            foreach (var prefix in peer.AllowedIps)
            {
                if (output.IsFull)
                {
                    await output.FlushAsync(cancellationToken);
                }

                output.PrefixLine("allowed_ip", prefix);
            }

            if (output.IsFull)
            {
                await output.FlushAsync(cancellationToken);
            }
        }
    }

    /// <summary>Ends an answer; zero is success.</summary>
    public static ValueTask WriteErrnoAsync(this UapiOutput output, int errno, CancellationToken cancellationToken)
    {
        output.Line("errno", -errno);
        output.EndLine();
        return output.FlushAsync(cancellationToken);
    }

    private static void WriteDevice(UapiOutput output, WireGuardDeviceState state)
    {
        Span<byte> key = stackalloc byte[PrivateKey.Size];
        if (state.PrivateKey is { } privateKey)
        {
            privateKey.Export(key);
            output.KeyLine("private_key", key);
            CryptographicOperations.ZeroMemory(key);
        }

        if (state.ListenPort != 0)
        {
            output.Line("listen_port", state.ListenPort);
        }

        if (state.FirewallMark != 0)
        {
            output.Line("fwmark", state.FirewallMark);
        }
    }

    private static void WritePeer(UapiOutput output, WireGuardPeerState peer)
    {
        Span<byte> key = stackalloc byte[PresharedKey.Size];
        peer.PublicKey.CopyTo(key);
        output.KeyLine("public_key", key);
        key.Clear();
        peer.PresharedKey?.Export(key);
        output.KeyLine("preshared_key", key);
        CryptographicOperations.ZeroMemory(key);
        output.Line("protocol_version", 1);
        if (peer.Endpoint is { } endpoint)
        {
            // The zone of an address is written as its number: names cannot be looked up in every namespace.
            output.TextLine("endpoint", endpoint.ToString());
        }

        var handshake = (peer.LastHandshake ?? DateTimeOffset.UnixEpoch) - DateTimeOffset.UnixEpoch;
        output.Line("last_handshake_time_sec", handshake.Ticks / TimeSpan.TicksPerSecond);
        output.Line("last_handshake_time_nsec", handshake.Ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick);
        output.Line("tx_bytes", peer.SentBytes);
        output.Line("rx_bytes", peer.ReceivedBytes);
        output.Line("persistent_keepalive_interval", (int)peer.PersistentKeepalive.TotalSeconds);
    }
}
