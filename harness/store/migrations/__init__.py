"""Versions of the store's database, by Alembic: 1 is the event log, 2 what pages need beside it.

The number stands in ``assay_log.version``, so that an older Modelassay refuses what it cannot read; Alembic's
own table follows it. Everything happens in the transaction of whoever opens the database.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Connection

VERSION = 2
"""The version that this Modelassay reads and writes."""


def migrate(connection: Connection, version: int | None) -> None:
    """Bring a database to the present version.

    Args:
        connection: In a transaction that nobody else writes beside.
        version: Its version; None where there is nothing yet.
    """
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    script = ScriptDirectory.from_config(config)

    def steps(at: object, context: object) -> object:
        del at, context
        return script._upgrade_revs(str(VERSION), None if version is None else str(version))

    with EnvironmentContext(config, script, fn=steps) as environment:
        environment.configure(connection=connection, version_table="assay_alembic")
        context = environment.get_context()
        context._ensure_version_table()
        if version is not None and not context.get_current_heads():
            context.stamp(script, str(version))  # a log of the time before Alembic
        environment.run_migrations()
