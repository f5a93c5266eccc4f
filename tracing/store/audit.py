"""Statements about the audit trail: append, read, chain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, insert, or_, select, update

from tracing.store.database import Tx
from tracing.store.tables import AuditRow, Candidate, Search


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the trail; `chain`, `previous`, `hash` are None until it is sealed."""

    id: int
    at: datetime
    account_id: str | None
    station_id: str | None
    via: str
    action: str
    object_kind: str
    object_id: str | None
    case_id: str | None
    purpose: str | None
    outcome: str
    detail: str
    chain: int | None
    previous: bytes | None
    hash: bytes | None
    key_prefix: str | None = None


_COLUMNS = (
    AuditRow.id,
    AuditRow.at,
    AuditRow.account_id,
    AuditRow.station_id,
    AuditRow.via,
    AuditRow.action,
    AuditRow.object_kind,
    AuditRow.object_id,
    AuditRow.case_id,
    AuditRow.purpose,
    AuditRow.outcome,
    AuditRow.detail,
    AuditRow.chain,
    AuditRow.previous,
    AuditRow.hash,
    AuditRow.key_prefix,
)


def append(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add rows to the trail, in the transaction of what they tell."""
    tx.insert(insert(AuditRow), rows)


def seen_since(tx: Tx, account_id: str, action: str, object_id: str, since: datetime) -> bool:
    """Whether this account already has such a row since then."""
    statement = select(AuditRow.id).where(
        AuditRow.object_kind == "photo",
        AuditRow.object_id == object_id,
        AuditRow.action == action,
        AuditRow.account_id == account_id,
        AuditRow.at > since,
    )
    return tx.run(statement.limit(1)).first() is not None


def page(
    tx: Tx, before_id: int | None, limit: int, station_ids: Sequence[str], **where: str
) -> list[Entry]:
    """Rows of these stations, newest first; `where` names columns that must be equal."""
    statement = select(*_COLUMNS).where(AuditRow.station_id.in_(station_ids))
    if before_id is not None:
        statement = statement.where(AuditRow.id < before_id)
    for name, value in where.items():
        statement = statement.where(getattr(AuditRow, name) == value)
    return [Entry(*row) for row in tx.run(statement.order_by(AuditRow.id.desc()).limit(limit))]


def count_of_key(tx: Tx, key_prefix: str, station_ids: Sequence[str]) -> list[tuple[str, str, int]]:
    """Action, outcome and number of the rows that a key left at these stations."""
    number = func.count()
    statement = (
        select(AuditRow.action, AuditRow.outcome, number)
        .where(AuditRow.key_prefix == key_prefix, AuditRow.station_id.in_(station_ids))
        .group_by(AuditRow.action, AuditRow.outcome)
        .order_by(number.desc(), AuditRow.action)
    )
    return [(row[0], row[1], int(row[2])) for row in tx.run(statement)]


def about(tx: Tx, person_id: str, limit: int) -> list[Entry]:
    """Rows that are about that person, of whatever station, newest first.

    About them are their own rows, those of searches that showed or asked for them, and all whose
    detail names them (lists, photos, recordings).
    """
    showed = select(Candidate.search_id).where(Candidate.person_id == person_id)
    asked = select(Search.id).where(Search.probe_person_id == person_id)
    search = and_(
        AuditRow.object_kind == "search",
        or_(AuditRow.object_id.in_(showed), AuditRow.object_id.in_(asked)),
    )
    named = AuditRow.detail.contains(person_id, autoescape=True)
    where = or_(AuditRow.object_id == person_id, search, named)
    statement = select(*_COLUMNS).where(where).order_by(AuditRow.id.desc()).limit(limit)
    return [Entry(*row) for row in tx.run(statement)]


def count_about(tx: Tx, person_id: str, actions: Sequence[str]) -> int:
    """How often one of these deeds was done about that person."""
    statement = (
        select(func.count())
        .select_from(AuditRow)
        .where(
            AuditRow.object_kind == "person",
            AuditRow.object_id == person_id,
            AuditRow.action.in_(actions),
            AuditRow.outcome == "done",
        )
    )
    return int(tx.connection.scalar(statement) or 0)


def rank_in(tx: Tx, search_id: str, person_id: str) -> tuple[int, str] | None:
    """Where on the list of a search that person stood, and as what."""
    statement = select(Candidate.rank, Candidate.grade)
    row = tx.run(
        statement.where(Candidate.search_id == search_id, Candidate.person_id == person_id)
    ).first()
    return None if row is None else (int(row.rank), str(row.grade))


def last_sealed(tx: Tx) -> Entry | None:
    """The end of the chain."""
    newest = select(func.max(AuditRow.chain)).scalar_subquery()
    row = tx.run(select(*_COLUMNS).where(AuditRow.chain == newest)).first()
    return None if row is None else Entry(*row)


def unsealed(tx: Tx, limit: int) -> list[Entry]:
    """Committed rows that are not in the chain yet, in order of writing."""
    statement = select(*_COLUMNS).where(AuditRow.chain.is_(None)).order_by(AuditRow.id)
    return [Entry(*row) for row in tx.run(statement.limit(limit))]


def sealed_after(tx: Tx, chain: int, limit: int) -> list[Entry]:
    """Rows of the chain above a number, in order."""
    statement = select(*_COLUMNS).where(AuditRow.chain > chain).order_by(AuditRow.chain)
    return [Entry(*row) for row in tx.run(statement.limit(limit))]


def set_hash(tx: Tx, entry_id: int, chain: int, previous: bytes, digest: bytes) -> None:
    """Put a row into the chain."""
    tx.run(
        update(AuditRow)
        .where(AuditRow.id == entry_id, AuditRow.chain.is_(None))
        .values(chain=chain, previous=previous, hash=digest)
    )
