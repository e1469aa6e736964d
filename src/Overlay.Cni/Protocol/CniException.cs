using Overlay.Core.Diagnostics;

namespace Overlay.Cni.Protocol;

/// <summary>A command cannot be done. The message is one sentence that says what was found and what helps.</summary>
internal sealed class CniException : OverlayException
{
    public CniException(CniErrorCode code, string message, Exception? cause = null)
        : base(message, cause!) => Code = code;

    /// <summary>Passes on what another plugin said, number included.</summary>
    public CniException(int code, string message, string details)
        : this((CniErrorCode)code, message) => Details = details;

    public CniErrorCode Code { get; }

    /// <summary>More words of another plugin; empty for none.</summary>
    public string Details { get; } = "";
}
