using System.Net.Sockets;

using Microsoft.Extensions.Logging;

using Overlay.Core.Diagnostics;

namespace Overlay.WireGuard.Control.Uapi;

/// <summary>Serves one client: any number of commands, one after the other.</summary>
internal sealed partial class UapiConnection(Socket socket, IWireGuardDevice device, ILogger logger)
{
    /// <summary>Ends when the client does, when nobody can tell any more what it says, or when <paramref name="cancellationToken"/> is.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await using var stream = new NetworkStream(socket, ownsSocket: true);
        using var output = new UapiOutput(stream);
        using var lines = new UapiLines();
        using var dialogue = new UapiDialogue();
        try
        {
            while (await AnswerAsync(lines, dialogue, output, cancellationToken)
                && await stream.ReadAsync(lines.Room, cancellationToken) is var count and > 0)
            {
                lines.Add(count);
            }

            if (dialogue.IsWithin && !lines.IsTooLong)
            {
                // Half a command is none: nothing of it was done.
                await RefuseAsync(output, new UapiRefusal(UapiRefusal.Protocol, "the client ended within a command"), cancellationToken);
            }
        }
        catch (Exception exception) when (exception is IOException or SocketException or OperationCanceledException)
        {
            // The client has gone, or we go.
        }
    }

    private async ValueTask<bool> AnswerAsync(UapiLines lines, UapiDialogue dialogue, UapiOutput output, CancellationToken cancellationToken)
    {
        while (TakeStep(lines, dialogue) is { } step)
        {
            switch (step)
            {
                case UapiStep.Get:
                    await GetAsync(output, cancellationToken);
                    break;
                case UapiStep.Set set:
                    await SetAsync(set.Reader, output, cancellationToken);
                    break;
                case UapiStep.Refuse refuse:
                    await RefuseAsync(output, refuse.Refusal, cancellationToken);
                    if (refuse.IsEnd)
                    {
                        return false;
                    }

                    break;
            }
        }

        if (lines.IsTooLong)
        {
            await RefuseAsync(output, new UapiRefusal(UapiRefusal.Protocol, $"a line has more than {UapiLines.LongestLine} bytes"), cancellationToken);
        }

        return !lines.IsTooLong;
    }

    private static UapiStep? TakeStep(UapiLines lines, UapiDialogue dialogue)
    {
        while (lines.TryTake(out var line))
        {
            if (dialogue.Take(line) is not UapiStep.Wait and var step)
            {
                return step;
            }
        }

        return null;
    }

    private async ValueTask GetAsync(UapiOutput output, CancellationToken cancellationToken)
    {
        var errno = 0;
        try
        {
            using var state = await device.ReadAsync(cancellationToken);
            await output.WriteStateAsync(state, cancellationToken);
        }
        catch (OverlayException exception)
        {
            errno = Note(exception);
        }

        await output.WriteErrnoAsync(errno, cancellationToken);
    }

    private async ValueTask SetAsync(UapiSetReader reader, UapiOutput output, CancellationToken cancellationToken)
    {
        using var secrets = reader;
        var errno = 0;
        try
        {
            // Once begun it is carried out, whether the client waits or not.
            await device.ConfigureAsync(reader.ToChange(), CancellationToken.None);
        }
        catch (OverlayException exception)
        {
            errno = Note(exception);
        }

        await output.WriteErrnoAsync(errno, cancellationToken);
    }

    private ValueTask RefuseAsync(UapiOutput output, UapiRefusal refusal, CancellationToken cancellationToken)
    {
        Log.Refused(logger, refusal.Reason);
        return output.WriteErrnoAsync(refusal.Errno, cancellationToken);
    }

    private int Note(OverlayException exception)
    {
        Log.Refused(logger, exception.Message);
        return exception is WireGuardException { Errno: > 0 and var errno } ? errno : UapiRefusal.InputOutput;
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.WireGuardControl + 0, LogLevel.Error, "A command on the control socket was refused: {Reason}")]
        public static partial void Refused(ILogger logger, string reason);
    }
}
