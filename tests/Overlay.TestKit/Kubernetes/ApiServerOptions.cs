using System.Net;
using Overlay.Linux.Namespaces;
using Overlay.TestKit.Etcd;

namespace Overlay.TestKit.Kubernetes;

/// <summary>What an <see cref="ApiServer"/> is like.</summary>
public sealed class ApiServerOptions
{
    /// <summary>The address that it listens on.</summary>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>The namespace that the address is in; <see langword="null"/> for this process's.</summary>
    public NetworkNamespace? Namespace { get; init; }

    /// <summary>The certificates; <see langword="null"/> for plain HTTP.</summary>
    public TestCertificates? Certificates { get; init; }
}
