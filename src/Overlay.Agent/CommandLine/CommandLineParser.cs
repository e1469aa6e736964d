using Overlay.Core.Configuration;

namespace Overlay.Agent.CommandLine;

/// <summary>Reads flags in Go's syntax (<c>-name=value</c>, <c>--name value</c>, <c>-switch</c>) and the environment. The command line wins over
/// <c>OVERLAYD_*</c>, which wins over <c>FLANNELD_*</c>; an empty variable counts as none. All mistakes are collected.</summary>
internal sealed class CommandLineParser(Func<string, string?> readVariable, string programName)
{
    private static readonly Dictionary<string, Flag> _flags = FlagTable.All.ToDictionary(flag => flag.Name, StringComparer.Ordinal);

    private readonly AgentSettings _settings = new();
    private readonly List<ConfigurationMistake> _mistakes = [];
    private readonly HashSet<Flag> _given = new(ReferenceEqualityComparer.Instance);
    private readonly List<string> _words = [];
    private string? _etcdFlag;

    /// <summary>Reads everything once.</summary>
    public ParsedCommandLine Parse(IReadOnlyList<string> arguments)
    {
        ReadArguments(arguments);
        ReadVariables();
        var command = ReadCommand();
        if (!_settings.Help && !_settings.Version)
        {
            Check();
        }

        return new ParsedCommandLine(command, [.. _words.Skip(command.Name.Length == 0 ? 0 : 1)], _settings, _mistakes);
    }

    private void ReadArguments(IReadOnlyList<string> arguments)
    {
        for (var i = 0; i < arguments.Count; i++)
        {
            var argument = arguments[i];
            if (argument is "-" or "" || argument[0] != '-')
            {
                _words.Add(argument);
                continue;
            }

            if (argument == "--")
            {
                _words.AddRange(arguments.Skip(i + 1));
                return;
            }

            var text = argument.StartsWith("--", StringComparison.Ordinal) ? argument[2..] : argument[1..];
            var equals = text.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? text : text[..equals];
            if (!_flags.TryGetValue(name is "h" ? "help" : name, out var flag))
            {
                _mistakes.Add(new ConfigurationMistake($"--{name}", "an unknown flag", Nearest(name)));
            }
            else if (equals >= 0)
            {
                Set(flag, $"--{name}", text[(equals + 1)..]);
            }
            else if (flag.IsSwitch)
            {
                Set(flag, $"--{name}", "true");
            }
            else if (i + 1 < arguments.Count)
            {
                Set(flag, $"--{name}", arguments[++i]);
            }
            else
            {
                _mistakes.Add(new ConfigurationMistake($"--{name}", "no value", flag.Allowed));
            }
        }
    }

    private void Set(Flag flag, string where, string value)
    {
        _given.Add(flag);
        _etcdFlag ??= flag.SelectsEtcd ? where : null;
        if (!flag.TrySet(_settings, value))
        {
            _mistakes.Add(new ConfigurationMistake(where, flag.IsSecret ? "a value that is not shown" : value.Length == 0 ? "nothing" : value, flag.Allowed));
        }
    }

    private void ReadVariables()
    {
        foreach (var flag in FlagTable.All.Where(flag => !_given.Contains(flag)).ToArray())
        {
            foreach (var variable in new[] { "OVERLAYD_" + flag.VariableSuffix, "FLANNELD_" + flag.VariableSuffix })
            {
                if (readVariable(variable) is { Length: > 0 } value)
                {
                    Set(flag, variable, value);
                    break;
                }
            }
        }

        if (readVariable("WIREGUARD_KEY_FILE") is { Length: > 0 } keyFile)
        {
            _settings.WireGuardKeyFile = Path.GetFullPath(keyFile);
        }
    }

    private AgentCommand ReadCommand()
    {
        if (_words.Count == 0)
        {
            return AgentCommand.Run;
        }

        var names = string.Join(", ", AgentCommand.All.Skip(1).Select(known => known.Name));
        if (AgentCommand.All.Skip(1).FirstOrDefault(known => known.Name == _words[0]) is not { } command)
        {
            _mistakes.Add(new ConfigurationMistake("command", _words[0], $"none, or one of {names}"));
            return AgentCommand.Run;
        }

        if (_words.Count - 1 != command.Arguments.Count)
        {
            _mistakes.Add(new ConfigurationMistake(
                $"arguments of {command.Name}",
                _words.Count == 1 ? "nothing" : string.Join(' ', _words.Skip(1)),
                command.Arguments.Count == 0 ? "nothing" : string.Join(' ', command.Arguments)));
        }

        return command;
    }

    private void Check()
    {
        if (_settings.RenewMargin >= _settings.LeaseTerm)
        {
            _mistakes.Add(new ConfigurationMistake("--subnet-lease-renew-margin", $"{_settings.RenewMargin.TotalMinutes}", $"less than --subnet-lease-term, which is {_settings.LeaseTerm.TotalMinutes}"));
        }

        var (selected, by) = SelectStore();
        _settings.Store = selected;
        if (selected is StoreKind.Kubernetes)
        {
            ReadNode(by);
        }
        else if (selected is StoreKind.Etcd)
        {
            RequireBoth("etcd-certfile", _settings.EtcdCertificateFile, "etcd-keyfile", _settings.EtcdKeyFile);
            RequireBoth("etcd-username", _settings.EtcdUsername, "etcd-password", _settings.EtcdPassword);
        }
    }

    /// <summary>Which node this is, as flannel's manifests say it (flannel-facts 1.B).</summary>
    private void ReadNode(string by)
    {
        _settings.NodeName = readVariable("NODE_NAME") ?? "";
        _settings.PodName = readVariable("POD_NAME") ?? "";
        _settings.PodNamespace = readVariable("POD_NAMESPACE") ?? "";
        if (_settings.NodeName.Length == 0 && (_settings.PodName.Length == 0 || _settings.PodNamespace.Length == 0))
        {
            _mistakes.Add(new ConfigurationMistake("NODE_NAME", "nothing", $"the name of this node, because of {by}; or POD_NAME and POD_NAMESPACE of the agent's pod"));
        }
    }

    private void RequireBoth(string first, string firstValue, string second, string secondValue)
    {
        if (firstValue.Length > 0 != secondValue.Length > 0)
        {
            var (given, missing) = firstValue.Length > 0 ? (first, second) : (second, first);
            _mistakes.Add(new ConfigurationMistake($"--{missing}", "nothing", $"a value, because --{given} has one; or neither of the two"));
        }
    }

    private (StoreKind Store, string By) SelectStore()
    {
        if (_settings.Store is { } chosen)
        {
            return (chosen, "--store");
        }

        if (_settings.KubernetesManager)
        {
            return (StoreKind.Kubernetes, "--kube-subnet-mgr");
        }

        return _etcdFlag is not null ? (StoreKind.Etcd, _etcdFlag)
            : programName == "flanneld" ? (StoreKind.Etcd, "program name")
            : (StoreKind.Sqlite, "");
    }

    private static string Nearest(string name)
    {
        var near = _flags.Keys.Where(known => known.StartsWith(name, StringComparison.Ordinal) || known.EndsWith(name, StringComparison.Ordinal) || name.StartsWith(known, StringComparison.Ordinal)).ToArray();
        return name.Length > 1 && near.Length is > 0 and < 6 ? string.Join(" or ", near.Select(known => $"--{known}")) : "one of those that overlayd --help lists";
    }
}
