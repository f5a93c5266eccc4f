"""Statements about people: insert, change, page, follow. Bytes come and go sealed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, delete, exists, func, insert, select, update

from tracing.store.database import Tx
from tracing.store.tables import ExactKeyRow, Origin, Person, PersonKey, PersonVersion, Station


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person as stored; `wrapped` is None once the key is destroyed."""

    id: str
    side: str
    station_id: str
    station_code: str
    station_name: str
    station_path: str
    identity_status: str
    stay_status: str
    tracing_result: str
    protected: bool
    seq: int
    version: int
    document: bytes
    wrapped: bytes | None
    created_at: datetime
    changed_at: datetime
    erased_at: datetime | None
    stored_only_at: datetime | None
    gallery_id: str | None = None

    @property
    def hidden(self) -> bool:
        """Whether no search and no list may show the person."""
        return self.protected or self.stored_only_at is not None


@dataclass(frozen=True, slots=True)
class ExactHit:
    """A person who has the number asked for; `owner` says whose it is."""

    person_id: str
    owner: str
    assigned: bool


_COLUMNS = (
    Person.id,
    Person.side,
    Person.station_id,
    Station.code.label("station_code"),
    Station.name.label("station_name"),
    Station.path.label("station_path"),
    Person.identity_status,
    Person.stay_status,
    Person.tracing_result,
    Person.protected,
    Person.seq,
    Person.version,
    Person.document,
    PersonKey.wrapped,
    Person.created_at,
    Person.changed_at,
    Person.erased_at,
    Person.stored_only_at,
    Person.gallery_id,
)


def _people() -> Select[*tuple[Any, ...]]:
    return (
        select(*_COLUMNS)
        .join(Station, Station.id == Person.station_id)
        .join(PersonKey, PersonKey.person_id == Person.id)
    )


def _row(row: Row[*tuple[Any, ...]]) -> PersonRow:
    return PersonRow(*row)


def insert_people(
    tx: Tx,
    people: Sequence[Mapping[str, Any]],
    keys: Sequence[Mapping[str, Any]],
    exact: Sequence[Mapping[str, Any]],
) -> None:
    """Rows of `person`, `person_key` and `exact_key`, in one statement each."""
    tx.insert(insert(Person), people)
    tx.insert(insert(PersonKey), keys)
    tx.insert(insert(ExactKeyRow), exact)


def find(tx: Tx, person_id: str) -> PersonRow | None:
    """The person with that id, of whatever station."""
    row = tx.run(_people().where(Person.id == person_id)).first()
    return None if row is None else _row(row)


def find_many(tx: Tx, person_ids: Sequence[str]) -> dict[str, PersonRow]:
    """Those of the persons that exist, by id; at most a few hundred ids."""
    rows = tx.run(_people().where(Person.id.in_(person_ids)))
    return {row.id: _row(row) for row in rows}


def hold(tx: Tx, person_id: str) -> PersonRow | None:
    """`find`, and nobody else changes the person until the end of the transaction."""
    tx.run(select(Person.id).where(Person.id == person_id).with_for_update())
    return find(tx, person_id)


def hold_many(tx: Tx, person_ids: Sequence[str]) -> dict[str, PersonRow]:
    """`hold` for at most a few hundred persons, locked in the order of their ids."""
    tx.run(select(Person.id).where(Person.id.in_(person_ids)).order_by(Person.id).with_for_update())
    return find_many(tx, person_ids)


def page(tx: Tx, path: str, side: str | None, before_id: str | None, limit: int) -> list[PersonRow]:
    """People of the subtree at `path`, newest first, not erased, older than `before_id`."""
    statement = _people().where(
        Station.path.startswith(path, autoescape=True),
        Person.erased_at.is_(None),
        Person.stored_only_at.is_(None),
    )
    if side is not None:
        statement = statement.where(Person.side == side)
    if before_id is not None:
        statement = statement.where(Person.id < before_id)
    return [_row(row) for row in tx.run(statement.order_by(Person.id.desc()).limit(limit))]


def replace(
    tx: Tx, old: PersonRow, values: Mapping[str, Any], account_id: str, at: datetime
) -> None:
    """Set `values` on a held person and keep the old document; the caller counts the version."""
    tx.run(
        insert(PersonVersion).values(
            person_id=old.id,
            version=old.version,
            document=old.document,
            replaced_by=account_id,
            replaced_at=at,
        )
    )
    tx.run(update(Person).where(Person.id == old.id).values(**values))


