using System.Text.Json.Nodes;

namespace Overlay.Cni.Conformance.Demands;

/// <summary>An address plugin that writes down how it was called: a shell script, because it has to be a program.</summary>
internal sealed class RecordingPlugin
{
    public const string Type = "recording-ipam";

    private readonly string _folder;

    public RecordingPlugin(Trial trial)
    {
        _folder = Path.Combine(trial.Node.Folder, "recording");
        Directory.CreateDirectory(_folder);
        var result = $$"""{"cniVersion":"{{trial.Version}}","ips":[{"address":"10.1.17.77/24","gateway":"10.1.17.1"{{(IsVersioned(trial.Version) ? ",\"version\":\"4\"" : "")}}}],"routes":[{"dst":"10.1.0.0/16","gw":"10.1.17.1"}]}""";
        var program = Path.Combine(_folder, Type);
        File.WriteAllText(program, $$"""
            #!/bin/sh
            cat >{{_folder}}/$CNI_COMMAND.json
            env >{{_folder}}/$CNI_COMMAND.env
            if [ "$CNI_COMMAND" = VERSION ]; then
              echo '{"cniVersion":"1.1.0","supportedVersions":["0.1.0","0.2.0","0.3.0","0.3.1","0.4.0","1.0.0","1.1.0"]}'
              exit
            fi
            echo "a word on standard error" >&2
            if [ -e {{_folder}}/fail ]; then
              echo '{"cniVersion":"{{trial.Version}}","code":111,"msg":"no such luck"}'
              exit 1
            fi
            [ "$CNI_COMMAND" != ADD ] || echo '{{result}}'
            """);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        trial.AddPlugins(_folder);
    }

    /// <summary>Lets every call fail from now on.</summary>
    public void Fail() => File.WriteAllText(Path.Combine(_folder, "fail"), "");

    public bool WasCalled(string command) => File.Exists(Path.Combine(_folder, command + ".env"));

    /// <summary>The configuration that it was given.</summary>
    public JsonObject Configuration(string command) => JsonNode.Parse(File.ReadAllText(Path.Combine(_folder, command + ".json")))!.AsObject();

    /// <summary>A variable that it was given.</summary>
    public string? Variable(string command, string name) =>
        File.ReadLines(Path.Combine(_folder, command + ".env")).FirstOrDefault(line => line.StartsWith(name + "=", StringComparison.Ordinal))?[(name.Length + 1)..];

    private static bool IsVersioned(string version) => string.CompareOrdinal(version, "1.0.0") < 0;
}
