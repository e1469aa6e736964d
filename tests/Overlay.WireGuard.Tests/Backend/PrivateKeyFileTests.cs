using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Overlay.Core.Diagnostics;
using Overlay.WireGuard.Backend;
using Overlay.WireGuard.Protocol.Keys;

namespace Overlay.WireGuard.Tests.Backend;

[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class PrivateKeyFileTests : IDisposable
{
    // RFC 7748, section 6.1: Alice's private and public key.
    private const string AlicePrivate = "dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo=";
    private const string AlicePublic = "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=";

    private readonly string _folder = Directory.CreateTempSubdirectory("wgkey-").FullName;
    private readonly FakeLogger _logger = new();

    private string KeyFile => Path.Combine(_folder, "state", "wgkey");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void ReadOrCreate_NoKeyFileMakesOneForItsOwnerAlone()
    {
        using var key = Open().ReadOrCreate();

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(KeyFile));
        Assert.Equal(45, new FileInfo(KeyFile).Length);
        Assert.Equal(["wgkey"], Directory.EnumerateFiles(Path.GetDirectoryName(KeyFile)!).Select(Path.GetFileName));
        using var again = Open().ReadOrCreate();
        Assert.Equal(key.PublicKey, again.PublicKey);
    }

    [Theory]
    [InlineData(AlicePrivate)]
    [InlineData(AlicePrivate + "\n")]
    [InlineData("  " + AlicePrivate + "\r\n")]
    public void ReadOrCreate_KeyFileIsRead(string text)
    {
        Write(text, UnixFileMode.UserRead);

        using var key = Open().ReadOrCreate();

        Assert.Equal(AlicePublic, key.PublicKey.ToString());
        Assert.Equal(text, File.ReadAllText(KeyFile));
        Assert.Equal(0, _logger.Collector.Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("no key")]
    [InlineData("dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LC==")]
    [InlineData(AlicePrivate + AlicePrivate)]
    public void ReadOrCreate_SomethingElse_IsRefusedAndKept(string text)
    {
        Write(text, UnixFileMode.UserRead | UnixFileMode.UserWrite);

        var exception = Assert.Throws<OverlayException>(() => Open().ReadOrCreate());

        Assert.Equal($"{KeyFile} holds no WireGuard private key (44 characters of base64). Restore it; or delete it, and this node gets a new key.", exception.Message);
        Assert.Equal(text, File.ReadAllText(KeyFile));
    }

    [Fact]
    public void ReadOrCreate_HugeKeyFileIsRefused()
    {
        Write(new string('A', 1_000_000), UnixFileMode.UserRead);

        Assert.Throws<OverlayException>(() => Open().ReadOrCreate());
    }

    [Fact]
    public void ReadOrCreate_FileOpenToOthers_IsReadWithAWarning()
    {
        Write(AlicePrivate, UnixFileMode.UserRead | UnixFileMode.GroupRead);

        Open().ReadOrCreate().Dispose();

        Assert.Equal(LogLevel.Warning, _logger.LatestRecord.Level);
        Assert.Contains("chmod 600", _logger.LatestRecord.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ReadOrCreate_Folder_IsRefused()
    {
        Directory.CreateDirectory(KeyFile);

        Assert.StartsWith($"The private key cannot be read from {KeyFile}: ", Assert.Throws<OverlayException>(() => Open().ReadOrCreate()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ReadOrCreate_ManyAtOnce_AllHaveOneKey()
    {
        var keys = new PublicKey[8];

        Parallel.For(0, keys.Length, i =>
        {
            using var key = Open().ReadOrCreate();
            keys[i] = key.PublicKey;
        });

        Assert.Single(keys.Distinct());
        Assert.Equal(["wgkey"], Directory.EnumerateFiles(Path.GetDirectoryName(KeyFile)!).Select(Path.GetFileName));
    }

    [Fact]
    public void Read_NoKeyFileMakesNone()
    {
        Assert.Null(Open().Read());
        Assert.False(Directory.Exists(Path.GetDirectoryName(KeyFile)));
    }

    [Fact]
    public void ReadOrCreate_Log_HasNoSecret()
    {
        Open().ReadOrCreate().Dispose();

        var secret = File.ReadAllText(KeyFile).Trim();
        Assert.DoesNotContain(_logger.Collector.GetSnapshot(), record => record.Message.Contains(secret, StringComparison.Ordinal));
    }

    private PrivateKeyFile Open() => new(KeyFile, _logger);

    private void Write(string text, UnixFileMode mode)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(KeyFile)!);
        File.WriteAllText(KeyFile, text);
        File.SetUnixFileMode(KeyFile, mode);
    }
}
