using Overlay.Agent.CommandLine;
using Overlay.Agent.Logging;
using Overlay.Agent.State;
using Overlay.Core.Addressing;
using Overlay.Core.Backends;
using Overlay.Core.DependencyInjection;
using Overlay.Core.Engine;
using Overlay.Core.Leases;
using Overlay.Etcd;
using Overlay.Kubernetes;
using Overlay.Linux.Kernel;

namespace Overlay.Agent.Hosting;

/// <summary>What overlayd is made of.</summary>
internal static class Composition
{
    /// <summary>Adds the overlay as the settings want it.</summary>
    public static void AddAgent(this IServiceCollection services, AgentSettings settings)
    {
        services.Configure<LeaseOptions>(options =>
        {
            options.Term = settings.LeaseTerm;
            options.RenewMargin = settings.RenewMargin;
        });
        var overlay = services.AddOverlay(options => Configure(options, settings));
        overlay
            .UseVxlan(vxlan => vxlan.TxChecksumOffload = settings.TxChecksumOffload)
            .UseHostGateway()
            .UseAlloc()
            .UseWireGuard(wireGuard => wireGuard.PrivateKeyFile = settings.WireGuardKeyFile);
        UseStore(overlay, settings);
    }

    /// <summary>Adds what belongs to a running agent only: its lock and its record. Before <see cref="AddAgent"/>, so that the lock comes first.</summary>
    public static void AddLockAndRecord(this IServiceCollection services, AgentSettings settings)
    {
        services.AddSingleton<NetworkLock>();
        services.AddSingleton<INodePreparation>(provider => provider.GetRequiredService<NetworkLock>());
        services.AddSingleton(new StateFile(settings.StateDirectory));
        services.AddSingleton<KernelReconciler>();
        services.AddSingleton<IKernelReconciler>(provider => new RecordingReconciler(
            provider.GetRequiredService<KernelReconciler>(),
            provider.GetRequiredService<StateFile>(),
            settings.SubnetFile,
            settings.Store == StoreKind.Sqlite ? settings.StorePath : null));
    }

    /// <summary>Adds the log.</summary>
    public static void AddAgentLog(this IServiceCollection services, AgentSettings settings, LevelSwitch level)
    {
        services.AddLogging();
        // The switch decides; the factory's own filter would not follow it.
        services.AddSingleton<ILoggerFactory>(_ => new LoggerFactory(
            [new LineLoggerProvider(Console.OpenStandardError(), level, TimeProvider.System, settings.IsLogJson ? new JsonLineFormat() : new TextLineFormat())],
            new LoggerFilterOptions { MinLevel = LogLevel.Trace }));
    }

    private static void Configure(OverlayOptions options, AgentSettings settings)
    {
        options.Underlay = new UnderlaySelection
        {
            Interfaces = settings.Interfaces,
            InterfaceRegexes = settings.InterfaceRegexes,
            CanReach = settings.CanReach,
            PublicAddresses = new AddressPair(settings.PublicIPv4, settings.PublicIPv6),
        };
        options.SubnetFile = settings.SubnetFile;
        options.StateDirectory = settings.StateDirectory;
        options.Masquerade = settings.Masquerade;
        options.RandomFully = !settings.DisableRandomFully;
        options.AcceptForward = settings.ForwardRules;
        options.FirewallResyncPeriod = settings.FirewallResync;
        options.FollowWorkloadMtu = settings.FollowWorkloadMtu;
        options.BlackholeOwnSubnet = settings.BlackholeRoute;
        foreach (var exclusion in settings.MasqueradeExclusions)
        {
            options.MasqueradeExclusions.Add(exclusion);
        }
    }

    private static void UseStore(IOverlayBuilder overlay, AgentSettings settings)
    {
        switch (settings.Store)
        {
            case StoreKind.Etcd:
                // The network's configuration stands there, too.
                overlay.UseEtcd(etcd => Configure(etcd, settings));
                break;
            case StoreKind.Kubernetes:
                overlay.UseConfigurationFile(settings.NetConfigPath).UseKubernetes(kubernetes => Configure(kubernetes, settings));
                break;
            case StoreKind.Memory:
                overlay.UseConfigurationFile(settings.NetConfigPath).UseMemoryStore();
                break;
            default:
                overlay.UseConfigurationFile(settings.NetConfigPath).UseSqlite(settings.StorePath);
                break;
        }
    }

    private static void Configure(KubernetesOptions kubernetes, AgentSettings settings)
    {
        kubernetes.NodeName = settings.NodeName;
        kubernetes.PodName = settings.PodName;
        kubernetes.PodNamespace = settings.PodNamespace;
        kubernetes.ApiUrl = settings.KubernetesApiUrl;
        kubernetes.KubeconfigFile = settings.KubeconfigFile;
        kubernetes.AnnotationPrefix = settings.AnnotationPrefix;
        kubernetes.SetNetworkUnavailable = settings.SetNetworkUnavailable;
    }

    private static void Configure(EtcdOptions etcd, AgentSettings settings)
    {
        var hasFiles = settings.EtcdAuthorityFile.Length > 0 || settings.EtcdCertificateFile.Length > 0;
        foreach (var endpoint in settings.EtcdEndpoints)
        {
            etcd.Endpoints.Add(new Uri(endpoint.Contains("://", StringComparison.Ordinal) ? endpoint : $"{(hasFiles ? "https" : "http")}://{endpoint}"));
        }

        etcd.Prefix = settings.EtcdPrefix;
        etcd.CertificateAuthorityFile = settings.EtcdAuthorityFile;
        etcd.CertificateFile = settings.EtcdCertificateFile;
        etcd.KeyFile = settings.EtcdKeyFile;
        etcd.Username = settings.EtcdUsername;
        etcd.Password = settings.EtcdPassword;
    }
}
