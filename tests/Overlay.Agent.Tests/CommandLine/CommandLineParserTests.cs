using CsCheck;
using Overlay.Agent.CommandLine;
using Xunit;

namespace Overlay.Agent.Tests.CommandLine;

public class CommandLineParserTests
{
    /// <summary>At least one row per flag that changes a setting: the words, and how the setting reads then.</summary>
    public static TheoryData<string, string> Flags => new()
    {
        { "--store memory", "Memory" },
        { "--store sqlite:/x/y.db", "Sqlite /x/y.db" },
        { "--net-config-path /x", "net /x" },
        { "--subnet-lease-renew-margin 5", "margin 00:05:00" },
        { "--subnet-lease-term=120", "term 02:00:00" },
        { "--iface eth0 -iface=10.0.0.1", "iface eth0,10.0.0.1" },
        { "--iface-regex ^eth.*$", "regex ^eth.*$" },
        { "--iface-can-reach 10.0.0.9", "reach 10.0.0.9" },
        { "--public-ip 10.0.0.1 --public-ipv6 2001:db8::1", "public 10.0.0.1 2001:db8::1" },
        { "-subnet-file /x/s.env", "file /x/s.env" },
        { "-ip-masq", "masq True" },
        { "--ip-masq=false", "masq False" },
        { "--ip-masq=T", "masq True" },
        { "--ip-masq-fully-random-disable", "fixed True" },
        { "--ip-masq-exclude 10.0.0.0/8 --ip-masq-exclude fd00::/8", "exclude 10.0.0.0/8,fd00::/8" },
        { "--ip-masq-exclude 10.1.2.3/8", "exclude 10.0.0.0/8" },
        { "--iptables-forward-rules=0", "forward False" },
        { "--iptables-resync 7", "resync 00:00:07" },
        { "--ip-blackhole-route", "blackhole True" },
        { "--tx-checksum-offload=off", "offload Off" },
        { "--state-dir /x", "state /x" },
        { "--control-socket /x", "socket /x" },
        { "--healthz-ip ::1 --healthz-port 8081", "health ::1 8081" },
        { "--log-format json", "json True" },
        { "--log-level debug", "level Debug" },
        { "-v=4", "level Debug" },
        { "-v 9", "level Trace" },
        { "--log-level warning -v 9", "level Warning" },
        { "--json --purge", "switches True True" },
    };

    [Theory]
    [MemberData(nameof(Flags))]
    public void Parse_Flag_ChangesItsSetting(string words, string expected)
    {
        var line = Parse(words);

        Assert.Empty(line.Mistakes);
        Assert.Contains(expected, Describe(line.Settings));
    }

    [Fact]
    public void Parse_NothingGiven_HasTheDefaultsOfTheTable()
    {
        var nothing = Parse("").Settings;
        var defaults = new AgentSettings();
        foreach (var flag in FlagTable.All.Where(flag => flag.Default.Length > 0 && flag.Name is not "healthz-ip"))
        {
            Assert.True(flag.TrySet(defaults, flag.Default), flag.Name);
        }

        Assert.Equal(Describe(nothing), Describe(defaults));
    }

    [Fact]
    public void Parse_AllThreeSources_CommandLineThenOverlaydThenFlanneld()
    {
        var variables = new Dictionary<string, string>
        {
            ["FLANNELD_HEALTHZ_PORT"] = "1",
            ["OVERLAYD_HEALTHZ_PORT"] = "2",
            ["FLANNELD_SUBNET_FILE"] = "/flannel",
            ["OVERLAYD_STATE_DIR"] = "/overlay",
            ["FLANNELD_IFACE"] = "eth0,eth1",
            ["FLANNELD_IP_MASQ"] = "",
        };

        var settings = Parse("--healthz-port 3", variables).Settings;

        Assert.Equal(3, settings.HealthPort);
        Assert.Equal(2, Parse("", variables).Settings.HealthPort);
        Assert.Equal("/flannel", settings.SubnetFile);
        Assert.Equal("/overlay", settings.StateDirectory);
        Assert.Equal(["eth0,eth1"], settings.Interfaces);
        Assert.False(settings.Masquerade);
    }

