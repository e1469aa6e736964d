using Overlay.WireGuard.Protocol.Keys;

namespace Overlay.WireGuard.Protocol.Aead;

/// <summary>Contexts of one key that serve one thread at a time: each use takes one out of a slot and puts it back; a second thread makes itself another, once. The
/// secret belongs to this, and no context is made after it was wiped.</summary>
internal sealed class IdleContexts<T>(Func<T?> create, Secret secret) : IDisposable
    where T : class, IDisposable
{
    private readonly T?[] _idle = new T?[4];
    private readonly Lock _gate = new();
    private volatile bool _isDisposed;

    /// <summary>A context for the calling thread; <see langword="null"/> after disposal.</summary>
    public T? Take()
    {
        for (var i = 0; i < _idle.Length; i++)
        {
            if (_idle[i] is not null && Interlocked.Exchange(ref _idle[i], null) is { } context)
            {
                return context;
            }
        }

        lock (_gate)
        {
            return _isDisposed ? null : create();
        }
    }

    public void PutBack(T context)
    {
        for (var i = 0; i < _idle.Length; i++)
        {
            if (_idle[i] is null && Interlocked.CompareExchange(ref _idle[i], context, null) is null)
            {
                if (_isDisposed)
                {
                    Interlocked.Exchange(ref _idle[i], null)?.Dispose();
                }

                return;
            }
        }

        context.Dispose();
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            secret.Dispose();
        }

        for (var i = 0; i < _idle.Length; i++)
        {
            Interlocked.Exchange(ref _idle[i], null)?.Dispose();
        }
    }
}
