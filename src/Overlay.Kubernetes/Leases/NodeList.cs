using Overlay.Core.Leases;
using Overlay.Kubernetes.Access;
using Overlay.Kubernetes.Json;
using Overlay.Kubernetes.Nodes;

namespace Overlay.Kubernetes.Leases;

/// <summary>Reads all nodes page by page into a table.</summary>
internal sealed class NodeList(KubernetesApi api, AnnotationNames names, TimeProvider clock)
{
    private const int PageSize = 500;

    /// <summary>Larger than any node; see <see cref="ApiAnswer"/>.</summary>
    public const int LargestNode = 8 << 20;

    private static readonly TimeSpan _longestPage = TimeSpan.FromMinutes(1);

    /// <summary>Reads the list once; nodes that it has not are taken from the table.</summary>
    /// <param name="table">The nodes.</param>
    /// <param name="selector">A query that narrows the list, or an empty text.</param>
    /// <param name="changes">Gets what has changed.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The version that a watch goes on from.</returns>
    /// <exception cref="KubernetesException">It failed; the table has then what came until there, and the next list puts it right.</exception>
    public async Task<string> ReadAsync(NodeTable table, string selector, List<LeaseChange> changes, CancellationToken cancellationToken)
    {
        table.BeginList();
        var next = "";
        while (true)
        {
            var page = await ReadPageAsync($"api/v1/nodes?limit={PageSize}{selector}{next}", table, changes, cancellationToken);
            if (page.Continue.Length == 0)
            {
                table.EndList(changes);
                return page.ResourceVersion;
            }

            next = $"&continue={Uri.EscapeDataString(page.Continue)}";
        }
    }

    private async Task<JsonList> ReadPageAsync(string path, NodeTable table, List<LeaseChange> changes, CancellationToken cancellationToken)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var timer = clock.CreateTimer(_ => waiting.Cancel(), null, _longestPage, Timeout.InfiniteTimeSpan);
        using var response = await api.OpenAsync(path, waiting.Token);
        return await ApiStream.GuardAsync("The list of nodes", async () =>
        {
            using var buffer = new JsonBuffer(await response.Content.ReadAsStreamAsync(waiting.Token), LargestNode);
            var list = new JsonList(buffer);
            while (!list.IsComplete)
            {
                while (list.TryTake(out var item))
                {
                    if (NodeScan.TryRead(item, names, out var scan))
                    {
                        table.Observe(scan, changes);
                    }
                }

                if (!list.IsComplete)
                {
                    await buffer.FillAsync(waiting.Token);
                }
            }

            return list;
        },
        cancellationToken);
    }
}
