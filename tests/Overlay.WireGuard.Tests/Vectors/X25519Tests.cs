using Overlay.WireGuard.Protocol.Keys;

namespace Overlay.WireGuard.Tests.Vectors;

/// <summary>X25519 (RFC 7748).</summary>
public sealed class X25519Tests
{
    [Theory]
    [InlineData("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4", "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c", "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552")]
    [InlineData("4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d", "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493", "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957")]
    public void TryAgree_Section52_GivesTheOutput(string scalar, string point, string expected)
    {
        using var key = PrivateKey.Import(NoiseTests.Hex(scalar));
        var shared = new byte[32];

        Assert.True(key.TryAgree(new PublicKey(NoiseTests.Hex(point)), shared));
        Assert.Equal(expected, Convert.ToHexStringLower(shared));
    }

    [Fact]
    public void TryAgree_Section61_BothEndsGiveTheSecret()
    {
        using var alice = PrivateKey.Import(NoiseTests.Hex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"));
        using var bob = PrivateKey.Import(NoiseTests.Hex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"));
        var shared = new byte[32];

        Assert.Equal("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a", alice.PublicKey.ToHex());
        Assert.Equal("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f", bob.PublicKey.ToHex());
        foreach (var (mine, theirs) in new[] { (alice, bob), (bob, alice) })
        {
            Assert.True(mine.TryAgree(theirs.PublicKey, shared));
            Assert.Equal("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742", Convert.ToHexStringLower(shared));
        }
    }

    /// <summary>Points whose multiples are of small order (libsodium's blocklist; cr.yp.to/ecdh.html).</summary>
    [Theory]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("0100000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800")]
    [InlineData("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157")]
    [InlineData("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [InlineData("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [InlineData("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    public void TryAgree_LowOrderPoint_Fails(string point)
    {
        using var key = PrivateKey.Generate();

        Assert.False(key.TryAgree(new PublicKey(NoiseTests.Hex(point)), new byte[32]));
    }
}
