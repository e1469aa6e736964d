return await Overlay.Agent.AgentProgram.RunAsync(args);