def touch(tx: Tx, person_id: str, at: datetime) -> None:
    """Give the person a new sequence number: something that belongs to them has changed."""
    values = {"seq": tx.next_seq(), "changed_at": at}
    tx.run(update(Person).where(Person.id == person_id).values(values))


def set_states(tx: Tx, person_id: str, states: Mapping[str, str], at: datetime) -> None:
    """Set some of `identity_status`, `stay_status`, `tracing_result`; the record is the same."""
    values = {**states, "seq": tx.next_seq(), "changed_at": at}
    tx.run(update(Person).where(Person.id == person_id).values(**values))


def replace_exact(tx: Tx, person_id: str, exact: Sequence[Mapping[str, Any]]) -> None:
    """Put these digests in place of the person's own."""
    tx.run(delete(ExactKeyRow).where(ExactKeyRow.person_id == person_id))
    tx.insert(insert(ExactKeyRow), exact)


def with_exact(tx: Tx, kind: str, digests: Sequence[bytes]) -> dict[bytes, list[ExactHit]]:
    """Who has one of these numbers, by digest; erased people have none."""
    found: dict[bytes, list[ExactHit]] = {}
    columns = (ExactKeyRow.digest, ExactKeyRow.person_id, ExactKeyRow.owner, ExactKeyRow.assigned)
    for start in range(0, len(digests), 500):
        part = digests[start : start + 500]
        statement = select(*columns).where(ExactKeyRow.kind == kind, ExactKeyRow.digest.in_(part))
        for digest, person_id, owner, assigned in tx.run(statement):
            found.setdefault(bytes(digest), []).append(ExactHit(person_id, owner, assigned))
    return found


def changes(tx: Tx, after_seq: int, limit: int) -> list[PersonRow]:
    """People whose sequence number is above `after_seq`, lowest first, erased ones included.

    Only numbers below which nothing can appear any more; call again with the last one's.
    """
    unsettled = tx.first_unsettled()  # before the rows: what commits in between is above it
    statement = _people().where(Person.seq > after_seq)
    if unsettled is not None:
        statement = statement.where(Person.seq < unsettled)
    return [_row(row) for row in tx.run(statement.order_by(Person.seq).limit(limit))]


def standing(tx: Tx, upto: int) -> tuple[int, int]:
    """Records whose latest change is at most `upto`: how many, and the sum of their numbers."""
    found = tx.run(select(func.count(), func.sum(Person.seq)).where(Person.seq <= upto)).one()
    return int(found[0]), int(found[1] or 0)


def destroy(tx: Tx, person_id: str, at: datetime) -> None:
    """Destroy the person's key and what was searchable of them; a stub and its number stay."""
    tx.run(
        update(PersonKey)
        .where(PersonKey.person_id == person_id)
        .values(wrapped=None, destroyed_at=at)
    )
    tx.run(delete(ExactKeyRow).where(ExactKeyRow.person_id == person_id))
    tx.run(delete(PersonVersion).where(PersonVersion.person_id == person_id))
    tx.run(
        update(Person)
        .where(Person.id == person_id)
        .values(
            document=b"",
            erased_at=at,
            changed_at=at,
            seq=tx.next_seq(),
            version=Person.version + 1,
            sex=None,
            birth_from=None,
            birth_to=None,
            home_division=None,
            event_division=None,
            event_on=None,
        )
    )


def changes_within(tx: Tx, path: str, after_seq: int, limit: int) -> list[PersonRow]:
    """`changes` of the subtree at `path`, without records lent by others or cloned from them."""
    unsettled = tx.first_unsettled()  # before the rows: what commits in between is above it
    clones = select(Origin.person_id).where(Origin.person_id == Person.id, Origin.clone)
    statement = _people().where(
        Person.seq > after_seq,
        Station.path.startswith(path, autoescape=True),
        Person.gallery_id.is_(None),
        ~exists(clones.correlate(Person)),
    )
    if unsettled is not None:
        statement = statement.where(Person.seq < unsettled)
    return [_row(row) for row in tx.run(statement.order_by(Person.seq).limit(limit))]


def versions(tx: Tx, person_id: str) -> list[tuple[int, bytes, datetime]]:
    """Earlier documents, sealed: version, document, when it was replaced; oldest first."""
    statement = (
        select(PersonVersion.version, PersonVersion.document, PersonVersion.replaced_at)
        .where(PersonVersion.person_id == person_id)
        .order_by(PersonVersion.version)
    )
    return [(version, document, at) for version, document, at in tx.run(statement)]
