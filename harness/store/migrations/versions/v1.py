"""Version 1: the event log, and what keeps it append-only."""

from alembic import op  # noqa: TID253 - read by Alembic alone

revision = "1"
down_revision = None

TABLES = (
    "CREATE TABLE IF NOT EXISTS assay_log (version INTEGER NOT NULL)",
    """CREATE TABLE IF NOT EXISTS assay_events (
        seq BIGINT NOT NULL PRIMARY KEY, time TEXT NOT NULL, actor TEXT NOT NULL,
        kind TEXT NOT NULL, subject TEXT NOT NULL, body TEXT NOT NULL, key TEXT UNIQUE,
        previous TEXT NOT NULL UNIQUE, digest TEXT NOT NULL UNIQUE)""",
)
SQLITE_GUARDS = tuple(
    f"""CREATE TRIGGER IF NOT EXISTS assay_events_no_{verb.lower()} BEFORE {verb} ON assay_events
        BEGIN SELECT RAISE(ABORT, 'the event log is append-only'); END"""
    for verb in ("UPDATE", "DELETE")
)
POSTGRES_GUARDS = (
    """CREATE OR REPLACE FUNCTION assay_events_refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'the event log is append-only'; END $$""",
    """CREATE OR REPLACE TRIGGER assay_events_append_only
        BEFORE UPDATE OR DELETE OR TRUNCATE ON assay_events
        FOR EACH STATEMENT EXECUTE FUNCTION assay_events_refuse()""",
)


def upgrade() -> None:
    """Make the log."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in (*TABLES, *(SQLITE_GUARDS if is_sqlite else POSTGRES_GUARDS)):
        op.execute(statement)
    op.execute("INSERT INTO assay_log (version) VALUES (1)")
