using System.ComponentModel;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Overlay.Linux.Interop;

namespace Overlay.Linux.Namespaces;

/// <summary>A network namespace that is held open. Work in it is done on a thread of its own, which ends with the work: a thread that entered a namespace
/// never goes back to the pool.</summary>
/// <remarks>
/// <para>Sockets stay in the namespace that they were opened in. So it is enough to open them in <see cref="Run{T}"/>; they can then be used anywhere.</para>
/// <para>What a move of a link to another namespace takes away: the link goes down, and its addresses, routes, neighbours and membership of a bridge go. Its
/// name, Ethernet address, MTU and a VXLAN link's forwarding entries stay; the index stays if it is free there. A name that is taken there is an error
/// (EEXIST). A VXLAN link goes on sending through the namespace that it was made in. Loopback and bridges cannot move. When a namespace ends,
/// hardware links go back to the first namespace and all others are deleted.</para>
/// <para><c>/sys/class/net</c> and <c>/proc/net</c> show the process's first thread's namespace; use netlink or <c>/proc/thread-self/net</c> in
/// <see cref="Run{T}"/>.</para>
/// </remarks>
public sealed class NetworkNamespace : IDisposable
{
    private const string NamesFolder = "/run/netns";

    private readonly FileDescriptor _descriptor;
    private readonly string? _boundPath;

    private NetworkNamespace(FileDescriptor descriptor, string? boundPath)
    {
        _descriptor = descriptor;
        _boundPath = boundPath;
    }

    /// <summary>The descriptor, for moves of links. Do not close it.</summary>
    public SafeHandle Handle => _descriptor;

    /// <summary>Makes a namespace without a name. It ends when nothing holds it any more.</summary>
    /// <exception cref="Win32Exception">CAP_SYS_ADMIN is missing.</exception>
    public static NetworkNamespace Create() => new(OnThread(() =>
    {
        NamespaceCalls.Unshare();
        return NamespaceCalls.OpenOwn();
    }), null);

    /// <summary>Makes a namespace under a name, as <c>ip netns add</c> does: <c>ip -n NAME</c> and <c>nsenter --net=/run/netns/NAME</c> find it. It
    /// loses the name when this is disposed.</summary>
    /// <exception cref="IOException">The name is taken.</exception>
    /// <exception cref="Win32Exception">CAP_SYS_ADMIN is missing.</exception>
    public static NetworkNamespace Create(string name)
    {
        var path = PathOf(name);
        Directory.CreateDirectory(NamesFolder);
        NamespaceCalls.ShareMounts(NamesFolder);
        using (new FileStream(path, FileMode.CreateNew))
        {
            // The file is only what the namespace is mounted upon.
        }

        try
        {
            return new NetworkNamespace(OnThread(() =>
            {
                NamespaceCalls.Unshare();
                NamespaceCalls.BindOwn(path);
                return NamespaceCalls.OpenOwn();
            }), path);
        }
        catch
        {
            NamespaceCalls.Unbind(path);
            File.Delete(path);
            throw;
        }
    }

    /// <summary>Takes a name away, as <c>ip netns delete</c> does. The namespace ends when nothing else holds it.</summary>
    public static void Delete(string name)
    {
        var path = PathOf(name);
        NamespaceCalls.Unbind(path);
        File.Delete(path);
    }

    /// <summary>Opens the namespace that the calling thread is in.</summary>
    public static NetworkNamespace OpenOwn() => new(NamespaceCalls.OpenOwn(), null);

    /// <summary>Opens a namespace by its file, such as <c>/run/netns/blue</c>.</summary>
    /// <exception cref="Win32Exception">There is no such file, or no permission.</exception>
    public static NetworkNamespace OpenPath(string path) => new(NamespaceCalls.Open(path), null);

    /// <summary>Whether the file is a network namespace, and not a plain file that a namespace was mounted upon, or a namespace of another kind.</summary>
    public bool IsValid => NamespaceCalls.IsNetworkNamespace(_descriptor);

    /// <summary>Opens a namespace by its name, as <c>ip netns</c> lists it.</summary>
    /// <exception cref="Win32Exception">There is no such name, or no permission.</exception>
    public static NetworkNamespace OpenName(string name) => OpenPath(PathOf(name));

    /// <summary>Opens the namespace that a process is in.</summary>
    /// <exception cref="Win32Exception">There is no such process, or no permission.</exception>
    public static NetworkNamespace OpenProcess(int processId) =>
        OpenPath(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"/proc/{processId}/ns/net"));

    /// <summary>Runs <paramref name="work"/> in the namespace and waits for it. What it throws is thrown here. The work must not be asynchronous: what
    /// follows an <see langword="await"/> would run on another thread, outside the namespace.</summary>
    /// <exception cref="ArgumentException">The work gives a task.</exception>
    /// <exception cref="Win32Exception">CAP_SYS_ADMIN is missing, and the calling thread is in another namespace.</exception>
    public T Run<T>(Func<T> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        if (typeof(T).IsAssignableTo(typeof(Task)))
        {
            throw new ArgumentException("Asynchronous work would leave the namespace at its first await.", nameof(work));
        }

        return OnThread(() =>
        {
            EnterIfElsewhere();
            return work();
        });
    }

    /// <summary>Moves the calling thread into the namespace for good: for a program that ends soon. Everybody else uses <see cref="Run{T}"/>.</summary>
    /// <exception cref="Win32Exception">CAP_SYS_ADMIN is missing.</exception>
    public void Enter() => NamespaceCalls.Enter(_descriptor);

    /// <summary>Whether both are the same namespace.</summary>
    /// <exception cref="IOException">A descriptor is broken.</exception>
    public bool IsSameAs(NetworkNamespace other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return FileCalls.Identify(_descriptor) == FileCalls.Identify(other._descriptor);
    }

    /// <inheritdoc cref="Run{T}"/>
    public void Run(Action work)
    {
        ArgumentNullException.ThrowIfNull(work);
        Run(() =>
        {
            work();
            return 0;
        });
    }

    /// <summary>Lets go of the namespace, and takes its name away if this made it.</summary>
    public void Dispose()
    {
        var isFirst = !_descriptor.IsClosed;
        _descriptor.Dispose();
        if (isFirst && _boundPath is not null)
        {
            NamespaceCalls.Unbind(_boundPath);
            File.Delete(_boundPath);
        }
    }

    // The kernel wants CAP_SYS_ADMIN of whoever enters a namespace, also the one that it is in: as a new thread is in that of its creator.
    private void EnterIfElsewhere()
    {
        using var own = OpenOwn();
        if (!IsSameAs(own))
        {
            Enter();
        }
    }

    private static string PathOf(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return name.Contains('/', StringComparison.Ordinal) || name is "." or ".."
            ? throw new ArgumentException($"'{name}' is no name for a network namespace.", nameof(name))
            : Path.Combine(NamesFolder, name);
    }

    private static T OnThread<T>(Func<T> work)
    {
        T result = default!;
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                result = work();
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
        })
        {
            IsBackground = true,
            Name = "network namespace",
        };
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result;
    }
}
