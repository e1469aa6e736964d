namespace Overlay.Sqlite;

/// <summary>The tables of a lease store, and what the file says of itself.</summary>
internal static class SqliteSchema
{
    /// <summary>SQLite's <c>application_id</c>: "OvLS".</summary>
    public const int ApplicationId = 0x4F764C53;

    /// <summary>SQLite's <c>user_version</c>: the schema that this code reads and writes.</summary>
    public const int Version = 1;

    /// <summary>Makes the tables. A new file's version starts from the clock, so that no version of a file that was deleted comes again.</summary>
    public const string Create = """
        CREATE TABLE state (id INTEGER PRIMARY KEY CHECK (id = 1), version INTEGER NOT NULL, floor INTEGER NOT NULL);
        INSERT INTO state VALUES (1, $start, $start);

        -- Times are milliseconds since 1970.
        CREATE TABLE entries (key TEXT PRIMARY KEY, value BLOB NOT NULL, version INTEGER NOT NULL, created INTEGER NOT NULL, expires INTEGER) WITHOUT ROWID;
        CREATE INDEX entries_created ON entries (created);
        CREATE INDEX entries_expires ON entries (expires) WHERE expires IS NOT NULL;

        -- Every change after state.floor; without a value, the key went away.
        CREATE TABLE history (version INTEGER PRIMARY KEY, key TEXT NOT NULL, value BLOB, created INTEGER NOT NULL, expires INTEGER);

        -- For administrators: INSERT INTO reservations VALUES ('10.244.5.0-24', '192.168.1.5', NULL);
        CREATE VIEW reservations (subnet, public_ip, public_ipv6) AS
            SELECT key, json_extract(CAST(value AS TEXT), '$.PublicIP'), json_extract(CAST(value AS TEXT), '$.PublicIPv6') FROM entries WHERE expires IS NULL;

        CREATE TRIGGER reserve INSTEAD OF INSERT ON reservations BEGIN
            DELETE FROM entries WHERE key = NEW.subnet AND expires <= CAST(strftime('%s', 'now') AS INTEGER) * 1000;
            SELECT RAISE(ABORT, 'this subnet is leased or reserved') WHERE EXISTS (SELECT 1 FROM entries WHERE key = NEW.subnet);
            UPDATE state SET version = version + 1;
            INSERT INTO entries SELECT NEW.subnet,
                CAST(json_object('PublicIP', coalesce(NEW.public_ip, '0.0.0.0'), 'PublicIPv6', NEW.public_ipv6) AS BLOB), version, version, NULL FROM state;
            INSERT INTO history SELECT version, key, value, created, expires FROM entries WHERE key = NEW.subnet;
        END;

        CREATE TRIGGER unreserve INSTEAD OF DELETE ON reservations BEGIN
            UPDATE state SET version = version + 1;
            INSERT INTO history SELECT state.version, key, NULL, created, NULL FROM entries, state WHERE key = OLD.subnet;
            DELETE FROM entries WHERE key = OLD.subnet;
        END;
        """;
}
