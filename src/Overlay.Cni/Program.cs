using System.Runtime.Versioning;
using Overlay.Cni;
using Overlay.Linux.Files;

[assembly: SupportedOSPlatform("linux")]

using var input = Console.OpenStandardInput();
return CniProgram.Run(Environment.GetEnvironmentVariable, input, bytes => StandardOutput.Write(bytes));
