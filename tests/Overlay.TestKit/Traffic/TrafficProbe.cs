using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Overlay.Linux.Namespaces;

namespace Overlay.TestKit.Traffic;

/// <summary>Sends numbered UDP packets from one namespace to another at a steady rate, and counts those that arrive.</summary>
public sealed class TrafficProbe : IDisposable
{
    private const int Size = 64;
    private const int LargestBurst = 32;
    private const int QueueSize = 8 * 1024 * 1024;
    private const int SO_RCVBUFFORCE = 33;

    // How long a packet may be on its way after the last one was sent.
    private static readonly TimeSpan _longestFlight = TimeSpan.FromSeconds(1);

    private readonly Socket _sender;
    private readonly Socket _receiver;
    private readonly IPEndPoint _target;
    private readonly Thread _sending;
    private readonly Thread _receiving;
    private readonly int _perSecond;
    private readonly Lock _gate = new();
    private readonly List<Packet> _packets = [];
    private readonly ManualResetEventSlim _nothingMissing = new();
    private volatile bool _isStopping;
    private volatile bool _isReceiverStopping;
    private bool _isSenderDone;
    private TaskCompletionSource _arrival = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _awaited = int.MaxValue;
    private int _counted;
    private int _missing;

    private TrafficProbe(NetworkNamespace from, NetworkNamespace to, IPAddress address, int perSecond)
    {
        _perSecond = perSecond;
        _receiver = to.Run(() => new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp));
        _receiver.SetRawSocketOption(1, SO_RCVBUFFORCE, BitConverter.GetBytes(QueueSize));
        _receiver.Bind(new IPEndPoint(address, 0));
        _target = (IPEndPoint)_receiver.LocalEndPoint!;
        _receiver.ReceiveTimeout = 50;
        _sender = from.Run(() => new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp));
        _sending = new Thread(Send) { IsBackground = true, Name = "probe sender" };
        _receiving = new Thread(Receive) { IsBackground = true, Name = "probe receiver" };
    }

    /// <summary>Starts to send. Nothing is counted before <see cref="WaitForTrafficAsync"/>.</summary>
    /// <param name="from">The namespace of the sender.</param>
    /// <param name="to">The namespace of the receiver.</param>
    /// <param name="address">The receiver's address.</param>
    /// <param name="perSecond">The rate.</param>
    public static TrafficProbe Start(NetworkNamespace from, NetworkNamespace to, IPAddress address, int perSecond = 1000)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        ArgumentNullException.ThrowIfNull(address);
        var probe = new TrafficProbe(from, to, address, perSecond);
        probe._receiving.Start();
        probe._sending.Start();
        return probe;
    }

    /// <summary>Waits until a packet that is sent from now on has arrived, and counts from the next one on.</summary>
    /// <exception cref="TimeoutException">None arrived in time.</exception>
    public async Task WaitForTrafficAsync(TimeSpan deadline)
    {
        await WaitForArrivalAsync(deadline);
        Reset();
    }

    /// <summary>Waits until a packet that is sent from now on has arrived: the way is open again.</summary>
    /// <exception cref="TimeoutException">None arrived in time.</exception>
    public Task WaitForArrivalAsync(TimeSpan deadline)
    {
        lock (_gate)
        {
            _awaited = _packets.Count;
            _arrival = new(TaskCreationOptions.RunContinuationsAsynchronously);
            return _arrival.Task.WaitAsync(deadline);
        }
    }

    /// <summary>Forgets what was counted: only packets that are sent from now on count.</summary>
    public void Reset()
    {
        lock (_gate)
        {
            _counted = _packets.Count;
            _missing = 0;
        }
    }

    /// <summary>Ends the sending, waits for the packets that are on their way, and gives the count.</summary>
    public TrafficResult Stop()
    {
        _isStopping = true;
        _sending.Join();
        lock (_gate)
        {
            // From now on nothing is added to what is missing.
            _isSenderDone = true;
            SignalIfNothingIsMissing();
        }

        _nothingMissing.Wait(_longestFlight);
        _isReceiverStopping = true;
        _receiving.Join();
        return Count();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _isStopping = _isReceiverStopping = true;
        _sending.Join();
        _receiving.Join();
        _sender.Dispose();
        _receiver.Dispose();
        _nothingMissing.Dispose();
    }

    private void Send()
    {
        Span<byte> bytes = stackalloc byte[Size];
        var clock = Stopwatch.StartNew();
        var target = _target.Serialize();
        long number = 0;
        while (!_isStopping)
        {
            // After a pause of this thread what is due comes in small bursts: a large one could overflow a queue that nothing else fills.
            var due = Math.Min((long)(clock.Elapsed.TotalSeconds * _perSecond), number + LargestBurst);
            for (; number < due && !_isStopping; number++)
            {
                BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
                lock (_gate)
                {
                    _packets.Add(new Packet(clock.Elapsed));
                    _missing++;
                }

                try
                {
                    _sender.SendTo(bytes, SocketFlags.None, target);
                }
                catch (SocketException)
                {
                    // No route at this moment: the packet counts as sent and lost.
                }
            }

            // The rate's clock, not a wait for something: the next turn sends all that is due by then.
            Thread.Sleep(1);
        }
    }

    private void Receive()
    {
        Span<byte> bytes = stackalloc byte[Size];
        while (!_isReceiverStopping)
        {
            try
            {
                if (_receiver.Receive(bytes, SocketFlags.None) == Size)
                {
                    Arrived((int)BinaryPrimitives.ReadInt64LittleEndian(bytes));
                }
            }
            catch (SocketException)
            {
                // Nothing came for a while, so that the end is noticed; or the address is gone for a while.
            }
        }
    }

    private void Arrived(int number)
    {
        lock (_gate)
        {
            if ((uint)number >= (uint)_packets.Count)
            {
                return;
            }

            var packet = _packets[number];
            _packets[number] = packet with { Arrivals = packet.Arrivals + 1 };
            if (number >= _counted && packet.Arrivals == 0)
            {
                _missing--;
                SignalIfNothingIsMissing();
            }

            if (number >= _awaited)
            {
                _arrival.TrySetResult();
            }
        }
    }

    private void SignalIfNothingIsMissing()
    {
        if (_isSenderDone && _missing == 0)
        {
            _nothingMissing.Set();
        }
    }

    private TrafficResult Count()
    {
        lock (_gate)
        {
            var (lost, twice) = (0, 0);
            var longest = TimeSpan.Zero;
            var lastArrived = _counted < _packets.Count ? _packets[_counted].Sent : TimeSpan.Zero;
            for (var i = _counted; i < _packets.Count; i++)
            {
                var packet = _packets[i];
                if (packet.Arrivals == 0)
                {
                    lost++;
                    longest = Max(longest, packet.Sent - lastArrived);
                    continue;
                }

                if (i > _counted && _packets[i - 1].Arrivals == 0)
                {
                    longest = Max(longest, packet.Sent - lastArrived);
                }

                twice += packet.Arrivals - 1;
                lastArrived = packet.Sent;
            }

            return new TrafficResult(_packets.Count - _counted, lost, twice, longest);
        }
    }

    private static TimeSpan Max(TimeSpan left, TimeSpan right) => left > right ? left : right;

    private readonly record struct Packet(TimeSpan Sent, int Arrivals = 0);
}
