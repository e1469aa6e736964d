using System.ComponentModel;
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
internal sealed class AddressJournal : IDisposable
{
    private const string Title = "overlay-cni 1 ";
    private const int LargestFile = 64 * 1024 * 1024;

    // A file twice as long as needed is read slower than it is written anew once.
    private const int SpareLines = 512;

    private readonly FileLock _lock;
    private readonly string _path;
    private readonly string _bootId;
    private SafeFileHandle _file;
    private long _length;
    private int _lines;

    private AddressJournal(FileLock held, string path, string bootId)
    {
        _lock = held;
        _path = path;
        _bootId = bootId;
        _file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
    }

    /// <summary>The journal's place in a data folder. No container's name begins with a dot, so that its files are never in the way.</summary>
    public static string PathIn(string folder) => Path.Combine(folder, ".addresses");

    /// <summary>What the lines add up to.</summary>
    public AddressBook Book { get; private set; } = new();

    /// <summary>Waits for the lock and reads the file. Disposing lets go of the lock.</summary>
    /// <param name="folder">The data folder; it is made if it is missing.</param>
    /// <param name="bootId">The kernel's boot id.</param>
    /// <param name="recover">What the kernel shows of attachments; asked when the file is missing or damaged.</param>
    /// <exception cref="CniException">The files cannot be used.</exception>
    public static AddressJournal Open(string folder, string bootId, Func<IEnumerable<Reservation>> recover)
    {
        FileLock? held = null;
        AddressJournal? journal = null;
        try
        {
            held = Lock(folder);
            journal = new AddressJournal(held, PathIn(folder), bootId);
            journal.Load(recover);
            return journal;
        }
        catch (Exception exception)
        {
            journal?._file.Dispose();
            held?.Dispose();
            throw exception is IOException or UnauthorizedAccessException or Win32Exception
                ? new CniException(CniErrorCode.Io, $"The addresses in {folder} cannot be read or locked: {exception.Message}", exception)
                : exception;
        }
    }

    /// <summary>Writes one line.</summary>
    public void Append(in JournalEntry entry)
    {
        Book.Apply(entry);
        if (_lines > (Book.Lines * 2) + SpareLines)
        {
            Rewrite();
            return;
        }

        var bytes = Encoding.UTF8.GetBytes(entry.ToString());
        RandomAccess.Write(_file, bytes, _length);
        _length += bytes.Length;
        _lines++;
    }

    public void Dispose()
    {
        _file.Dispose();
        _lock.Dispose();
    }

    private static FileLock Lock(string folder)
    {
        const int NoSuchFile = 2;
        var path = Path.Combine(folder, ".lock");
        try
        {
            return FileLock.Acquire(path);
        }
        catch (Win32Exception exception) when (exception.NativeErrorCode == NoSuchFile)
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            return FileLock.Acquire(path);
        }
    }

    private void Load(Func<IEnumerable<Reservation>> recover)
    {
        _length = RandomAccess.GetLength(_file);
        var bytes = new byte[_length <= LargestFile ? _length : throw new CniException(CniErrorCode.Io, $"{_path} is larger than {LargestFile} bytes: delete it; it is written anew.")];
        var text = Encoding.UTF8.GetString(bytes, 0, RandomAccess.Read(_file, bytes, 0)).AsSpan();
        var titleEnd = text.IndexOf('\n');
        if (titleEnd < 0 || !text[..titleEnd].SequenceEqual(Title + _bootId))
        {
            Recover(recover);
            return;
        }

        var isDamaged = false;
        for (var rest = text[(titleEnd + 1)..]; !rest.IsEmpty;)
        {
            var end = rest.IndexOf('\n');
            if (end >= 0 && JournalEntry.TryParse(rest[..end], out var entry))
            {
                Book.Apply(entry);
                _lines++;
            }
            else if (end < 0)
            {
                // The part of a line that a killed process left.
                _length = bytes.AsSpan().LastIndexOf((byte)'\n') + 1;
                RandomAccess.SetLength(_file, _length);
                break;
            }
            else
            {
                isDamaged = true;
            }

            rest = rest[(end + 1)..];
        }

        if (isDamaged)
        {
            Recover(recover);
        }
    }

    private void Recover(Func<IEnumerable<Reservation>> recover)
    {
        foreach (var found in recover().Where(found => Book.Find(found.Key) is null))
        {
            Book.Apply(JournalEntry.Reserve(found));
            Book.Apply(JournalEntry.Complete(found));
        }

        Rewrite();
    }

    private void Rewrite()
    {
        var text = new StringBuilder(Title).Append(_bootId).Append('\n');
        _lines = 0;
        foreach (var entry in Book.Summarize())
        {
            text.Append(entry.ToString());
            _lines++;
        }

        var bytes = Encoding.UTF8.GetBytes(text.ToString());
        var temporary = _path + ".new";
        File.WriteAllBytes(temporary, bytes);
        File.Move(temporary, _path, overwrite: true);
        _file.Dispose();
        _file = File.OpenHandle(_path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        _length = bytes.Length;
    }
}
