"""Statements about impact assessments, incidents, running clocks, and the count of faces."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update

from tracing.store.database import Tx
from tracing.store.tables import Assessment, DutyClock, FacePrint, Incident, Person, Station


@dataclass(frozen=True, slots=True)
class AssessmentRow:
    """An assessment as stored."""

    id: str
    scope: str
    number: str
    valid_from: datetime
    valid_until: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """An incident as stored."""

    id: str
    kind: str
    sealed: bytes
    found_at: datetime
    recorded_at: datetime
    closed_at: datetime | None
    station_name: str
    station_path: str


@dataclass(frozen=True, slots=True)
class ClockRow:
    """A clock as stored; `rule` is id and version."""

    id: str
    rule: str
    subject_id: str | None
    started_at: datetime
    due_at: datetime
    stopped_at: datetime | None
    deed: str | None


_ASSESSMENT = (
    Assessment.id,
    Assessment.scope,
    Assessment.number,
    Assessment.valid_from,
    Assessment.valid_until,
    Assessment.ended_at,
)
_CLOCK = (
    DutyClock.id,
    DutyClock.rule,
    DutyClock.subject_id,
    DutyClock.started_at,
    DutyClock.due_at,
    DutyClock.stopped_at,
    DutyClock.deed,
)


def insert_assessment(tx: Tx, values: Mapping[str, Any]) -> None:
    """A new assessment."""
    tx.run(insert(Assessment).values(**values))


def assessments(tx: Tx) -> list[AssessmentRow]:
    """All assessments, the one that lasts longest first."""
    statement = select(*_ASSESSMENT).order_by(Assessment.valid_until.desc(), Assessment.id.desc())
    return [AssessmentRow(*row) for row in tx.run(statement)]


def of_scope(tx: Tx, scope: str) -> list[AssessmentRow]:
    """Assessments of one scope."""
    return [AssessmentRow(*row) for row in tx.run(select(*_ASSESSMENT).where(
        Assessment.scope == scope))]  # fmt: skip


def end_assessment(tx: Tx, assessment_id: str, at: datetime) -> bool:
    """Withdraw an assessment before its day; False when there is none in force."""
    statement = update(Assessment).where(
        Assessment.id == assessment_id, Assessment.ended_at.is_(None)
    )
    return tx.changed(statement.values(ended_at=at)) > 0


def insert_incident(tx: Tx, values: Mapping[str, Any]) -> None:
    """A new incident."""
    tx.run(insert(Incident).values(**values))


def incidents(tx: Tx, path: str, limit: int) -> list[IncidentRow]:
    """Incidents of the subtree, open ones first, then the newest."""
    statement = (
        _incidents()
        .where(Station.path.startswith(path, autoescape=True))
        .order_by(Incident.closed_at.is_not(None), Incident.id.desc())
    )
    return [IncidentRow(*row) for row in tx.run(statement.limit(limit))]


def incident(tx: Tx, incident_id: str) -> IncidentRow | None:
    """The incident with that id, held."""
    tx.run(select(Incident.id).where(Incident.id == incident_id).with_for_update())
    row = tx.run(_incidents().where(Incident.id == incident_id)).first()
    return None if row is None else IncidentRow(*row)


def change_incident(tx: Tx, incident_id: str, values: Mapping[str, Any]) -> None:
    """Set columns of an incident."""
    tx.run(update(Incident).where(Incident.id == incident_id).values(**values))


def _incidents() -> Any:
    return select(
        Incident.id,
        Incident.kind,
        Incident.sealed,
        Incident.found_at,
        Incident.recorded_at,
        Incident.closed_at,
        Station.name,
        Station.path,
    ).join(Station, Station.id == Incident.station_id)


def start_clock(tx: Tx, values: Mapping[str, Any]) -> None:
    """A running clock."""
    tx.run(insert(DutyClock).values(**values))


def clocks(tx: Tx, rule: str) -> list[ClockRow]:
    """Clocks of a rule, of whatever version, newest first."""
    statement = select(*_CLOCK).where(DutyClock.rule.startswith(f"{rule}/", autoescape=True))
    return [ClockRow(*row) for row in tx.run(statement.order_by(DutyClock.id.desc()))]


def clocks_of(tx: Tx, subject_id: str) -> list[ClockRow]:
    """Clocks of one subject, the one that is due first before the others."""
    statement = select(*_CLOCK).where(DutyClock.subject_id == subject_id)
    return [ClockRow(*row) for row in tx.run(statement.order_by(DutyClock.due_at, DutyClock.id))]


def stop_clock(tx: Tx, clock_id: str, values: Mapping[str, Any]) -> bool:
    """Stop a running clock; False when it does not run."""
    statement = update(DutyClock).where(DutyClock.id == clock_id, DutyClock.stopped_at.is_(None))
    return tx.changed(statement.values(**values)) > 0


def people_with_faces(tx: Tx) -> int:
    """How many people on record have a face print."""
    statement = (
        select(func.count(func.distinct(FacePrint.person_id)))
        .join(Person, Person.id == FacePrint.person_id)
        .where(Person.erased_at.is_(None))
    )
    return int(tx.connection.scalar(statement) or 0)
