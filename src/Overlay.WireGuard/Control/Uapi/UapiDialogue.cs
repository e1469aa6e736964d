namespace Overlay.WireGuard.Control.Uapi;

/// <summary>Follows what one client says, line by line. Pure: it has no socket and no device.</summary>
/// <remarks><code>
///   idle -- get=1 --> get --- empty line --> idle: Get
///     |                 \---- other line --> refused
///     |--- set=1 --> set ---- empty line --> idle: Set
///     |                 \---- wrong line --> refused
///     \--- other --> over: Refuse           refused -- empty line --> idle: Refuse
/// </code>
/// A refused command is read to its end: the client writes it whole before it looks for the answer, and what it can not get rid of would kill it (SIGPIPE).</remarks>
internal sealed class UapiDialogue : IDisposable
{
    private UapiSetReader? _set;
    private UapiRefusal? _refusal;
    private bool _isGet;

    /// <summary>Whether a command has begun and not ended.</summary>
    public bool IsWithin => _isGet || _set is not null || _refusal is not null;

    public UapiStep Take(ReadOnlySpan<byte> line)
    {
        if (!IsWithin)
        {
            return Begin(line);
        }

        if (line.IsEmpty)
        {
            return End();
        }

        if (_refusal is null)
        {
            _refusal = _set is { } set ? set.Take(line) : new UapiRefusal(UapiRefusal.Invalid, $"found '{UapiRefusal.Quote(line)}' behind get=1, allowed is an empty line");
            if (_refusal is not null)
            {
                Forget();
            }
        }

        return UapiStep.Wait.More;
    }

    public void Dispose() => Forget();

    private UapiStep Begin(ReadOnlySpan<byte> line)
    {
        switch (line)
        {
            case var _ when line.SequenceEqual("get=1"u8):
                _isGet = true;
                return UapiStep.Wait.More;
            case var _ when line.SequenceEqual("set=1"u8):
                _set = new UapiSetReader();
                return UapiStep.Wait.More;
            default:
                return new UapiStep.Refuse(new UapiRefusal(UapiRefusal.Protocol, $"found '{UapiRefusal.Quote(line)}', allowed is get=1 or set=1"), IsEnd: true);
        }
    }

    private UapiStep End()
    {
        UapiStep step = _refusal is { } refusal ? new UapiStep.Refuse(refusal) : _set is { } set ? new UapiStep.Set(set) : UapiStep.Get.Everything;
        (_isGet, _set, _refusal) = (false, null, null);
        return step;
    }

    private void Forget()
    {
        _set?.Dispose();
        _set = null;
    }
}
