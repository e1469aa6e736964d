namespace Overlay.Etcd;

/// <summary>Where etcd is, how this node proves who it is, and where in etcd the network stands. Flannel's flags of the same names mean the same.</summary>
public sealed class EtcdOptions
{
    /// <summary>The servers, <c>http</c> or <c>https</c>; any of them will do. Defaults, when none is added, to flannel's: <c>http://127.0.0.1:4001</c> and
    /// <c>http://127.0.0.1:2379</c>.</summary>
    public IList<Uri> Endpoints { get; } = [];

    /// <summary>The folder of configuration and leases. Defaults to <c>/coreos.com/network</c>.</summary>
    public string Prefix { get; set; } = "/coreos.com/network";

    /// <summary>The user; needs <see cref="Password"/>. Defaults to none.</summary>
    public string Username { get; set; } = "";

    /// <summary>The user's password; it appears in no log. Defaults to none.</summary>
    public string Password { get; set; } = "";

    /// <summary>A PEM file with the authorities that may have signed the servers' certificates; enough for TLS alone. Defaults to those of the machine.</summary>
    public string CertificateAuthorityFile { get; set; } = "";

    /// <summary>A PEM file with this client's certificate, with intermediate ones behind it; needs <see cref="KeyFile"/>. Defaults to none.</summary>
    public string CertificateFile { get; set; } = "";

    /// <summary>A PEM file with the private key of <see cref="CertificateFile"/>. All three files are read anew for every connection, so that they may be
    /// replaced while the node runs.</summary>
    public string KeyFile { get; set; } = "";
}
