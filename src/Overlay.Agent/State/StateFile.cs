using System.Text.Json;
using Overlay.Core.Diagnostics;

namespace Overlay.Agent.State;

/// <summary>The record in the state folder. A reader sees the old one or the new one, never a part.</summary>
internal sealed class StateFile(string stateDirectory)
{
    private readonly string _path = Path.Combine(stateDirectory, "made.json");

    /// <summary>What was recorded; an empty record when there is none.</summary>
    /// <exception cref="OverlayException">The file cannot be read or holds something else.</exception>
    public MadeRecord Read()
    {
        try
        {
            return File.Exists(_path) ? JsonSerializer.Deserialize(File.ReadAllBytes(_path), AgentJson.Default.MadeRecord) ?? new MadeRecord() : new MadeRecord();
        }
        catch (Exception exception) when (exception is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new OverlayException($"{_path}, the record of what agents have made here, cannot be read: {exception.Message} Restore it; or delete it, and devices that an agent with another configuration has left will stay.", exception);
        }
    }

    /// <summary>Finds out at start whether the record can be read and replaced, and changes nothing.</summary>
    /// <exception cref="OverlayException">It cannot.</exception>
    public void Probe()
    {
        _ = Read();
        if (!Directory.Exists(stateDirectory))
        {
            return;
        }

        var draft = _path + ".new";
        try
        {
            File.WriteAllBytes(draft, []);
            File.Delete(draft);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new OverlayException($"Cannot write {_path}, the record of what agents have made here: {exception.Message}", exception);
        }
    }

    /// <summary>Replaces the record.</summary>
    /// <exception cref="OverlayException">The folder cannot be written.</exception>
    public void Write(MadeRecord record)
    {
        var draft = _path + ".new";
        try
        {
            Directory.CreateDirectory(stateDirectory);
            using (var file = new FileStream(draft, FileMode.Create, FileAccess.Write, FileShare.None))
            {
                file.Write(JsonSerializer.SerializeToUtf8Bytes(record, AgentJson.Default.MadeRecord));
                file.Flush(flushToDisk: true);
            }

            File.Move(draft, _path, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new OverlayException($"Cannot write {_path}, the record of what agents have made here: {exception.Message}", exception);
        }
    }

    /// <summary>Deletes the record: nothing is left of what it names.</summary>
    public void Delete() => File.Delete(_path);
}
