"""Statements about how far imports came."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update

from tracing.store.database import Tx
from tracing.store.tables import Checkpoint


def get(tx: Tx, name: str) -> int:
    """How many records the import of that name has passed; 0 for a new one."""
    return int(
        tx.connection.scalar(select(Checkpoint.position).where(Checkpoint.name == name)) or 0
    )


def put(tx: Tx, name: str, position: int, at: datetime) -> None:
    """Move the mark, in the transaction of the records it counts."""
    tx.insert_new(Checkpoint, {"name": name, "position": position, "changed_at": at})
    values = {"position": position, "changed_at": at}
    tx.run(update(Checkpoint).where(Checkpoint.name == name).values(**values))
