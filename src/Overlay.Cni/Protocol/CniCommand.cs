namespace Overlay.Cni.Protocol;

/// <summary>What the runtime asks for (CNI_COMMAND).</summary>
internal enum CniCommand
{
    Add,
    Del,
    Check,
    Status,
    Gc,
    Version,
}
