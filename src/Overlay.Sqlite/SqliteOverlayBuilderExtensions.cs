using Microsoft.Extensions.Logging;
using Overlay.Core.DependencyInjection;
using Overlay.Sqlite;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the SQLite lease store.</summary>
public static class SqliteOverlayBuilderExtensions
{
    /// <summary>Keeps leases in an SQLite file that the agents of this machine share.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="path">The file; it is made when missing.</param>
    public static IOverlayBuilder UseSqlite(this IOverlayBuilder builder, string path) => builder.UseLeaseStore(services =>
        new SqliteLeaseStore(path, services.GetRequiredService<TimeProvider>(), services.GetRequiredService<ILogger<SqliteLeaseStore>>()));
}
