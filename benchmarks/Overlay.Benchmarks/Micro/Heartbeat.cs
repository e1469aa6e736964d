using System.Text.Json;
using BenchmarkDotNet.Attributes;
using k8s;
using k8s.Models;
using Overlay.Core.Addressing;
using Overlay.Core.Leases;
using Overlay.Kubernetes.Leases;
using Overlay.Kubernetes.Nodes;

namespace Overlay.Benchmarks.Micro;

/// <summary>Reads one event of a watch in which kubelet has written nothing but the time, on a node with so many images. The baseline deserializes the node
/// with KubernetesClient, as its watcher and flannel's informer do.</summary>
public class Heartbeat
{
    private readonly AnnotationNames _names = AnnotationNames.TryCreate("flannel.alpha.coreos.com")!;
    private readonly NodeTable _table = new("own", new SubnetPair(System.Net.IPNetwork.Parse("10.244.0.0/16"), null), _ => { }, (_, _) => { });
    private readonly List<LeaseChange> _changes = [];
    private byte[] _event = [];

    [Params(10, 50)]
    public int Images { get; set; }

    [GlobalSetup]
    public void Begin()
    {
        var images = string.Join(',', Enumerable.Range(0, Images).Select(i => $$"""{"names":["registry.example/library/image-{{i}}@sha256:{{new string('a', 64)}}","registry.example/library/image-{{i}}:v1"],"sizeBytes":{{1000 + i}}}"""));
        var node = $$$"""
            {"kind":"Node","apiVersion":"v1","metadata":{"name":"node-1","uid":"0b1b6f6e-3f0e-4c57-a6f5-2c4ef7d30e5b","resourceVersion":"123456","creationTimestamp":"2026-11-25T11:00:00Z","labels":{"kubernetes.io/hostname":"node-1"},"annotations":{"flannel.alpha.coreos.com/backend-data":"{\"VNI\":1,\"VtepMAC\":\"02:00:00:00:00:01\"}","flannel.alpha.coreos.com/backend-type":"vxlan","flannel.alpha.coreos.com/kube-subnet-manager":"true","flannel.alpha.coreos.com/public-ip":"192.0.2.1"}},"spec":{"podCIDR":"10.244.1.0/24","podCIDRs":["10.244.1.0/24"]},"status":{"capacity":{"cpu":"4"},"conditions":[{"type":"Ready","status":"True","lastHeartbeatTime":"2026-11-25T12:00:00Z","lastTransitionTime":"2026-11-25T11:00:00Z","reason":"KubeletReady","message":"kubelet is posting ready status"}],"images":[{{{images}}}]}}
            """;
        _event = System.Text.Encoding.UTF8.GetBytes($$"""{"type":"MODIFIED","object":{{node}}}""");
        Views();
        _changes.Clear();
    }

    [Benchmark]
    public int Views()
    {
        if (WatchEvent.TryRead(_event, out var happened) && NodeScan.TryRead(happened.Object, _names, out var scan))
        {
            _table.Observe(scan, _changes);
        }

        return _changes.Count;
    }

    [Benchmark(Baseline = true)]
    public string? Deserialized()
    {
        var reader = new Utf8JsonReader(_event);
        using var document = JsonDocument.ParseValue(ref reader);
        return KubernetesJson.Deserialize<V1Node>(document.RootElement.GetProperty("object").GetRawText()).Metadata.Name;
    }
}
