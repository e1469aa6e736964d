namespace Overlay.Cni.Conformance;

/// <summary>How a plugin stands to a demand.</summary>
/// <param name="Kind">Whether it meets it.</param>
/// <param name="Finding">What was seen instead; empty when it is met.</param>
public sealed record Verdict(VerdictKind Kind, string Finding)
{
    /// <summary>Tries one demand on a plugin, on a host of its own.</summary>
    public static Verdict Of(Demand demand, Subjects.Subject subject)
    {
        ArgumentNullException.ThrowIfNull(demand);
        ArgumentNullException.ThrowIfNull(subject);
        if (!demand.AppliesTo(subject))
        {
            return new Verdict(VerdictKind.DoesNotApply, "");
        }

        using var trial = new Trial(subject);
        if (string.CompareOrdinal(trial.Newest, demand.Since) < 0)
        {
            return new Verdict(VerdictKind.Unspoken, $"speaks at most {trial.Newest}");
        }

        try
        {
            demand.Check(trial);
            return new Verdict(VerdictKind.Met, "");
        }
        catch (UnmetException unmet)
        {
            return new Verdict(VerdictKind.Unmet, unmet.Message);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // A plugin may answer with anything; what a check stumbles over was not as demanded.
            return new Verdict(VerdictKind.Unmet, $"{exception.GetType().Name}: {exception.Message}");
        }
    }
}
