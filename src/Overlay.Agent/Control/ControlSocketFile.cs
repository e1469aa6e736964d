using Overlay.Core.Diagnostics;

namespace Overlay.Agent.Control;

/// <summary>The control socket's place in the file system.</summary>
internal sealed class ControlSocketFile(string path)
{
    // sun_path of sockaddr_un, with its final zero.
    private const int LongestPath = 107;
    private bool _hasMadeFolder;

    /// <summary>Makes the folder, and removes a socket that nobody listens on any more.</summary>
    /// <exception cref="OverlayException">Another agent listens, or the place cannot be used.</exception>
    public void Prepare()
    {
        if (System.Text.Encoding.UTF8.GetByteCount(path) > LongestPath)
        {
            throw new OverlayException($"The path of the control socket is too long for a unix socket: {path}. At most {LongestPath} bytes are possible; choose another --control-socket.");
        }

        try
        {
            var folder = Path.GetDirectoryName(path)!;
            _hasMadeFolder = !Directory.Exists(folder);
            Directory.CreateDirectory(folder);
            if (new ControlClient(path).IsRunning())
            {
                throw new OverlayException($"Another overlayd already listens on {path}: stop it, or give this one another --control-socket.");
            }

            File.Delete(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new OverlayException($"The control socket {path} cannot be made: {exception.Message}", exception);
        }
    }

    /// <summary>Lets only the owner in; called once the socket is bound.</summary>
    public void Protect()
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    /// <summary>Leaves nothing behind.</summary>
    public void Remove()
    {
        try
        {
            File.Delete(path);
            if (_hasMadeFolder)
            {
                Directory.Delete(Path.GetDirectoryName(path)!);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Somebody else uses the folder too.
        }
    }
}
