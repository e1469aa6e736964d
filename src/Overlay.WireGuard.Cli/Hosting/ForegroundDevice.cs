using System.Runtime.InteropServices;

using Microsoft.Win32.SafeHandles;

using Overlay.Linux.Processes;
using Overlay.WireGuard.Cli.CommandLine;
using Overlay.WireGuard.Cli.Logging;
using Overlay.WireGuard.Control.Uapi;
using Overlay.WireGuard.Device;

namespace Overlay.WireGuard.Cli.Hosting;

/// <summary>The device in this process, until somebody wants it to end.</summary>
internal static class ForegroundDevice
{
    public static async Task<int> RunAsync(ProgramSettings settings)
    {
        var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var log = new OutputLoggerFactory(settings.Interface, settings.LogLevel, TimeProvider.System, Console.Out);

        // The socket first: as long as it is nobody's, a failure below ends the process that waits for an answer.
        var socket = settings.UapiDescriptor is { } handedOver ? UapiSocket.Adopt(settings.Interface, handedOver) : null;
        try
        {
            await using var device = UserspaceDevice.Open(settings.Interface, new UserspaceDeviceOptions
            {
                Aead = settings.Aead,
                TunDescriptor = settings.TunDescriptor is { } tun ? new SafeFileHandle(tun, ownsHandle: true) : null,
                LoggerFactory = log,
            });
            socket ??= UapiSocket.Open(device.Name);
            if (settings.Detaches && !settings.WantsLog)
            {
                BackgroundProcess.SilenceOutput();
            }

            await using var server = UapiServer.Start(device, socket, log);
            await Task.WhenAny(stop.Task, device.Closed, server.Removed);
            return 0;
        }
        finally
        {
            socket?.Dispose();
        }

        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            stop.TrySetResult();
        }
    }
}
