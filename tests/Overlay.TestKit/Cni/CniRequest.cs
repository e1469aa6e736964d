namespace Overlay.TestKit.Cni;

/// <summary>What a runtime tells a plugin. A value that is <see langword="null"/> is not told.</summary>
public sealed record CniRequest
{
    /// <summary>CNI_COMMAND.</summary>
    public required string? Command { get; init; }

    /// <summary>CNI_CONTAINERID.</summary>
    public string? ContainerId { get; init; }

    /// <summary>CNI_NETNS: a path.</summary>
    public string? NetworkNamespace { get; init; }

    /// <summary>CNI_IFNAME.</summary>
    public string? InterfaceName { get; init; }

    /// <summary>CNI_ARGS.</summary>
    public string? Arguments { get; init; }

    /// <summary>What stands on standard input.</summary>
    public string Input { get; init; } = "";

    /// <summary>A request about a container's <c>eth0</c>.</summary>
    public static CniRequest For(string command, CniContainer container, string input)
    {
        ArgumentNullException.ThrowIfNull(container);
        return new CniRequest
        {
            Command = command,
            ContainerId = container.Id,
            NetworkNamespace = container.Path,
            InterfaceName = "eth0",
            Input = input,
        };
    }
}
