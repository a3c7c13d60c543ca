"""Version 2: how far the log has come, the run index, names, texts and drafts.

``assay_head`` tells a log whose end was cut off. What can name a person or hold free text stands in tables
from which it can be erased, and never in the log.
"""

from alembic import op  # noqa: TID253 - read by Alembic alone

revision = "2"
down_revision = "1"

TABLES = (
    "CREATE TABLE assay_head (one INTEGER NOT NULL PRIMARY KEY, seq BIGINT NOT NULL, digest TEXT NOT NULL)",
    "CREATE TABLE assay_runs (gate TEXT NOT NULL PRIMARY KEY, run TEXT NOT NULL, body TEXT NOT NULL)",
    "CREATE TABLE assay_people (id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL)",
    "CREATE TABLE assay_texts (sha256 TEXT NOT NULL PRIMARY KEY, text TEXT NOT NULL)",
    """CREATE TABLE assay_drafts (actor TEXT NOT NULL, gate TEXT NOT NULL, key TEXT NOT NULL,
        body TEXT NOT NULL, PRIMARY KEY (actor, gate))""",
)


def upgrade() -> None:
    """Add the tables, and note where the log stands."""
    for statement in TABLES:
        op.execute(statement)
    op.execute(
        "INSERT INTO assay_head (one, seq, digest) "
        "SELECT 1, seq, digest FROM assay_events ORDER BY seq DESC LIMIT 1"
    )
    op.execute("UPDATE assay_log SET version = 2")
