using Overlay.Core.Addressing;

namespace Overlay.WireGuard.Control.Kernel;

/// <summary>Says the removal of single prefixes in words that every kernel knows: all that is to remain, in place of what is there.</summary>
internal static class PrefixRemoval
{
    /// <summary>The same change for a peer that has <paramref name="before"/>.</summary>
    public static WireGuardPeerChange Rewrite(WireGuardPeerChange change, IEnumerable<InetPrefix> before)
    {
        var remaining = change.ReplaceAllowedIps ? [] : before.ToList();
        foreach (var (prefix, isRemoval) in change.AllowedIps)
        {
            remaining.Remove(prefix.Masked());
            if (!isRemoval)
            {
                remaining.Add(prefix.Masked());
            }
        }

        return new WireGuardPeerChange(change.PublicKey)
        {
            UpdateOnly = change.UpdateOnly,
            PresharedKey = change.PresharedKey,
            RemovePresharedKey = change.RemovePresharedKey,
            Endpoint = change.Endpoint,
            PersistentKeepalive = change.PersistentKeepalive,
            ReplaceAllowedIps = true,
            AllowedIps = remaining.ConvertAll(prefix => new AllowedIpChange(prefix)),
        };
    }
}
