using System.Text.Json;

namespace Overlay.Kubernetes.Json;

/// <summary>JSON values one after another, as a watch sends them. A value is handed out when it is there as a whole.</summary>
internal sealed class JsonSequence(JsonBuffer buffer)
{
    private static readonly JsonReaderOptions _options = new() { AllowMultipleValues = true, MaxDepth = 128 };

    private int _taken;

    /// <summary>The next value among the bytes that were read; <see langword="false"/> when more must be read first.</summary>
    /// <param name="value">The value's own bytes, valid until the next call.</param>
    /// <exception cref="JsonException">The bytes are no JSON.</exception>
    public bool TryTake(out ReadOnlySpan<byte> value)
    {
        buffer.Consume(_taken);
        _taken = 0;
        value = default;
        var reader = new Utf8JsonReader(buffer.Bytes, buffer.IsEnded, new JsonReaderState(_options));
        if (!reader.Read())
        {
            return false;
        }

        var start = (int)reader.TokenStartIndex;
        if (!reader.TrySkip())
        {
            return false;
        }

        _taken = (int)reader.BytesConsumed;
        value = buffer.Bytes[start.._taken];
        return true;
    }
}
