using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Overlay.WireGuard.Control.Uapi;

/// <summary>Reads a device of another process, as <c>wg show</c> does. It changes nothing.</summary>
internal static class UapiClient
{
    private const int SOL_SOCKET = 1;
    private const int SO_PEERCRED = 17;

    // A device answers from its memory; a process that is stopped never does.
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(5);

    /// <summary>Reads the device behind this socket; <see langword="null"/> when nobody answers there, or a process of another network namespace, whose device of the
    /// same name is another one.</summary>
    /// <exception cref="WireGuardException">What answers does not speak the protocol.</exception>
    public static async Task<WireGuardDeviceState?> ReadAsync(string path, CancellationToken cancellationToken)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        late.CancelAfter(_patience);
        try
        {
            return await AskAsync(path, late.Token);
        }
        catch (SocketException)
        {
            return null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new WireGuardException($"Nobody answers on the control socket {path} within {_patience.TotalSeconds} s.", UapiRefusal.InputOutput);
        }
    }

    private static async Task<WireGuardDeviceState?> AskAsync(string path, CancellationToken cancellationToken)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
        if (!IsOfThisNamespace(socket))
        {
            return null;
        }

        await socket.SendAsync("get=1\n\n"u8.ToArray(), cancellationToken);
        using var lines = new UapiLines();
        using var reader = new UapiStateReader();
        while (!TakeLines(lines, reader))
        {
            if (await socket.ReceiveAsync(lines.Room, cancellationToken) is not (> 0 and var count))
            {
                return null;
            }

            lines.Add(count);
        }

        return reader.ToState();
    }

    private static bool TakeLines(UapiLines lines, UapiStateReader reader)
    {
        while (!reader.IsComplete && lines.TryTake(out var line))
        {
            reader.Take(line);
        }

        return lines.IsTooLong
            ? throw new WireGuardException($"A line of the control socket's answer has more than {UapiLines.LongestLine} bytes.", UapiRefusal.Protocol)
            : reader.IsComplete;
    }

    // The folder of the sockets is shared by all network namespaces (unix(7): the process is the one that listened).
    private static bool IsOfThisNamespace(Socket socket)
    {
        Span<int> credentials = stackalloc int[3];
        return socket.GetRawSocketOption(SOL_SOCKET, SO_PEERCRED, MemoryMarshal.AsBytes(credentials)) == sizeof(int) * credentials.Length
            && NamespaceOf(string.Create(CultureInfo.InvariantCulture, $"/proc/{credentials[0]}/ns/net")) is { } theirs
            && theirs == NamespaceOf("/proc/thread-self/ns/net");
    }

    private static string? NamespaceOf(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
