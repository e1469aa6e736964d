using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Nodes;
using Overlay.Cni.Conformance.Subjects;
using Overlay.TestKit.Cni;

namespace Overlay.Cni.Conformance;

/// <summary>A plugin on an empty host, driven to see one thing.</summary>
public sealed class Trial : IDisposable
{
    /// <summary>A subnet with five addresses beside the gateway, where every address has to come back.</summary>
    public const string SmallSubnet = "10.1.17.1/29";

    /// <summary>How many workloads <see cref="SmallSubnet"/> has room for.</summary>
    public const int SmallRoom = 5;

    private const string Subnet = "10.1.17.1/24";

    private readonly Subject _subject;
    private string _searchPath;
    private string _gateway = Subnet;

    internal Trial(Subject subject)
    {
        _subject = subject;
        _searchPath = subject.SearchPath;
        Node = new CniNode();
        Supported = ReadVersions();
    }

    /// <summary>The host.</summary>
    public CniNode Node { get; }

    /// <summary>The versions of the specification that the plugin speaks, oldest first.</summary>
    public IReadOnlyList<string> Supported { get; }

    /// <summary>The newest of them.</summary>
    public string Newest => Supported.Count > 0 ? Supported[^1] : "0.1.0";

    /// <summary>The version that is asked for when a check does not care.</summary>
    public string Version => Newest;

    /// <summary>Ends the check unless the condition holds.</summary>
    /// <exception cref="UnmetException">It does not.</exception>
    public static void Require([DoesNotReturnIf(false)] bool condition, string finding)
    {
        if (!condition)
        {
            throw new UnmetException(finding);
        }
    }

    /// <summary>Lets addresses come from <see cref="SmallSubnet"/>. Before the first call.</summary>
    public void UseSmallSubnet() => _gateway = SmallSubnet;

    /// <summary>Adds a folder in front of CNI_PATH.</summary>
    public void AddPlugins(string folder) => _searchPath = $"{folder}:{_searchPath}";

    /// <summary>Takes away what the plugin cannot work without.</summary>
    public void BreakDependency() => _searchPath = _subject.Break(Node);

    /// <summary>The plugin's configuration as a runtime would give it.</summary>
    public JsonObject Configuration(string? version = null)
    {
        var configuration = _subject.Configure(Node, _gateway);
        configuration["cniVersion"] = version ?? Version;
        configuration["name"] = "conformance";
        return configuration;
    }

    /// <summary>The same with addresses from another plugin.</summary>
    public JsonObject DelegatingConfiguration(string type)
    {
        var configuration = Configuration();
        _subject.TakeAddressesFrom(configuration, type);
        return configuration;
    }

    /// <summary>A new container.</summary>
    public CniContainer Container() => Node.AddContainer();

    /// <summary>Sends a request as it is.</summary>
    public CniAnswer Send(CniRequest request) => new CniDriver(Node.Namespace, _subject.Program, _searchPath).Call(request);

    /// <summary>Sends a request about a container's interface.</summary>
    public CniAnswer Send(string command, CniContainer container, JsonObject? configuration = null, string interfaceName = "eth0") =>
        Send(CniRequest.For(command, container, (configuration ?? Configuration()).ToJsonString()) with { InterfaceName = interfaceName });

    /// <summary>Attaches a container and gives the result.</summary>
    /// <exception cref="UnmetException">The plugin refused.</exception>
    public JsonElement Add(CniContainer container, JsonObject? configuration = null, string interfaceName = "eth0")
    {
        var answer = Send("ADD", container, configuration, interfaceName);
        Require(answer.IsSuccess, $"ADD failed: {answer}");
        Require(answer.TryParse(out var result), $"the result of ADD is no JSON object: {answer}");
        return result;
    }

    /// <summary>Detaches a container.</summary>
    /// <exception cref="UnmetException">The plugin refused.</exception>
    public void Del(CniContainer container, JsonObject? configuration = null, string interfaceName = "eth0")
    {
        var answer = Send("DEL", container, configuration, interfaceName);
        Require(answer.IsSuccess, $"DEL failed: {answer}");
    }

    /// <summary>The configuration with the result of an ADD.</summary>
    public JsonObject WithResult(JsonElement result)
    {
        var configuration = Configuration();
        configuration["prevResult"] = JsonNode.Parse(result.GetRawText());
        return configuration;
    }

    /// <summary>The request must fail with one of these codes, and as the specification describes.</summary>
    public static void RequireError(CniAnswer answer, params int[] codes)
    {
        ArgumentNullException.ThrowIfNull(answer);
        Require(!answer.IsSuccess, $"it succeeded: {answer}");
        Require(codes.Length == 0 || codes.Contains(answer.ErrorCode), $"found code {answer.ErrorCode} ({Brief(answer)}), expected {string.Join(" or ", codes)}");
    }

    /// <summary>All addresses of the small subnet can be had, so none is reserved for anybody.</summary>
    public void RequireAllAddressesFree()
    {
        for (var i = 1; i <= SmallRoom; i++)
        {
            var answer = Send("ADD", Container());
            Require(answer.IsSuccess, $"only {i - 1} of {SmallRoom} addresses are free: {Brief(answer)}");
        }
    }

    /// <summary>The error in a line that can stand in a table.</summary>
    public static string Brief(CniAnswer answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        var text = answer.ErrorText.Length > 0 ? answer.ErrorText : answer.ToString();
        return text.Length > 160 ? text[..160] + "…" : text;
    }

    /// <inheritdoc/>
    public void Dispose() => Node.Dispose();

    private string[] ReadVersions()
    {
        var answer = Send(new CniRequest { Command = "VERSION", Input = """{"cniVersion":"1.0.0"}""" });
        return answer.IsSuccess && answer.TryParse(out var json) && json.TryGetProperty("supportedVersions", out var versions)
            ? [.. versions.EnumerateArray().Select(version => version.GetString()!).Order(StringComparer.Ordinal)]
            : [];
    }
}
