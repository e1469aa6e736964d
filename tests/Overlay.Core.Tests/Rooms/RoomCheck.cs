using System.Text.RegularExpressions;

namespace Overlay.Core.Tests.Rooms;

/// <summary>Compares the folders of one project with its table of rooms.</summary>
internal sealed class RoomCheck(string projectFolder, string rootNamespace, Arrows arrows)
{
    private readonly string[] _rooms = [.. arrows.Names.OrderByDescending(room => room.Length)];

    /// <summary>Each use of a room that the table does not allow, as <c>file: uses Room</c>, and each folder that is no room.</summary>
    public IEnumerable<string> Mistakes()
    {
        foreach (var file in Repository.SourceFiles(projectFolder))
        {
            var path = Path.GetRelativePath(projectFolder, file).Replace('\\', '/');
            if (!path.Contains('/'))
            {
                continue; // A file beside the folders belongs to the project: AssemblyInfo.cs, for example.
            }

            if (_rooms.FirstOrDefault(room => path.StartsWith(room + "/", StringComparison.Ordinal)) is not { } room)
            {
                yield return $"{path}: {path.Split('/')[0]} is no room of docs/ARCHITECTURE.md";
                continue;
            }

            foreach (var used in UsedRooms(room, Repository.ReadCode(file)).Where(used => used != room && !arrows.Of(room).Contains(used)))
            {
                yield return $"{path}: uses {used}";
            }
        }
    }

    /// <summary>The rooms of this project that the code names: in a <c>using</c>, by the whole name, or by the end of it (<c>Kernel.RouteEntry</c>), which
    /// the language understands beside the room and within it.</summary>
    private HashSet<string> UsedRooms(string own, string code)
    {
        var used = new HashSet<string>(StringComparer.Ordinal);
        var withoutOwnNamespace = Regex.Replace(code, @"^\s*namespace\s[\w.]+\s*;", "", RegexOptions.Multiline);
        foreach (Match match in Regex.Matches(withoutOwnNamespace, $@"(?<![\w.])(?:global::)?{Regex.Escape(rootNamespace)}\.([\w.]+)"))
        {
            if (FindRoom(match.Groups[1].Value) is { } room)
            {
                used.Add(room);
            }
        }

        foreach (var room in _rooms.Where(room => own.StartsWith(Parent(room), StringComparison.Ordinal)))
        {
            var name = Regex.Escape(room[(room.LastIndexOf('/') + 1)..]);
            if (Regex.IsMatch(withoutOwnNamespace, $@"(?<![\w.]){name}\.[A-Z]\w*"))
            {
                used.Add(room);
            }
        }

        return used;
    }

    private static string Parent(string room) => room[..Math.Max(0, room.LastIndexOf('/'))];

    private string? FindRoom(string name) =>
        _rooms.FirstOrDefault(room => name.Replace('.', '/') is var path && (path == room || path.StartsWith(room + "/", StringComparison.Ordinal)));
}
