using System.Text;
using CsCheck;
using Overlay.Cni.Ipam;
using Overlay.Cni.Protocol;
using Overlay.Core.Addressing;
using Xunit;

namespace Overlay.Cni.Tests.Ipam;

/// <summary>The journal against a model, with the file cut where a killed process may leave it.</summary>
public sealed class AddressJournalTests : IDisposable
{
    private const string Boot = "boot-1";
    private static readonly InetPrefix _subnet = InetPrefix.Parse("10.1.17.0/29");

    private readonly string _folder = Directory.CreateTempSubdirectory("ovcni-journal-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Open_AfterAnyCut_IsAsBeforeTheLastLineOrAfterIt() =>
        Gen.Select(Gen.Int[0, 9].Array[1, 40], Gen.Int[0, 200]).Sample((steps, cut) =>
        {
            Clear();
            // A step that changes nothing writes no line: the last line is that of the last change.
            string before = Describe(), after = before;
            foreach (var step in steps)
            {
                Step(step);
                if (Describe() is var now && now != after)
                {
                    (before, after) = (after, now);
                }
            }

            var path = AddressJournal.PathIn(_folder);
            var whole = File.ReadAllBytes(path);
            var last = Array.LastIndexOf(whole, (byte)'\n', whole.Length - 2) + 1;
            File.WriteAllBytes(path, whole[..(last + (cut % (whole.Length - last + 1)))]);

            var found = Describe();

            Assert.True(found == before || found == after, $"found\n{found}\nbefore\n{before}\nafter\n{after}");
            // The next line stands on its own, whatever was cut off.
            Step(7);
            Assert.DoesNotContain(File.ReadAllLines(path)[1..], line => Read(line) is null);
        }, iter: 300, threads: 1);

    [Fact]
    public void Open_AnotherBoot_IsEmpty()
    {
        Step(1);

        using var journal = new AddressJournal(_folder, () => "boot-2", () => []);
        using var held = journal.Enter();

        Assert.Empty(journal.Book.Reservations);
    }

    [Fact]
    public void Open_FileIsGone_AsksTheKernel()
    {
        Step(1);
        Step(1);
        var expected = Describe();
        File.Delete(AddressJournal.PathIn(_folder));

        using (var journal = new AddressJournal(_folder, () => Boot, () => [new Reservation("net", Key(1), [InetAddress.Parse("10.1.17.2")], IsComplete: true)]))
        {
            journal.Enter().Dispose();
        }

        Assert.Equal(expected, Describe());
    }

    [Theory]
    [InlineData("")]
    [InlineData("overlay-cni")]
    [InlineData("overlay-cni 1 boot-1")]
    [InlineData("overlay-cni 1 boot-1\nrubbish\n")]
    [InlineData("overlay-cni 1 boot-1\n+ net c1 eth0 10.1.17.2 00000000\n")]
    [InlineData("\u0000\n\u0000\n")]
    public void Open_DamagedFile_KeepsWhatTheKernelShows(string text)
    {
        File.WriteAllText(AddressJournal.PathIn(_folder), text);

        using var journal = new AddressJournal(_folder, () => Boot, () => [new Reservation("net", Key(4), [InetAddress.Parse("10.1.17.4")], IsComplete: true)]);
        using var held = journal.Enter();

        Assert.Equal("10.1.17.4", Assert.Single(Assert.Single(journal.Book.Reservations).Addresses).ToString());
        Assert.Equal(["overlay-cni 1 boot-1"], File.ReadAllLines(AddressJournal.PathIn(_folder))[..1]);
    }

    [Fact]
    public void Append_ManyLines_KeepsTheFileShort()
    {
        for (var i = 0; i < 3000; i++)
        {
            Step(1);
            Step(6);
        }

        Assert.InRange(File.ReadAllLines(AddressJournal.PathIn(_folder)).Length, 1, 1200);
    }

    [Fact]
    public void TryParse_AnyText_GivesAnEntryThatIsWrittenTheSame() => Gen.OneOf(
        Gen.String,
        Gen.Select(Choose.From("+", "=", "-", "~", "x"), Gen.String, Choose.From("10.1.17.2", "-", "10.1.17.2,fd00::2", "10.1"), (action, name, addresses) => Checked($"{action} net {name} eth0 {addresses}")))
        .Sample(text => Read(text) is not { } entry || Encoding.UTF8.GetBytes(text).AsSpan().SequenceEqual(entry.ToLine().AsSpan(..^1)));

    /// <summary>A process that reads on where it stopped knows the same as one that reads all.</summary>
    [Fact]
    public void Enter_OthersWroteMeanwhile_IsAsReadAnew() => Gen.Select(Gen.Int[0, 9], Gen.Int[0, 3]).Array[1, 40].Sample(
        steps =>
        {
            Clear();
            using var old = Open();
            foreach (var (step, what) in steps)
            {
                Step(step, what < 2 ? old : null);
                switch (what)
                {
                    case 2:
                        File.Delete(AddressJournal.PathIn(_folder));
                        break;
                    case 3:
                        File.AppendAllText(AddressJournal.PathIn(_folder), "+ net c9 eth");
                        break;
                }

                Assert.Equal(Describe(), Describe(old));
            }
        }, iter: 100, threads: 1);

    [Fact]
    public void Enter_AnotherRewroteTheFile_IsReadAnew()
    {
        using var old = Open();
        Step(1, old);
        for (var i = 0; i < 1500; i++)
        {
            Step(2);
            Step(7);
        }

        Step(3);

        Assert.Equal(Describe(), Describe(old));
    }

    private static JournalEntry? Read(string text)
    {
        var addresses = new List<InetAddress>();
        return JournalLine.TryParse(Encoding.UTF8.GetBytes(text), addresses, out var line) ? line.ToEntry(addresses) : null;
    }

    private static string Checked(string text) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{text} {Crc32C.Of(Encoding.UTF8.GetBytes(text)):x8}");

    private static AttachmentKey Key(int number) => new($"c{number}", "eth0");

    private AddressJournal Open() => new(_folder, () => Boot, () => []);

    // 0 to 4 reserve, 5 to 9 release; what cannot be done is left out.
    private void Step(int number, AddressJournal? opened = null)
    {
        using var own = Open();
        var journal = opened ?? own;
        using var held = journal.Enter();
        var key = Key(number % 5);
        var found = journal.Book.Find(key);
        if (number >= 5 && found is not null)
        {
            journal.Append(JournalEntry.Release(found));
        }
        else if (number < 5 && found is { IsComplete: false })
        {
            journal.Append(JournalEntry.Complete(found));
        }
        else if (found is null && journal.Book.TryAllocate(_subnet, _ => false, out var address))
        {
            Assert.DoesNotContain(journal.Book.Reservations, entry => entry.Addresses.Contains(address));
            journal.Append(JournalEntry.Reserve(new Reservation("net", key, [address], IsComplete: false)));
        }
    }

    private string Describe(AddressJournal? opened = null)
    {
        using var own = Open();
        var journal = opened ?? own;
        using var held = journal.Enter();
        return string.Join('\n', journal.Book.Summarize().Select(entry => entry.ToString().Trim()).Order(StringComparer.Ordinal));
    }

    private void Clear() => File.Delete(AddressJournal.PathIn(_folder));
}
