namespace Overlay.Linux.Kernel;

/// <summary>Takes what tables read from the kernel. Names are those of the moment of the report.</summary>
internal interface IKernelSink
{
    /// <summary>Whether an entry with these properties is worth an object and a report. A host may have many thousands that are not.</summary>
    /// <param name="key">The entry's key.</param>
    /// <param name="device">The device that it stands on, or an empty text.</param>
    /// <param name="protocol">A route's protocol.</param>
    bool IsOfInterest(in EntryKey key, string device, byte protocol = 0);

    /// <summary>What is wanted in this place, if anything.</summary>
    KernelEntry? Wanted(in EntryKey key);

    /// <summary>The entry stands.</summary>
    void Seen(KernelEntry entry, ChangeOrigin origin);

    /// <summary>Nothing stands there any more.</summary>
    void Gone(in EntryKey key, ChangeOrigin origin);

    /// <summary>The device exists.</summary>
    void DeviceSeen(string name, int index, bool isUp);

    /// <summary>The device does not exist any more, under this name, and nothing stands on it.</summary>
    void DeviceGone(string name);

    /// <summary>Something about the device changed that may let what was refused on it succeed now.</summary>
    void DeviceImproved(string name);

    /// <summary>The kernel may have dropped entries of the table on this device without a word; they are to be dumped before anything is sent.</summary>
    void Doubt(string table, string device);
}
