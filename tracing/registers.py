"""Registers: impact assessments that switch off what they no longer cover, incidents, the count of
people with face records against the number from which an installation is filed."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from importlib.resources import files
from typing import Any

from tracing import audit
from tracing.access import Actor, require
from tracing.clocks import CHINA, clock_rules
from tracing.errors import Conflict, NotFound, RecordInvalid
from tracing.store import Store, Tx
from tracing.store import registers as rows
from tracing.store.ids import is_id, new_id
from tracing.store.registers import AssessmentRow, ClockRow

FILING = "face_filing_30wd"
INCIDENT_CLOCKS = {"incident_report_4h": "authority", "incident_persons_72h": "persons"}
"""Which telling stops which clock."""
TEXT_LONGEST = 2000
NUMBER_LONGEST = 64
_LISTED = 100


@dataclass(frozen=True, slots=True)
class RegisterRules:
    """`registers.toml`, read."""

    scopes: tuple[str, ...]
    warn_days: int
    kinds: tuple[str, ...]
    told: tuple[str, ...]
    filing: int
    warn_share: float


@dataclass(frozen=True, slots=True)
class ScopeState:
    """One scope: `state` is none (never assessed), valid, ending or off."""

    scope: str
    state: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Told:
    """Who was told of an incident, when, and by which number or in which words."""

    whom: str
    at: datetime
    how: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class IncidentFile:
    """An incident with what happened, who was told, and its clocks."""

    id: str
    kind: str
    what: str = field(repr=False)
    people: str
    found_at: datetime
    closed_at: datetime | None
    station_name: str
    told: tuple[Told, ...]
    clocks: tuple[ClockRow, ...]


@dataclass(frozen=True, slots=True)
class FaceCount:
    """People with face records; `state` is below, near or over; the clock runs from over on."""

    people: int
    filing: int
    share: float
    state: str
    clock: ClockRow | None


@lru_cache(maxsize=1)
def register_rules() -> RegisterRules:
    """The packaged lists; the same object every time."""
    table: dict[str, Any] = tomllib.loads(
        files("tracing").joinpath("registers.toml").read_text("utf-8")
    )
    return RegisterRules(
        scopes=tuple(table["assessment"]["scopes"]),
        warn_days=int(table["assessment"]["warn_days"]),
        kinds=tuple(table["incident"]["kinds"]),
        told=tuple(table["incident"]["told"]),
        filing=int(table["faces"]["filing"]),
        warn_share=float(table["faces"]["warn_share"]),
    )


def switched_off(tx: Tx, scope: str, now: datetime) -> bool:
    """Whether every assessment of this scope has run out; asked before each use of it.

    False while none was ever recorded: the page then says that one is missing.
    """
    known = rows.of_scope(tx, scope)
    return bool(known) and not any(_covers(row, now) for row in known)


def _covers(row: AssessmentRow, now: datetime) -> bool:
    return row.ended_at is None and row.valid_from <= now < row.valid_until


class Registers:
    """The officer's registers; each call is one transaction."""

    def __init__(self, store: Store, rules: RegisterRules | None = None) -> None:
        self._store = store
        self._rules = rules or register_rules()

    def scopes(self, actor: Actor) -> tuple[ScopeState, ...]:
        """How each scope stands today."""
        require(actor, "registers")
        now = self._store.now()
        with self._store.read() as tx:
            return tuple(self._scope(tx, scope, now) for scope in self._rules.scopes)

    def assessments(self, actor: Actor) -> tuple[AssessmentRow, ...]:
        """All assessments, the one that lasts longest first."""
        require(actor, "registers")
        with self._store.read() as tx:
            return tuple(rows.assessments(tx))

    def assess(self, actor: Actor, scope: str, number: str, start: str, end: str) -> None:
        """Record an assessment: its number, and its first and last day (`2026-05-01`).

        Raises:
            RecordInvalid: no such scope, no number, or days that are none or the wrong way round.
        """
        require(actor, "registers")
        if scope not in self._rules.scopes:
            raise RecordInvalid(path="scope", reason="unknown_value")
        if not 0 < len(number) <= NUMBER_LONGEST:
            raise RecordInvalid(path="number", reason="value_missing")
        first, last = _day("valid_from", start), _day("valid_until", end)
        if last < first:
            raise RecordInvalid(path="valid_until", reason="date")
        now, number_of = self._store.now(), new_id()
        values = {
            "id": number_of, "scope": scope, "number": number, "valid_from": _midnight(first),
            "valid_until": _midnight(last + timedelta(days=1)),
            "account_id": actor.account_id, "recorded_at": now,
        }  # fmt: skip
        with self._store.write() as tx:
            rows.insert_assessment(tx, values)
            audit.record(tx, actor, "assessment.record", "assessment", number_of, at=now,
                         detail={"scope": scope})  # fmt: skip

    def withdraw(self, actor: Actor, assessment_id: str) -> None:
        """End an assessment today; raises `NotFound` when it is not in force."""
        require(actor, "registers")
        now = self._store.now()
        with self._store.write() as tx:
            if not is_id(assessment_id) or not rows.end_assessment(tx, assessment_id, now):
                raise NotFound
            audit.record(tx, actor, "assessment.end", "assessment", assessment_id, at=now)

    def record_incident(
        self, actor: Actor, kind: str, what: str, people: str, found_at: datetime
    ) -> str:
        """Write down what happened; the clocks for telling run from when it was found."""
        require(actor, "registers")
        if kind not in self._rules.kinds:
            raise RecordInvalid(path="kind", reason="unknown_value")
        if not what or len(what) > TEXT_LONGEST or len(people) > NUMBER_LONGEST:
            raise RecordInvalid(path="what", reason="value_missing" if not what else "too_long")
        now, number = self._store.now(), new_id()
        if found_at > now:
            raise RecordInvalid(path="found_at", reason="future")
        with self._store.write() as tx:
            sealed = self._sealed(number, {"what": what, "people": people, "told": []})
            rows.insert_incident(tx, {
                "id": number, "station_id": actor.station_id, "kind": kind, "sealed": sealed,
                "found_at": found_at, "recorded_by": actor.account_id, "recorded_at": now,
            })  # fmt: skip
            for rule in INCIDENT_CLOCKS:
                self._start(tx, rule, number, found_at)
            audit.record(tx, actor, "incident.record", "incident", number, at=now,
                         detail={"kind": kind})  # fmt: skip
        return number

    def tell(self, actor: Actor, incident_id: str, whom: str, how: str) -> None:
        """Record that somebody was told, and how (a number, a channel); stops their clock."""
        require(actor, "registers")
        if whom not in self._rules.told:
            raise RecordInvalid(path="whom", reason="unknown_value")
        if not how or len(how) > NUMBER_LONGEST:
            raise RecordInvalid(path="how", reason="value_missing" if not how else "too_long")
        now = self._store.now()
        with self._store.write() as tx:
            row = self._open_incident(tx, actor, incident_id)
            doc = self._opened(row)
            doc["told"].append({"whom": whom, "at": now.isoformat(), "how": how})
            rows.change_incident(tx, row.id, {"sealed": self._sealed(row.id, doc)})
            for clock in rows.clocks_of(tx, row.id):
                if INCIDENT_CLOCKS.get(clock.rule.partition("/")[0]) == whom:
                    rows.stop_clock(tx, clock.id, {"stopped_at": now, "deed": f"told.{whom}",
                                                   "stopped_by": actor.account_id})  # fmt: skip
            audit.record(tx, actor, "incident.tell", "incident", row.id, at=now,
                         detail={"whom": whom})  # fmt: skip

    def close_incident(self, actor: Actor, incident_id: str) -> None:
        """Nothing more is to be done; refused while the authority has not been told."""
        require(actor, "registers")
        now = self._store.now()
        with self._store.write() as tx:
            row = self._open_incident(tx, actor, incident_id)
            if not any(told["whom"] == "authority" for told in self._opened(row)["told"]):
                raise Conflict(path="told")
            rows.change_incident(tx, row.id, {"closed_at": now})
            audit.record(tx, actor, "incident.close", "incident", row.id, at=now)

    def incidents(self, actor: Actor) -> tuple[IncidentFile, ...]:
        """Incidents of the actor's stations, open ones first."""
        require(actor, "registers")
        with self._store.read() as tx:
            found = rows.incidents(tx, actor.station_path, _LISTED)
            return tuple(self._incident(tx, row) for row in found)

    def faces(self, actor: Actor) -> FaceCount:
        """The count of people with face records, and the clock for filing."""
        require(actor, "registers")
        with self._store.read() as tx:
            return self._faces(tx)

    def filed(self, actor: Actor, number: str) -> None:
        """Stop the clock for filing: it was filed under that number."""
        require(actor, "registers")
        if not 0 < len(number) <= NUMBER_LONGEST:
            raise RecordInvalid(path="number", reason="value_missing")
        now = self._store.now()
        with self._store.write() as tx:
            running = next((c for c in rows.clocks(tx, FILING) if c.stopped_at is None), None)
            if running is None:
                raise NotFound
            rows.stop_clock(tx, running.id, {"stopped_at": now, "deed": number,
                                             "stopped_by": actor.account_id})  # fmt: skip
            audit.record(tx, actor, "faces.filed", "clock", running.id, at=now)

    def tidy(self) -> None:
        """Start the clock for filing on the day the number is reached, once."""
        with self._store.write() as tx:
            tx.alone()
            if rows.clocks(tx, FILING):
                return  # the count walks over all faces, so it is not taken again
            count = self._faces(tx)
            if count.state == "over":
                clock_id = self._start(tx, FILING, None, self._store.now())
                audit.record(tx, None, "faces.over", "clock", clock_id, at=self._store.now(),
                             detail={"people": count.people})  # fmt: skip

    def _faces(self, tx: Tx) -> FaceCount:
        people, own = rows.people_with_faces(tx), self._rules
        share = people / own.filing
        state = "over" if share >= 1 else "near" if share >= own.warn_share else "below"
        return FaceCount(
            people, own.filing, share, state, next(iter(rows.clocks(tx, FILING)), None)
        )

    def _start(self, tx: Tx, rule_id: str, subject: str | None, at: datetime) -> str:
        rule, clock_id = clock_rules()[rule_id], new_id()
        rows.start_clock(tx, {"id": clock_id, "rule": rule.stamp, "subject_id": subject,
                              "started_at": at, "due_at": rule.due(at)})  # fmt: skip
        return clock_id

    def _scope(self, tx: Tx, scope: str, now: datetime) -> ScopeState:
        known = rows.of_scope(tx, scope)
        until = max((r.valid_until for r in known if _covers(r, now)), default=None)
        if until is None:
            last = max((r.ended_at or r.valid_until for r in known), default=None)
            return ScopeState(scope, "off" if known else "none", last)
        ending = until - timedelta(days=self._rules.warn_days) <= now
        return ScopeState(scope, "ending" if ending else "valid", until)

    def _open_incident(self, tx: Tx, actor: Actor, incident_id: str) -> rows.IncidentRow:
        row = rows.incident(tx, incident_id) if is_id(incident_id) else None
        if row is None or not actor.reaches(row.station_path):
            raise NotFound
        if row.closed_at is not None:
            raise Conflict(path="incident")
        return row

    def _incident(self, tx: Tx, row: rows.IncidentRow) -> IncidentFile:
        doc = self._opened(row)
        told = tuple(
            Told(t["whom"], datetime.fromisoformat(t["at"]), t["how"]) for t in doc["told"]
        )
        return IncidentFile(
            row.id, row.kind, doc["what"], doc["people"], row.found_at, row.closed_at,
            row.station_name, told, tuple(rows.clocks_of(tx, row.id)),
        )  # fmt: skip

    def _sealed(self, number: str, doc: dict[str, Any]) -> bytes:
        return self._store.vault.seal_desk(json.dumps(doc).encode(), "incident", number)

    def _opened(self, row: rows.IncidentRow) -> dict[str, Any]:
        opened: dict[str, Any] = json.loads(
            self._store.vault.open_desk(row.sealed, "incident", row.id)
        )
        return opened


def _day(path: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise RecordInvalid(path=path, reason="date") from None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), CHINA)
