using System.Globalization;

namespace Overlay.Core.Leases;

/// <summary>A store's version number as a lease carries it.</summary>
internal static class LeaseVersions
{
    public static LeaseVersion Of(long version) => new(version.ToString(CultureInfo.InvariantCulture));

    public static long Read(LeaseVersion version) => long.Parse(version.Value, NumberStyles.None, CultureInfo.InvariantCulture);
}
