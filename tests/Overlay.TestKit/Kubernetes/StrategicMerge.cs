using System.Text.Json.Nodes;

namespace Overlay.TestKit.Kubernetes;

/// <summary>A strategic merge patch as far as Node objects need it: maps are merged, null removes, and lists of conditions and addresses are merged by their
/// type.</summary>
internal static class StrategicMerge
{
    private static readonly Dictionary<string, string> _mergeKeys = new() { ["conditions"] = "type", ["addresses"] = "type", ["taints"] = "key" };

    public static void Apply(JsonObject target, JsonObject patch)
    {
        foreach (var (name, value) in patch)
        {
            switch (value)
            {
                case null:
                    target.Remove(name);
                    break;
                case JsonObject inner:
                    if (target[name] is not JsonObject existing)
                    {
                        target[name] = existing = [];
                    }

                    Apply(existing, inner);
                    break;
                case JsonArray items when _mergeKeys.TryGetValue(name, out var key) && target[name] is JsonArray list:
                    Merge(list, items, key);
                    break;
                default:
                    target[name] = value.DeepClone();
                    break;
            }
        }
    }

    private static void Merge(JsonArray list, JsonArray items, string key)
    {
        foreach (var item in items.OfType<JsonObject>())
        {
            if (list.OfType<JsonObject>().FirstOrDefault(existing => (string?)existing[key] == (string?)item[key]) is { } same)
            {
                Apply(same, item);
            }
            else
            {
                list.Add(item.DeepClone());
            }
        }
    }
}
