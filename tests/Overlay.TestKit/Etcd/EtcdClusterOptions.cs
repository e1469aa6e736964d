namespace Overlay.TestKit.Etcd;

/// <summary>What an <see cref="EtcdCluster"/> is like.</summary>
public sealed record EtcdClusterOptions
{
    /// <summary>How many members: one or three. Defaults to one.</summary>
    public int Members { get; init; } = 1;

    /// <summary>The addresses of the members, in order; a single one serves all. Defaults to loopback.</summary>
    public IReadOnlyList<string> Addresses { get; init; } = ["127.0.0.1"];

    /// <summary>The namespaces that the members run in, in order; a single one serves all. Defaults to this process's.</summary>
    public IReadOnlyList<string?> Namespaces { get; init; } = [null];

    /// <summary>The servers' certificate; <see langword="null"/> for plain TCP.</summary>
    public TestCertificates? Certificates { get; init; }

    /// <summary>Whether a client must show a certificate, too.</summary>
    public bool DemandsClientCertificate { get; init; }

    /// <summary>Further flags of etcd.</summary>
    public IReadOnlyList<string> Flags { get; init; } = [];
}
