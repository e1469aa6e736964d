using Overlay.Agent.CommandLine;
using Overlay.Agent.Commands;
using Overlay.Core.Configuration;
using Xunit;

namespace Overlay.Agent.Tests.Control;

public sealed class ControlCommandsTests
{
    [Fact]
    public async Task SetLogLevel_UnknownLevel_IsAMistakeOfTheUser()
    {
        var settings = new AgentSettings { ControlSocket = "/nowhere/overlayd.sock" };

        var failure = await Assert.ThrowsAsync<ConfigurationException>(() => ControlCommands.SetLogLevelAsync(settings, "nope"));

        Assert.Equal("LEVEL: found nope, allowed is one of trace, debug, info, warning, error", Assert.Single(failure.Mistakes).ToString());
    }
}
