using System.Text;
using Overlay.Cni.Conformance.Subjects;

namespace Overlay.Cni.Conformance;

/// <summary>The table of demands and of what each plugin does.</summary>
public static class Report
{
    /// <summary>Tries every demand on every plugin; as Markdown.</summary>
    public static string Write(IReadOnlyList<Subject> subjects, Action<string>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(subjects);
        var rows = new StringBuilder();
        var notes = new List<string>();
        var counts = new int[subjects.Count, 2];
        foreach (var demand in Suite.Demands)
        {
            progress?.Invoke(demand.ToString());
            rows.Append($"| {demand.Text} | {demand.Section} |");
            for (var i = 0; i < subjects.Count; i++)
            {
                var verdict = Verdict.Of(demand, subjects[i]);
                counts[i, 0] += verdict.Kind == VerdictKind.Met ? 1 : 0;
                counts[i, 1] += verdict.Kind == VerdictKind.DoesNotApply ? 0 : 1;
                rows.Append($" {Cell(verdict, subjects[i], notes)} |");
            }

            rows.Append('\n');
        }

        var text = new StringBuilder();
        text.Append($"| demand | section | {string.Join(" | ", subjects.Select(subject => subject.Name))} |\n|---|---|{string.Concat(subjects.Select(_ => "---|"))}\n");
        text.Append(rows);
        text.Append($"| **met, of those that apply** | |{string.Concat(subjects.Select((_, i) => $" **{counts[i, 0]} of {counts[i, 1]}** |"))}\n");
        if (notes.Count > 0)
        {
            text.Append($"\nWhat was seen instead:\n\n{string.Join('\n', notes)}\n");
        }

        return text.ToString();
    }

    private static string Cell(Verdict verdict, Subject subject, List<string> notes)
    {
        switch (verdict.Kind)
        {
            case VerdictKind.Met:
                return "yes";
            case VerdictKind.DoesNotApply:
                return "–";
            case VerdictKind.Unspoken:
                return $"no: {verdict.Finding}";
            default:
                notes.Add($"{notes.Count + 1}. {subject.Name}: {verdict.Finding.ReplaceLineEndings(" ").Replace("|", "\\|", StringComparison.Ordinal)}");
                return $"**no** ({notes.Count})";
        }
    }
}
