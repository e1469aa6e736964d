using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Overlay.TestKit.Kubernetes;

/// <summary>The pages of an <see cref="ApiServer"/>.</summary>
internal sealed class ApiPages(ApiServer server) : IDisposable
{
    private const string Nodes = "/api/v1/nodes";

    private readonly Dictionary<long, ImmutableSortedDictionary<string, string>> _lists = [];
    private CancellationTokenSource _watching = new();
    private TaskCompletionSource _bookmark = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _openWatches;
    private int _bookmarksSent;

    public int OpenWatches => Volatile.Read(ref _openWatches);

    public int BookmarksSent => Volatile.Read(ref _bookmarksSent);

    public void EndWatches() => Interlocked.Exchange(ref _watching, new CancellationTokenSource()).Cancel();

    public void SendBookmarks() => Interlocked.Exchange(ref _bookmark, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();

    public void Dispose() => _watching.Dispose();

    public static Task WriteAsync(HttpContext context, JsonNode json)
    {
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(json.ToJsonString(GoJson.Options) + "\n");
    }

    public Task AnswerAsync(HttpContext context)
    {
        var request = context.Request;
        server.Requests.Enqueue($"{request.Method} {request.Path}{request.QueryString}");
        if (server.Fail?.Invoke(request) is > 0 and var code)
        {
            return new ApiStatus(code, "InternalError", "The test wants it so").WriteAsync(context);
        }

        var user = "system:anonymous";
        var token = request.Headers.Authorization.ToString();
        if (!server.Tokens.IsEmpty && (!token.StartsWith("Bearer ", StringComparison.Ordinal) || !server.Tokens.TryGetValue(token["Bearer ".Length..], out user!)))
        {
            return ApiStatus.Unauthorized.WriteAsync(context);
        }

        var (verb, resource, answer) = Route(context);
        return server.Rules.Count > 0 && !server.Rules.Contains($"{verb} {resource}") ? ApiStatus.Forbidden(user, verb, resource).WriteAsync(context) : answer();
    }

    private (string Verb, string Resource, Func<Task> Answer) Route(HttpContext context)
    {
        var (method, path) = (context.Request.Method, context.Request.Path.Value!);
        var words = path.Trim('/').Split('/');
        return (method, words) switch
        {
            ("GET", ["api", "v1", "nodes"]) when context.Request.Query["watch"] == "true" => ("watch", "nodes", () => WatchAsync(context)),
            ("GET", ["api", "v1", "nodes"]) => ("list", "nodes", () => ListAsync(context)),
            ("GET", ["api", "v1", "nodes", var name]) => ("get", "nodes", () => server.State.Find(name) is { } node
                ? WriteAsync(context, node) : ApiStatus.NotFound("nodes", name).WriteAsync(context)),
            ("PATCH", ["api", "v1", "nodes", var name, "status"]) => ("patch", "nodes/status", () => PatchAsync(context, name, isStatus: true)),
            ("PATCH", ["api", "v1", "nodes", var name]) => ("patch", "nodes", () => PatchAsync(context, name, isStatus: false)),
            ("GET", ["api", "v1", "namespaces", var space, "pods", var name]) => ("get", "pods", () => server.State.Pods.TryGetValue($"{space}/{name}", out var node)
                ? WriteAsync(context, Pod(space, name, node)) : ApiStatus.NotFound("pods", name).WriteAsync(context)),
            ("POST", ["api", "v1", "namespaces", _, "events"]) => ("create", "events", () => CreateEventAsync(context)),
            ("GET", ["api"]) => ("get", "", () => WriteAsync(context, Discovery.Versions)),
            ("GET", ["apis"]) => ("get", "", () => WriteAsync(context, Discovery.Groups)),
            ("GET", ["api", "v1"]) => ("get", "", () => WriteAsync(context, Discovery.Resources)),
            _ => ("get", "", () => new ApiStatus(404, "NotFound", "the server could not find the requested resource").WriteAsync(context)),
        };
    }

    private static JsonObject Pod(string space, string name, string node) => new()
    {
        ["kind"] = "Pod",
        ["apiVersion"] = "v1",
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = space },
        ["spec"] = new JsonObject { ["nodeName"] = node },
        ["status"] = new JsonObject { ["phase"] = "Running" },
    };

    private async Task ListAsync(HttpContext context)
    {
        var query = context.Request.Query;
        var (nodes, version) = server.State.Read();
        var after = "";
        if (query["continue"].ToString() is { Length: > 0 } token)
        {
            // The real token is JSON in base64 too: {"v":"meta.k8s.io/v1","rv":...,"start":...}.
            var start = JsonNode.Parse(Convert.FromBase64String(token))!;
            (version, after) = ((long)start["rv"]!, (string)start["start"]!);
            if (!_lists.TryGetValue(version, out nodes) || !server.State.Knows(version))
            {
                await ApiStatus.ContinueExpired.WriteAsync(context);
                return;
            }
        }

        var limit = int.TryParse(query["limit"], NumberStyles.None, CultureInfo.InvariantCulture, out var asked) ? asked : int.MaxValue;
        var selected = nodes.Where(pair => string.CompareOrdinal(pair.Key, after) > 0 && IsSelected(context, pair.Key)).ToArray();
        var page = selected.Take(limit).ToArray();
        var metadata = new JsonObject { ["resourceVersion"] = version.ToString(CultureInfo.InvariantCulture) };
        if (page.Length < selected.Length)
        {
            _lists[version] = nodes;
            var next = new JsonObject { ["v"] = "meta.k8s.io/v1", ["rv"] = version, ["start"] = page[^1].Key };
            metadata["continue"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(next.ToJsonString()));
            metadata["remainingItemCount"] = selected.Length - page.Length;
        }

        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync($$"""{"kind":"NodeList","apiVersion":"v1","metadata":{{metadata.ToJsonString(GoJson.Options)}},"items":[{{string.Join(',', page.Select(pair => pair.Value))}}]}""" + "\n");
    }

