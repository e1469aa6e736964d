using System.Runtime.Versioning;
using Overlay.Cni;

[assembly: SupportedOSPlatform("linux")]

using var input = Console.OpenStandardInput();
using var output = Console.OpenStandardOutput();
return CniProgram.Run(Environment.GetEnvironmentVariable, input, output);
