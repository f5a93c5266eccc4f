"""Bringing a database to this version's schema: by itself on SQLite, by hand on PostgreSQL."""

from __future__ import annotations

import io
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from tracing.errors import StoreOutdated
from tracing.settings import Settings
from tracing.store.database import Database

_FOLDER = Path(__file__).parent / "migrations"


def migrate(settings: Settings) -> str:
    """Apply what is missing in one transaction; gives the revision reached.

    Safe to run twice at once: the second waits, then finds nothing to do.
    """
    database = Database(settings.database)
    try:
        return upgrade(database)
    finally:
        database.close()


def upgrade(database: Database) -> str:
    """`migrate` on an open database."""
    with database.write() as tx:
        tx.alone()
        command.upgrade(configuration(tx.connection), "head")
        return _newest()


def require_current(database: Database) -> None:
    """Raise `StoreOutdated` unless the schema is exactly this version's."""
    with database.read() as tx:
        found = MigrationContext.configure(tx.connection).get_current_revision()
    if found != _newest():
        raise StoreOutdated(found=found or "none", needed=_newest())


def configuration(connection: Connection) -> Config:
    """Alembic's configuration for the migrations of this package, silent."""
    config = Config(stdout=io.StringIO())
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["connection"] = connection
    return config


def _newest() -> str:
    script = ScriptDirectory(str(_FOLDER))
    newest = script.get_current_head()
    if newest is None:
        raise StoreOutdated(found="none", needed="none")
    return newest
