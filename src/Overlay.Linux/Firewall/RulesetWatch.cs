using System.Threading.Channels;
using Overlay.Linux.Interop;
using Overlay.Linux.Netlink;

namespace Overlay.Linux.Firewall;

/// <summary>Hears from the kernel which nftables rules change, on a thread of its own that sleeps in between.</summary>
internal sealed class RulesetWatch : IRulesetWatch
{
    // A service proxy may replace tens of thousands of rules at once. What does not fit is one look too many.
    private const int QueueSize = 1024 * 1024;
    private readonly Channel<bool> _changes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Func<RulesetChange, bool> _concerns;
    private readonly TimeProvider _clock;
    private readonly NetlinkSocket _socket;
    private readonly EventDescriptor _stop = new();
    private readonly Thread _thread;

    /// <summary>Begins to listen in the network namespace of the calling thread.</summary>
    /// <param name="concerns">Which changes count; called on the watch's own thread.</param>
    /// <param name="clock">Measures the waiting.</param>
    /// <exception cref="NetlinkException">The kernel announces nothing.</exception>
    public RulesetWatch(Func<RulesetChange, bool> concerns, TimeProvider clock)
    {
        (_concerns, _clock) = (concerns, clock);
        _socket = NetlinkSocket.Open(NetlinkProtocol.Netfilter, QueueSize);
        try
        {
            _socket.Join(NftablesAnnouncement.Group);
        }
        catch
        {
            _socket.Dispose();
            _stop.Dispose();
            throw;
        }

        _thread = new Thread(Listen) { IsBackground = true, Name = "firewall watch" };
        _thread.Start();
    }

    public async Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        using var time = new CancellationTokenSource(atMost, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(time.Token, cancellationToken);
        try
        {
            await _changes.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The time is over.
        }
        catch (ChannelClosedException exception)
        {
            throw new FirewallException($"The kernel's announcements of rule changes ended: {exception.InnerException?.Message}", exception);
        }
    }

    public void Dispose()
    {
        _stop.Raise();
        _thread.Join();
        _socket.Dispose();
        _stop.Dispose();
    }

    private void Listen()
    {
        using var buffer = new NetlinkBuffer();
        try
        {
            while (!DescriptorPoll.Wait(_socket.Handle, _stop.Handle, Timeout.InfiniteTimeSpan).Second)
            {
                while (_socket.Receive(buffer) is var receipt and not NetlinkReceipt.Nothing)
                {
                    if (receipt is NetlinkReceipt.Datagram ? Concerns(buffer.Messages) : _concerns(RulesetChange.Anything))
                    {
                        _changes.Writer.TryWrite(true);
                    }
                }
            }
        }
        catch (NetlinkException exception)
        {
            _changes.Writer.Complete(exception);
        }
    }

    private bool Concerns(NetlinkMessageReader messages)
    {
        foreach (var message in messages)
        {
            if (NftablesAnnouncement.TryRead(message, out var change) && _concerns(change))
            {
                return true;
            }
        }

        return false;
    }
}
