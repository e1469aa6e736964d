using System.ComponentModel;
using Overlay.Linux.Namespaces;
using Overlay.Linux.Netlink.Route;
using Overlay.TestKit.Namespaces;
using Overlay.TestKit.Processes;
using Xunit;

namespace Overlay.Linux.Tests.Namespaces;

[Trait("Needs", "root")]
public sealed class NetworkNamespaceTests
{
    public NetworkNamespaceTests() => Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");

    [Fact]
    public void Run_Work_IsOnAnotherThreadThatEndsWithIt()
    {
        using var created = NetworkNamespace.Create();

        var (thread, isOfPool) = created.Run(() => (Thread.CurrentThread, Thread.CurrentThread.IsThreadPoolThread));

        Assert.NotSame(Thread.CurrentThread, thread);
        Assert.False(isOfPool);
        Assert.False(thread.IsAlive);
    }

    [Fact]
    public void Run_AfterIt_CallerIsWhereItWas()
    {
        var before = OwnInode();
        using var created = NetworkNamespace.Create();
        var inside = created.Run(OwnInode);

        Assert.NotEqual(before, inside);
        Assert.Equal(before, OwnInode());
        Assert.Equal(inside, created.Run(OwnInode));
    }

    [Fact]
    public void Run_WorkThrows_ThrowsTheSame()
    {
        using var created = NetworkNamespace.Create();

        Assert.Equal("so", Assert.Throws<FormatException>(() => created.Run(() => throw new FormatException("so"))).Message);
    }

    [Fact]
    public void Run_AsynchronousWork_IsRefused()
    {
        using var created = NetworkNamespace.Create();

        Assert.IsType<ArgumentException>(Record.Exception(() => { created.Run(() => Task.FromResult(1)); }));
    }

    [Fact]
    public void Run_SocketOpenedInside_StaysThereOnEveryThread()
    {
        using var created = NetworkNamespace.Create();
        using var route = created.Run(() => new RouteNetlink());

        Assert.Equal("lo", Assert.Single(route.ListLinks()).Name);
    }

    [Fact]
    public async Task Create_Named_IsFoundByTheTools()
    {
        var (name, created) = TestNamespaces.Create("named");
        using (created)
        {
            Assert.Contains("lo", await ChildProcess.RunAsync(null, "ip", "-n", name, "link"), StringComparison.Ordinal);
            Assert.Contains("lo", await ChildProcess.RunAsync(name, "ip", "link"), StringComparison.Ordinal);
            using var again = NetworkNamespace.OpenName(name);
            Assert.Equal(created.Run(OwnInode), again.Run(OwnInode));
        }

        Assert.False(File.Exists($"/run/netns/{name}"));
        Assert.Throws<Win32Exception>(() => NetworkNamespace.OpenName(name));
    }

    [Fact]
    public void Create_NameTaken_IsRefusedAndLeavesTheFirst()
    {
        var (name, created) = TestNamespaces.Create("taken");
        using (created)
        {
            Assert.ThrowsAny<IOException>(() => NetworkNamespace.Create(name));
            using var again = NetworkNamespace.OpenName(name);
        }
    }

    [Theory]
    [InlineData("a/b")]
    [InlineData("..")]
    [InlineData(".")]
    public void Create_NameIsAPath_IsRefused(string name) => Assert.Throws<ArgumentException>(() => NetworkNamespace.Create(name));

    [Fact]
    public async Task OpenProcess_OfAnotherNamespace_IsThere()
    {
        using var topology = new TestTopology(new TestTopologyOptions { Hosts = 1 });
        await using var process = ChildProcess.Start(topology.Hosts[0].Name, "sh", ["-c", "echo ready; exec sleep 60"]);
        await process.WaitForLineAsync("ready", TimeSpan.FromSeconds(10));
        using var opened = NetworkNamespace.OpenProcess(process.Id);

        Assert.Equal(topology.Hosts[0].Namespace.Run(OwnInode), opened.Run(OwnInode));
    }

    [Fact]
    public void OpenPath_Absent_SaysWhat()
    {
        Assert.Equal("open /run/netns/absent: No such file or directory", Assert.Throws<Win32Exception>(() => NetworkNamespace.OpenName("absent")).Message);
    }

    [Fact]
    public void Enter_NoNamespace_SaysWhat()
    {
        using var file = NetworkNamespace.OpenPath("/dev/null");

        Assert.Equal("enter network namespace: Invalid argument", Assert.Throws<Win32Exception>(() => file.Run(() => 0)).Message);
    }

    [Fact]
    public void OpenOwn_InsideAnother_IsThatOne()
    {
        using var created = NetworkNamespace.Create();
        using var own = created.Run(NetworkNamespace.OpenOwn);

        Assert.Equal(created.Run(OwnInode), own.Run(OwnInode));
    }

    private static string OwnInode() => new FileInfo("/proc/thread-self/ns/net").LinkTarget!;

    [Fact]
    public void IsSameAs_TellsNamespacesApart()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root");
        using var first = NetworkNamespace.Create();
        using var second = NetworkNamespace.Create();
        using var again = first.Run(NetworkNamespace.OpenOwn);

        Assert.True(first.IsSameAs(again));
        Assert.False(first.IsSameAs(second));
    }

    [Theory]
    [InlineData("/proc/self/ns/net", true)]
    [InlineData("/proc/self/ns/mnt", false)]
    [InlineData("/proc/self/status", false)]
    public void IsValid_IsTrueForNetworkNamespacesOnly(string path, bool expected)
    {
        using var opened = NetworkNamespace.OpenPath(path);

        Assert.Equal(expected, opened.IsValid);
    }
}
