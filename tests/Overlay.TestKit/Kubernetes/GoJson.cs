using System.Text.Encodings.Web;
using System.Text.Json;

namespace Overlay.TestKit.Kubernetes;

/// <summary>JSON as Go writes it: no blanks, and quotes within texts as a backslash and a quote.</summary>
internal static class GoJson
{
    public static JsonSerializerOptions Options { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
