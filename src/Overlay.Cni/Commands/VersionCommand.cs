using System.Text.Json;
using Overlay.Cni.Protocol;

namespace Overlay.Cni.Commands;

/// <summary>VERSION: tells which versions of the specification this plugin speaks.</summary>
internal static class VersionCommand
{
    public static byte[] Answer(JsonValue root)
    {
        // The version of the question is repeated, whatever it is.
        var asked = root.Member("cniVersion").Text("");
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("cniVersion", asked.Length > 0 ? asked : CniVersions.Newest.Text());
            json.WriteStartArray("supportedVersions");
            foreach (var name in CniVersions.Names)
            {
                json.WriteStringValue(name);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }
}
