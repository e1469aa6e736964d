using Microsoft.Extensions.Options;
using Overlay.Kubernetes.Nodes;

namespace Overlay.Kubernetes;

/// <summary>Finds every mistake at once.</summary>
internal sealed class KubernetesOptionsValidator : IValidateOptions<KubernetesOptions>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, KubernetesOptions options)
    {
        var result = new ValidateOptionsResultBuilder();
        if (options.NodeName.Length == 0 && (options.PodName.Length == 0 || options.PodNamespace.Length == 0))
        {
            result.AddError("Which node this is, is not known: set the environment variable NODE_NAME, or POD_NAME and POD_NAMESPACE.");
        }

        if (AnnotationNames.TryCreate(options.AnnotationPrefix) is null)
        {
            result.AddError($"'{options.AnnotationPrefix}' cannot begin the names of annotations: allowed is {KubernetesOptions.AllowedAnnotationPrefixes}.", nameof(options.AnnotationPrefix));
        }

        if (options.ApiUrl.Length > 0 && !(Uri.TryCreate(options.ApiUrl, UriKind.Absolute, out var url) && url.Scheme is ("http" or "https")))
        {
            result.AddError($"'{options.ApiUrl}' is no URL of an API server: allowed is http://HOST:PORT or https://HOST:PORT.", nameof(options.ApiUrl));
        }

        return result.Build();
    }
}
