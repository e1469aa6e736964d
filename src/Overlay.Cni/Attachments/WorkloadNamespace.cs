using System.ComponentModel;
using Overlay.Cni.Protocol;
using Overlay.Linux.Namespaces;

namespace Overlay.Cni.Attachments;

/// <summary>The workload's network namespace and the host's, and the way from one to the other.</summary>
internal sealed class WorkloadNamespace : IDisposable
{
    private readonly NetworkNamespace _host;

    private WorkloadNamespace(NetworkNamespace workload, NetworkNamespace host)
    {
        Workload = workload;
        _host = host;
    }

    /// <summary>The workload's namespace.</summary>
    public NetworkNamespace Workload { get; }

    /// <exception cref="CniException">It is gone, is no network namespace, or is the host's.</exception>
    public static WorkloadNamespace Open(string path)
    {
        NetworkNamespace workload;
        try
        {
            workload = NetworkNamespace.OpenPath(path);
        }
        catch (Win32Exception exception)
        {
            throw new CniException(CniErrorCode.UnknownContainer, $"CNI_NETNS: {exception.Message}: the container is gone, or its runtime gave a wrong path.", exception);
        }

        var pair = new WorkloadNamespace(workload, NetworkNamespace.OpenOwn());
        if (!workload.IsValid)
        {
            pair.Dispose();
            throw new CniException(CniErrorCode.InvalidEnvironment, $"CNI_NETNS: found {path}, which is no network namespace; allowed is the container's.");
        }

        if (workload.IsSameAs(pair._host))
        {
            pair.Dispose();
            throw new CniException(CniErrorCode.InvalidEnvironment, $"CNI_NETNS: found {path}, the host's own network namespace; allowed is the container's.");
        }

        return pair;
    }

    /// <summary>Runs <paramref name="work"/> in the workload's namespace on this thread, and comes back. A program with one thread needs no other.</summary>
    public void Run(Action work)
    {
        Workload.Enter();
        try
        {
            work();
        }
        finally
        {
            _host.Enter();
        }
    }

    public void Dispose()
    {
        Workload.Dispose();
        _host.Dispose();
    }
}
