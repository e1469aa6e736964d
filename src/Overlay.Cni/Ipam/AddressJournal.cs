using System.Text;
using Microsoft.Win32.SafeHandles;
using Overlay.Cni.Protocol;
using Overlay.Linux.Files;

namespace Overlay.Cni.Ipam;

/// <summary>The addresses of all attachments that share a data folder, in a file that is only appended to, under a lock between processes.
/// <code>
///   overlay-cni 1 BOOT-ID
///   + cbr0 4e8a... eth0 10.244.1.2,fd00:244:0:1::2 CHECKSUM     an address is reserved before anything is made
///   = cbr0 4e8a... eth0 - CHECKSUM                              the attachment stands, and the runtime was told
///   - cbr0 4e8a... eth0 - CHECKSUM                              what was made is gone
/// </code>
/// A process that is killed leaves a whole line or a part of one; the next that takes the lock cuts the part off. Nothing is flushed to the disk: a reboot voids the
/// file, because the boot id differs, and a kill does not lose what was written (decision 0070).</summary>
/// <param name="folder">The data folder; it is made if it is missing.</param>
/// <param name="bootId">Gives the kernel's boot id.</param>
/// <param name="recover">What the kernel shows of attachments; asked when the file is missing or damaged.</param>
internal sealed class AddressJournal(string folder, Func<string> bootId, Func<IEnumerable<Reservation>> recover) : IDisposable
{
    private const int LargestFile = 64 * 1024 * 1024;

    // A file half as long again as needed is read slower than it is written anew once.
    private const int SpareLines = 256;

    // A reservation with a short name; what was expected too little is made room for.
    private const int BytesOfAnAttachment = 128;

    private readonly byte[] _title = Encoding.UTF8.GetBytes($"overlay-cni 1 {bootId()}\n");
    private readonly string _path = PathIn(folder);
    private SafeFileHandle? _file;
    private long _length;
    private int _lines;

    /// <summary>The journal's place in a data folder. No container's name begins with a dot, so that its files are never in the way.</summary>
    public static string PathIn(string folder) => Path.Combine(folder, ".addresses");

    /// <summary>What the lines add up to, as of the last <see cref="Enter"/>.</summary>
    public AddressBook Book { get; private set; } = new();

    /// <summary>Waits for the lock, and takes in what others have written since the last time. Disposing what is returned lets go of the lock.</summary>
    /// <exception cref="CniException">The files cannot be used.</exception>
    public FolderLock Enter()
    {
        FolderLock? held = null;
        try
        {
            held = Lock();
            if (IsCurrent())
            {
                TakeIn(Read());
            }
            else
            {
                Load();
            }

            return held;
        }
        catch (Exception exception)
        {
            held?.Dispose();
            throw exception is IOException or UnauthorizedAccessException
                ? new CniException(CniErrorCode.Io, $"The addresses in {folder} cannot be read or locked: {exception.Message}", exception)
                : exception;
        }
    }

    /// <summary>Writes one line; the caller has the lock.</summary>
    public void Append(in JournalEntry entry)
    {
        var line = entry.ToLine();
        RandomAccess.Write(_file!, line, _length);
        TakeIn(line);
        if (_lines > Book.Lines + (Book.Lines / 2) + SpareLines)
        {
            Rewrite();
        }
    }

    public void Dispose() => _file?.Dispose();

    private FolderLock Lock()
    {
        try
        {
            return FolderLock.Take(folder);
        }
        catch (DirectoryNotFoundException)
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            return FolderLock.Take(folder);
        }
    }

    // Others may have appended to the file since, or put another in its place.
    private bool IsCurrent() => _file is not null && FileIdentity.Find(_path) == FileIdentity.Of(_file) && RandomAccess.GetLength(_file) >= _length;

    private void Load()
    {
        Open(FileMode.OpenOrCreate);
        var text = Read();
        Book = new AddressBook(text.Length / BytesOfAnAttachment);
        if (text.Span.StartsWith(_title))
        {
            _length = _title.Length;
            TakeIn(text[_title.Length..]);
        }
        else
        {
            Recover();
        }
    }

    private void Open(FileMode mode)
    {
        _file?.Dispose();
        _file = File.OpenHandle(_path, mode, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        (_length, _lines) = (0, 0);
    }

    // What is behind the part that is known. An ADD keeps the memory that it reads into, so none is cleared first.
    private ReadOnlyMemory<byte> Read()
    {
        var length = RandomAccess.GetLength(_file!);
        if (length > LargestFile)
        {
            throw new CniException(CniErrorCode.Io, $"{_path} is larger than {LargestFile} bytes: delete it; it is written anew.");
        }

        var bytes = GC.AllocateUninitializedArray<byte>((int)(length - _length));
        return bytes.AsMemory(0, RandomAccess.Read(_file!, bytes, _length));
    }

    private void TakeIn(ReadOnlyMemory<byte> text)
    {
        var isDamaged = false;
        for (int end; (end = text.Span.IndexOf((byte)'\n')) >= 0; text = text[(end + 1)..])
        {
            isDamaged |= !Book.TryApply(text[..end]);
            _lines++;
            _length += end + 1;
        }

        if (isDamaged)
        {
            Recover();
        }
        else if (!text.IsEmpty)
        {
            // The part of a line that a killed process left.
            RandomAccess.SetLength(_file!, _length);
        }
    }

    private void Recover()
    {
        foreach (var found in recover().Where(found => Book.Find(found.Key) is null))
        {
            Book.TryApply(JournalEntry.Keep(found).ToLine().AsMemory(..^1));
        }

        Rewrite();
    }

    private void Rewrite()
    {
        using var text = new MemoryStream();
        text.Write(_title);
        var lines = 0;
        foreach (var entry in Book.Summarize())
        {
            text.Write(entry.ToLine());
            lines++;
        }

        var temporary = _path + ".new";
        File.WriteAllBytes(temporary, text.GetBuffer().AsSpan(0, (int)text.Length));
        File.Move(temporary, _path, overwrite: true);
        Open(FileMode.Open);
        (_length, _lines) = (text.Length, lines);
    }
}
