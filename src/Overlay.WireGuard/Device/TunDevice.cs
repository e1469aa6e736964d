using System.Runtime.InteropServices;
using System.Text;

using Overlay.Linux.Interop;
using Overlay.Linux.Namespaces;
using Overlay.WireGuard.Control;

namespace Overlay.WireGuard.Device;

/// <summary>The queues of a TUN device, and what its kernel can do. The interface lives as long as this.</summary>
internal sealed class TunDevice : IDisposable
{
    private const int LongestName = 15;
    private const uint TcpOffload = Uapi.TUN_F_CSUM | Uapi.TUN_F_TSO4 | Uapi.TUN_F_TSO6;
    private const uint UdpOffload = Uapi.TUN_F_USO4 | Uapi.TUN_F_USO6;

    private readonly List<TunQueue> _queues;

    private TunDevice(List<TunQueue> queues, bool wantsOffload)
    {
        _queues = queues;
        if (wantsOffload && First.HasHeader)
        {
            OffloadsTcp = First.SetOffload(TcpOffload) == 0;
            OffloadsUdp = OffloadsTcp && First.SetOffload(TcpOffload | UdpOffload) == 0;
        }
        else if (First.HasHeader)
        {
            First.SetOffload(0);
        }
    }

    public IReadOnlyList<TunQueue> Queues => _queues;

    public TunQueue First => _queues[0];

    /// <summary>Whether long TCP packets pass whole.</summary>
    public bool OffloadsTcp { get; }

    /// <summary>Whether long UDP packets do (Linux 6.2).</summary>
    public bool OffloadsUdp { get; }

    /// <summary>Makes an interface in the network namespace of the calling thread.</summary>
    public static TunDevice Create(string name, int queues, bool wantsOffload)
    {
        Check(name);
        var opened = new List<TunQueue>();
        AddQueues(opened, name, queues, isMultiQueue: queues > 1);
        return new TunDevice(opened, wantsOffload);
    }

    /// <summary>Makes an interface with one queue, to which others may be added if it may have several.</summary>
    public static TunQueue OpenFirst(string name, bool isMultiQueue)
    {
        Check(name);
        var opened = new List<TunQueue>();
        AddQueues(opened, name, 1, isMultiQueue);
        return opened[0];
    }

    /// <summary>Takes over a queue, and adds others if the interface may have several.</summary>
    public static TunDevice Adopt(SafeHandle descriptor, int queues, bool wantsOffload)
    {
        var errno = TunQueue.Adopt(descriptor, out var first, out var isMultiQueue);
        if (errno != 0)
        {
            throw Refused("The descriptor is no TUN device without packet information (IFF_TUN, IFF_NO_PI)", errno);
        }

        var opened = new List<TunQueue> { first };
        if (isMultiQueue && queues > 1 && first.GetName(out var name) == 0 && first.OpenNamespace(out var handle) == 0)
        {
            using (handle)
            {
                using var place = NetworkNamespace.OpenPath($"/proc/self/fd/{handle.DangerousGetHandle()}");
                place.Run(() => AddQueues(opened, name, queues, isMultiQueue: true));
            }
        }

        return new TunDevice(opened, wantsOffload);
    }

    public void Dispose() => _queues.ForEach(queue => queue.Dispose());

    private static void AddQueues(List<TunQueue> opened, string name, int queues, bool isMultiQueue)
    {
        while (opened.Count < queues)
        {
            var errno = TunQueue.Open(name, isMultiQueue, out var queue);
            if (errno != 0)
            {
                opened.ForEach(other => other.Dispose());
                throw Refused($"The interface {name} cannot be made{(errno == Uapi.ENOENT ? " without /dev/net/tun" : "")}", errno);
            }

            opened.Add(queue);
        }
    }

    private static void Check(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (Encoding.UTF8.GetByteCount(name) > LongestName || name is "." or ".." || name.Any(c => c is '/' or ':' or '%' || char.IsWhiteSpace(c) || char.IsControl(c)))
        {
            throw new ArgumentException($"'{name}' is no name for an interface: 1 to {LongestName} bytes, without '/', ':', '%' and blanks.", nameof(name));
        }
    }

    private static WireGuardException Refused(string what, int errno) => new($"{what}: {Marshal.GetPInvokeErrorMessage(errno)}.", errno);
}
