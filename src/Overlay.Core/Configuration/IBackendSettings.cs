namespace Overlay.Core.Configuration;

/// <summary>An ability of a backend that has settings of its own: it checks them while the configuration is read, so that their mistakes are
/// reported together with all others.</summary>
public interface IBackendSettings
{
    /// <summary>Reads every setting once; mistakes are collected by the reader.</summary>
    void Check(SettingsReader settings);
}
