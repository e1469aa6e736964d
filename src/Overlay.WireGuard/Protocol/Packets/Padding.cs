namespace Overlay.WireGuard.Protocol.Packets;

/// <summary>How long a payload becomes before it is sealed: a multiple of 16, so that lengths tell less, but never over the device's MTU.</summary>
internal static class Padding
{
    public const int Multiple = 16;

    /// <summary>The padded length. A super-packet longer than the MTU is padded as its last segment would be. An MTU of zero is none.</summary>
    public static int PaddedLength(int length, int mtu)
    {
        var padded = (length + Multiple - 1) & -Multiple;
        if (mtu == 0)
        {
            return padded;
        }

        var last = length > mtu ? length % mtu : length;
        return length - last + Math.Min((last + Multiple - 1) & -Multiple, mtu);
    }
}
