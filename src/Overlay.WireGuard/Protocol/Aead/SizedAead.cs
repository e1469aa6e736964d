namespace Overlay.WireGuard.Protocol.Aead;

/// <summary>Gives small packets to one library and large ones to another. Both compute the same, so that the two ends need not agree.
/// The threshold is the smallest payload, in bytes, that <c>large</c> takes.</summary>
internal sealed class SizedAead(IAeadProvider small, IAeadProvider large, int threshold) : IAeadProvider
{
    public string Name => $"{small.Name} below {threshold} bytes, {large.Name} from there on";

    public int Threshold => threshold;

    public IAeadKey CreateKey(ReadOnlySpan<byte> key) => new AeadKey(small.CreateKey(key), large.CreateKey(key), threshold);

    private sealed class AeadKey(IAeadKey small, IAeadKey large, int threshold) : IAeadKey
    {
        public bool Seal(ulong counter, ReadOnlySpan<byte> plaintext, Span<byte> sealedText) =>
            (plaintext.Length < threshold ? small : large).Seal(counter, plaintext, sealedText);

        public bool Open(ulong counter, ReadOnlySpan<byte> sealedText, Span<byte> plaintext) =>
            (sealedText.Length - IAeadProvider.TagSize < threshold ? small : large).Open(counter, sealedText, plaintext);

        public void Dispose()
        {
            small.Dispose();
            large.Dispose();
        }

        public override string ToString() => "(key)";
    }
}
