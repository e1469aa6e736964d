using Overlay.Cni.Conformance;
using Overlay.Cni.Conformance.Subjects;
using Overlay.TestKit.Cni;

// cni-conformance                              overlay-cni beside the reference plugins
// cni-conformance PLUGIN CONFIGURATION [PATH]  any plugin; CONFIGURATION is a file (see TemplateSubject), PATH is CNI_PATH
if (args.Length is 1 or > 3)
{
    Console.Error.WriteLine("cni-conformance [PLUGIN CONFIGURATION [CNI_PATH]]");
    return 2;
}

IReadOnlyList<Subject> subjects = args.Length == 0
    ? [new OverlaySubject(), new ReferenceSubject()]
    : [new TemplateSubject(args[0], File.ReadAllText(args[1]), args.Length == 3 ? args[2] : $"{Path.GetDirectoryName(Path.GetFullPath(args[0]))}:{CniBinaries.Reference}")];
Console.Write(Report.Write(subjects, Console.Error.WriteLine));
return 0;
