using System.Globalization;
using System.Text.Json.Nodes;

namespace Overlay.TestKit.Kubernetes;

/// <summary>Node objects as kubelet registers them.</summary>
public static class ClusterNode
{
    private const string Prefix = "flannel.alpha.coreos.com/";

    /// <summary>A node without annotations of flannel.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="podCidrs">Its PodCIDRs; none before kube-controller-manager has assigned some.</param>
    public static JsonObject Create(string name, params string[] podCidrs)
    {
        ArgumentNullException.ThrowIfNull(podCidrs);
        var spec = new JsonObject();
        if (podCidrs.Length > 0)
        {
            spec["podCIDR"] = podCidrs[0];
            spec["podCIDRs"] = new JsonArray([.. podCidrs.Select(cidr => (JsonNode)cidr)]);
        }

        return new JsonObject
        {
            ["kind"] = "Node",
            ["apiVersion"] = "v1",
            ["metadata"] = new JsonObject
            {
                ["name"] = name,
                ["uid"] = Guid.NewGuid().ToString(),
                ["resourceVersion"] = "0",
                ["creationTimestamp"] = "2026-11-25T11:00:00Z",
                ["labels"] = new JsonObject { ["kubernetes.io/hostname"] = name, ["kubernetes.io/os"] = "linux" },
            },
            ["spec"] = spec,
            ["status"] = Status(),
        };
    }

    /// <summary>A node that flanneld 0.28 serves with vxlan (flannel-facts 4.1, 4.2).</summary>
    /// <param name="name">Its name.</param>
    /// <param name="podCidr">Its IPv4 PodCIDR.</param>
    /// <param name="address">Its public address.</param>
    /// <param name="mac">Its VTEP's Ethernet address.</param>
    public static JsonObject CreateFlannel(string name, string podCidr, string address, string mac)
    {
        var node = Create(name, podCidr);
        node["metadata"]!["annotations"] = new JsonObject
        {
            [Prefix + "backend-data"] = $$"""{"VNI":1,"VtepMAC":"{{mac}}"}""",
            [Prefix + "backend-type"] = "vxlan",
            [Prefix + "kube-subnet-manager"] = "true",
            [Prefix + "public-ip"] = address,
        };
        return node;
    }

    /// <summary>A node number N: <c>node-N</c> with 10.A.B.0/24 and an address of its own.</summary>
    public static JsonObject CreateFlannel(int number) => CreateFlannel(
        string.Create(CultureInfo.InvariantCulture, $"node-{number}"),
        string.Create(CultureInfo.InvariantCulture, $"10.{64 + (number >> 8)}.{number & 255}.0/24"),
        string.Create(CultureInfo.InvariantCulture, $"172.16.{number >> 8}.{number & 255}"),
        string.Create(CultureInfo.InvariantCulture, $"02:00:00:00:{number >> 8:x2}:{number & 255:x2}"));

    // Much that does not concern the network, as on a real node.
    private static JsonObject Status()
    {
        var images = new JsonArray();
        for (var i = 0; i < 50; i++)
        {
            images.Add(new JsonObject
            {
                ["names"] = new JsonArray($"registry.example/library/image-{i}@sha256:{new string((char)('a' + (i % 6)), 64)}", $"registry.example/library/image-{i}:v1.{i}"),
                ["sizeBytes"] = 1_000_000 + i,
            });
        }

        return new JsonObject
        {
            ["capacity"] = new JsonObject { ["cpu"] = "4", ["memory"] = "8137440Ki", ["pods"] = "110" },
            ["conditions"] = new JsonArray(
                Condition("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
                Condition("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
                Condition("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
                Condition("Ready", "True", "KubeletReady", "kubelet is posting ready status")),
            ["nodeInfo"] = new JsonObject { ["kernelVersion"] = "6.1.0", ["osImage"] = "Debian GNU/Linux 12 (bookworm)", ["kubeletVersion"] = "v1.35.2" },
            ["images"] = images,
        };
    }

    private static JsonObject Condition(string type, string status, string reason, string message) => new()
    {
        ["type"] = type,
        ["status"] = status,
        ["lastHeartbeatTime"] = "2026-11-25T11:00:00Z",
        ["lastTransitionTime"] = "2026-11-25T11:00:00Z",
        ["reason"] = reason,
        ["message"] = message,
    };
}
