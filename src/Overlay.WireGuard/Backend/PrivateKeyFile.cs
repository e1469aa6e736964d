using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Overlay.Core.Diagnostics;
using Overlay.WireGuard.Protocol.Keys;

namespace Overlay.WireGuard.Backend;

/// <summary>The node's private key in a file, in base64 as <c>wg genkey</c> prints it. A file that is there is read and never written.</summary>
internal sealed partial class PrivateKeyFile(string path, ILogger logger)
{
    private const int LongestText = 256;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Others = (UnixFileMode)0b111_111;

    /// <summary>Reads the key; <see langword="null"/> when there is no file.</summary>
    /// <exception cref="OverlayException">The file cannot be read, or holds something else.</exception>
    public PrivateKey? Read()
    {
        // Larger than any key file, and wiped: it holds the key.
        var bytes = GC.AllocateArray<byte>(LongestText, pinned: true);
        var text = GC.AllocateArray<char>(LongestText, pinned: true);
        try
        {
            int length;
            using (var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0))
            {
                length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            }

            WarnOfReaders();
            var characters = Encoding.ASCII.GetChars(bytes.AsSpan(0, length), text);
            return PrivateKey.TryParse(text.AsSpan(0, characters).Trim())
                ?? throw new OverlayException($"{path} holds no WireGuard private key (44 characters of base64). Restore it; or delete it, and this node gets a new key.");
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new OverlayException($"The private key cannot be read from {path}: {exception.Message}", exception);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
            text.AsSpan().Clear();
        }
    }

    /// <summary>Reads the key, or makes one and writes it down.</summary>
    /// <exception cref="OverlayException">The file cannot be read or made, or holds something else.</exception>
    public PrivateKey ReadOrCreate()
    {
        if (Read() is { } existing)
        {
            return existing;
        }

        var key = PrivateKey.Generate();
        try
        {
            Write(key);
            Log.Made(logger, path, key.PublicKey.ToString());
            return key;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            key.Dispose();
            // Somebody else made one at the same moment; his was first.
            return Read() ?? throw new OverlayException($"The private key cannot be written to {path}: {exception.Message}", exception);
        }
    }

    // A reader sees no file or the whole of it, and a crash leaves no half of one.
    private void Write(PrivateKey key)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var draft = $"{path}.{Guid.NewGuid():N}.new";
        var bytes = GC.AllocateArray<byte>(PrivateKey.Size, pinned: true);
        var text = GC.AllocateArray<byte>(45, pinned: true);
        try
        {
            key.Export(bytes);
            System.Buffers.Text.Base64.EncodeToUtf8(bytes, text, out _, out _);
            text[^1] = (byte)'\n';
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0 };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = OwnerOnly;
            }

            using (var file = new FileStream(draft, options))
            {
                file.Write(text);
                file.Flush(flushToDisk: true);
            }

            File.Move(draft, path, overwrite: false);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
            CryptographicOperations.ZeroMemory(text);
            File.Delete(draft);
        }
    }

    private void WarnOfReaders()
    {
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & Others) is var mode and not UnixFileMode.None)
        {
            Log.Readable(logger, path, mode);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.WireGuardBackend + 0, LogLevel.Information, "Made a private key in {Path}; peers will know this node by {PublicKey}")]
        public static partial void Made(ILogger logger, string path, string publicKey);

        [LoggerMessage(EventIds.WireGuardBackend + 1, LogLevel.Warning, "The private key in {Path} is open to others ({Mode}): chmod 600 it, and give the node a new one if somebody may have read it")]
        public static partial void Readable(ILogger logger, string path, UnixFileMode mode);
    }
}
