using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Overlay.TestKit.Etcd;

/// <summary>An authority, and what it has signed, as PEM files in one folder. They may be made anew while they are in use.</summary>
public sealed class TestCertificates
{
    private readonly string[] _addresses;

    /// <summary>Makes all files.</summary>
    /// <param name="folder">An existing folder.</param>
    /// <param name="addresses">The servers' addresses.</param>
    public TestCertificates(string folder, params string[] addresses)
    {
        (Folder, _addresses) = (folder, addresses);
        Renew();
    }

    /// <summary>Where the files are.</summary>
    public string Folder { get; }

    /// <summary>The authority's certificate.</summary>
    public string Authority => Path.Combine(Folder, "ca.pem");

    /// <summary>The servers' certificate.</summary>
    public string Server => Path.Combine(Folder, "server.pem");

    /// <summary>The servers' key.</summary>
    public string ServerKey => Path.Combine(Folder, "server-key.pem");

    /// <summary>A client's certificate.</summary>
    public string Client => Path.Combine(Folder, "client.pem");

    /// <summary>A client's key.</summary>
    public string ClientKey => Path.Combine(Folder, "client-key.pem");

    /// <summary>A new authority and new certificates; those of before are not trusted any more.</summary>
    public void Renew()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN=test authority {Guid.NewGuid():N}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        using var authority = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
        File.WriteAllText(Authority, authority.ExportCertificatePem());
        Sign(authority, "server", "1.3.6.1.5.5.7.3.1", Server, ServerKey);
        Sign(authority, "client", "1.3.6.1.5.5.7.3.2", Client, ClientKey);
    }

    private void Sign(X509Certificate2 authority, string name, string usage, string certificateFile, string keyFile)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        // etcd's members are clients of themselves (gRPC gateway) with the server's certificate.
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage), new Oid("1.3.6.1.5.5.7.3.2")], false));
        var names = new SubjectAlternativeNameBuilder();
        foreach (var address in _addresses)
        {
            names.AddIpAddress(IPAddress.Parse(address));
        }

        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(authority, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(20), RandomNumberGenerator.GetBytes(8));
        File.WriteAllText(keyFile, key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(certificateFile, certificate.ExportCertificatePem());
    }
}
