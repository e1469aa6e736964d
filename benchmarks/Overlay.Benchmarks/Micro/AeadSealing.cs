using BenchmarkDotNet.Attributes;
using Overlay.WireGuard.Protocol.Aead;
using Overlay.WireGuard.Protocol.Keys;

namespace Overlay.Benchmarks.Micro;

/// <summary>Seals or opens one transport packet of so many bytes, in place. The baseline is NSec, which is always there.</summary>
public class AeadSealing
{
    private readonly byte[] _plain = new byte[16_384 + IAeadProvider.TagSize];
    private readonly byte[] _sealed = new byte[16_384 + IAeadProvider.TagSize];
    private readonly byte[] _opened = new byte[16_384];
    private IAeadKey _nsec = null!;
    private IAeadKey _system = null!;
    private IAeadKey _openSsl = null!;
    private ulong _counter;

    [Params(64, 512, 1420, 16_384)]
    public int Bytes { get; set; }

    [GlobalSetup]
    public void Begin()
    {
        var nsec = new NSecAead(new KeyVault());
        _nsec = nsec.CreateKey(new byte[32]);
        _system = new SystemAead(nsec).CreateKey(new byte[32]);
        _openSsl = new OpenSslAead().CreateKey(new byte[32]);
        _nsec.Seal(0, _opened.AsSpan(0, Bytes), _sealed.AsSpan(0, Bytes + IAeadProvider.TagSize));
    }

    [GlobalCleanup]
    public void End()
    {
        _nsec.Dispose();
        _system.Dispose();
        _openSsl.Dispose();
    }

    [Benchmark(Baseline = true)]
    public bool NSecSeal() => Seal(_nsec);

    [Benchmark]
    public bool SystemSeal() => Seal(_system);

    [Benchmark]
    public bool OpenSslSeal() => Seal(_openSsl);

    [Benchmark]
    public bool NSecOpen() => Open(_nsec);

    [Benchmark]
    public bool SystemOpen() => Open(_system);

    [Benchmark]
    public bool OpenSslOpen() => Open(_openSsl);

    private bool Seal(IAeadKey key) => key.Seal(_counter++, _plain.AsSpan(0, Bytes), _plain.AsSpan(0, Bytes + IAeadProvider.TagSize));

    private bool Open(IAeadKey key) => key.Open(0, _sealed.AsSpan(0, Bytes + IAeadProvider.TagSize), _opened.AsSpan(0, Bytes))
        ? true
        : throw new InvalidOperationException("A genuine packet was refused.");
}
