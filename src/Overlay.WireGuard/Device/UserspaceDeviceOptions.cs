using System.Runtime.InteropServices;

using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

using Overlay.WireGuard.Protocol.Aead;

namespace Overlay.WireGuard.Device;

/// <summary>How a userspace WireGuard device is opened.</summary>
public sealed class UserspaceDeviceOptions
{
    /// <summary>The MTU that a new interface gets, in bytes; it may be changed at any time as with other interfaces. Defaults to 1420, which fits into
    /// 1500 with either family around it.</summary>
    public int Mtu { get; set; } = 1420;

    /// <summary>Which library seals packets. Defaults to the faster one, measured for a few milliseconds.</summary>
    public AeadPreference Aead { get; set; }

    /// <summary>How many queues the interface has; each has two threads, one per direction. Defaults to 0: one per two processors, at most 8.</summary>
    public int Queues { get; set; }

    /// <summary>A queue that was opened by <see cref="UserspaceDevice.OpenTun"/>, perhaps in another process, and belongs to the device from here on. The MTU and
    /// the name are then those of its interface. Defaults to none: a new interface is made.</summary>
    public SafeHandle? TunDescriptor { get; set; }

    /// <summary>Whether packets longer than the MTU pass between the kernel and the device, to be cut and joined there. Defaults to <see langword="true"/>; what the
    /// kernel lacks is done without.</summary>
    public bool OffloadsTun { get; set; } = true;

    /// <summary>Whether the kernel cuts and joins the datagrams. Defaults to <see langword="true"/>; what the kernel lacks is done without.</summary>
    public bool OffloadsSockets { get; set; } = true;

    /// <summary>The clock. Defaults to the system's.</summary>
    public TimeProvider Clock { get; set; } = TimeProvider.System;

    /// <summary>Where the device tells what it does. Defaults to nowhere.</summary>
    public ILoggerFactory LoggerFactory { get; set; } = NullLoggerFactory.Instance;

    internal int QueueCount => Queues > 0 ? Queues : Math.Clamp(Environment.ProcessorCount / 2, 1, 8);
}
