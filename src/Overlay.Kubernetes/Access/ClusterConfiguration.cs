using System.Security.Cryptography;
using k8s;
using k8s.Exceptions;
using YamlDotNet.Core;

namespace Overlay.Kubernetes.Access;

/// <summary>Finds out where the API server is and who we are there, as flannel does: the kubeconfig, else the URL alone, else the service account of the
/// pod. The files are read by KubernetesClient.</summary>
internal static class ClusterConfiguration
{
    /// <summary>Reads it, anew each time: tokens and certificates are exchanged while the agent runs.</summary>
    /// <exception cref="KubernetesException">It cannot be used; the message says which file and why.</exception>
    public static async Task<KubernetesClientConfiguration> LoadAsync(KubernetesOptions options, CancellationToken cancellationToken)
    {
        var source = options.KubeconfigFile.Length > 0 ? $"The kubeconfig {options.KubeconfigFile}"
            : options.ApiUrl.Length > 0 ? $"The API server's URL {options.ApiUrl}"
            : "The pod's service account";
        try
        {
            // A kubeconfig may name a program that gives the token, and the library waits for it.
            return await Task.Run(() => Load(options), cancellationToken);
        }
        catch (YamlException exception)
        {
            // Its message may quote the text, and with it a token.
            throw new KubernetesException($"{source} is no YAML that can be read: line {exception.Start.Line}, column {exception.Start.Column}.");
        }
        catch (KubeConfigException exception)
        {
            var help = options.KubeconfigFile.Length + options.ApiUrl.Length == 0 ? " Outside a pod, give --kubeconfig-file or --kube-api-url." : "";
            throw new KubernetesException($"{source} cannot be used: {exception.Message}.{help}", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException or FormatException)
        {
            throw new KubernetesException($"{source} cannot be used: {exception.Message}", exception);
        }
    }

    private static KubernetesClientConfiguration Load(KubernetesOptions options)
    {
        if (options.KubeconfigFile.Length > 0)
        {
            return KubernetesClientConfiguration.BuildConfigFromConfigFile(options.KubeconfigFile, masterUrl: options.ApiUrl);
        }

        return options.ApiUrl.Length > 0 ? new KubernetesClientConfiguration { Host = options.ApiUrl } : KubernetesClientConfiguration.InClusterConfig();
    }
}
