using Microsoft.Extensions.Time.Testing;

using Overlay.WireGuard.Protocol.Aead;
using Overlay.WireGuard.Protocol.Keys;

namespace Overlay.WireGuard.Tests.Aead;

public sealed class AeadChoiceTests
{
    private static readonly NSecAead _nsec = new(new KeyVault());
    private static readonly SystemAead _system = new(_nsec);

    [Fact]
    public void Compare_OneIsFasterAtBothSizes_TakesIt()
    {
        Assert.Same(_system, AeadChoice.Compare(_nsec, _system, new double[,] { { 800, 3000 }, { 300, 1500 } }).Provider);
        Assert.Same(_nsec, AeadChoice.Compare(_nsec, _system, new double[,] { { 800, 2000 }, { 1600, 2400 } }).Provider);
    }

    [Fact]
    public void Compare_EachIsFasterAtOneSize_ChangesWhereTheLinesMeet()
    {
        // 64 bytes: 800 and 1600 ns; 1420 bytes: 3200 and 2400 ns. Both differences are 800, so the lines meet in the middle.
        var choice = AeadChoice.Compare(_nsec, _system, new double[,] { { 800, 3200 }, { 1600, 2400 } });

        Assert.Equal(742, Assert.IsType<SizedAead>(choice.Provider).Threshold);
        Assert.Equal("nsec below 742 bytes, system from there on", choice.Provider.Name);
        Assert.Equal("64 bytes: nsec 800 ns, system 1600 ns; 1420 bytes: nsec 3200 ns, system 2400 ns", choice.Reason);
    }

    [Fact]
    public void Make_FixedByOption_DoesNotMeasure()
    {
        Assert.Equal("nsec", AeadChoice.Make(AeadPreference.NSec, new KeyVault(), new FakeTimeProvider()).Provider.Name);
        Assert.Equal("system", AeadChoice.Make(AeadPreference.System, new KeyVault(), new FakeTimeProvider()).Provider.Name);
        Assert.Equal("openssl", AeadChoice.Make(AeadPreference.OpenSsl, new KeyVault(), new FakeTimeProvider()).Provider.Name);
    }

    [Fact]
    public void Make_Auto_MeasuresAndSaysWhy()
    {
        var choice = AeadChoice.Make(AeadPreference.Auto, new KeyVault(), TimeProvider.System);

        Assert.Matches("^64 bytes: nsec [0-9]+ ns, openssl [0-9]+ ns; 1420 bytes: nsec [0-9]+ ns, openssl [0-9]+ ns$", choice.Reason);
    }

    /// <summary>OpenSSL in FIPS mode has the functions and not the cipher: all it does fails, and fast.</summary>
    [Fact]
    public void FirstWorking_LibraryThatRefusesTheCipher_IsPassedOver()
    {
        Assert.Same(_system, AeadProbe.FirstWorking([new BrokenAead(key => new DeadKey()), new BrokenAead(_ => throw new System.Security.Cryptography.CryptographicException("no cipher")), _system]));
        Assert.Null(AeadProbe.FirstWorking([new BrokenAead(key => new DeadKey())]));
        Assert.All(Vectors.AeadTests.Implementations, row => Assert.True(AeadProbe.Works(row.Data)));
    }

    [Fact]
    public void SystemKey_FloodOfForgeries_ThrowsOnceAndStillOpensGenuinePackets()
    {
        using var key = _system.CreateKey(new byte[32]);
        var genuine = new byte[116];
        var forged = new byte[116];
        key.Seal(1, new byte[100], genuine);
        key.Open(0, forged, new byte[100]);

        var thrown = 0;
        void Count(object? sender, System.Runtime.ExceptionServices.FirstChanceExceptionEventArgs e) =>
            thrown += e.Exception is System.Security.Cryptography.AuthenticationTagMismatchException ? 1 : 0;
        AppDomain.CurrentDomain.FirstChanceException += Count;
        for (ulong i = 0; i < 10_000; i++)
        {
            Assert.False(key.Open(i, forged, new byte[100]));
        }

        AppDomain.CurrentDomain.FirstChanceException -= Count;
        Assert.Equal(0, thrown);
        Assert.True(key.Open(1, genuine, new byte[100]));
    }

    private sealed class BrokenAead(Func<byte[], IAeadKey> create) : IAeadProvider
    {
        public string Name => "broken";

        public IAeadKey CreateKey(ReadOnlySpan<byte> key) => create(key.ToArray());
    }

    private sealed class DeadKey : IAeadKey
    {
        public bool Seal(ulong counter, ReadOnlySpan<byte> plaintext, Span<byte> sealedText) => false;

        public bool Open(ulong counter, ReadOnlySpan<byte> sealedText, Span<byte> plaintext) => false;

        public void Dispose()
        {
        }
    }
}
