using Overlay.WireGuard.Protocol.Aead;
using Overlay.WireGuard.Protocol.Keys;



namespace Overlay.WireGuard.Tests.Keys;

public sealed class KeyTests
{
    [Fact]
    public void PrivateKey_UnclampedBytes_ReadsBackClamped()
    {
        // The kernel's own test: all bits set.
        using var key = PrivateKey.Import(Enumerable.Repeat((byte)0xFF, 32).ToArray());
        var exported = new byte[32];
        key.Export(exported);

        Assert.Equal("f8" + new string('f', 60) + "7f", Convert.ToHexStringLower(exported));
    }

    [Theory]
    [InlineData("")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")] // No padding.
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=")] // Bits beyond the 32 bytes.
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==")]
    [InlineData("0g00000000000000000000000000000000000000000000000000000000000000")]
    [InlineData(" AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    public void TryParse_NoKey_Fails(string text)
    {
        Assert.False(PublicKey.TryParse(text, out _));
        Assert.Null(PrivateKey.TryParse(text));
        Assert.Null(PresharedKey.TryParse(text));
    }

    [Fact]
    public void PublicKey_BothSpellings_AreTheSameKey()
    {
        // The initiator of Wireshark's test captures (test/suite_decryption.py).
        using var key = PrivateKey.TryParse("AKeZaHwBxjiKLFnkY2unvEdOTtg4AL+M9dQXfopFVFk=")!;

        Assert.Equal("Igge9KzRytKNwrgkzDE/8hrLu6Ly0OqVdvOPWhA5KR4=", key.PublicKey.ToString());
        Assert.True(PublicKey.TryParse(key.PublicKey.ToHex(), out var parsed));
        Assert.Equal(key.PublicKey, parsed);
    }

    [Fact]
    public void ToString_Secrets_NeverShowThem()
    {
        using var privateKey = PrivateKey.Generate();
        using var preshared = PresharedKey.Import(new byte[32]);
        using var secret = new Secret(new byte[32]);

        Assert.Equal("(private key) (preshared key) (secret)", $"{privateKey} {preshared} {secret}");
    }

    [Fact]
    public void Secret_Disposed_IsZero()
    {
        var secret = new Secret(Enumerable.Repeat((byte)7, 32).ToArray());
        secret.Dispose();

        Assert.All(secret.Bytes.ToArray(), value => Assert.Equal(0, value));
    }

    [Fact]
    public void KeyVault_MoreKeysThanPlaces_AllWorkAndFewAreOpen()
    {
        var vault = new KeyVault(4);
        var aead = new NSecAead(vault);
        var keys = Enumerable.Range(0, 64).Select(i => aead.CreateKey(Enumerable.Repeat((byte)i, 32).ToArray())).ToArray();
        var packet = new byte[32];
        Parallel.For(0, 4, thread =>
        {
            var random = new Random(thread);
            var mine = new byte[32];
            for (var i = 0; i < 2000; i++)
            {
                var key = keys[random.Next(keys.Length)];
                Assert.True(key.Seal((ulong)i, new byte[16], mine));
                Assert.True(key.Open((ulong)i, mine, mine.AsSpan(0, 16)));
            }
        });

        Assert.InRange(vault.OpenCount, 1, 4);
        Array.ForEach(keys, key => key.Dispose());
        Assert.Equal(0, vault.OpenCount);
        Assert.All(keys, key => Assert.False(key.Seal(0, new byte[16], packet)));
    }

    [Fact]
    public void PrivateKey_ManyWithOneVault_StillAgree()
    {
        var vault = new KeyVault(2);
        var keys = Enumerable.Range(0, 16).Select(_ => PrivateKey.Generate(Entropy.System, vault)).ToArray();
        var (first, second) = (new byte[32], new byte[32]);
        Assert.All(keys, key =>
        {
            Assert.True(key.TryAgree(keys[0].PublicKey, first));
            Assert.True(keys[0].TryAgree(key.PublicKey, second));
            Assert.Equal(first, second);
        });
    }
}
