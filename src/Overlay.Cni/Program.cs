using Overlay.Cni;
using Overlay.Linux.Files;

using var input = Console.OpenStandardInput();
return CniProgram.Run(Environment.GetEnvironmentVariable, input, bytes => StandardOutput.Write(bytes));
