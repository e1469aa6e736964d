using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Overlay.Kubernetes.Json;

/// <summary>What has been read from a stream and not been used yet. It grows to the largest JSON value that must be seen whole, and not beyond a bound.</summary>
internal sealed class JsonBuffer(Stream stream, int limit) : IDisposable
{
    private const int FirstSize = 32 << 10;

    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(FirstSize);
    private int _start;
    private int _end;

    /// <summary>The bytes; they stay valid until the next <see cref="FillAsync"/>.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(_start, _end - _start);

    /// <summary>Whether the stream has ended.</summary>
    public bool IsEnded { get; private set; }

    /// <summary>Drops bytes from the front.</summary>
    public void Consume(int count) => _start += count;

    /// <summary>Reads more; at the end of the stream it sets <see cref="IsEnded"/>.</summary>
    /// <exception cref="JsonException">A value is longer than the bound.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))] // It waits once for each event of a quiet cluster.
    public async ValueTask FillAsync(CancellationToken cancellationToken)
    {
        MakeRoom();
        var read = await stream.ReadAsync(_bytes.AsMemory(_end), cancellationToken);
        _end += read;
        IsEnded = read == 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
        _start = _end = 0;
    }

    private void MakeRoom()
    {
        if (_start > 0)
        {
            Bytes.CopyTo(_bytes);
            (_start, _end) = (0, _end - _start);
        }

        if (_end < _bytes.Length)
        {
            return;
        }

        if (_bytes.Length >= limit)
        {
            throw new JsonException($"A value is longer than {limit} bytes.");
        }

        var larger = ArrayPool<byte>.Shared.Rent(_bytes.Length * 2);
        Bytes.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}
