namespace Overlay.Cni.Protocol;

/// <summary>What the runtime says in environment variables (CNI specification 1.1, section 2).</summary>
internal sealed record Invocation
{
    public required CniCommand Command { get; init; }

    public AttachmentKey Key { get; init; }

    /// <summary>The path of the container's network namespace; empty when it is gone.</summary>
    public string NamespacePath { get; init; } = "";

    public CniArguments Arguments { get; init; } = CniArguments.None;

    /// <summary>Where other plugins are looked for.</summary>
    public string PluginPath { get; init; } = "";

    /// <summary>Reads the variables that the command needs, and refuses what cannot be.</summary>
    /// <param name="variable">Gives a variable's value.</param>
    /// <exception cref="CniException">One is missing or malformed.</exception>
    public static Invocation Read(Func<string, string?> variable)
    {
        var command = ReadCommand(variable("CNI_COMMAND"));
        var invocation = new Invocation { Command = command, PluginPath = variable("CNI_PATH") ?? "" };
        if (command is CniCommand.Version or CniCommand.Status or CniCommand.Gc)
        {
            return invocation;
        }

        return invocation with
        {
            Key = new AttachmentKey(ReadContainerId(variable("CNI_CONTAINERID")), ReadInterfaceName(variable("CNI_IFNAME"))),
            NamespacePath = ReadNamespacePath(variable("CNI_NETNS"), isNeeded: command != CniCommand.Del),
            Arguments = CniArguments.Parse(variable("CNI_ARGS") ?? ""),
        };
    }

    /// <summary>Whether a text may name a container or a network: a letter or digit, then also <c>_ . -</c>.</summary>
    public static bool IsIdentifier(string text) =>
        text.Length > 0 && char.IsAsciiLetterOrDigit(text[0]) && text.AsSpan().IndexOfAnyExcept(_identifier) < 0;

    private static readonly System.Buffers.SearchValues<char> _identifier =
        System.Buffers.SearchValues.Create("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_.-");

    private static CniCommand ReadCommand(string? text) => text switch
    {
        "ADD" => CniCommand.Add,
        "DEL" => CniCommand.Del,
        "CHECK" => CniCommand.Check,
        "STATUS" => CniCommand.Status,
        "GC" => CniCommand.Gc,
        "VERSION" => CniCommand.Version,
        _ => throw Wrong("CNI_COMMAND", text, "ADD, DEL, CHECK, STATUS, GC or VERSION"),
    };

    private static string ReadContainerId(string? text) =>
        text is not null && IsIdentifier(text) ? text : throw Wrong("CNI_CONTAINERID", text, "a letter or digit, then letters, digits, '_', '.' and '-'");

    private static string ReadInterfaceName(string? text) => text is not null && LinkNames.IsValid(text)
        ? text
        : throw Wrong("CNI_IFNAME", text, $"an interface name of 1 to {LinkNames.LongestBytes} bytes without '/', ':' and blanks");

    private static string ReadNamespacePath(string? text, bool isNeeded)
    {
        if (string.IsNullOrEmpty(text))
        {
            return isNeeded ? throw Wrong("CNI_NETNS", text, "the path of the container's network namespace") : "";
        }

        return text[0] == '/' && !text.Contains('\0', StringComparison.Ordinal) ? text : throw Wrong("CNI_NETNS", text, "an absolute path");
    }

    private static CniException Wrong(string name, string? found, string allowed) =>
        new(CniErrorCode.InvalidEnvironment, $"{name}: found {(string.IsNullOrEmpty(found) ? "nothing" : $"\"{found}\"")}, allowed is {allowed}.");
}
