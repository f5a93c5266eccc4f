"""Statements about erasures: requests, answers, and the destruction itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, or_, select, update

from tracing.store import (
    clues,
    crosschecks,
    families,
    hearings,
    locatings,
    notices,
    origins,
    people,
    photos,
    protections,
    rights,
    verifications,
    voices,
)
from tracing.store.database import Tx
from tracing.store.tables import (
    Candidate,
    Draft,
    Erasure,
    Exclusion,
    FacePrint,
    Person,
    PersonVersion,
    RetentionMark,
    Search,
    Station,
)


@dataclass(frozen=True, slots=True)
class ErasureRow:
    """A request to erase, as stored."""

    id: str
    person_id: str
    station_id: str
    station_name: str
    station_path: str
    side: str
    state: str
    asked_by: str
    reason: str
    requested_by: str
    requested_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    refusal: str | None
    counts: str
    receipt: str | None


@dataclass(frozen=True, slots=True)
class Destroyed:
    """What went: ids of photos and recordings whose files are noise now, and counts."""

    photo_ids: tuple[str, ...]
    clip_ids: tuple[str, ...]
    counts: Mapping[str, int]


_COLUMNS = (
    Erasure.id,
    Erasure.person_id,
    Erasure.station_id,
    Station.name.label("station_name"),
    Station.path.label("station_path"),
    Erasure.side,
    Erasure.state,
    Erasure.asked_by,
    Erasure.reason,
    Erasure.requested_by,
    Erasure.requested_at,
    Erasure.decided_by,
    Erasure.decided_at,
    Erasure.refusal,
    Erasure.counts,
    Erasure.receipt,
)


def insert_request(tx: Tx, values: Mapping[str, Any]) -> None:
    """A new request, or a done erasure read back from the ledger."""
    tx.run(insert(Erasure).values(**values))


def find(tx: Tx, erasure_id: str, *, hold: bool = False) -> ErasureRow | None:
    """The request with that id; with `hold` nobody else answers it meanwhile."""
    if hold:
        tx.run(select(Erasure.id).where(Erasure.id == erasure_id).with_for_update())
    statement = select(*_COLUMNS).join(Station, Station.id == Erasure.station_id)
    row = tx.run(statement.where(Erasure.id == erasure_id)).first()
    return None if row is None else ErasureRow(*row)


def open_for(tx: Tx, person_id: str) -> str | None:
    """The id of the person's unanswered request."""
    found: str | None = tx.connection.scalar(
        select(Erasure.id).where(Erasure.person_id == person_id, Erasure.state == "requested")
    )
    return found


def below(tx: Tx, path: str, limit: int) -> list[ErasureRow]:
    """Requests of the subtree at `path`: unanswered ones first, then the newest."""
    statement = (
        select(*_COLUMNS)
        .join(Station, Station.id == Erasure.station_id)
        .where(Station.path.startswith(path, autoescape=True))
        .order_by((Erasure.state == "requested").desc(), Erasure.id.desc())
    )
    return [ErasureRow(*row) for row in tx.run(statement.limit(limit))]


def answer(tx: Tx, erasure_id: str, values: Mapping[str, Any]) -> None:
    """Write the answer to a held request."""
    tx.run(update(Erasure).where(Erasure.id == erasure_id).values(**values))


def done(tx: Tx) -> list[Mapping[str, Any]]:
    """All erasures that were done, oldest first, as rows of the table."""
    statement = select(*Erasure.__table__.columns).where(Erasure.state == "done")
    return [dict(row) for row in tx.run(statement.order_by(Erasure.decided_at)).mappings()]


def unerased(tx: Tx, person_ids: Sequence[str]) -> list[str]:
    """Which of these persons are still on record."""
    found: list[str] = []
    for start in range(0, len(person_ids), 500):
        part = person_ids[start : start + 500]
        statement = select(Person.id).where(Person.id.in_(part), Person.erased_at.is_(None))
        found.extend(tx.run(statement).scalars())
    return found


def destroy(tx: Tx, person_id: str, at: datetime) -> Destroyed:
    """Destroy a held person's key and remove what lay under it; a stub and its number stay."""
    photo_ids = tuple(row.id for row in photos.of_people(tx, [person_id]))
    own_print = or_(FacePrint.person_id == person_id, FacePrint.photo_id.in_(photo_ids))
    counts = {
        "photos": len(photo_ids),
        "prints": _count(tx, FacePrint, own_print),
        "versions": _count(tx, PersonVersion, PersonVersion.person_id == person_id),
        "searches": _count(tx, Search, Search.probe_person_id == person_id),
        "drafts": _forget_drafts(tx, photo_ids),
    }
    photos.forget_prints(tx, person_id)
    photos.forget(tx, photo_ids)
    hearings.forget(tx, person_id)
    locatings.forget(tx, person_id)
    verifications.forget(tx, person_id, at)
    protections.forget(tx, person_id)
    clues.forget(tx, person_id)
    rights.forget(tx, person_id)
    crosschecks.forget(tx, person_id)
    families.forget(tx, person_id)
    notices.forget(tx, person_id, at)
    origins.forget(tx, person_id, at)
    clip_ids = tuple(voices.forget(tx, person_id))
    _blank(tx, person_id)
    tx.run(delete(RetentionMark).where(RetentionMark.person_id == person_id))
    people.destroy(tx, person_id, at)
    return Destroyed(photo_ids, clip_ids, {**counts, "recordings": len(clip_ids)})


def _count(tx: Tx, table: Any, where: Any) -> int:
    return int(tx.connection.scalar(select(func.count()).select_from(table).where(where)) or 0)


def _forget_drafts(tx: Tx, photo_ids: Sequence[str]) -> int:
    """Half-filled forms that show one of these photos are about the same person."""
    return sum(
        tx.changed(delete(Draft).where(Draft.photo_ids.contains(photo_id, autoescape=True)))
        for photo_id in photo_ids
    )


def _blank(tx: Tx, person_id: str) -> None:
    """Take away what searches and exclusions said; that they happened stays for the audit."""
    own = select(Search.id).where(Search.probe_person_id == person_id)
    tx.run(
        update(Candidate)
        .where(or_(Candidate.person_id == person_id, Candidate.search_id.in_(own)))
        .values(payload=b"")
    )
    tx.run(
        update(Search).where(Search.probe_person_id == person_id).values(wrapped=b"", payload=b"")
    )
    about = or_(Exclusion.probe_person_id == person_id, Exclusion.person_id == person_id)
    tx.run(update(Exclusion).where(about).values(note=b""))
