using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Overlay.Kubernetes;
using Overlay.Linux.Backends.Vxlan;

namespace Overlay.Agent.CommandLine;

/// <summary>Every flag of overlayd: flanneld's (flannel-facts 1.A) and its own.</summary>
internal static class FlagTable
{
    /// <summary>The log levels by the name that users give them.</summary>
    public static IReadOnlyDictionary<string, LogLevel> LogLevels { get; } = new Dictionary<string, LogLevel>
    {
        ["trace"] = LogLevel.Trace,
        ["debug"] = LogLevel.Debug,
        ["info"] = LogLevel.Information,
        ["warning"] = LogLevel.Warning,
        ["error"] = LogLevel.Error,
    };

    public static IReadOnlyList<FlagGroup> Groups { get; } =
    [
        new("Leases and configuration",
        [
            new("store", "KIND", "sqlite:/var/lib/overlay/leases.db", "Where leases are kept.", "sqlite:PATH with an absolute or relative path, memory, etcd, or kubernetes", TrySetStore),
            FlagValues.Text("net-config-path", "PATH", "/etc/kube-flannel/net-conf.json", "The network's configuration.", (settings, path) => settings.NetConfigPath = path),
            FlagValues.Number("subnet-lease-renew-margin", "MINUTES", 60, 1, 1439, "How long before its end a lease is renewed.", (settings, minutes) => settings.RenewMargin = TimeSpan.FromMinutes(minutes)),
            FlagValues.Number("subnet-lease-term", "MINUTES", 1440, 5, 525600, "How long a lease lasts without renewal.", (settings, minutes) => settings.LeaseTerm = TimeSpan.FromMinutes(minutes)),
        ]),
        new("Interface between nodes",
        [
            new("iface", "NAME|ADDRESS", "", "The interface; several are tried in order.", "a name or an address", AddTo(settings => settings.Interfaces)) { IsRepeatable = true },
            new("iface-regex", "REGEX", "", "The first interface whose address or name fits; tried after --iface.", "a regular expression", TryAddRegex) { IsRepeatable = true },
            FlagValues.Address("iface-can-reach", null, "The interface of the route to this address; tried last.", (settings, address) => settings.CanReach = address),
            FlagValues.Address("public-ip", AddressFamily.InterNetwork, "The IPv4 address that peers are told.", (settings, address) => settings.PublicIPv4 = address),
            FlagValues.Address("public-ipv6", AddressFamily.InterNetworkV6, "The IPv6 address that peers are told.", (settings, address) => settings.PublicIPv6 = address),
        ]),
        new("Network",
        [
            FlagValues.AbsolutePath("subnet-file", "/run/flannel/subnet.env", "The file that tells container runtimes this node's subnet and MTU.", (settings, path) => settings.SubnetFile = path),
            FlagValues.Switch("ip-masq", false, "Give traffic that leaves the overlay this node's address.", (settings, value) => settings.Masquerade = value),
            FlagValues.Switch("ip-masq-fully-random-disable", false, "Do not choose source ports fully at random.", (settings, value) => settings.DisableRandomFully = value),
            new("ip-masq-exclude", "CIDR", "", "Destinations that are never masqueraded.", "a network with its prefix length", TryAddExclusion) { IsRepeatable = true },
            FlagValues.Switch("iptables-forward-rules", true, "Accept forwarding to and from the network.", (settings, value) => settings.ForwardRules = value),
            FlagValues.Number("iptables-resync", "SECONDS", 5, 1, 86400, "How often rules are checked where nothing announces changes (legacy iptables).", (settings, seconds) => settings.FirewallResync = TimeSpan.FromSeconds(seconds)),
            FlagValues.Switch("ip-blackhole-route", false, "Drop packets to addresses of the own subnet that no workload has.", (settings, value) => settings.BlackholeRoute = value),
            FlagValues.Switch("workload-mtu-follow", true, "Change the MTU of running workloads when the overlay's changes.", (settings, value) => settings.FollowWorkloadMtu = value),
            FlagValues.Choice("tx-checksum-offload", "auto", new Dictionary<string, ChecksumOffload> { ["auto"] = ChecksumOffload.Auto, ["on"] = ChecksumOffload.On, ["off"] = ChecksumOffload.Off },
                "Leave checksums of VXLAN packets to the devices beneath.", (settings, value) => settings.TxChecksumOffload = value),
        ]),
        new("Agent",
        [
            FlagValues.AbsolutePath("state-dir", "/var/lib/overlay", "The folder of what must outlive the process.", (settings, path) => settings.StateDirectory = path),
            FlagValues.AbsolutePath("control-socket", "/run/overlay/overlayd.sock", "The socket of status, leave and log-level; it serves the health pages too.", (settings, path) => settings.ControlSocket = path),
            FlagValues.Address("healthz-ip", null, "The address of /healthz, /readyz and /metrics.", (settings, address) => settings.HealthAddress = address, "0.0.0.0"),
            FlagValues.Number("healthz-port", "PORT", 0, 0, 65535, "Their port; 0 turns them off.", (settings, port) => settings.HealthPort = port),
            FlagValues.Choice("log-format", "text", new Dictionary<string, bool> { ["text"] = false, ["json"] = true }, "How the log is written.", (settings, isJson) => settings.IsLogJson = isJson),
            FlagValues.Choice("log-level", "info", LogLevels, "The least level that is logged.", (settings, level) => settings.LogLevel = level),
            FlagValues.Number("v", "LEVEL", 0, 0, 100, "klog's level: 1 is debug, 5 is trace; --log-level wins.", (settings, level) => settings.Verbosity = level),
            FlagValues.Text("vmodule", "LIST", "", "klog's; accepted and ignored.", (_, _) => { }),
            FlagValues.Text("log_backtrace_at", "PLACE", "", "klog's; accepted and ignored.", (_, _) => { }),
            FlagValues.Switch("json", false, "status, plan: print JSON.", (settings, value) => settings.Json = value),
            FlagValues.Switch("purge", false, "cleanup: remove the lease store and the node's identity too.", (settings, value) => settings.Purge = value),
            FlagValues.Switch("version", false, "Print the version.", (settings, value) => settings.Version = value),
            FlagValues.Switch("help", false, "Print this text.", (settings, value) => settings.Help = value),
        ]),
        new("etcd",
        [
            Etcd(new("etcd-endpoints", "URLS", "http://127.0.0.1:4001,http://127.0.0.1:2379", "The servers, separated by commas; https as soon as a certificate file is given.", "http://HOST:PORT or https://HOST:PORT, several separated by commas", TrySetEndpoints)),
            Etcd(FlagValues.Text("etcd-prefix", "KEY", "/coreos.com/network", "The folder of configuration and leases.", (settings, text) => settings.EtcdPrefix = text)),
            Etcd(FlagValues.Text("etcd-keyfile", "PATH", "", "The client's key.", (settings, path) => settings.EtcdKeyFile = path)),
            Etcd(FlagValues.Text("etcd-certfile", "PATH", "", "The client's certificate.", (settings, path) => settings.EtcdCertificateFile = path)),
            Etcd(FlagValues.Text("etcd-cafile", "PATH", "", "The servers' authority; enough for TLS alone.", (settings, path) => settings.EtcdAuthorityFile = path)),
            Etcd(FlagValues.Text("etcd-username", "NAME", "", "The user.", (settings, text) => settings.EtcdUsername = text)),
            Etcd(FlagValues.Text("etcd-password", "PASSWORD", "", "The password; every user of this machine can read it here, but not in FLANNELD_ETCD_PASSWORD.", (settings, text) => settings.EtcdPassword = text) with { IsSecret = true }),
        ]),
        new("Kubernetes",
        [
            FlagValues.Switch("kube-subnet-mgr", false, "Take leases from the nodes of Kubernetes.", (settings, value) => settings.KubernetesManager = value),
            new("kube-api-url", "URL", "", "The API server, instead of the one that the kubeconfig or the cluster names.", "http://HOST:PORT or https://HOST:PORT", TrySetApiUrl),
            FlagValues.Text("kubeconfig-file", "PATH", "", "How the API server is reached; without it, as the service account of the pod.", (settings, path) => settings.KubeconfigFile = path),
            new("kube-annotation-prefix", "PREFIX", "flannel.alpha.coreos.com", "The prefix of the nodes' annotations.", KubernetesOptions.AllowedAnnotationPrefixes, TrySetAnnotationPrefix),
            FlagValues.Switch("set-node-network-unavailable", true, "Keep the node's NetworkUnavailable condition.", (settings, value) => settings.SetNetworkUnavailable = value),
        ]),
    ];

