using System.Text.Json.Nodes;

namespace Overlay.TestKit.Kubernetes;

/// <summary>What kubectl asks for before anything else.</summary>
internal static class Discovery
{
    public static JsonNode Versions => JsonNode.Parse("""{"kind":"APIVersions","versions":["v1"],"serverAddressByClientCIDRs":[]}""")!;

    public static JsonNode Groups => JsonNode.Parse("""{"kind":"APIGroupList","apiVersion":"v1","groups":[]}""")!;

    public static JsonNode Resources => JsonNode.Parse("""
        {"kind":"APIResourceList","groupVersion":"v1","resources":[
        {"name":"events","singularName":"event","namespaced":true,"kind":"Event","verbs":["create","get","list","patch","watch"],"shortNames":["ev"]},
        {"name":"nodes","singularName":"node","namespaced":false,"kind":"Node","verbs":["get","list","patch","watch"],"shortNames":["no"]},
        {"name":"nodes/status","singularName":"","namespaced":false,"kind":"Node","verbs":["get","patch"]},
        {"name":"pods","singularName":"pod","namespaced":true,"kind":"Pod","verbs":["get"],"shortNames":["po"]}]}
        """)!;
}
