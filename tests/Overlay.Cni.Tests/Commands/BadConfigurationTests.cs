using System.Text.Json;
using Overlay.Cni.Ipam;
using Overlay.TestKit.Cni;
using Xunit;

namespace Overlay.Cni.Tests.Commands;

/// <summary>The committed table of bad input, through the real binary: a typed error, one sentence, and nothing left behind.</summary>
[Trait("Needs", "root")]
public sealed class BadConfigurationTests
{
    private const string Base = "\"cniVersion\": \"1.1.0\", \"name\": \"cbr0\", \"type\": \"flannel\"";

    public static TheoryData<string, string, int, string> Rows
    {
        get
        {
            var rows = new TheoryData<string, string, int, string>();
            var lines = File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Commands", "bad-configuration.md")).SkipWhile(line => !line.StartsWith("|--", StringComparison.Ordinal)).Skip(1);
            foreach (var cells in lines.Where(line => line.StartsWith('|')).Select(line => line.Split('|')[1..^1].Select(cell => cell.Trim().Trim('`')).ToArray()))
            {
                rows.Add(cells[0], cells[1], int.Parse(cells[2], System.Globalization.CultureInfo.InvariantCulture), cells[3]);
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void Call_Unusable_IsRefusedAndLeavesNothing(string call, string configuration, int code, string message)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        using var node = new CniNode();
        var subnetFile = node.WriteSubnetFile("10.1.17.1/24");
        var container = node.AddContainer();
        var words = call.Split(' ');
        var request = CniRequest.For(words[0], container, Complete(configuration, subnetFile, Path.Combine(node.Folder, "data")));
        foreach (var word in words[1..])
        {
            request = Change(request, word, subnetFile);
        }

        var answer = new CniDriver(node.Namespace, CniBinaries.Overlay, CniBinaries.Reference).Call(request);

        Assert.Equal(1, answer.Status);
        Assert.Contains(message, answer.ErrorText, StringComparison.Ordinal);
        Assert.Equal(code, answer.ErrorCode);
        Assert.Empty(answer.Errors);
        Assert.Empty(node.HostEnds);
        Assert.Empty(container.Ask(route => route.ListLinks("veth")));
        AssertNoReservation(Path.Combine(node.Folder, "data"));
    }

    // What the journal tells may be nothing but a title and what was given back.
    private static void AssertNoReservation(string folder)
    {
        if (Directory.Exists(folder))
        {
            Assert.DoesNotContain(Directory.EnumerateFiles(folder).Select(Path.GetFileName), name => !name!.StartsWith('.'));
            using var journal = new AddressJournal(folder, BootId.Read, () => []);
            using var held = journal.Enter();
            Assert.Empty(journal.Book.Reservations);
        }
    }

    private static CniRequest Change(CniRequest request, string word, string subnetFile)
    {
        var (name, value) = (word.Split('=')[0], word.Contains('=', StringComparison.Ordinal) ? word[(word.IndexOf('=', StringComparison.Ordinal) + 1)..] : "");
        switch (name)
        {
            case "CNI_CONTAINERID":
                return request with { ContainerId = value };
            case "CNI_IFNAME":
                return request with { InterfaceName = value };
            case "CNI_NETNS":
                return request with { NetworkNamespace = value };
            case "CNI_ARGS":
                return request with { Arguments = value };
            case "env:-":
                File.Delete(subnetFile);
                return request;
            case "env:X":
                File.WriteAllText(subnetFile, "X=1\n");
                return request;
            default:
                var key = name["env:".Length..];
                File.WriteAllLines(subnetFile, File.ReadAllLines(subnetFile).Select(line => line.Split('=')[0] == key ? word["env:".Length..] : line));
                return request;
        }
    }

    // The files of this test, unless the row is about them. What is no JSON stays as it is.
    private static string Complete(string configuration, string subnetFile, string dataFolder)
    {
        var text = configuration.Replace("BASE", Base, StringComparison.Ordinal);
        var end = text.LastIndexOf('}');
        if (!text.StartsWith('{') || end < 2)
        {
            return text;
        }

        var extra = "";
        foreach (var (key, value) in new[] { ("subnetFile", subnetFile), ("dataDir", dataFolder) })
        {
            extra += text.Contains($"\"{key}\"", StringComparison.Ordinal) ? "" : $", \"{key}\": {JsonSerializer.Serialize(value)}";
        }

        return text.Insert(end, extra);
    }
}