    public static IEnumerable<Flag> All => Groups.SelectMany(group => group.Flags);

    private static Flag Etcd(Flag flag) => flag with { SelectsEtcd = true };

    // As with etcd's own client, an endpoint may lack its scheme.
    private static bool TrySetEndpoints(AgentSettings settings, string text)
    {
        settings.EtcdEndpoints.Clear();
        settings.EtcdEndpoints.AddRange(text.Split(',', StringSplitOptions.TrimEntries));
        return settings.EtcdEndpoints.TrueForAll(endpoint =>
            Uri.TryCreate(endpoint.Contains("://", StringComparison.Ordinal) ? endpoint : $"http://{endpoint}", UriKind.Absolute, out var uri)
            && uri is { Scheme: "http" or "https", Host.Length: > 0, PathAndQuery: "/", UserInfo: "" });
    }

    private static bool TrySetApiUrl(AgentSettings settings, string text)
    {
        settings.KubernetesApiUrl = text;
        return Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is ("http" or "https");
    }

    private static bool TrySetAnnotationPrefix(AgentSettings settings, string text)
    {
        settings.AnnotationPrefix = text;
        return KubernetesOptions.IsAnnotationPrefix(text);
    }

    private static Func<AgentSettings, string, bool> AddTo(Func<AgentSettings, List<string>> list) => (settings, text) =>
    {
        list(settings).Add(text);
        return true;
    };

    private static bool TrySetStore(AgentSettings settings, string text)
    {
        (settings.Store, var isKnown) = text switch
        {
            "memory" => (StoreKind.Memory, true),
            "etcd" => (StoreKind.Etcd, true),
            "kubernetes" => (StoreKind.Kubernetes, true),
            _ => (StoreKind.Sqlite, text.Length > "sqlite:".Length && text.StartsWith("sqlite:", StringComparison.Ordinal)),
        };
        if (isKnown && settings.Store == StoreKind.Sqlite)
        {
            settings.StorePath = Path.GetFullPath(text["sqlite:".Length..]);
        }

        return isKnown;
    }

    private static bool TryAddRegex(AgentSettings settings, string text)
    {
        try
        {
            // The interpreter's parser; the choice of the interface compiles it again.
            _ = new Regex(text, RegexOptions.CultureInvariant);
            settings.InterfaceRegexes.Add(text);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static bool TryAddExclusion(AgentSettings settings, string text)
    {
        var isNetwork = IPNetwork.TryParse(text, out var network);
        if (isNetwork)
        {
            settings.MasqueradeExclusions.Add(network);
        }

        return isNetwork;
    }
}
