using System.Text;
using Overlay.Core.Engine;

namespace Overlay.Agent.Health;

/// <summary><c>/healthz</c> and <c>/readyz</c>, with flannel's texts (flannel-facts 9.1).</summary>
internal sealed class HealthPages(OverlayEngine engine)
{
    /// <summary>Answers if the page is one of these.</summary>
    public async Task<bool> TryAnswerAsync(HttpContext context)
    {
        switch (context.Request.Path.Value)
        {
            case "/healthz":
                await context.Response.WriteAsync("flanneld is running");
                return true;
            case "/readyz":
                var status = engine.ReadStatus();
                context.Response.StatusCode = status.IsReady ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
                await context.Response.WriteAsync(context.Request.Query.ContainsKey("verbose") ? Describe(status) : Verdict(status));
                return true;
            default:
                return false;
        }
    }

    private static string Verdict(OverlayStatus status) => status.IsReady ? "flanneld is ready" : "flanneld is not ready yet";

    private static string Describe(OverlayStatus status)
    {
        var text = new StringBuilder();
        if (status.Conditions.Count == 0)
        {
            text.Append("[-] start: configuration, interface and lease are not all there yet\n");
        }

        foreach (var condition in status.Conditions)
        {
            text.Append($"[{(condition.IsMet ? '+' : '-')}] {condition.Name}: {condition.Detail}\n");
        }

        if (status.StoreFault is { } fault)
        {
            text.Append($"    store: {fault}\n");
        }

        foreach (var network in status.Networks)
        {
            text.Append($"    {network.Backend}: {network.Status.Peers} peers, {network.Status.Entries} entries, {network.Status.Pending} pending\n");
            foreach (var failed in network.Status.Failed)
            {
                text.Append($"    failed: {failed.Entry}: {failed.Error}\n");
            }
        }

        foreach (var refused in status.Networks.SelectMany(network => network.Status.Refused).Concat(status.Refused))
        {
            text.Append($"    refused: {refused.LeaseKey}: {refused.Reason}\n");
        }

        return text.Append(Verdict(status)).Append('\n').ToString();
    }
}
