"""Statements about searches, what they showed, and exclusions. Payloads come and go sealed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, insert, or_, select, update
from sqlalchemy.orm import aliased

from tracing.store.database import Tx
from tracing.store.tables import (
    Candidate,
    Exclusion,
    Person,
    PersonKey,
    PoliceQuestion,
    PoliceRequest,
    Search,
    Station,
)


@dataclass(frozen=True, slots=True)
class SearchRow:
    """A search as stored; `probe_wrapped` is the probe's wrapped person key, if there is one."""

    id: str
    at: datetime
    account_id: str
    station_id: str
    station_path: str
    via: str
    case_id: str | None
    probe_person_id: str | None
    purpose: str
    legal_basis: str
    faces: int
    gallery_size: int
    gallery_seq: int
    model_hash: str
    nobody: float
    cpu_ms: float
    wrapped: bytes
    payload: bytes
    probe_wrapped: bytes | None


@dataclass(frozen=True, slots=True)
class CandidateRow:
    """A candidate as stored; `person_wrapped` is None once the person is erased."""

    search_id: str
    rank: int
    person_id: str
    person_version: int
    probability: float
    bits: float
    grade: str
    payload: bytes
    person_wrapped: bytes | None


@dataclass(frozen=True, slots=True)
class ExclusionRow:
    """An exclusion with the versions that it was made for and those of now."""

    id: str
    probe_person_id: str
    person_id: str
    probe_version: int
    person_version: int
    probe_version_now: int
    person_version_now: int
    model_hash: str
    reason_code: str
    note: bytes
    station_id: str
    account_id: str
    at: datetime
    restored_by: str | None
    restored_at: datetime | None
    probe_wrapped: bytes | None
    person_wrapped: bytes | None


_SEARCH = (
    Search.id,
    Search.at,
    Search.account_id,
    Search.station_id,
    Station.path.label("station_path"),
    Search.via,
    Search.case_id,
    Search.probe_person_id,
    Search.purpose,
    Search.legal_basis,
    Search.faces,
    Search.gallery_size,
    Search.gallery_seq,
    Search.model_hash,
    Search.nobody,
    Search.cpu_ms,
    Search.wrapped,
    Search.payload,
    PersonKey.wrapped.label("probe_wrapped"),
)
_CANDIDATE = (
    Candidate.search_id,
    Candidate.rank,
    Candidate.person_id,
    Candidate.person_version,
    Candidate.probability,
    Candidate.bits,
    Candidate.grade,
    Candidate.payload,
    PersonKey.wrapped.label("person_wrapped"),
)


def insert_searches(
    tx: Tx, searches: Sequence[Mapping[str, Any]], candidates: Sequence[Mapping[str, Any]]
) -> None:
    """Searches and everybody they showed."""
    tx.insert(insert(Search), searches)
    tx.insert(insert(Candidate), candidates)


def find(tx: Tx, search_id: str) -> SearchRow | None:
    """The search with that id, of whatever station."""
    return find_many(tx, [search_id]).get(search_id)


def find_many(tx: Tx, search_ids: Sequence[str]) -> dict[str, SearchRow]:
    """Those of the searches that exist, by id; at most a few hundred ids."""
    statement = (
        select(*_SEARCH)
        .join(Station, Station.id == Search.station_id)
        .outerjoin(PersonKey, PersonKey.person_id == Search.probe_person_id)
        .where(Search.id.in_(search_ids))
    )
    found = [SearchRow(*row) for row in tx.run(statement)]
    return {row.id: row for row in found}


def of_person(tx: Tx, person_id: str, limit: int) -> list[str]:
    """Ids of the latest searches for that person, newest first."""
    statement = select(Search.id).where(Search.probe_person_id == person_id)
    return list(tx.run(statement.order_by(Search.id.desc()).limit(limit)).scalars())


def latest_of(tx: Tx, account_id: str, limit: int) -> list[SearchRow]:
    """The latest searches of an account, newest first."""
    statement = (
        select(*_SEARCH)
        .join(Station, Station.id == Search.station_id)
        .outerjoin(PersonKey, PersonKey.person_id == Search.probe_person_id)
        .where(Search.account_id == account_id)
    )
    rows = tx.run(statement.order_by(Search.id.desc()).limit(limit))
    return [SearchRow(*row) for row in rows]


def with_faces(tx: Tx, path: str, since: datetime, until: datetime, limit: int) -> list[SearchRow]:
    """Searches of the subtree at `path` that compared a face, in that time, newest first."""
    statement = (
        select(*_SEARCH)
        .join(Station, Station.id == Search.station_id)
        .outerjoin(PersonKey, PersonKey.person_id == Search.probe_person_id)
        .where(
            Station.path.startswith(path, autoescape=True),
            Search.faces > 0,
            Search.at >= since,
            Search.at < until,
        )
    )
    rows = tx.run(statement.order_by(Search.id.desc()).limit(limit))
    return [SearchRow(*row) for row in rows]


def candidates(tx: Tx, search_id: str) -> list[CandidateRow]:
    """Whom a search showed, by rank."""
    return candidates_of(tx, [search_id])[search_id]


