using System.Net.Sockets;

using Overlay.WireGuard.Control;
using Overlay.WireGuard.Control.Uapi;


namespace Overlay.WireGuard.Tests.Control;

[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class UapiSocketTests : IDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(10);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ovt-uapi");

    private string Folder => Path.Combine(_folder.FullName, "wireguard");

    private string File => Path.Combine(Folder, "wg0.sock");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Open_LetsOnlyTheOwnerIn()
    {
        using var socket = UapiSocket.Open("wg0", Folder);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(socket.Path));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, System.IO.File.GetUnixFileMode(Folder));
    }

    [Fact]
    public void Open_WhereAProcessListens_IsRefused_AndItGoesOn()
    {
        using var first = UapiSocket.Open("wg0", Folder);

        Assert.Equal(98, Assert.Throws<WireGuardException>(() => UapiSocket.Open("wg0", Folder)).Errno);
        Assert.True(IsAlive());
    }

    /// <summary>A process that is stopped takes no connection; when as many wait as may, the next one would wait too.</summary>
    [Fact]
    public async Task Open_WhereAStoppedProcessListens_IsRefusedAtOnce()
    {
        Directory.CreateDirectory(Folder);
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(File));
        listener.Listen(1);
        var waiting = new List<Socket>();
        try
        {
            for (var isFull = false; !isFull;)
            {
                waiting.Add(new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false });
                isFull = !TryConnect(waiting[^1]);
            }

            var opening = Task.Run(() => UapiSocket.Open("wg0", Folder));

            Assert.Equal(98, (await Assert.ThrowsAsync<WireGuardException>(() => opening.WaitAsync(_patience, TestContext.Current.CancellationToken))).Errno);
            Assert.True(System.IO.File.Exists(File));
        }
        finally
        {
            waiting.ForEach(socket => socket.Dispose());
        }
    }

    [Fact]
    public void Open_OverTheFileOfAProcessThatIsGone_Replaces()
    {
        using (var first = UapiSocket.Open("wg0", Folder))
        {
            first.Abandon();
        }

        Assert.True(System.IO.File.Exists(File));

        using var second = UapiSocket.Open("wg0", Folder);

        Assert.True(IsAlive());
    }

    [Fact]
    public async Task Open_ByManyAtOnceOverAStaleFile_OneListens()
    {
        UapiSocket.Open("wg0", Folder).Abandon();

        var opened = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() =>
        {
            try
            {
                return UapiSocket.Open("wg0", Folder);
            }
            catch (WireGuardException)
            {
                return null;
            }
        })));

        using var winner = Assert.Single(opened, socket => socket is not null);
        Assert.True(IsAlive());
    }

    [Fact]
    public void Open_WhereNoFolderCanBe_SaysSo()
    {
        System.IO.File.WriteAllText(Folder, "");

        var exception = Assert.Throws<WireGuardException>(() => UapiSocket.Open("wg0", Folder));

        Assert.Contains(Folder, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Dispose_RemovesTheFile_AndNotThatOfItsSuccessor()
    {
        var first = UapiSocket.Open("wg0", Folder);
        first.Dispose();
        Assert.False(System.IO.File.Exists(File));

        using var second = UapiSocket.Open("wg0", Folder);
        first.Dispose();

        Assert.True(IsAlive());
    }

    [Fact]
    public void Adopt_OfAHandedOverDescriptor_GoesOnListening()
    {
        var first = UapiSocket.Open("wg0", Folder);
        var descriptor = Tmds.Linux.LibC.dup((int)first.Handle.DangerousGetHandle());
        first.Abandon();

        using (UapiSocket.Adopt("wg0", descriptor, Folder))
        {
            Assert.True(IsAlive());
        }

        Assert.False(System.IO.File.Exists(File));
    }

    [Fact]
    public void Adopt_OfAnythingElse_IsRefused()
    {
        using var stranger = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);

        Assert.Throws<WireGuardException>(() => UapiSocket.Adopt("wg0", Tmds.Linux.LibC.dup((int)stranger.Handle)));
        Assert.Throws<WireGuardException>(() => UapiSocket.Adopt("wg0", 9999));
    }

    [Theory]
    [InlineData("deleted")]
    [InlineData("moved")]
    [InlineData("covered")]
    [InlineData("folder")]
    public async Task FileTakenAway_IsNoticed_AndWhatIsThereNowStays(string how)
    {
        await using var device = new MemoryDevice("wg0");
        var server = UapiServer.Start(device, UapiSocket.Open("wg0", Folder));
        Assert.False(server.Removed.IsCompleted);

        switch (how)
        {
            case "deleted":
                System.IO.File.Delete(File);
                break;
            case "moved":
                System.IO.File.Move(File, File + ".away");
                break;
            case "covered":
                System.IO.File.WriteAllText(File + ".other", "other");
                System.IO.File.Move(File + ".other", File, overwrite: true);
                break;
            default:
                Directory.Delete(Folder, recursive: true);
                break;
        }

        await server.Removed.WaitAsync(_patience, TestContext.Current.CancellationToken);
        await server.DisposeAsync();
        Assert.Equal(how == "covered", System.IO.File.Exists(File));
    }

    private bool TryConnect(Socket client)
    {
        try
        {
            client.Connect(new UnixDomainSocketEndPoint(File));
            return true;
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.WouldBlock)
        {
            return false;
        }
    }

    private bool IsAlive()
    {
        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        client.Connect(new UnixDomainSocketEndPoint(File));
        return client.Connected;
    }
}
