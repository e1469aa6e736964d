using NSec.Cryptography;

using Overlay.WireGuard.Protocol.Aead;
using Overlay.WireGuard.Protocol.Keys;

namespace Overlay.WireGuard.Tests.Vectors;

/// <summary>ChaCha20-Poly1305 (RFC 8439), with and without the door.</summary>
public sealed class AeadTests
{
    // RFC 8439, section 2.8.2.
    private const string Plaintext = "4c616469657320616e642047656e746c656d656e206f662074686520636c617373206f66202739393a204966204920636f756c64206f6666657220796f75206f6e6c79206f6e652074697020666f7220746865206675747572652c2073756e73637265656e20776f756c642062652069742e";
    private const string Ciphertext = "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc3ff4def08e4b7a9de576d26586cec64b6116";
    private const string Tag = "1ae10b594f09e26a7e902ecbd0600691";

    private static readonly byte[] _key = NoiseTests.Hex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f");
    private static readonly byte[] _nonce = NoiseTests.Hex("070000004041424344454647");
    private static readonly byte[] _associated = NoiseTests.Hex("50515253c0c1c2c3c4c5c6c7");

    internal static TheoryData<IAeadProvider> Implementations
    {
        get
        {
            var nsec = new NSecAead(new KeyVault(4));
            var system = new SystemAead(nsec);
            return [nsec, system, new OpenSslAead(), new SizedAead(nsec, system, 500)];
        }
    }

    public static TheoryData<string> Names => [.. Implementations.Select(row => row.Data.Name)];

    [Fact]
    public void Libraries_Rfc8439Vector_Agree()
    {
        using var key = Key.Import(AeadAlgorithm.ChaCha20Poly1305, _key, KeyBlobFormat.RawSymmetricKey);
        Assert.Equal(Ciphertext + Tag, Convert.ToHexStringLower(AeadAlgorithm.ChaCha20Poly1305.Encrypt(key, _nonce, _associated, NoiseTests.Hex(Plaintext))));

        using var system = new System.Security.Cryptography.ChaCha20Poly1305(_key);
        var ciphertext = new byte[Ciphertext.Length / 2];
        var tag = new byte[16];
        system.Encrypt(_nonce, NoiseTests.Hex(Plaintext), ciphertext, tag, _associated);
        Assert.Equal(Ciphertext + Tag, Convert.ToHexStringLower(ciphertext) + Convert.ToHexStringLower(tag));
    }

    /// <summary>XChaCha20-Poly1305: draft-irtf-cfrg-xchacha-03, appendix A.3.1.</summary>
    [Fact]
    public void Libraries_XChaChaVector_Agrees()
    {
        using var key = Key.Import(AeadAlgorithm.XChaCha20Poly1305, _key, KeyBlobFormat.RawSymmetricKey);
        var nonce = NoiseTests.Hex("404142434445464748494a4b4c4d4e4f5051525354555657");

        var sealedText = Convert.ToHexStringLower(AeadAlgorithm.XChaCha20Poly1305.Encrypt(key, nonce, _associated, NoiseTests.Hex(Plaintext)));

        Assert.StartsWith("bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff921f9664c97637da9768812f615c68b13b52e", sealedText, StringComparison.Ordinal);
        Assert.EndsWith("c0875924c1c7987947deafd8780acf49", sealedText, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Seal_EveryLength_IsWhatTheOthersOpen(string name)
    {
        using var subject = Named(name).CreateKey(_key);
        using var reference = Named("nsec").CreateKey(_key);
        var plaintext = new byte[1600];
        new Random(7).NextBytes(plaintext);
        var expected = new byte[plaintext.Length + 16];
        var actual = new byte[plaintext.Length + 17];
        for (var length = 0; length <= plaintext.Length; length++)
        {
            var counter = (ulong)length * 0x0123456789ABCDEF;
            reference.Seal(counter, plaintext.AsSpan(0, length), expected.AsSpan(0, length + 16));
            plaintext.AsSpan(0, length).CopyTo(actual);
            actual[length + 16] = 0xEE;

            Assert.True(subject.Seal(counter, actual.AsSpan(0, length), actual.AsSpan(0, length + 16)), "in place");
            Assert.True(actual.AsSpan(0, length + 16).SequenceEqual(expected.AsSpan(0, length + 16)));
            Assert.Equal(0xEE, actual[length + 16]);
            Assert.True(subject.Open(counter, actual.AsSpan(0, length + 16), actual.AsSpan(0, length)), "in place");
            Assert.True(actual.AsSpan(0, length).SequenceEqual(plaintext.AsSpan(0, length)));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Open_AnyBitChanged_IsRefusedAndTheNextGenuinePacketOpens(string name)
    {
        using var key = Named(name).CreateKey(_key);
        var genuine = new byte[80];
        key.Seal(5, new byte[64], genuine);
        for (var bit = 0; bit < genuine.Length * 8; bit++)
        {
            var changed = genuine.ToArray();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(key.Open(5, changed, new byte[64]));
        }

        Assert.False(key.Open(6, genuine, new byte[64]));
        Assert.True(key.Open(5, genuine, new byte[64]));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void SealAndOpen_SteadyState_AllocateNothing(string name)
    {
        using var key = Named(name).CreateKey(_key);
        var small = new byte[64 + 16];
        var large = new byte[1420 + 16];
        void Packets(int count)
        {
            for (var i = 0; i < count; i++)
            {
                key.Seal((ulong)i, small.AsSpan(0, 64), small);
                key.Open((ulong)i, small, small.AsSpan(0, 64));
                key.Seal((ulong)i, large.AsSpan(0, 1420), large);
                key.Open((ulong)i, large, large.AsSpan(0, 1420));
            }
        }

        Packets(100);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Packets(1000);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Key_Disposed_FailsWithoutAnException(string name)
    {
        var key = Named(name).CreateKey(_key);
        var packet = new byte[32];
        Assert.True(key.Seal(0, new byte[16], packet));

        key.Dispose();

        Assert.False(key.Seal(0, new byte[16], packet));
        Assert.False(key.Open(0, packet, new byte[16]));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Key_ManyThreadsAtOnce_ComputesRight(string name)
    {
        using var key = Named(name).CreateKey(_key);
        Parallel.For(0, 8, thread =>
        {
            var packet = new byte[1420 + 16];
            var content = new byte[1420];
            new Random(thread).NextBytes(content);
            for (ulong i = 0; i < 300; i++)
            {
                Assert.True(key.Seal(i, content, packet));
                Assert.True(key.Open(i, packet, packet.AsSpan(0, 1420)));
                Assert.True(packet.AsSpan(0, 1420).SequenceEqual(content));
            }
        });
    }

    private static IAeadProvider Named(string name) => Implementations.Select(row => row.Data).Single(aead => aead.Name == name);
}
