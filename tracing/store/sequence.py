"""The growing sequence: every change of a person takes a number above all visible ones.

SQLite counts in a row under the write lock, so numbers become visible in order.

PostgreSQL transactions may commit in another order than they took numbers. There a number is
the transaction's own id (`pg_current_xact_id()`, plus a base for databases restored into a
younger cluster) in the high bits and a count within the transaction in the low 20. Followers
read only below `pg_snapshot_xmin`, below which no transaction is open any more: whoever commits
later has a higher number than everything read so far. A separate id column beside a plain
sequence would not do: a lower transaction id may hold the higher number.
"""

from __future__ import annotations

from sqlalchemy import Connection, func, select
from sqlalchemy import text as sql_text

from tracing.store.tables import Counter, Person

_CHANGE = "change"
_BASE = "transaction_base"
_WITHIN = 20
_GROW = sql_text(
    "INSERT INTO counter (name, value) VALUES (:name, :by) ON CONFLICT (name)"
    " DO UPDATE SET value = counter.value + excluded.value RETURNING value"
)


def next_seq(connection: Connection, count: int) -> int:
    """The first of `count` consecutive numbers."""
    if connection.dialect.name == "sqlite":
        return grow(connection, _CHANGE, count) - count + 1
    used: int = connection.info.get("xunqin_within", (0, 0))[1]
    own = int(connection.scalar(sql_text("SELECT pg_current_xact_id()::text::bigint")) or 0)
    if connection.info.get("xunqin_within", (0, 0))[0] != own:
        used = 0
    if used + count > 1 << _WITHIN:
        raise OverflowError("too many changes in one transaction")
    connection.info["xunqin_within"] = (own, used + count)
    return (own + _base(connection) << _WITHIN) + used


def first_unsettled(connection: Connection) -> int | None:
    """The lowest number that a transaction still open may take; None on SQLite."""
    if connection.dialect.name == "sqlite":
        return None
    lowest = connection.scalar(
        sql_text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
    )
    return int(lowest or 0) + _base(connection) << _WITHIN


def settle_base(connection: Connection) -> None:
    """Raise the base when the database was restored into a cluster with younger transactions."""
    if connection.dialect.name == "sqlite":
        return
    highest = connection.scalar(select(func.max(Person.seq))) or 0
    ahead = connection.scalar(
        sql_text("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
    )
    missing = (highest >> _WITHIN) + 1 - (int(ahead or 0) + _base(connection))
    if missing > 0:
        grow(connection, _BASE, missing)


def grow(connection: Connection, name: str, by: int) -> int:
    """Add to a counter, from 0 if it is new, and give its new value; locks it until commit."""
    raised = connection.scalar(_GROW, {"name": name, "by": by})
    return int(raised or 0)


def _base(connection: Connection) -> int:
    return int(connection.scalar(select(Counter.value).where(Counter.name == _BASE)) or 0)
