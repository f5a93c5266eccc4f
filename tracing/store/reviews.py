"""Statements about urgent searches that wait for, or have had, another person's review."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, insert, select, update

from tracing.store.database import Tx
from tracing.store.tables import Search, SearchReview, Station


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """A review as stored, with the station whose search it is."""

    search_id: str
    station_path: str
    station_name: str
    due_at: datetime
    sealed: bytes
    reviewed_by: str | None
    reviewed_at: datetime | None
    outcome: str | None
    note: bytes | None


def _reviews() -> Select[*tuple[Any, ...]]:
    return (
        select(
            SearchReview.search_id,
            Station.path,
            Station.name,
            SearchReview.due_at,
            SearchReview.sealed,
            SearchReview.reviewed_by,
            SearchReview.reviewed_at,
            SearchReview.outcome,
            SearchReview.note,
        )
        .join(Search, Search.id == SearchReview.search_id)
        .join(Station, Station.id == Search.station_id)
    )


def insert_review(tx: Tx, values: Mapping[str, Any]) -> None:
    """A search waits for its review."""
    tx.run(insert(SearchReview).values(**values))


def hold(tx: Tx, search_id: str) -> ReviewRow | None:
    """The review of a search; nobody else changes it until the end of the transaction."""
    held = select(SearchReview.search_id).where(SearchReview.search_id == search_id)
    tx.run(held.with_for_update())
    return find(tx, search_id)


def find(tx: Tx, search_id: str) -> ReviewRow | None:
    """The review of a search, if it needs one."""
    row = tx.run(_reviews().where(SearchReview.search_id == search_id)).first()
    return None if row is None else ReviewRow(*row)


def below(tx: Tx, path: str, *, pending: bool, limit: int) -> list[ReviewRow]:
    """Those of the subtree at `path`: waiting ones, longest due first, or the latest reviewed."""
    statement = _reviews().where(Station.path.startswith(path, autoescape=True))
    if pending:
        statement = statement.where(SearchReview.reviewed_at.is_(None))
        statement = statement.order_by(SearchReview.due_at)
    else:
        statement = statement.where(SearchReview.reviewed_at.is_not(None))
        statement = statement.order_by(SearchReview.reviewed_at.desc())
    return [ReviewRow(*row) for row in tx.run(statement.limit(limit))]


def count_of(tx: Tx, account_id: str, since: datetime) -> int:
    """How many urgent searches an account has made since then."""
    statement = (
        select(func.count())
        .select_from(SearchReview)
        .join(Search, Search.id == SearchReview.search_id)
        .where(Search.account_id == account_id, Search.at >= since)
    )
    return int(tx.connection.scalar(statement) or 0)


def decide(tx: Tx, search_id: str, values: Mapping[str, Any]) -> None:
    """Write down a held review."""
    tx.run(update(SearchReview).where(SearchReview.search_id == search_id).values(**values))
