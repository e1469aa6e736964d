using System.Net.Sockets;

using Microsoft.Win32.SafeHandles;

using Overlay.Linux.Files;

namespace Overlay.WireGuard.Control.Uapi;

/// <summary>The listening socket of an interface, at <c>/var/run/wireguard/NAME.sock</c> where <c>wg(8)</c> looks for it. The folder is shared by all network
/// namespaces. Only the owner may connect.</summary>
public sealed class UapiSocket : IDisposable
{
    /// <summary>Where <c>wg(8)</c> looks for sockets.</summary>
    public const string DefaultFolder = "/var/run/wireguard";

    private const int AddressInUse = 98; // EADDRINUSE of errno.h.
    private const int MostWaiting = 128;

    private bool _isFileOurs = true;

    private UapiSocket(string path, Socket listener) => (Path, Listener) = (path, listener);

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The listening descriptor, to be handed over to another process.</summary>
    public SafeSocketHandle Handle => Listener.SafeHandle;

    internal Socket Listener { get; }

    /// <summary>Makes the socket, and the folder if need be. The file of a process that is gone is replaced.</summary>
    /// <exception cref="WireGuardException">Another process listens there (EADDRINUSE), or the file cannot be made.</exception>
    public static UapiSocket Open(string interfaceName, string folder = DefaultFolder)
    {
        var path = PathOf(interfaceName, folder);
        try
        {
            CreateFolder(folder);
            // Two processes that find the same stale file must not both replace it: the slower one would take away the live socket of the other.
            using var gate = FolderLock.Take(folder);
            return TryListen(path) ?? Replace(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or SocketException)
        {
            throw new WireGuardException($"The control socket {path} cannot be made: {exception.Message}", UapiRefusal.InputOutput, exception);
        }
    }

    /// <summary>Goes on with the listening socket that another process made and handed over; the descriptor belongs to this object now.</summary>
    /// <exception cref="WireGuardException">The descriptor is no listening socket.</exception>
    public static UapiSocket Adopt(string interfaceName, int descriptor, string folder = DefaultFolder)
    {
        var handle = new SafeSocketHandle(descriptor, ownsHandle: true);
        try
        {
            var listener = new Socket(handle);
            if (listener.AddressFamily == AddressFamily.Unix && listener.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.AcceptConnection) is not 0)
            {
                return new UapiSocket(PathOf(interfaceName, folder), listener);
            }
        }
        catch (SocketException)
        {
            // Said below.
        }

        handle.Dispose();
        throw new WireGuardException($"Descriptor {descriptor} is no listening control socket.", UapiRefusal.Invalid);
    }

    /// <summary>Closes the descriptor and leaves the file: another process has the descriptor too, or somebody else has taken the file's place.</summary>
    public void Abandon()
    {
        _isFileOurs = false;
        Dispose();
    }

    /// <summary>Closes the descriptor and removes the file.</summary>
    public void Dispose()
    {
        if (Handle.IsClosed)
        {
            return;
        }

        if (_isFileOurs)
        {
            // First the file: whoever finds it gone may make it anew at once.
            TryDelete(Path);
        }

        // Not the socket itself, which would remove whatever file is at its path; its finalizer, too.
        Handle.Dispose();
#pragma warning disable CA1816 // It is the listener's finalizer that has nothing to do any more.
        GC.SuppressFinalize(Listener);
#pragma warning restore CA1816
    }

    /// <summary>Where the socket of an interface is.</summary>
    internal static string PathOf(string interfaceName, string folder = DefaultFolder) => System.IO.Path.Combine(folder, interfaceName + ".sock");

    private static void CreateFolder(string folder)
    {
        const UnixFileMode OwnerAlone = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        if (OperatingSystem.IsWindows())
        {
            throw new PlatformNotSupportedException("WireGuard's control sockets are made for Linux here.");
        }

        Directory.CreateDirectory(folder, OwnerAlone);
    }

    private static UapiSocket Replace(string path)
    {
        if (IsAlive(path))
        {
            throw InUse(path);
        }

        File.Delete(path);
        return TryListen(path) ?? throw InUse(path);
    }

    // Whose it is, is not known here: another program for the same interface, or one in another network namespace that has an interface of this name.
    private static WireGuardException InUse(string path) => new(
        $"The control socket {path} is in use by another process. End that one; or, when it serves another network namespace (the folder is one for all of them), start this one in a mount namespace with a folder of its own there.",
        AddressInUse);

    private static UapiSocket? TryListen(string path)
    {
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            Restrict(listener);
            listener.Bind(new UnixDomainSocketEndPoint(path));
            listener.Listen(MostWaiting);
            return new UapiSocket(path, listener);
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            listener.SafeHandle.Dispose();
            return null;
        }
        catch
        {
            listener.SafeHandle.Dispose();
            throw;
        }
    }

    // The kernel gives the file the mode that the descriptor has (unix_bind_bsd of net/unix/af_unix.c): so it is right from the first moment, and
    // the umask, which belongs to the whole process, stays as it is.
    private static void Restrict(Socket listener)
    {
        if (!OperatingSystem.IsWindows())
        {
            using var handle = new SafeFileHandle(listener.Handle, ownsHandle: false);
            File.SetUnixFileMode(handle, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    private static bool IsAlive(string path)
    {
        // Of a process that is stopped, and takes no connection, one would wait for ever when enough wait already (EAGAIN without waiting).
        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
        try
        {
            client.Connect(new UnixDomainSocketEndPoint(path));
            return true;
        }
        catch (SocketException exception)
        {
            return exception.SocketErrorCode != SocketError.ConnectionRefused;
        }
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A stale file is replaced by whoever comes next.
        }
    }
}