    [Theory]
    [InlineData("", "overlayd", "", "Sqlite")]
    [InlineData("--store memory --etcd-endpoints http://x:1", "overlayd", "", "Memory")]
    [InlineData("--etcd-endpoints http://x:1", "overlayd", "", "Etcd")]
    [InlineData("", "flanneld", "", "Etcd")]
    [InlineData("--kube-subnet-mgr", "flanneld", "NODE_NAME", "Kubernetes")]
    [InlineData("--kube-subnet-mgr=false", "overlayd", "", "Sqlite")]
    [InlineData("--store etcd", "overlayd", "", "Etcd")]
    public void Parse_Store_IsChosenAsFlannelDoesAndSaysWhatIsMissing(string words, string program, string where, string expected)
    {
        var line = Parse(words, program: program);

        Assert.Equal(expected, line.Settings.Store.ToString());
        Assert.Equal(where, string.Join(';', line.Mistakes.Select(mistake => mistake.Where)));
    }

    [Fact]
    public void Parse_Kubernetes_TakesFlannelsFlagsAndVariables()
    {
        var line = Parse(
            "--kube-subnet-mgr --kube-api-url https://10.0.0.1:6443 --kubeconfig-file /k --kube-annotation-prefix a.b/c --set-node-network-unavailable=false",
            new Dictionary<string, string> { ["POD_NAME"] = "p", ["POD_NAMESPACE"] = "n", ["EVENT_QUEUE_DEPTH"] = "5000", ["CONT_WHEN_CACHE_NOT_READY"] = "false" });

        Assert.Empty(line.Mistakes);
        Assert.Equal(("https://10.0.0.1:6443", "/k", "a.b/c", false), (line.Settings.KubernetesApiUrl, line.Settings.KubeconfigFile, line.Settings.AnnotationPrefix, line.Settings.SetNetworkUnavailable));
        Assert.Equal(("", "p", "n"), (line.Settings.NodeName, line.Settings.PodName, line.Settings.PodNamespace));
    }

    [Fact]
    public void Parse_EtcdVariable_SelectsEtcd()
    {
        var line = Parse("", new Dictionary<string, string> { ["FLANNELD_ETCD_PREFIX"] = "/x" });

        Assert.Equal((StoreKind.Etcd, "/x"), (line.Settings.Store, line.Settings.EtcdPrefix));
        Assert.Empty(line.Mistakes);
    }

    [Theory]
    [InlineData("http://a:1,https://b:2", "http://a:1 https://b:2")]
    [InlineData("a:1, 192.0.2.7:2379", "a:1 192.0.2.7:2379")]
    [InlineData("http://[2001:db8::1]:2379", "http://[2001:db8::1]:2379")]
    public void Parse_EtcdEndpoints_AreAListWithOrWithoutScheme(string text, string expected) =>
        Assert.Equal(expected, string.Join(' ', new CommandLineParser(_ => null, "overlayd").Parse(["--etcd-endpoints", text]).Settings.EtcdEndpoints));

    [Theory]
    [InlineData("status", "status", 0)]
    [InlineData("--json status", "status", 0)]
    [InlineData("log-level debug", "log-level", 0)]
    [InlineData("log-level", "log-level", 1)]
    [InlineData("status now", "status", 1)]
    [InlineData("stats", "", 1)]
    [InlineData("reserve 10.244.7.0/24 192.0.2.7", "reserve", 0)]
    [InlineData("-- status", "status", 0)]
    public void Parse_Command_IsFoundWithItsArguments(string words, string command, int mistakes)
    {
        var line = Parse(words);

        Assert.Equal(command, line.Command.Name);
        Assert.Equal(mistakes, line.Mistakes.Count);
    }

