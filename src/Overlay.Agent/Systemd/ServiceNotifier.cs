using System.Net.Sockets;
using System.Text;
using System.Globalization;
using Overlay.Core.Engine;

namespace Overlay.Agent.Systemd;

/// <summary>Tells systemd that the node is ready, that it stops, and that it lives (sd_notify(3)). The hosting package's notifier says READY when the
/// process has started, which is too early here.</summary>
internal sealed class ServiceNotifier(OverlayEngine engine, TimeProvider clock, Func<string, string?> readVariable)
{
    /// <summary>Runs until cancelled; does nothing when systemd did not ask.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (readVariable("NOTIFY_SOCKET") is not { Length: > 1 } path)
        {
            return;
        }

        using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        // Systemd writes an abstract name with @.
        var endPoint = new UnixDomainSocketEndPoint(path[0] == '@' ? "\0" + path[1..] : path);
        try
        {
            await Task.WhenAll(SayReadyAsync(), SayAliveAsync());
        }
        catch (OperationCanceledException)
        {
            Send("STOPPING=1");
        }

        async Task SayReadyAsync()
        {
            await engine.Ready.WaitAsync(cancellationToken);
            Send($"READY=1\nSTATUS=Ready with {engine.ReadStatus().Lease?.Subnets}");
            await Task.Delay(Timeout.InfiniteTimeSpan, clock, cancellationToken);
        }

        async Task SayAliveAsync()
        {
            if (long.TryParse(readVariable("WATCHDOG_USEC"), NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds) && microseconds > 0)
            {
                using var timer = new PeriodicTimer(TimeSpan.FromMicroseconds(microseconds / 2.0), clock);
                do
                {
                    Send("WATCHDOG=1");
                }
                while (await timer.WaitForNextTickAsync(cancellationToken));
            }
        }

        void Send(string text)
        {
            try
            {
                socket.SendTo(Encoding.UTF8.GetBytes(text), endPoint);
            }
            catch (SocketException)
            {
                // Nobody listens; the agent runs all the same.
            }
        }
    }
}
