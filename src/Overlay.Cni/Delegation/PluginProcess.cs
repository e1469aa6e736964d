using System.ComponentModel;
using System.Diagnostics;
using Overlay.Cni.Protocol;

namespace Overlay.Cni.Delegation;

/// <summary>Runs another plugin: its variables, the configuration on its standard input, its answer on standard output.</summary>
/// <param name="path">The program.</param>
/// <param name="searchPath">CNI_PATH, for what it runs in turn.</param>
internal sealed class PluginProcess(string path, string searchPath)
{
    private const int LargestAnswer = 8 * 1024 * 1024;

    /// <summary>Runs one command to its end; gives the answer.</summary>
    /// <param name="command">The command, as CNI_COMMAND has it.</param>
    /// <param name="key">The attachment; <see langword="null"/> for commands that concern none.</param>
    /// <param name="namespacePath">The container's namespace; empty if it is gone.</param>
    /// <param name="configuration">The plugin's configuration.</param>
    /// <exception cref="CniException">It failed; the number and the words are its own.</exception>
    public byte[] Run(string command, AttachmentKey? key, string namespacePath, ReadOnlySpan<byte> configuration)
    {
        var start = new ProcessStartInfo(path) { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false };
        start.Environment["CNI_COMMAND"] = command;
        start.Environment["CNI_PATH"] = searchPath;
        start.Environment["CNI_CONTAINERID"] = key?.ContainerId ?? "";
        start.Environment["CNI_IFNAME"] = key?.InterfaceName ?? "";
        start.Environment["CNI_NETNS"] = namespacePath;
        try
        {
            using var process = Process.Start(start)!;
            Feed(process, configuration);
            var answer = Collect(process.StandardOutput.BaseStream);
            process.WaitForExit();
            return process.ExitCode == 0 ? answer : throw Describe(answer, process.ExitCode);
        }
        catch (Win32Exception exception)
        {
            throw new CniException(CniErrorCode.PluginFailed, $"The plugin {path} cannot be run: {exception.Message}", exception);
        }
    }

    private static void Feed(Process process, ReadOnlySpan<byte> configuration)
    {
        try
        {
            process.StandardInput.BaseStream.Write(configuration);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading everything; its answer says why.
        }
    }

    private static byte[] Collect(Stream output)
    {
        using var answer = new MemoryStream();
        var buffer = new byte[4096];
        while (output.Read(buffer) is > 0 and var count)
        {
            if (answer.Length <= LargestAnswer)
            {
                answer.Write(buffer, 0, count);
            }
        }

        return answer.ToArray();
    }

    private CniException Describe(byte[] answer, int status)
    {
        var name = Path.GetFileName(path);
        try
        {
            var failure = JsonValue.Parse(answer, "The answer");
            var message = failure.Member("msg").RequiredText("a message");
            return new CniException((int)failure.Member("code").Number((int)CniErrorCode.PluginFailed, 1, int.MaxValue), $"{name}: {message}", failure.Member("details").Text(""));
        }
        catch (CniException)
        {
            return new CniException(CniErrorCode.PluginFailed, $"The plugin {name} ended with status {status} and said nothing that can be read: look at its standard error.");
        }
    }
}
