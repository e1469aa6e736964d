using BenchmarkDotNet.Attributes;
using NSec.Cryptography;
using Overlay.WireGuard.Protocol.Aead;
using Overlay.WireGuard.Protocol.Keys;

namespace Overlay.Benchmarks.Micro;

/// <summary>A whole WireGuard handshake, the work of both ends together. The baseline is what no implementation can save: its two new key pairs and six
/// agreements (X25519) alone.</summary>
public class HandshakeExchange
{
    private EnginePair _pair = null!;
    private Key _key = null!;

    [GlobalSetup]
    public void Begin()
    {
        var vault = new KeyVault();
        _pair = new EnginePair(new NSecAead(vault), vault);
        _key = Key.Create(KeyAgreementAlgorithm.X25519);
    }

    [GlobalCleanup]
    public void End()
    {
        _pair.Dispose();
        _key.Dispose();
    }

    [Benchmark]
    public void BothEnds() => _pair.Handshake();

    [Benchmark(Baseline = true)]
    public void X25519Alone()
    {
        var parameters = new SharedSecretCreationParameters { ExportPolicy = KeyExportPolicies.AllowPlaintextExport };
        for (var i = 0; i < 2; i++)
        {
            using var ephemeral = Key.Create(KeyAgreementAlgorithm.X25519);
            for (var agreement = 0; agreement < 3; agreement++)
            {
                using var secret = KeyAgreementAlgorithm.X25519.Agree(ephemeral, _key.PublicKey, parameters);
            }
        }
    }
}