def candidates_of(tx: Tx, search_ids: Sequence[str]) -> dict[str, list[CandidateRow]]:
    """The same of each of at most a few hundred searches."""
    statement = (
        select(*_CANDIDATE)
        .outerjoin(PersonKey, PersonKey.person_id == Candidate.person_id)
        .where(Candidate.search_id.in_(search_ids))
        .order_by(Candidate.search_id, Candidate.rank)
    )
    found: dict[str, list[CandidateRow]] = {key: [] for key in search_ids}
    for row in tx.run(statement):
        found[row.search_id].append(CandidateRow(*row))
    return found


def was_shown(tx: Tx, person_id: str, path: str) -> bool:
    """Whether a search of the subtree at `path` has shown that person."""
    statement = (
        select(Candidate.person_id)
        .join(Search, Search.id == Candidate.search_id)
        .join(Station, Station.id == Search.station_id)
        .where(Candidate.person_id == person_id, Station.path.startswith(path, autoescape=True))
    )
    return tx.run(statement.limit(1)).first() is not None


def shown_to(tx: Tx, person_id: str, account_id: str, since: datetime, now: datetime) -> bool:
    """Whether a search of that account has shown that person since then, and still may."""
    statement = (
        select(Candidate.person_id)
        .join(Search, Search.id == Candidate.search_id)
        .outerjoin(PoliceQuestion, PoliceQuestion.search_id == Search.id)
        .outerjoin(PoliceRequest, PoliceRequest.id == PoliceQuestion.request_id)
        .where(
            Candidate.person_id == person_id,
            Search.account_id == account_id,
            Search.at >= since,
            _not_over(now),
        )
    )
    return tx.run(statement.limit(1)).first() is not None


def still_open(tx: Tx, search_id: str, now: datetime) -> bool:
    """Whether the request that a search was asked by is not over; others are always open."""
    statement = (
        select(Search.id)
        .outerjoin(PoliceQuestion, PoliceQuestion.search_id == Search.id)
        .outerjoin(PoliceRequest, PoliceRequest.id == PoliceQuestion.request_id)
        .where(Search.id == search_id, _not_over(now))
    )
    return tx.run(statement).first() is not None


def _not_over(now: datetime) -> ColumnElement[bool]:
    running = and_(PoliceRequest.expires_at > now, PoliceRequest.ended_at.is_(None))
    return or_(PoliceRequest.id.is_(None), running)


def insert_exclusion(tx: Tx, values: Mapping[str, Any]) -> None:
    """Staff say that these two are not one person."""
    tx.run(insert(Exclusion).values(**values))


def _exclusions() -> Select[*tuple[Any, ...]]:
    probe, person = aliased(Person), aliased(Person)
    probe_key, person_key = aliased(PersonKey), aliased(PersonKey)
    return (
        select(
            Exclusion.id,
            Exclusion.probe_person_id,
            Exclusion.person_id,
            Exclusion.probe_version,
            Exclusion.person_version,
            probe.version,
            person.version,
            Exclusion.model_hash,
            Exclusion.reason_code,
            Exclusion.note,
            Exclusion.station_id,
            Exclusion.account_id,
            Exclusion.at,
            Exclusion.restored_by,
            Exclusion.restored_at,
            probe_key.wrapped,
            person_key.wrapped,
        )
        .join(probe, probe.id == Exclusion.probe_person_id)
        .join(person, person.id == Exclusion.person_id)
        .join(probe_key, probe_key.person_id == probe.id)
        .join(person_key, person_key.person_id == person.id)
    )


def shown_now(tx: Tx, search_id: str) -> int:
    """How many of whom a search showed may still be shown: not erased, protected or stored only."""
    statement = (
        select(func.count())
        .select_from(Candidate)
        .join(Person, Person.id == Candidate.person_id)
        .where(Candidate.search_id == search_id, Person.protected.is_(False))
        .where(Person.erased_at.is_(None), Person.stored_only_at.is_(None))
    )
    return int(tx.connection.scalar(statement) or 0)


def exclusion(tx: Tx, exclusion_id: str) -> ExclusionRow | None:
    """The exclusion with that id."""
    row = tx.run(_exclusions().where(Exclusion.id == exclusion_id)).first()
    return None if row is None else ExclusionRow(*row)


def exclusions_of(tx: Tx, person_id: str) -> list[ExclusionRow]:
    """Exclusions of that person from either side, oldest first, taken-back ones included."""
    statement = _exclusions().where(
        (Exclusion.probe_person_id == person_id) | (Exclusion.person_id == person_id)
    )
    return [ExclusionRow(*row) for row in tx.run(statement.order_by(Exclusion.id))]


def restore(tx: Tx, exclusion_id: str, account_id: str, at: datetime) -> bool:
    """Take an exclusion back; False when it was taken back before."""
    statement = (
        update(Exclusion)
        .where(Exclusion.id == exclusion_id, Exclusion.restored_at.is_(None))
        .values(restored_by=account_id, restored_at=at)
    )
    return bool(tx.changed(statement))
