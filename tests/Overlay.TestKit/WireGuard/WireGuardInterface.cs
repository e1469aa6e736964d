using System.Globalization;
using System.Net.Sockets;
using System.Security.Cryptography;
using Overlay.TestKit.Agents;
using Overlay.TestKit.Processes;

namespace Overlay.TestKit.WireGuard;

/// <summary>A userspace WireGuard program with its one interface. It is driven as a user drives it: by <c>wg</c> and <c>ip</c>. Disposing this ends the
/// program by its id.</summary>
public sealed class WireGuardInterface : IAsyncDisposable
{
    // The sockets of all namespaces lie in one folder, so that a name is used once.
    private static int _lastNumber;

    private WireGuardInterface(string name, string home, ChildProcess process)
    {
        Name = name;
        (Home, Place) = (home, home);
        Process = process;
    }

    /// <summary>The interface's name.</summary>
    public string Name { get; }

    /// <summary>The namespace that the program runs in, and has its UDP sockets in.</summary>
    public string Home { get; }

    /// <summary>The namespace that the interface is in.</summary>
    public string Place { get; private set; }

    /// <summary>The program.</summary>
    public ChildProcess Process { get; }

    /// <summary>The interface's private key, in base64.</summary>
    public string PrivateKey { get; private set; } = "";

    /// <summary>The interface's public key, in base64.</summary>
    public string PublicKey { get; private set; } = "";

    /// <summary>The socket of the cross-platform interface.</summary>
    public string SocketPath => PathOf(Name);

    /// <summary>A name that no other test uses.</summary>
    public static string NewName() => string.Create(CultureInfo.InvariantCulture, $"ovw{Environment.ProcessId % 10_000_000}-{Interlocked.Increment(ref _lastNumber)}");

    /// <summary>A random key in base64, clamped as <c>wg genkey</c> does it; also good as a preshared key.</summary>
    public static string NewKey()
    {
        var key = RandomNumberGenerator.GetBytes(32);
        key[0] &= 0b1111_1000;
        key[31] = (byte)((key[31] & 0b0111_1111) | 0b0100_0000);
        return Convert.ToBase64String(key);
    }

    /// <summary>Starts a program in the foreground and waits until its socket answers.</summary>
    /// <param name="program">The program.</param>
    /// <param name="networkNamespace">The namespace that it runs in.</param>
    /// <param name="environment">Variables for it.</param>
    public static async Task<WireGuardInterface> StartAsync(string program, string networkNamespace, IReadOnlyDictionary<string, string?>? environment = null)
    {
        var name = NewName();
        // A test run in the background was told to ignore SIGINT, and what it starts would, too.
        var process = ChildProcess.Start(networkNamespace, "env", ["--default-signal=INT", program, "-f", name], environment ?? new Dictionary<string, string?> { ["LOG_LEVEL"] = "error" });
        var started = new WireGuardInterface(name, networkNamespace, process);
        try
        {
            await Deadline.UntilAsync(
                () => process.HasExited || Answers(name), () => $"the socket of {program} {name} does not answer; it wrote:\n{process.Output}", CancellationToken.None, seconds: 30);
            return process.HasExited ? throw new InvalidOperationException($"{program} {name} ended with {process.ExitCode}:\n{process.Output}") : started;
        }
        catch
        {
            await started.DisposeAsync();
            throw;
        }
    }

    /// <summary>Gives the interface a key, a port and further lines of a <c>wg setconf</c> file.</summary>
    public async Task SetUpAsync(int port, string peers = "", string? privateKey = null)
    {
        PrivateKey = privateKey ?? NewKey();
        await SetConfigurationAsync(string.Create(CultureInfo.InvariantCulture, $"[Interface]\nPrivateKey = {PrivateKey}\nListenPort = {port}\n{peers}"));
    }

    /// <summary>Replaces the configuration, as <c>wg setconf</c>, and reads the public key anew.</summary>
    public async Task SetConfigurationAsync(string configuration)
    {
        await Tool.FeedAsync(null, $"wg setconf {Name}", configuration + "\n");
        PublicKey = (await ShowAsync("public-key")).Trim();
    }

    /// <summary>Adds sections to the configuration, as <c>wg addconf</c>.</summary>
    public Task AddPeersAsync(string peers) => Tool.FeedAsync(null, $"wg addconf {Name}", peers + "\n");

    /// <summary>Changes the private key alone.</summary>
    public async Task SetPrivateKeyAsync(string key)
    {
        await Tool.FeedAsync(null, $"wg set {Name} private-key", key + "\n");
        PrivateKey = key;
        PublicKey = (await ShowAsync("public-key")).Trim();
    }

    /// <summary><c>wg set NAME ...</c></summary>
    public Task<string> SetAsync(string arguments) => Tool.RunAsync(null, $"wg set {Name} {arguments}");

    /// <summary><c>wg show NAME ...</c></summary>
    public Task<string> ShowAsync(string what) => Tool.RunAsync(null, $"wg show {Name} {what}");

    /// <summary>What <c>wg show NAME WHAT</c> says of a peer, in words.</summary>
    public async Task<string[]> ShowPeerAsync(string what, string publicKey)
    {
        var lines = (await ShowAsync(what)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var line = lines.SingleOrDefault(line => line.StartsWith(publicKey + "\t", StringComparison.Ordinal))
            ?? throw new InvalidOperationException($"wg show {Name} {what} has no peer {publicKey}:\n{string.Join('\n', lines)}");
        return line.Split(['\t', ' '])[1..];
    }

    /// <summary>The bytes that a peer has sent us, and that we have sent it.</summary>
    public async Task<(long Received, long Sent)> TransferAsync(string publicKey)
    {
        var words = await ShowPeerAsync("transfer", publicKey);
        return (long.Parse(words[0], CultureInfo.InvariantCulture), long.Parse(words[1], CultureInfo.InvariantCulture));
    }

    /// <summary>Moves the interface; the program and its sockets stay at home.</summary>
    public async Task MoveAsync(string networkNamespace)
    {
        await Tool.RunAsync(Place, $"ip link set {Name} netns {networkNamespace}");
        Place = networkNamespace;
    }

    /// <summary>Adds addresses, sets the MTU, and sets the interface up.</summary>
    public async Task BringUpAsync(int mtu, params string[] addresses)
    {
        foreach (var address in addresses)
        {
            await Tool.RunAsync(Place, $"ip address add {address} dev {Name}{(address.Contains(':', StringComparison.Ordinal) ? " nodad" : "")}");
        }

        await Tool.RunAsync(Place, $"ip link set {Name} mtu {mtu} up");
    }

    /// <summary>A number of <c>/proc/PID/status</c>, such as <c>VmRSS</c>, in bytes.</summary>
    public long MemoryBytes(string field)
    {
        var line = File.ReadLines($"/proc/{Process.Id}/status").First(line => line.StartsWith(field + ":", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Process.DisposeAsync();
        File.Delete(SocketPath);
    }

    /// <summary>Whether somebody listens at an interface's socket.</summary>
    public static bool Answers(string name)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(PathOf(name)));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static string PathOf(string name) => $"/var/run/wireguard/{name}.sock";
}
