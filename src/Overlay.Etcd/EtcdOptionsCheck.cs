using Overlay.Core.Configuration;

namespace Overlay.Etcd;

/// <summary>Finds what cannot work in the options, all of it at once.</summary>
internal static class EtcdOptionsCheck
{
    /// <summary>Checks the options.</summary>
    /// <exception cref="ConfigurationException">They have mistakes.</exception>
    public static void Run(EtcdOptions options)
    {
        var mistakes = new List<ConfigurationMistake>();
        foreach (var endpoint in options.Endpoints.Where(endpoint => !endpoint.IsAbsoluteUri || endpoint.Scheme is not ("http" or "https")))
        {
            mistakes.Add(new ConfigurationMistake("etcd endpoint", endpoint.OriginalString, "http://HOST:PORT or https://HOST:PORT"));
        }

        RequireBoth(mistakes, "etcd certificate", options.CertificateFile, "etcd key", options.KeyFile);
        RequireBoth(mistakes, "etcd user", options.Username, "etcd password", options.Password.Length > 0 ? "a password that is not shown" : "");
        if (mistakes.Count > 0)
        {
            throw new ConfigurationException(mistakes);
        }
    }

    private static void RequireBoth(List<ConfigurationMistake> mistakes, string first, string firstValue, string second, string secondValue)
    {
        if (firstValue.Length > 0 != secondValue.Length > 0)
        {
            var (given, missing) = firstValue.Length > 0 ? (firstValue, second) : (secondValue, first);
            mistakes.Add(new ConfigurationMistake(missing, "nothing", $"something, because {given} is given; or neither of the two"));
        }
    }
}
