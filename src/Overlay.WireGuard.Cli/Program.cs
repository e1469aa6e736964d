return await Overlay.WireGuard.Cli.WireGuardProgram.RunAsync(args);