    [Theory]
    [InlineData("--nonsense", "--nonsense: found an unknown flag, allowed is one of those that overlayd --help lists")]
    [InlineData("--masq", "--masq: found an unknown flag, allowed is --ip-masq")]
    [InlineData("--healthz-port", "--healthz-port: found no value, allowed is a whole number from 0 to 65535")]
    [InlineData("--healthz-port=", "--healthz-port: found nothing, allowed is a whole number from 0 to 65535")]
    [InlineData("--public-ip 10.1", "--public-ip: found 10.1, allowed is an IPv4 address")]
    [InlineData("--subnet-file s.env", "--subnet-file: found s.env, allowed is an absolute path")]
    [InlineData("--ip-masq-exclude 10.0.0.1/33", "--ip-masq-exclude: found 10.0.0.1/33, allowed is a network with its prefix length")]
    [InlineData("--subnet-lease-term 30", "--subnet-lease-renew-margin: found 60, allowed is less than --subnet-lease-term, which is 30")]
    public void Parse_Mistake_SaysWhereWhatAndWhatIsAllowed(string words, string expected) =>
        Assert.Equal(expected, Assert.Single(Parse(words).Mistakes).ToString());

    [Fact]
    public void Parse_SeveralMistakes_AreAllReported() => Assert.Equal(3, Parse("--v x --healthz-port y --wrong").Mistakes.Count);

    [Fact]
    public void Parse_Help_NeedsNothingElseToBeRight() => Assert.Empty(Parse("--help --etcd-prefix /x").Mistakes);

    [Fact]
    public void Parse_AnyWords_GivesAValue() =>
        Gen.String.Array[0, 6].Sample(words => new CommandLineParser(_ => null, "overlayd").Parse(words).Settings is not null);

    [Fact]
    public void Table_Names_AreFlannelsAndUnique()
    {
        // flannel-facts 1.A.
        string[] flannel =
        [
            "etcd-endpoints", "etcd-prefix", "etcd-keyfile", "etcd-certfile", "etcd-cafile", "etcd-username", "etcd-password", "iface", "iface-regex",
            "iface-can-reach", "public-ip", "public-ipv6", "subnet-file", "subnet-lease-renew-margin", "ip-masq", "ip-masq-fully-random-disable",
            "kube-subnet-mgr", "kube-api-url", "kubeconfig-file", "kube-annotation-prefix", "net-config-path", "set-node-network-unavailable", "healthz-ip",
            "healthz-port", "iptables-resync", "iptables-forward-rules", "ip-blackhole-route", "version", "v", "vmodule", "log_backtrace_at",
        ];

        var names = FlagTable.All.Select(flag => flag.Name).ToList();

        Assert.Equal(names.Count, names.Distinct().Count());
        Assert.Empty(flannel.Except(names));
    }

    [Fact]
    public void HelpText_Table_NamesEveryFlag() =>
        Assert.All(FlagTable.All, flag => Assert.Contains($"--{flag.Name}", HelpText.Write(), StringComparison.Ordinal));

    private static ParsedCommandLine Parse(string words, Dictionary<string, string>? variables = null, string program = "overlayd") =>
        new CommandLineParser(name => variables?.GetValueOrDefault(name), program).Parse(words.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    private static List<string> Describe(AgentSettings settings) =>
    [
        $"{settings.Store}",
        $"{settings.Store} {settings.StorePath}",
        $"net {settings.NetConfigPath}",
        $"margin {settings.RenewMargin}",
        $"term {settings.LeaseTerm}",
        $"iface {string.Join(',', settings.Interfaces)}",
        $"regex {string.Join(',', settings.InterfaceRegexes)}",
        $"reach {settings.CanReach}",
        $"public {settings.PublicIPv4} {settings.PublicIPv6}",
        $"file {settings.SubnetFile}",
        $"masq {settings.Masquerade}",
        $"fixed {settings.DisableRandomFully}",
        $"exclude {string.Join(',', settings.MasqueradeExclusions)}",
        $"forward {settings.ForwardRules}",
        $"resync {settings.FirewallResync}",
        $"blackhole {settings.BlackholeRoute}",
        $"offload {settings.TxChecksumOffload}",
        $"state {settings.StateDirectory}",
        $"socket {settings.ControlSocket}",
        $"health {settings.HealthAddress} {settings.HealthPort}",
        $"json {settings.IsLogJson}",
        $"level {settings.EffectiveLogLevel}",
        $"switches {settings.Json} {settings.Purge}",
    ];
}