    private static bool IsSelected(HttpContext context, string name) => context.Request.Query["fieldSelector"].ToString() is not { Length: > 0 } selector || selector == $"metadata.name={name}";

    private async Task WatchAsync(HttpContext context)
    {
        var version = long.Parse(context.Request.Query["resourceVersion"].ToString(), CultureInfo.InvariantCulture);
        var current = server.State.Version;
        if (version > current)
        {
            await ApiStatus.TooLargeVersion(version, current).WriteAsync(context);
            return;
        }

        var seconds = int.Parse(context.Request.Query["timeoutSeconds"].ToString(), CultureInfo.InvariantCulture);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _watching.Token);
        ending.CancelAfter(TimeSpan.FromSeconds(seconds));
        try
        {
            context.Response.ContentType = "application/json";
            await context.Response.Body.FlushAsync(ending.Token);
            await SendAsync(context, version, ending.Token);
        }
        catch (OperationCanceledException)
        {
            // The end of its time, of the server, or of the client: an answer that ends well.
        }
    }

    private async Task SendAsync(HttpContext context, long version, CancellationToken cancellationToken)
    {
        if (!server.State.Knows(version))
        {
            await WriteEventAsync(context, "ERROR", ApiStatus.Expired(version, server.State.Version).ToJson().ToJsonString(GoJson.Options), cancellationToken);
            return;
        }

        // A watch counts as open when nothing that happens from now on passes it by.
        var (changed, bookmark) = (server.State.Changed, _bookmark.Task);
        Interlocked.Increment(ref _openWatches);
        try
        {
            await FollowAsync(context, version, changed, bookmark, cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref _openWatches);
        }
    }

    private async Task FollowAsync(HttpContext context, long version, Task changed, Task bookmark, CancellationToken cancellationToken)
    {
        for (var wantsBookmark = false; ; changed = server.State.Changed)
        {
            var (events, current) = server.State.After(version);
            foreach (var change in events.Where(change => IsSelected(context, change.Name)))
            {
                await WriteEventAsync(context, change.Type, change.Json, cancellationToken);
            }

            version = current;
            if (wantsBookmark)
            {
                await WriteEventAsync(context, "BOOKMARK", Bookmark(version), cancellationToken);
                Interlocked.Increment(ref _bookmarksSent);
            }

            await context.Response.Body.FlushAsync(cancellationToken);
            await Task.WhenAny(changed, bookmark).WaitAsync(cancellationToken);
            var isAsked = bookmark.IsCompleted;
            // Another is waited for only when this one was seen: it may be asked for at any moment.
            bookmark = isAsked ? _bookmark.Task : bookmark;
            wantsBookmark = isAsked && context.Request.Query["allowWatchBookmarks"] == "true";
        }
    }

    private static string Bookmark(long version) =>
        """{"kind":"Node","apiVersion":"v1","metadata":{"resourceVersion":"VERSION","creationTimestamp":null},"spec":{},"status":{"daemonEndpoints":{"kubeletEndpoint":{"Port":0}},"nodeInfo":{"machineID":"","systemUUID":"","bootID":"","kernelVersion":"","osImage":"","containerRuntimeVersion":"","kubeletVersion":"","kubeProxyVersion":"","operatingSystem":"","architecture":""}}}"""
            .Replace("VERSION", version.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);

    private static Task WriteEventAsync(HttpContext context, string type, string json, CancellationToken cancellationToken) =>
        context.Response.WriteAsync($$"""{"type":"{{type}}","object":{{json}}}""" + "\n", cancellationToken);

    private async Task PatchAsync(HttpContext context, string name, bool isStatus)
    {
        if (context.Request.ContentType is not ("application/strategic-merge-patch+json" or "application/merge-patch+json"))
        {
            await new ApiStatus(415, "UnsupportedMediaType", "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json").WriteAsync(context);
            return;
        }

        server.BeforePatch?.Invoke(name);
        var patch = (await JsonNode.ParseAsync(context.Request.Body))!.AsObject();
        if (isStatus)
        {
            // The subresource leaves the specification alone.
            patch.Remove("spec");
        }

        ApiStatus? refusal = null;
        var written = server.State.Find(name) is null ? null : server.State.Write(name, node =>
        {
            var wanted = patch["metadata"];
            if (IsOther(wanted?["resourceVersion"], node!["metadata"]!["resourceVersion"]) || IsOther(wanted?["uid"], node["metadata"]!["uid"]))
            {
                refusal = ApiStatus.Conflict(name);
                return node;
            }

            StrategicMerge.Apply(node, patch);
            return node;
        });
        refusal ??= written is null ? ApiStatus.NotFound("nodes", name) : null;
        await (refusal?.WriteAsync(context) ?? WriteAsync(context, written!));
    }

    private static bool IsOther(JsonNode? wanted, JsonNode? found) => wanted is not null && (string?)wanted != (string?)found;

    private async Task CreateEventAsync(HttpContext context)
    {
        var created = (await JsonNode.ParseAsync(context.Request.Body))!.AsObject();
        lock (server.State.Events)
        {
            server.State.Events.Add(created);
        }

        context.Response.StatusCode = 201;
        await WriteAsync(context, created);
    }
}
