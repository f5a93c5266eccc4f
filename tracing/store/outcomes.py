"""Statements about confirmed cases, and about exclusions as a station's experience."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from tracing.store.database import Tx
from tracing.store.tables import (
    ConfirmedCase,
    Exclusion,
    Person,
    PersonKey,
    PersonVersion,
    Search,
    Station,
)


@dataclass(frozen=True, slots=True)
class OutcomeRow:
    """Who a person was; `person_id` is None where nobody on record was this person."""

    id: str
    probe_person_id: str
    probe_version: int
    person_id: str | None


@dataclass(frozen=True, slots=True)
class RejectionRow:
    """Staff said of a candidate that this is not the person, and have not taken it back."""

    probe_person_id: str
    probe_version: int
    person_id: str


@dataclass(frozen=True, slots=True)
class OldDocument:
    """A person's sealed record as it was at a version, with the wrapped key and the side."""

    side: str
    wrapped: bytes
    document: bytes


def insert_outcome(tx: Tx, values: Mapping[str, Any]) -> None:
    """One more confirmed case."""
    tx.insert(insert(ConfirmedCase), [values])


def undo(tx: Tx, outcome_id: str, account_id: str, at: datetime) -> bool:
    """Take a confirmation back; False when there is none or it was taken back before."""
    statement = (
        update(ConfirmedCase)
        .where(ConfirmedCase.id == outcome_id, ConfirmedCase.undone_at.is_(None))
        .values(undone_by=account_id, undone_at=at)
    )
    return bool(tx.changed(statement))


def find(tx: Tx, outcome_id: str) -> OutcomeRow | None:
    """The confirmed case with that id that is in force."""
    statement = _outcomes().where(ConfirmedCase.id == outcome_id)
    row = tx.run(statement).first()
    return None if row is None else OutcomeRow(*row)


def below(tx: Tx, path: str, most: int) -> Sequence[OutcomeRow]:
    """The newest confirmed cases of the stations at that path and below, newest first."""
    statement = (
        _outcomes()
        .join(Station, Station.id == ConfirmedCase.station_id)
        .where(Station.path.startswith(path, autoescape=True))
        .order_by(ConfirmedCase.id.desc())
    )
    return [OutcomeRow(*row) for row in tx.run(statement.limit(most))]


def rejections(tx: Tx, path: str, most: int) -> Sequence[RejectionRow]:
    """Exclusions in force of the stations at that path and below, newest first."""
    statement = (
        select(Exclusion.probe_person_id, Exclusion.probe_version, Exclusion.person_id)
        .join(Station, Station.id == Exclusion.station_id)
        .where(Station.path.startswith(path, autoescape=True), Exclusion.restored_at.is_(None))
        .order_by(Exclusion.id.desc())
    )
    return [RejectionRow(*row) for row in tx.run(statement.limit(most))]


def searched(tx: Tx, path: str, most: int) -> Sequence[str]:
    """People whom the stations at that path and below searched for last, newest first."""
    statement = (
        select(Search.probe_person_id)
        .join(Station, Station.id == Search.station_id)
        .where(Station.path.startswith(path, autoescape=True), Search.probe_person_id.is_not(None))
        .order_by(Search.id.desc())
    )
    found = tx.run(statement.limit(4 * most)).scalars()
    return list(dict.fromkeys(str(person_id) for person_id in found))[:most]


def document_at(tx: Tx, person_id: str, version: int) -> OldDocument | None:
    """A person's record as it was at a version; None once the person is erased."""
    now = (
        select(Person.side, PersonKey.wrapped, Person.version, Person.document)
        .join(PersonKey, PersonKey.person_id == Person.id)
        .where(Person.id == person_id, Person.erased_at.is_(None))
    )
    row = tx.run(now).first()
    if row is None or row.wrapped is None:
        return None
    if row.version == version:
        return OldDocument(row.side, row.wrapped, row.document)
    old = select(PersonVersion.document).where(
        PersonVersion.person_id == person_id, PersonVersion.version == version
    )
    document = tx.run(old).scalar()
    return None if document is None else OldDocument(row.side, row.wrapped, document)


def _outcomes() -> Any:
    return select(
        ConfirmedCase.id,
        ConfirmedCase.probe_person_id,
        ConfirmedCase.probe_version,
        ConfirmedCase.person_id,
    ).where(ConfirmedCase.undone_at.is_(None))
