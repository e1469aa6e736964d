using Org.BouncyCastle.Crypto.Digests;

using Overlay.WireGuard.Protocol.Hashing;

namespace Overlay.WireGuard.Tests.Vectors;

/// <summary>BLAKE2s (RFC 7693): plain, keyed, and within HMAC.</summary>
public sealed class Blake2sTests
{
    /// <summary>RFC 7693, appendix B.</summary>
    [Fact]
    public void Hash_Abc_IsTheRfcsExample()
    {
        var hash = new byte[32];
        Blake2s.Hash("a"u8, "bc"u8, hash);

        Assert.Equal("508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982", Convert.ToHexStringLower(hash));
    }

    /// <summary>RFC 7693, appendix E: the hash over the hashes, plain and keyed, of four output and six input lengths.</summary>
    [Fact]
    public void Library_SelfTestOfTheRfc_GivesTheGrandHash()
    {
        var all = new Blake2sDigest(256);
        foreach (var outputLength in new[] { 16, 20, 28, 32 })
        {
            foreach (var inputLength in new[] { 0, 3, 64, 65, 255, 1024 })
            {
                var input = Sequence(inputLength, (uint)inputLength);
                all.BlockUpdate(Digest(new Blake2sDigest(outputLength * 8), input, outputLength));
                all.BlockUpdate(Digest(new Blake2sDigest(Sequence(outputLength, (uint)outputLength), outputLength, null, null), input, outputLength));
            }
        }

        var grand = new byte[32];
        all.DoFinal(grand);
        Assert.Equal("6a411f08ce25adcdfb02aba641451cec53c598b24f4fc787fbdc88797f4c1dfe", Convert.ToHexStringLower(grand));
    }

    /// <summary>Python 3.11: <c>hashlib.blake2s(bytes(i % 251 for i in range(length)), key=bytes(range(key)), digest_size=16)</c>.</summary>
    [Theory]
    [InlineData(16, 0, "af4e5d3bb230e9ff9096ca6f7c501f76")]
    [InlineData(16, 3, "a63420ca605c6a6d122381a74bde7c9c")]
    [InlineData(16, 64, "dd55c51c98f8ab96ed272882941f0b6a")]
    [InlineData(32, 65, "811ff8686d23a435ecbd0bdafcd27b1b")]
    [InlineData(32, 116, "072e94ffbfc684bd8ab2a1b9dade2fd5")]
    [InlineData(32, 255, "463efacd48ca749d4df4bc9c5938804d")]
    public void Mac_KeyAndInput_IsWhatPythonComputes(int key, int length, string expected)
    {
        var mac = new byte[16];
        var input = Input(length);
        Blake2s.Mac(Input(key), input.AsSpan(0, length / 2), input.AsSpan(length / 2), mac);

        Assert.Equal(expected, Convert.ToHexStringLower(mac));
    }

    /// <summary>Python 3.11: <c>hmac.new(bytes(range(key)), bytes(i % 251 for i in range(length)), hashlib.blake2s)</c>.</summary>
    [Theory]
    [InlineData(32, 0, "e2641d24dfa8dd89e8cb77f1cdc77d8c006e5bebdfc4d6a3a3a6f8d5b7586fb0")]
    [InlineData(32, 1, "3c657ea8362eeb115466cc90a81a36d2994b7153729c01f50a19be2ca3cce643")]
    [InlineData(32, 33, "3d83dfea00d3d4b8c054cd14ae63867405c8e182c4034db1b2268d716c4642c3")]
    [InlineData(32, 64, "3b35e945d05ac982850451ac8b6cdfffb98e56f50b95272fab665de081691056")]
    [InlineData(32, 200, "543eec9b22646365ef782d72dae137cc761d018005f8d33d0f20bfbd01e62974")]
    public void Hmac_KeyAndInput_IsWhatPythonComputes(int key, int length, string expected)
    {
        var mac = new byte[32];
        var input = Input(length);
        Blake2s.Hmac(Input(key), input.AsSpan(0, length / 2), input.AsSpan(length / 2), mac);

        Assert.Equal(expected, Convert.ToHexStringLower(mac));
    }

    private static byte[] Input(int length) => [.. Enumerable.Range(0, length).Select(i => (byte)(i % 251))];

    /// <summary>The sequence of the RFC's self-test.</summary>
    private static byte[] Sequence(int length, uint seed)
    {
        var bytes = new byte[length];
        uint a = 0xDEAD4BAD * seed, b = 1;
        for (var i = 0; i < length; i++)
        {
            (a, b) = (b, a + b);
            bytes[i] = (byte)(b >> 24);
        }

        return bytes;
    }

    private static byte[] Digest(Blake2sDigest digest, byte[] input, int length)
    {
        var output = new byte[length];
        digest.BlockUpdate(input);
        digest.DoFinal(output);
        return output;
    }
}
