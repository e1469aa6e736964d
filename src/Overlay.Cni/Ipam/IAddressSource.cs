using Overlay.Cni.Protocol;

namespace Overlay.Cni.Ipam;

/// <summary>Where an attachment's addresses come from: this plugin's own journal, or another plugin.</summary>
internal interface IAddressSource
{
    /// <summary>Reserves addresses; the result has them with their gateways, and perhaps routes and DNS settings.</summary>
    /// <exception cref="CniException">There are none.</exception>
    CniResult Acquire();

    /// <summary>Notes that the attachment stands and the runtime was told.</summary>
    void Complete();

    /// <summary>Gives the addresses back; nothing happens if there are none.</summary>
    void Release();

    /// <summary>Makes sure that the attachment still has the addresses.</summary>
    /// <exception cref="CniException">It has not.</exception>
    void Check(CniResult expected);
}
