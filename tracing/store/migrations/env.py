"""Alembic's entry: runs on the connection it is given, inside the caller's transaction."""

from alembic import context

from tracing.store.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
)
context.run_migrations()
