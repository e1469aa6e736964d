using Overlay.Linux.Namespaces;
using Overlay.Linux.Netlink.Route;
using Overlay.TestKit.Namespaces;

namespace Overlay.TestKit.Cni;

/// <summary>A container as a plugin sees it: an id and a network namespace.</summary>
public sealed class CniContainer : IDisposable
{
    private static int _lastNumber;

    /// <summary>Makes the namespace.</summary>
    public CniContainer()
    {
        (Name, Namespace) = TestNamespaces.Create("pod");
        Id = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"c{Environment.ProcessId}-{Interlocked.Increment(ref _lastNumber)}");
    }

    /// <summary>The container's id.</summary>
    public string Id { get; }

    /// <summary>The namespace's name, for <c>ip -n</c>.</summary>
    public string Name { get; }

    /// <summary>The namespace's path, as runtimes give it.</summary>
    public string Path => "/run/netns/" + Name;

    /// <summary>The namespace.</summary>
    public NetworkNamespace Namespace { get; }

    /// <summary>Asks the kernel about the container's links, addresses and routes.</summary>
    public T Ask<T>(Func<RouteNetlink, T> question)
    {
        ArgumentNullException.ThrowIfNull(question);
        return Namespace.Run(() =>
        {
            using var route = new RouteNetlink();
            return question(route);
        });
    }

    /// <summary>Changes something in the container.</summary>
    public void Change(Action<RouteNetlink> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        Ask(route =>
        {
            change(route);
            return true;
        });
    }

    /// <inheritdoc/>
    public void Dispose() => Namespace.Dispose();
}
