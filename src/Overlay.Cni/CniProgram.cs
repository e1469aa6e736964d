using System.ComponentModel;
using Overlay.Cni.Commands;
using Overlay.Cni.Configuration;
using Overlay.Cni.Protocol;
using Overlay.Core.Diagnostics;

namespace Overlay.Cni;

/// <summary>One run of the plugin: variables and standard input in, one JSON document and an exit status out.</summary>
internal static class CniProgram
{
    // A configuration has a few kilobytes; a previous result with many addresses perhaps a hundred.
    private const int LargestInput = 8 * 1024 * 1024;

    /// <summary>Does what the runtime asks for; gives the exit status.</summary>
    /// <param name="variable">Gives a variable's value.</param>
    /// <param name="input">Standard input.</param>
    /// <param name="answer">Writes to standard output; called at most once.</param>
    public static int Run(Func<string, string?> variable, Stream input, Action<byte[]> answer)
    {
        var version = CniVersions.Newest;
        try
        {
            var invocation = Invocation.Read(variable);
            var text = ReadAll(input);
            if (invocation.Command == CniCommand.Version)
            {
                // People ask this without an input.
                answer(VersionCommand.Answer(text.IsEmpty ? default : ParseInput(text)));
                return 0;
            }

            var root = ParseInput(text);
            version = NetworkDefinition.ReadVersion(root);
            Run(invocation, NetworkDefinition.Read(root), answer);
            return 0;
        }
        catch (Exception exception) when (IsExpected(exception))
        {
            TryAnswer(answer, CniErrorWriter.Write(Failures.Describe(exception), version));
            return 1;
        }
    }

    private static JsonValue ParseInput(ReadOnlyMemory<byte> text) => JsonValue.Parse(text, "The network configuration on standard input");

    private static bool IsExpected(Exception exception) => exception is OverlayException or Win32Exception or IOException or UnauthorizedAccessException;

    private static void TryAnswer(Action<byte[]> answer, byte[] text)
    {
        try
        {
            answer(text);
        }
        catch (IOException)
        {
            // Nobody listens any more; the exit status is all that is left.
        }
    }

    private static void Run(Invocation invocation, NetworkDefinition network, Action<byte[]> answer)
    {
        switch (invocation.Command)
        {
            case CniCommand.Add:
                AddCommand.Run(invocation, network, answer);
                break;
            case CniCommand.Del:
                DeleteCommand.Run(invocation, network);
                break;
            case CniCommand.Check when network.Version.AllowsCheck():
                CheckCommand.Run(invocation, network);
                break;
            case CniCommand.Status when network.Version.Is11():
                StatusCommand.Run(invocation, network);
                break;
            case CniCommand.Gc when network.Version.Is11():
                GarbageCollection.Run(invocation, network);
                break;
            default:
                throw new CniException(
                    CniErrorCode.IncompatibleVersion, $"cniVersion: found \"{network.Version.Text()}\", which has no {invocation.Command.ToString().ToUpperInvariant()}; CHECK needs 0.4.0, GC and STATUS 1.1.0.");
        }
    }

    private static ReadOnlyMemory<byte> ReadAll(Stream input)
    {
        var buffer = new byte[4096];
        var length = 0;
        while (input.Read(buffer, length, buffer.Length - length) is > 0 and var count)
        {
            length += count;
            if (length == buffer.Length)
            {
                if (length >= LargestInput)
                {
                    throw new CniException(CniErrorCode.Decoding, $"The network configuration on standard input has more than {LargestInput} bytes.");
                }

                Array.Resize(ref buffer, length * 2);
            }
        }

        return buffer.AsMemory(0, length);
    }
}
