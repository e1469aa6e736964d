namespace Overlay.Agent.CommandLine;

/// <summary>Where leases are kept.</summary>
internal enum StoreKind
{
    Sqlite,
    Memory,
    Etcd,
    Kubernetes,
}
