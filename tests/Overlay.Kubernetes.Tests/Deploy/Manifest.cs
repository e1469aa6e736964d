extern alias models;

using System.Text.Json;
using models::k8s;
using models::k8s.Models;
using Overlay.Core.Configuration;

namespace Overlay.Kubernetes.Tests.Deploy;

/// <summary>Objects that were read strictly: a member that Kubernetes does not know is an exception.</summary>
internal sealed class Manifest(string yaml)
{
    private readonly List<object> _objects = KubernetesYaml.LoadAllFromString(yaml, strict: true);

    public V1DaemonSet DaemonSet => _objects.OfType<V1DaemonSet>().Single();

    public V1PodSpec Pod => DaemonSet.Spec.Template.Spec;

    public V1Container Agent => Pod.Containers[0];

    public V1ClusterRole Role => _objects.OfType<V1ClusterRole>().Single();

    public V1ConfigMap Configuration => _objects.OfType<V1ConfigMap>().Single();

    public V1Namespace? Namespace => _objects.OfType<V1Namespace>().SingleOrDefault();

    public int Count => _objects.Count;

    public string NetConf => JsonSerializer.Serialize(JsonDocument.Parse(Configuration.Data["net-conf.json"]).RootElement);

    /// <summary>What the agent may do, as the double of the API server writes it.</summary>
    public IEnumerable<string> Rules => Role.Rules.SelectMany(rule => rule.Resources.SelectMany(resource => rule.Verbs.Select(verb => $"{verb} {resource}")));

    /// <summary>Reads the network's configuration as the agent does; mistakes are an exception.</summary>
    public NetworkConfiguration Parse() =>
        new NetworkConfigurationParser(new Dictionary<string, IBackendSettings?> { ["vxlan"] = null, ["host-gw"] = null, ["wireguard"] = null, ["alloc"] = null })
            .Parse(Configuration.Data["net-conf.json"], "net-conf.json");
}
