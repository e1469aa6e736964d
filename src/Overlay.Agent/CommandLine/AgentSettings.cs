using System.Net;
using Overlay.Linux.Backends.Vxlan;

namespace Overlay.Agent.CommandLine;

/// <summary>Everything that the user has chosen for this run. The defaults stand in <see cref="FlagTable"/>.</summary>
internal sealed class AgentSettings
{
    public StoreKind? Store { get; set; }

    public string StorePath { get; set; } = "/var/lib/overlay/leases.db";

    public string NetConfigPath { get; set; } = "/etc/kube-flannel/net-conf.json";

    public string StateDirectory { get; set; } = "/var/lib/overlay";

    public string ControlSocket { get; set; } = "/run/overlay/overlayd.sock";

    public string SubnetFile { get; set; } = "/run/flannel/subnet.env";

    public List<string> Interfaces { get; set; } = [];

    public List<string> InterfaceRegexes { get; set; } = [];

    public IPAddress? CanReach { get; set; }

    public IPAddress? PublicIPv4 { get; set; }

    public IPAddress? PublicIPv6 { get; set; }

    public TimeSpan RenewMargin { get; set; } = TimeSpan.FromMinutes(60);

    public TimeSpan LeaseTerm { get; set; } = TimeSpan.FromDays(1);

    public bool Masquerade { get; set; }

    public bool DisableRandomFully { get; set; }

    public List<IPNetwork> MasqueradeExclusions { get; set; } = [];

    public bool ForwardRules { get; set; } = true;

    public TimeSpan FirewallResync { get; set; } = TimeSpan.FromSeconds(5);

    public bool BlackholeRoute { get; set; }

    public bool FollowWorkloadMtu { get; set; } = true;

    public ChecksumOffload TxChecksumOffload { get; set; } = ChecksumOffload.Auto;

    /// <summary>The file of flannel's variable <c>WIREGUARD_KEY_FILE</c>; else it is in the state folder.</summary>
    public string WireGuardKeyFile { get => field ?? Path.Combine(StateDirectory, "wgkey"); set; }

    public IPAddress HealthAddress { get; set; } = IPAddress.Any;

    public int HealthPort { get; set; }

    public bool IsLogJson { get; set; }

    public LogLevel? LogLevel { get; set; }

    public int Verbosity { get; set; }

    public List<string> EtcdEndpoints { get; } = [];

    public string EtcdPrefix { get; set; } = "/coreos.com/network";

    public string EtcdKeyFile { get; set; } = "";

    public string EtcdCertificateFile { get; set; } = "";

    public string EtcdAuthorityFile { get; set; } = "";

    public string EtcdUsername { get; set; } = "";

    public string EtcdPassword { get; set; } = "";

    public bool KubernetesManager { get; set; }

    public string KubernetesApiUrl { get; set; } = "";

    public string KubeconfigFile { get; set; } = "";

    public string AnnotationPrefix { get; set; } = "flannel.alpha.coreos.com";

    public bool SetNetworkUnavailable { get; set; } = true;

    public string NodeName { get; set; } = "";

    public string PodName { get; set; } = "";

    public string PodNamespace { get; set; } = "";

    public bool Json { get; set; }

    public bool Purge { get; set; }

    public bool Version { get; set; }

    public bool Help { get; set; }

    /// <summary>Whether the network's configuration is in <see cref="NetConfigPath"/>, rather than in the store.</summary>
    public bool HasConfigurationFile => Store != StoreKind.Etcd;

    /// <summary>The level that <c>--log-level</c> or klog's <c>-v</c> asks for.</summary>
    public LogLevel EffectiveLogLevel => LogLevel ?? Verbosity switch
    {
        0 => Microsoft.Extensions.Logging.LogLevel.Information,
        < 5 => Microsoft.Extensions.Logging.LogLevel.Debug,
        _ => Microsoft.Extensions.Logging.LogLevel.Trace,
    };
}
