using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Overlay.TestKit.Kubernetes;

/// <summary>A refusal, as the API server writes it (metav1.Status).</summary>
internal sealed record ApiStatus(int Code, string Reason, string Message)
{
    public static ApiStatus Unauthorized { get; } = new(401, "Unauthorized", "Unauthorized");

    public static ApiStatus NotFound(string kind, string name) => new(404, "NotFound", $"{kind} \"{name}\" not found");

    public static ApiStatus Forbidden(string user, string verb, string resource) => new(
        403, "Forbidden", $"{resource} is forbidden: User \"{user}\" cannot {verb} resource \"{resource}\" in API group \"\" at the cluster scope");

    public static ApiStatus Conflict(string name) => new(
        409, "Conflict", $"Operation cannot be fulfilled on nodes \"{name}\": the object has been modified; please apply your changes to the latest version and try again");

    public static ApiStatus Expired(long version, long current) => new(
        410, "Expired", string.Create(CultureInfo.InvariantCulture, $"too old resource version: {version} ({current})"));

    public static ApiStatus ContinueExpired { get; } = new(
        410, "Expired", "The provided continue parameter is too old to display a consistent list result.");

    public static ApiStatus TooLargeVersion(long version, long current) => new(
        504, "Timeout", string.Create(CultureInfo.InvariantCulture, $"Too large resource version: {version}, current: {current}"));

    public JsonObject ToJson() => new()
    {
        ["kind"] = "Status",
        ["apiVersion"] = "v1",
        ["metadata"] = new JsonObject(),
        ["status"] = "Failure",
        ["message"] = Message,
        ["reason"] = Reason,
        ["code"] = Code,
    };

    public Task WriteAsync(HttpContext context)
    {
        context.Response.StatusCode = Code;
        return ApiPages.WriteAsync(context, ToJson());
    }
}
