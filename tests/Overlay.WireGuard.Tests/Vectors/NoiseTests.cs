using Overlay.WireGuard.Protocol.Aead;
using Overlay.WireGuard.Protocol.Handshakes;
using Overlay.WireGuard.Protocol.Hashing;
using Overlay.WireGuard.Protocol.Keys;

namespace Overlay.WireGuard.Tests.Vectors;

/// <summary>Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s as published in the vectors of the cacophony library
/// (github.com/mcginty/snow, tests/vectors/cacophony.txt, commit 8ac60f51).</summary>
public sealed class NoiseTests
{
    private static readonly byte[] _preshared = Hex("54686973206973206d7920417573747269616e20706572737065637469766521");

    [Fact]
    public void NoiseState_BothMessages_MatchTheVector()
    {
        using var initiator = PrivateKey.Import(Hex("e61ef9919cde45dd5f82166404bd08e38bceb5dfdfded0a34c8df7ed542214d1"));
        using var initiatorEphemeral = PrivateKey.Import(Hex("893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a"));
        using var responder = PrivateKey.Import(Hex("4a3acbfdb163dec651dfa3194dece676d437029c62a408b4c5ea9114246e4893"));
        using var responderEphemeral = PrivateKey.Import(Hex("bbdb4cdbd309f1a1f2e1456967fe288cadd6f712d65dc7b7793d5e63da6b375b"));
        Assert.Equal("31e0303fd6418d2f8c0e78b91f22e8caed0fbe48656dcf4767e4834f701b8f62", responder.PublicKey.ToHex());

        using var noise = new NoiseState(Hex("4a6f686e2047616c74"), responder.PublicKey);
        var first = Write(noise, initiatorEphemeral.PublicKey);
        first += Seal(noise, initiatorEphemeral, responder.PublicKey, initiator.PublicKey.AsSpan());
        first += Seal(noise, initiator, responder.PublicKey, Hex("4c756477696720766f6e204d69736573"));
        Assert.Equal(
            "ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c7944001e21de9f98ddd8e2ad57527207feb56253c9c94a9e496782ecfcb2a75fbcaf1b52948cc48daefe660c62119ab5000980c84831215f2441eba616548e832985464cf17e51ee93109008399a21f7e13f",
            first);

        var second = Write(noise, responderEphemeral.PublicKey);
        noise.MixKey(Agree(responderEphemeral, initiatorEphemeral.PublicKey));
        noise.MixKey(Agree(responderEphemeral, initiator.PublicKey));
        using var key = new Secret();
        noise.MixKeyAndHash(_preshared, key);
        second += Seal(noise, key, Hex("4d757272617920526f746862617264"));
        Assert.Equal("95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f144808843cb765f2caef0751b8f007572dab0322217755c0632f365717edbf34d33e87a", second);
        Assert.Equal("f5191b875290abcd41347ac3622d9679688a7e980229cb937ef748336cfde0e5", Convert.ToHexStringLower(noise.TranscriptHash));

        using var keys = new SessionKeys();
        noise.Split(keys.Sending, keys.Receiving);
        var transport = AeadTests.Implementations.Select(row => row.Data).Select(aead => (Sending: aead.CreateKey(keys.Sending.Bytes), Receiving: aead.CreateKey(keys.Receiving.Bytes)));
        foreach (var (sending, receiving) in transport)
        {
            // After the handshake the ends take turns; the initiator begins.
            Check(sending, 0, "462e20412e20486179656b", "8153ca9833bc3c1b91a7e66e5f4d4f5b59bf9e64c2f20d15f0bba7");
            Check(receiving, 0, "4361726c204d656e676572", "07af0c9c86e1b4e80f36b04ff7688d51141af3debd0332f0a705ef");
            Check(sending, 1, "4a65616e2d426170746973746520536179", "6ab1467c0448cc78394494abaaf23afce0e234315d6e2624dcbfa8a21c1c4d073d");
            Check(receiving, 1, "457567656e2042f6686d20766f6e2042617765726b", "dfc346c0d2296ae6cf1acf6f12b8456a1dba228cf8d8b774aacf1c47fc53aa80ebc7a4c292");
        }
    }

    /// <summary>The white paper's construction and identifier, hashed: constants that other implementations carry, boringtun's noise/handshake.rs
    /// (INITIAL_CHAIN_KEY, INITIAL_CHAIN_HASH) among them.</summary>
    [Fact]
    public void Hash_ConstructionAndIdentifier_AreThePublishedConstants()
    {
        var key = new byte[32];
        var hash = new byte[32];
        Blake2s.Hash("Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s"u8, [], key);
        Blake2s.Hash(key, "WireGuard v1 zx2c4 Jason@zx2c4.com"u8, hash);

        Assert.Equal("60e26daef327efc02ec335e2a025d2d016eb4206f87277f52d38d1988b78cd36", Convert.ToHexStringLower(key));
        Assert.Equal("2211b361081ac566691243db458ad5322d9c6c662293e8b70ee19c65ba079ef3", Convert.ToHexStringLower(hash));
    }

    internal static byte[] Hex(string text) => Convert.FromHexString(text);

    private static void Check(IAeadKey key, ulong counter, string plaintext, string sealedText)
    {
        var buffer = new byte[sealedText.Length / 2];
        Assert.True(key.Seal(counter, Hex(plaintext), buffer));
        Assert.Equal(sealedText, Convert.ToHexStringLower(buffer));
        Assert.True(key.Open(counter, buffer, buffer.AsSpan(0, buffer.Length - 16)));
        Assert.Equal(plaintext, Convert.ToHexStringLower(buffer.AsSpan(0, buffer.Length - 16)));
    }

    private static string Write(NoiseState noise, PublicKey ephemeral)
    {
        noise.MixHash(ephemeral.AsSpan());
        noise.MixKey(ephemeral.AsSpan());
        return ephemeral.ToHex();
    }

    private static byte[] Agree(PrivateKey mine, PublicKey theirs)
    {
        var shared = new byte[32];
        Assert.True(mine.TryAgree(theirs, shared));
        return shared;
    }

    private static string Seal(NoiseState noise, PrivateKey mine, PublicKey theirs, ReadOnlySpan<byte> plaintext)
    {
        using var key = new Secret();
        noise.MixKey(Agree(mine, theirs), key);
        return Seal(noise, key, plaintext);
    }

    private static string Seal(NoiseState noise, Secret key, ReadOnlySpan<byte> plaintext)
    {
        var sealedText = new byte[plaintext.Length + 16];
        noise.Seal(key, plaintext, sealedText);
        return Convert.ToHexStringLower(sealedText);
    }
}
