using System.Globalization;
using Microsoft.Data.Sqlite;
using Overlay.Sqlite.Tests.Worker;
using Xunit;

namespace Overlay.Sqlite.Tests;

public sealed class KillTests : IDisposable
{
    private const int Rounds = 60;

    private readonly TemporaryStore _files = new();
    private readonly Dictionary<string, long> _acknowledged = [];

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task Write_KilledAtAnyPoint_KeepsWhatWasAcknowledgedAndAnIntactFile()
    {
        var random = new Random(1);
        for (var round = 0; round < Rounds; round++)
        {
            await WriteAndKillAsync(random);

            Assert.Equal("ok", ReadText("PRAGMA integrity_check"));
            using var store = new SqliteLeaseStore(_files.Path, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger<SqliteLeaseStore>.Instance);
            var entries = (await store.ReadAsync(TestContext.Current.CancellationToken)).Entries.ToDictionary(entry => entry.Key, entry => entry.Version);
            // One more write than was acknowledged may have been carried out; nothing else.
            var differences = _acknowledged.Where(write => entries.GetValueOrDefault(write.Key) != write.Value).ToList();
            Assert.True(differences.Count <= 1, $"round {round}: {differences.Count} acknowledged writes are missing");
            Assert.All(differences, write => Assert.True(!entries.TryGetValue(write.Key, out var found) || found > write.Value));
            _acknowledged.Clear();
            foreach (var (key, version) in entries)
            {
                _acknowledged[key] = version;
            }
        }
    }

    private async Task WriteAndKillAsync(Random random)
    {
        using var writer = new WorkerProcess("writer", _files.Path);
        var wanted = random.Next(0, 60);
        for (var i = 0; i <= wanted && await writer.HearAsync() is { } line; i++)
        {
            Acknowledge(line);
        }

        // A random point within a write or two, not only between them.
        for (var spin = random.Next(0, 200_000); spin > 0; spin--)
        {
            Thread.SpinWait(1);
        }

        await writer.KillAsync();
        while (await writer.HearAsync() is { } line)
        {
            Acknowledge(line);
        }
    }

    private void Acknowledge(string line)
    {
        var parts = line.Split(' ');
        var version = long.Parse(parts[1], CultureInfo.InvariantCulture);
        _acknowledged[parts[0]] = version;
    }

    private string? ReadText(string query)
    {
        using var connection = new SqliteConnection($"Data Source={_files.Path};Pooling=false");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = query;
        return command.ExecuteScalar() as string;
    }
}
