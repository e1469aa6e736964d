using Overlay.Cni.Protocol;
using Overlay.Linux.Netlink;

namespace Overlay.Cni.Commands;

/// <summary>Gives every failure a number of the specification and a sentence that helps.</summary>
internal static class Failures
{
    private const int NotPermitted = 1;

    public static CniException Describe(Exception exception) => exception switch
    {
        CniException typed => typed,
        NetlinkException { Errno: NotPermitted } or System.ComponentModel.Win32Exception { NativeErrorCode: NotPermitted } =>
            new CniException(CniErrorCode.KernelRefused, $"{exception.Message}: the plugin needs CAP_NET_ADMIN and CAP_SYS_ADMIN; run the runtime as root.", exception),
        NetlinkException => new CniException(CniErrorCode.KernelRefused, $"The kernel refused: {exception.Message}.", exception),
        _ => new CniException(CniErrorCode.Io, exception.Message, exception),
    };
}
