"""Statements about where imported records come from, and about ids that were erased here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update

from tracing.store.database import Tx
from tracing.store.tables import ErasedExternal, ExactKeyRow, Origin, Person

_PART = 500


@dataclass(frozen=True, slots=True)
class OriginRow:
    """The origin of a person's record as stored."""

    person_id: str
    import_id: str
    clone: bool
    dated_at: datetime | None
    expires_at: datetime | None
    version: int
    received_at: datetime
    sealed: bytes


_COLUMNS = (
    Origin.person_id,
    Origin.import_id,
    Origin.clone,
    Origin.dated_at,
    Origin.expires_at,
    Origin.version,
    Origin.received_at,
    Origin.sealed,
)


def insert_origins(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    """New origins, in one statement."""
    tx.insert(insert(Origin), rows)


def put(tx: Tx, values: Mapping[str, Any]) -> None:
    """The origin of a held person, in place of an earlier one."""
    if not tx.insert_new(Origin, values):
        tx.run(update(Origin).where(Origin.person_id == values["person_id"]).values(**values))


def find(tx: Tx, person_id: str) -> OriginRow | None:
    """Where that person's record comes from; None when it was written here."""
    row = tx.run(select(*_COLUMNS).where(Origin.person_id == person_id)).first()
    return None if row is None else OriginRow(*row)


def of_people(tx: Tx, person_ids: Sequence[str]) -> dict[str, OriginRow]:
    """Origins by person."""
    found: dict[str, OriginRow] = {}
    for start in range(0, len(person_ids), _PART):
        part = person_ids[start : start + _PART]
        for row in tx.run(select(*_COLUMNS).where(Origin.person_id.in_(part))):
            found[row.person_id] = OriginRow(*row)
    return found


def is_clone(tx: Tx, person_id: str) -> bool:
    """Whether the record belongs to another domain."""
    return bool(tx.connection.scalar(select(Origin.clone).where(Origin.person_id == person_id)))


def expired(tx: Tx, now: datetime, limit: int) -> list[str]:
    """Clones still on record whose day has passed."""
    statement = (
        select(Origin.person_id)
        .join(Person, Person.id == Origin.person_id)
        .where(Origin.clone, Origin.expires_at < now, Person.erased_at.is_(None))
    )
    return list(tx.run(statement.order_by(Origin.person_id).limit(limit)).scalars())


def forget(tx: Tx, person_id: str, at: datetime) -> None:
    """Forget the origin of a person about to be erased; the external id stays as a digest."""
    tx.run(delete(Origin).where(Origin.person_id == person_id))
    statement = select(ExactKeyRow.digest).where(
        ExactKeyRow.person_id == person_id, ExactKeyRow.kind == "external"
    )
    for digest in tx.run(statement).scalars().all():
        tx.insert_new(ErasedExternal, {"digest": digest, "at": at})


def erased(tx: Tx, digests: Sequence[bytes]) -> set[bytes]:
    """Which of these external ids belong to somebody who was erased here."""
    found: set[bytes] = set()
    for start in range(0, len(digests), _PART):
        part = digests[start : start + _PART]
        statement = select(ErasedExternal.digest).where(ErasedExternal.digest.in_(part))
        found.update(bytes(digest) for digest in tx.run(statement).scalars())
    return found


def external_of(tx: Tx, person_id: str) -> list[bytes]:
    """Digests of a person's external ids."""
    statement = select(ExactKeyRow.digest).where(
        ExactKeyRow.person_id == person_id, ExactKeyRow.kind == "external"
    )
    return [bytes(digest) for digest in tx.run(statement).scalars()]


def may_return(tx: Tx, digests: Sequence[bytes]) -> None:
    """These ids went because their time was over, not because somebody asked: they may return."""
    if digests:
        tx.run(delete(ErasedExternal).where(ErasedExternal.digest.in_(digests)))
