using System.ComponentModel;
using System.Globalization;

using Overlay.Core.Diagnostics;
using Overlay.Linux.Processes;
using Overlay.WireGuard.Cli.CommandLine;
using Overlay.WireGuard.Control.Uapi;
using Overlay.WireGuard.Device;

namespace Overlay.WireGuard.Cli.Hosting;

/// <summary>Starts the device in a process of its own. What can be refused is asked for here already, where the user is told: the interface and the socket.
/// Both are handed over open. See docs/decisions/0055-background-without-fork.md.</summary>
internal static class BackgroundDevice
{
    // Far more than a slow machine needs; the process could hang in a way that its end does not tell.
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    public static async Task<int> StartAsync(ProgramSettings settings)
    {
        using var tun = UserspaceDevice.OpenTun(settings.Interface);
        using var socket = UapiSocket.Open(settings.Interface);
        BackgroundProcess process;
        try
        {
            process = BackgroundProcess.StartSelf(
                ["-f", settings.Interface],
                new Dictionary<string, string>
                {
                    [ProgramSettings.TunVariable] = Number(tun.DangerousGetHandle()),
                    [ProgramSettings.UapiVariable] = Number(socket.Handle.DangerousGetHandle()),
                    [ProgramSettings.ForegroundVariable] = "1",
                    [ProgramSettings.DetachVariable] = "1",
                },
                [tun, socket.Handle],
                settings.WantsLog);
        }
        catch (Win32Exception exception)
        {
            throw new OverlayException($"The process in the background cannot be started: {exception.Message}", exception);
        }

        // From here on the other process alone has both: when it ends, the interface is gone, and who waits at the socket is told.
        tun.Dispose();
        socket.Abandon();
        using var late = new CancellationTokenSource(_patience, TimeProvider.System);
        return await IsReadyAsync(socket.Path, late.Token) ? 0 : Fail(process, socket.Path);
    }

    private static async Task<bool> IsReadyAsync(string path, CancellationToken late)
    {
        try
        {
            return await UapiProbe.AnswersAsync(path, late);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private static int Fail(BackgroundProcess process, string socketPath)
    {
        var end = process.WaitForEnd(TimeSpan.FromSeconds(5));
        if (end is null)
        {
            process.Kill();
        }

        // A process that ended by itself has said why, on the same error output, and has removed its socket.
        if (end is null or < 0)
        {
            File.Delete(socketPath);
            Console.Error.WriteLine(end is { } signal
                ? $"overlay-wg: the process in the background was ended by signal {-signal}."
                : $"overlay-wg: the process in the background did not answer within {_patience.TotalSeconds} s.");
        }

        return 1;
    }

    private static string Number(nint descriptor) => descriptor.ToString(CultureInfo.InvariantCulture);
}
