//! A server with a hard schema: names with dots and quotes, and one of everything the catalog can hold.

use aforo_sandbox::{Postgres, PostgresOptions};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

/// A table with 2000 rows, its child, partitions, indexes of every kind, an invalid one, constraints, functions,
/// sequences, and a schema whose names need quotes.
const SCHEMA: &str = r#"
CREATE EXTENSION pg_stat_statements SCHEMA public;
CREATE SCHEMA "My.Schema";
ALTER EXTENSION pg_stat_statements SET SCHEMA "My.Schema";
CREATE TABLE guests (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email varchar(200) NOT NULL, name text,
    born date, CONSTRAINT has_email CHECK (email <> ''));
INSERT INTO guests (email, name, born) SELECT 'g' || i || '@example.org', CASE WHEN i % 4 > 0 THEN 'Ann' END,
    DATE '1970-01-01' + i FROM generate_series(1, 2000) i;
CREATE TABLE "My.Schema"."Odd ""Name"".x" ("Id" bigserial PRIMARY KEY, "guest.id" int, stay tstzrange, status text,
    room smallint, EXCLUDE USING gist (stay WITH &&) WHERE (status = 'booked'))
    WITH (autovacuum_enabled = false, fillfactor = 80);
ALTER TABLE "My.Schema"."Odd ""Name"".x" ADD CONSTRAINT guest FOREIGN KEY ("guest.id") REFERENCES guests (id)
    ON DELETE CASCADE NOT VALID;
CREATE INDEX partly ON "My.Schema"."Odd ""Name"".x" (status DESC, "guest.id" DESC NULLS LAST) INCLUDE (room)
    WHERE status = 'booked';
CREATE INDEX lowered ON guests (lower(email), name COLLATE "POSIX" text_pattern_ops);
CREATE UNIQUE INDEX by_email ON guests (email);
CREATE TABLE days (day date NOT NULL, price int) PARTITION BY RANGE (day);
CREATE TABLE days_2026 PARTITION OF days FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE INDEX ON days (day);
CREATE UNLOGGED TABLE scratch (n int);
CREATE MATERIALIZED VIEW adults AS SELECT * FROM guests WHERE born < '2000-01-01';
CREATE TABLE small (id smallserial, twin int);
INSERT INTO small (twin) SELECT 1 FROM generate_series(1, 300);
CREATE TRIGGER off BEFORE UPDATE ON guests FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
ALTER TABLE guests DISABLE TRIGGER off;
CREATE FUNCTION nights(tstzrange) RETURNS int LANGUAGE sql IMMUTABLE COST 7 AS 'SELECT 1';
ANALYZE;
"#;

pub(crate) async fn start() -> Postgres {
    Postgres::start(PostgresOptions { max_connections: 60, ..PostgresOptions::default() }).await.unwrap()
}

pub(crate) async fn start_with_schema() -> (Postgres, PgConnection) {
    let server = start().await;
    let mut admin = PgConnection::connect(&server.url()).await.unwrap();
    admin.execute(SCHEMA).await.unwrap();
    let twins = admin.execute("CREATE UNIQUE INDEX CONCURRENTLY broken ON small (twin)").await;
    assert!(twins.is_err(), "rows are equal, so that the index stays behind and is invalid");
    (server, admin)
}

/// A role without rights of its own, and its URL.
pub(crate) async fn role(admin: &mut PgConnection, server: &Postgres, name: &str) -> String {
    run(admin, &format!("CREATE ROLE {name} LOGIN")).await;
    server.url().replace("postgres://aforo@", &format!("postgres://{name}@"))
}

pub(crate) async fn run(connection: &mut PgConnection, sql: &str) {
    connection.execute(AssertSqlSafe(sql.to_owned())).await.unwrap();
}
