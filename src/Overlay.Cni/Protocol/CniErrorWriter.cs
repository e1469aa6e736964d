using System.Text.Json;

namespace Overlay.Cni.Protocol;

/// <summary>Writes a failure in the one form that all versions share.</summary>
internal static class CniErrorWriter
{
    public static byte[] Write(CniException failure, CniVersion version)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("cniVersion", version.Text());
            json.WriteNumber("code", (int)failure.Code);
            json.WriteString("msg", failure.Message);
            if (failure.Details.Length > 0)
            {
                json.WriteString("details", failure.Details);
            }

            json.WriteEndObject();
        }

        return buffer.ToArray();
    }
}
