using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Overlay.Sqlite;

/// <summary>Short forms of what every statement needs.</summary>
internal static class SqliteCommands
{
    /// <summary>Runs fixed statements.</summary>
    public static void Execute(this SqliteConnection connection, string statements)
    {
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // All callers pass constants.
        command.CommandText = statements;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }

    /// <summary>Reads one whole number with a fixed statement.</summary>
    public static long ReadNumber(this SqliteConnection connection, string query)
    {
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // All callers pass constants.
        command.CommandText = query;
#pragma warning restore CA2100
        return Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }

    /// <summary>Makes a statement that is compiled once and run often.</summary>
    public static SqliteCommand Prepare(this SqliteConnection connection, string statement, params string[] parameters)
    {
        var command = connection.CreateCommand();
#pragma warning disable CA2100 // All callers pass constants.
        command.CommandText = statement;
#pragma warning restore CA2100
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(new SqliteParameter { ParameterName = parameter });
        }

        return command;
    }

    /// <summary>Gives the parameters their values, in order.</summary>
    public static SqliteCommand With(this SqliteCommand command, SqliteTransaction? transaction, params object?[] values)
    {
        command.Transaction = transaction;
        for (var i = 0; i < values.Length; i++)
        {
            command.Parameters[i].Value = values[i] ?? DBNull.Value;
        }

        return command;
    }
}
