using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Overlay.Core.Leases;

namespace Overlay.Etcd.Connection;

/// <summary>Reads the certificate files. Trust is in the given authorities alone, and the server's name must be in its certificate.</summary>
internal static class EtcdTls
{
    /// <summary>What a new connection needs.</summary>
    /// <exception cref="LeaseStoreException">A file cannot be used; the message names it.</exception>
    public static SslClientAuthenticationOptions Load(EtcdOptions options)
    {
        var tls = new SslClientAuthenticationOptions { EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13 };
        if (options.CertificateAuthorityFile.Length > 0)
        {
            tls.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            tls.CertificateChainPolicy.CustomTrustStore.AddRange(Read(options.CertificateAuthorityFile, "authority", path =>
            {
                var authorities = new X509Certificate2Collection();
                authorities.ImportFromPemFile(path);
                return authorities.Count > 0 ? authorities : throw new CryptographicException("it has no certificate in PEM form");
            }));
        }

        if (options.CertificateFile.Length > 0)
        {
            var certificate = Read(options.CertificateFile, $"certificate, with the key {options.KeyFile},", path => X509Certificate2.CreateFromPemFile(path, options.KeyFile));
            var chain = new X509Certificate2Collection();
            chain.ImportFromPemFile(options.CertificateFile);
            tls.ClientCertificateContext = SslStreamCertificateContext.Create(certificate, chain, offline: true);
        }

        return tls;
    }

    private static T Read<T>(string path, string role, Func<string, T> read)
    {
        try
        {
            return read(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new LeaseStoreException($"The etcd {role} {path} cannot be used: {exception.Message}", exception);
        }
    }
}
