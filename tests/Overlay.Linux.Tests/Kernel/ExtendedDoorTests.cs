using Overlay.Linux.Kernel;
using Xunit;

namespace Overlay.Linux.Tests.Kernel;

/// <summary>A further table behind the fake kernel: entries that nothing announces.</summary>
public sealed class ExtendedDoorTests : IDisposable
{
    private readonly NoteTable _table = new();
    private readonly FakeKernel _kernel = new();
    private readonly ExtendedDoor _door;
    private readonly CoreFixture _core;
    private readonly ScopeState _scope;

    public ExtendedDoorTests()
    {
        _door = new ExtendedDoor(_kernel, [_table]);
        _kernel.AddDevice("eth0");
        _core = new CoreFixture(_kernel, _door);
        _scope = _core.Open();
        _core.Want(_scope, "own", KernelHost.Own);
    }

    public void Dispose()
    {
        _door.Dispose();
        _kernel.Dispose();
        _core.Dispose();
    }

    private static NoteEntry Note(int number, string text = "") => new(KernelHost.Claim.Devices[0], number, text);

    [Fact]
    public void Run_Entries_AreMadeAfterTheirDeviceInOneRequest()
    {
        Want(Note(1), Note(2), Note(3));

        Assert.Equal([3], _table.Requests);
        Assert.Equal([Note(1), Note(2), Note(3)], _table.Standing);
        Assert.Equal(0, _scope.Status.Pending);
    }

    [Fact]
    public void Run_RightAlready_ChangesNothing()
    {
        _table.Standing.AddRange([Note(1), Note(2)]);

        Want(Note(1), Note(2));

        Assert.Empty(_table.Requests);
    }

    [Fact]
    public void Run_LeftoverInsideTheClaim_IsRemoved()
    {
        _table.Standing.Add(Note(7));

        Want(Note(1));

        Assert.Equal([Note(1)], _table.Standing);
    }

    [Fact]
    public void Run_OneRefused_FailsAloneAndIsTriedAgain()
    {
        _table.Refused.Add(2);

        Want(Note(1), Note(2), Note(3));

        Assert.Equal([Note(1), Note(3)], _table.Standing);
        Assert.Equal("no", Assert.Single(_scope.Status.Failed).Error);

        _table.Refused.Clear();
        _core.Pass(TimeSpan.FromSeconds(1));
        Assert.Empty(_scope.Status.Failed);
        Assert.Equal(3, _table.Standing.Count);
    }

    [Fact]
    public void Step_ChangedByOthers_IsRepairedAndCounted()
    {
        Want(Note(1), Note(2));
        _table.Standing.Clear();
        _table.Standing.AddRange([Note(1, "other"), Note(9)]);

        _table.Announce(KernelHost.Claim.Devices[0]);
        _core.Pass(TimeSpan.FromSeconds(1));

        Assert.Equal([Note(1), Note(2)], _table.Standing.OrderBy(note => note.Number));
        Assert.Equal(2, _core.Repairs.GetMeasurementSnapshot().Sum(measurement => measurement.Value));
    }

    [Fact]
    public void Step_NobodyAnnounces_LooksAtNothing()
    {
        Want(Note(1));
        var dumps = _table.Dumps;

        _core.Pass(TimeSpan.FromSeconds(60));

        Assert.Equal(dumps, _table.Dumps);
    }

    [Fact]
    public void Step_DeviceIsGone_EntriesComeBackWithIt()
    {
        Want(Note(1));
        _table.Standing.Clear();

        _kernel.RemoveDevice(KernelHost.Claim.Devices[0]);
        _core.Pass(TimeSpan.FromSeconds(1));

        Assert.Equal([Note(1)], _table.Standing);
        Assert.Equal(0, _scope.Status.Pending);
    }

    private void Want(params NoteEntry[] notes)
    {
        _core.Want(_scope, "notes", notes);
        _core.Complete(_scope);
        _core.Core.Run();
    }

    private sealed record NoteEntry(string Device, int Number, string Text) : KernelEntry
    {
        public override EntryKey Key => new("note", Device, Number: (ulong)Number);

        public override string RequiredDevice => Device;

        public override bool IsWithin(ScopeClaim claim) => claim.HasDevice(Device);

        public override string ToString() => $"note {Number} dev {Device} {Text}";
    }

    private sealed class NoteTable : IEntryTable
    {
        private Action<string>? _changed;

        public string Name => "note";

        public List<NoteEntry> Standing { get; } = [];

        public HashSet<int> Refused { get; } = [];

        public List<int> Requests { get; } = [];

        public int Dumps { get; private set; }

        public void Announce(string device) => _changed!(device);

        public void Dump(string? device, IEntrySink sink)
        {
            Dumps++;
            Standing.ForEach(sink.Seen);
        }

        public IReadOnlyList<string?> Apply(IReadOnlyList<EntryChange> changes)
        {
            Requests.Add(changes.Count);
            return [.. changes.Select(Apply)];
        }

        public IDisposable Watch(Action<string> changed)
        {
            _changed = changed;
            return new Ended();
        }

        private string? Apply(EntryChange change)
        {
            var entry = (NoteEntry)(change.Wanted ?? change.Seen!);
            if (Refused.Contains(entry.Number))
            {
                return "no";
            }

            Standing.RemoveAll(other => other.Key == entry.Key);
            if (change.Wanted is not null)
            {
                Standing.Add(entry);
            }

            return null;
        }

        private sealed class Ended : IDisposable
        {
            public void Dispose()
            {
                // Nothing is held.
            }
        }
    }
}
