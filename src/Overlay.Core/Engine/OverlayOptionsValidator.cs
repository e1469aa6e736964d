using Microsoft.Extensions.Options;

namespace Overlay.Core.Engine;

internal sealed class OverlayOptionsValidator : IValidateOptions<OverlayOptions>
{
    public ValidateOptionsResult Validate(string? name, OverlayOptions options)
    {
        var result = new ValidateOptionsResultBuilder();
        Require(Path.IsPathFullyQualified(options.SubnetFile), nameof(options.SubnetFile), options.SubnetFile, "an absolute path");
        Require(Path.IsPathFullyQualified(options.StateDirectory), nameof(options.StateDirectory), options.StateDirectory, "an absolute path");
        Require(options.FirewallResyncPeriod > TimeSpan.Zero, nameof(options.FirewallResyncPeriod), options.FirewallResyncPeriod, "more than zero");
        return result.Build();

        void Require(bool isMet, string property, object found, string allowed)
        {
            if (!isMet)
            {
                result.AddError($"found {found}, allowed is {allowed}", property);
            }
        }
    }
}
