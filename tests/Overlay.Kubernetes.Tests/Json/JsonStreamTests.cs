using System.Text;
using System.Text.Json;
using CsCheck;
using Overlay.Kubernetes.Json;

namespace Overlay.Kubernetes.Tests.Json;

public sealed class JsonStreamTests
{
    private const string List = """
        { "kind":"NodeList", "metadata" : {"continue":"abc","remainingItemCount":3,"resourceVersion":"77","x":{"continue":"no"}},
          "items":[ {"a":[1,2,{"items":[]}]}, {"b":"]}{["} , {} ], "other":[{"resourceVersion":"1"}] }
        """;

    [Fact]
    public Task List_AnyPieces_GivesItemsAndVersion() => Gen.Int[1, 40].SampleAsync(async size =>
    {
        using var buffer = new JsonBuffer(new PiecewiseStream(List, size), 1 << 20);
        var list = new JsonList(buffer);
        List<string> items = [];
        while (!list.IsComplete)
        {
            while (list.TryTake(out var item))
            {
                items.Add(Encoding.UTF8.GetString(item));
            }

            if (!list.IsComplete)
            {
                await buffer.FillAsync(CancellationToken.None);
            }
        }

        return items.SequenceEqual(["""{"a":[1,2,{"items":[]}]}""", """{"b":"]}{["}""", "{}"]) && list is { ResourceVersion: "77", Continue: "abc" };
    }, iter: 60);

    [Theory]
    [InlineData("""{"kind":"NodeList","items":null,"metadata":{"resourceVersion":"5"}}""", "5")]
    [InlineData("""{"metadata":null,"items":{"a":1}}""", "")]
    public async Task List_OddMembers_AreNoItems(string json, string version)
    {
        using var buffer = new JsonBuffer(new PiecewiseStream(json, 7), 1 << 20);
        var list = new JsonList(buffer);
        while (!list.IsComplete)
        {
            Assert.False(list.TryTake(out _));
            await buffer.FillAsync(CancellationToken.None);
            _ = list.TryTake(out _);
        }

        Assert.Equal(version, list.ResourceVersion);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("")]
    [InlineData("{\"items\":[{}")]
    [InlineData("<html>")]
    public async Task List_NoList_IsRefused(string text)
    {
        using var buffer = new JsonBuffer(new PiecewiseStream(text, 3), 1 << 20);
        var list = new JsonList(buffer);
        await Assert.ThrowsAnyAsync<JsonException>(async () =>
        {
            while (!list.IsComplete)
            {
                while (list.TryTake(out _))
                {
                }

                await buffer.FillAsync(CancellationToken.None);
            }
        });
    }

    [Fact]
    public Task Sequence_AnyPieces_GivesEachValueOnce() => Gen.Int[1, 40].SampleAsync(async size =>
    {
        using var buffer = new JsonBuffer(new PiecewiseStream("{\"a\":1}\n{\"b\":{}}{\"c\":[3]}\n\n {\"d\":\"}\"}\n", size), 1 << 20);
        var sequence = new JsonSequence(buffer);
        List<string> values = [];
        while (!buffer.IsEnded)
        {
            await buffer.FillAsync(CancellationToken.None);
            while (sequence.TryTake(out var value))
            {
                values.Add(Encoding.UTF8.GetString(value));
            }
        }

        return values.SequenceEqual(["{\"a\":1}", "{\"b\":{}}", "{\"c\":[3]}", "{\"d\":\"}\"}"]);
    }, iter: 60);

    [Fact]
    public async Task Buffer_ValueBeyondTheBound_IsRefused()
    {
        using var buffer = new JsonBuffer(new PiecewiseStream("\"" + new string('x', 200_000), 9000), 64 << 10);
        var sequence = new JsonSequence(buffer);

        await Assert.ThrowsAsync<JsonException>(async () =>
        {
            while (!sequence.TryTake(out _))
            {
                await buffer.FillAsync(CancellationToken.None);
            }
        });
    }

    private sealed class PiecewiseStream(string text, int size) : MemoryStream(Encoding.UTF8.GetBytes(text))
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(size, buffer.Length)], cancellationToken);
    }
}
