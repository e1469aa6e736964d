using Overlay.Core.Addressing;

namespace Overlay.Core.Configuration;

/// <summary>An ability of a backend that has settings of its own: it checks them while the configuration is read, so that their mistakes are
/// reported together with all others.</summary>
public interface IBackendSettings
{
    /// <summary>Reads every setting once; mistakes are collected by the reader.</summary>
    /// <param name="settings">The <c>Backend</c> object.</param>
    /// <param name="families">The families that the network has, which may rule some settings out.</param>
    void Check(SettingsReader settings, AddressFamilies families);
}
