"""Requests for more than one person: number, scope, purpose, basis, end, and two approvals.

An officer makes the request; two others, neither of them the officer, approve it. It opens so
many questions, in these divisions and sides, until its day; then it is over. Whoever is refused
is told why, and the refusal is in the trail.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, time, timedelta

from tracing import audit
from tracing.access import Actor, require
from tracing.cases import case_rules, require_purpose
from tracing.clocks import CHINA
from tracing.errors import (
    AlreadyDecided,
    ApprovalsMissing,
    ApprovedAlready,
    NotFound,
    NotPermitted,
    OutsideScope,
    OwnRequest,
    PoliceOff,
    PurposeForbidden,
    PurposeMissing,
    RecordInvalid,
    RequestExpired,
    TooManyQuestions,
    TracingError,
)
from tracing.gallery import SIDES
from tracing.police.rules import PoliceRules, police_rules
from tracing.police.urgent import refused
from tracing.registers import switched_off
from tracing.retries import answered_before, keep_answer
from tracing.store import Store, Tx, stations
from tracing.store import police_requests as rows
from tracing.store.ids import is_id, new_id
from tracing.webhooks import Reference, tell

MAKE, DECIDE = "police", "police.approve"
_LISTED = 100
_DIVISION = re.compile(r"\d{2,12}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Wide:
    """What is asked for: the number of the case, and a scope that everybody can judge.

    divisions: first digits of the divisions whose stations may be asked. days: until its end.
    """

    kind: str
    number: str = field(repr=False)
    purpose: str
    legal_basis: str
    reason: str = field(repr=False)
    divisions: tuple[str, ...]
    sides: tuple[str, ...]
    questions: int
    days: int
    export: bool = False


@dataclass(frozen=True, slots=True)
class Approval:
    """One person's answer to a request."""

    by: str
    decision: str
    at: datetime
    note: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RunState:
    """One run: how many questions, and how many are answered in which way."""

    run: int
    asked_at: datetime
    questions: int
    waiting: int
    candidates: int
    nobody: int
    errors: int


@dataclass(frozen=True, slots=True)
class RequestFile:
    """A request as those see it whom it concerns.

    state: requested, approved, refused, ended or expired. stations: how many lie in the divisions
    and are asked. missing: approvals that are missing.
    own: the reader made it. decided: the reader has answered it. wiped: its texts are destroyed.
    """

    id: str
    state: str
    kind: str
    number: str = field(repr=False)
    reason: str = field(repr=False)
    purpose: str
    legal_basis: str
    divisions: tuple[str, ...]
    stations: int
    sides: tuple[str, ...]
    questions: int
    export: bool
    requested_by: str
    unit: str
    requested_at: datetime
    expires_at: datetime
    approvals: tuple[Approval, ...]
    missing: int
    runs: tuple[RunState, ...]
    runs_left: int
    own: bool
    decided: bool
    wiped: bool


class PoliceRequests:
    """Requests and their approvals; each call is one transaction."""

    def __init__(self, store: Store, rules: PoliceRules | None = None) -> None:
        self._store = store
        self.rules = rules or police_rules()

    def create(self, actor: Actor, wide: Wide, idempotency_key: str | None = None) -> str:
        """Make a request; gives its id, the same one again for the same idempotency key.

        Raises:
            RecordInvalid: number, divisions, sides, kind or days are missing or of another form,
                or no station of this installation lies in these divisions.
            PurposeForbidden: the purpose is neither tracing nor aid.
            TooManyQuestions: more questions or days than the kind allows.
            PoliceOff: the impact assessment has run out.
        """
        require(actor, MAKE)
        self._check(wide)
        request_id, now = new_id(), self._store.now()
        with self._store.write() as tx:
            if not stations.within(stations.below(tx, "/"), wide.divisions):
                raise RecordInvalid(path="divisions", reason="no_station_there")
            error = self._unlawful(tx, wide, now)
            if error is not None:
                refused(tx, actor, self._store.now, error, None, _listed_purpose(wide.purpose))
            else:
                if idempotency_key is not None:
                    content = json.dumps(asdict(wide), sort_keys=True)
                    known = answered_before(
                        tx, self._store, actor, idempotency_key, "police", content
                    )
                    if known is not None:
                        return str(known["id"])
                    keep_answer(tx, self._store, actor, idempotency_key, {"id": request_id})
                self._insert(tx, actor, wide, request_id, now)
        if error is not None:
            raise error
        return request_id

    def places(self, actor: Actor) -> tuple[str, ...]:
        """Four digits of each division where a station may be asked, in order."""
        require(actor, MAKE)
        with self._store.read() as tx:
            known = stations.below(tx, "/")
        places = ((s.division or s.code)[:4] for s in known)
        return tuple(sorted({place for place in places if _DIVISION.fullmatch(place)}))

    def approve(self, actor: Actor, request_id: str, note: str = "") -> None:
        """Approve somebody else's request; the second such approval opens it.

        Raises:
            OwnRequest: the actor made it.
            ApprovedAlready: the actor has approved it.
            AlreadyDecided: it is open, refused or ended. RequestExpired: its day is over.
        """
        self._decide(actor, request_id, "approve", note)

    def refuse(self, actor: Actor, request_id: str, note: str) -> None:
        """Refuse somebody else's request, with a reason; one refusal is enough.

        Also an approved request can be refused afterwards: nothing more is answered then.
        """
        if not note.strip():
            raise RecordInvalid(path="note", reason="value_missing")
        self._decide(actor, request_id, "refuse", note)

    def end(self, actor: Actor, request_id: str) -> None:
        """End one's own request before its day; raises `NotFound` for others'."""
        require(actor, MAKE)
        now = self._store.now()
        with self._store.write() as tx:
            row = rows.hold(tx, request_id) if is_id(request_id) else None
            if row is None or row.requested_by != actor.account_id:
                raise NotFound
            if row.state not in {"requested", "approved"}:
                raise AlreadyDecided
            rows.change(tx, row.id, {"state": "ended", "ended_at": now})
            rows.drop_waiting(tx, row.id, now, f"|{RequestExpired.code}")
            audit.record(tx, actor, "police.end", "police_request", row.id, at=now)
            _tell(tx, row.id, row.station_id, now)

    def get(self, actor: Actor, request_id: str) -> RequestFile:
        """One's own request, or one that waits for this approver; the reading is recorded."""
        with self._store.write() as tx:
            row = self.readable(tx, actor, request_id)
            audit.record(tx, actor, "police.read", "police_request", row.id,
                         at=self._store.now(), purpose=row.purpose)  # fmt: skip
            return self._file(tx, actor, row, stations.below(tx, "/"))

    def listed(self, actor: Actor) -> tuple[RequestFile, ...]:
        """One's own requests and those one may approve, newest first."""
        with self._store.write() as tx:
            found: dict[str, rows.RequestRow] = {}
            if actor.may(DECIDE):
                for row in rows.below(tx, actor.station_path, _LISTED):
                    found[row.id] = row
                audit.record(tx, actor, "police.list", "police_request", None,
                             at=self._store.now(), detail={"requests": len(found)})  # fmt: skip
            if actor.may(MAKE):
                for row in rows.of_account(tx, actor.account_id, _LISTED):
                    found[row.id] = row
            ordered = sorted(found.values(), key=lambda row: row.id, reverse=True)
            known = stations.below(tx, "/")
            return tuple(self._file(tx, actor, row, known) for row in ordered[:_LISTED])

    def tidy(self) -> int:
        """Destroy the texts of requests that ended long ago; gives how many."""
        old = self._store.now() - timedelta(days=self.rules.kept_days)
        with self._store.write() as tx:
            gone = rows.destroy_texts(tx, old)
            if gone:
                audit.record(tx, None, "police.forget", "police_request", None,
                             at=self._store.now(), detail={"requests": gone})  # fmt: skip
        return gone

    def readable(self, tx: Tx, actor: Actor, request_id: str) -> rows.RequestRow:
        """The request, if it is one's own or one may approve it; raises `NotFound`."""
        row = rows.find(tx, request_id) if is_id(request_id) else None
        if row is None:
            raise NotFound
        own = actor.may(MAKE) and row.requested_by == actor.account_id
        if not own and not (actor.may(DECIDE) and actor.reaches(row.station_path)):
            raise NotFound
        return row

    def fault_of(self, tx: Tx, row: rows.RequestRow) -> TracingError | None:
        """Why a request answers nothing now; None while it is open."""
        now = self._store.now()
        if switched_off(tx, "connector", now):
            return PoliceOff()
        if row.purpose not in case_rules().purposes:
            return PurposeForbidden()
        if row.state in {"refused", "ended"} or now >= row.expires_at:
            return RequestExpired(state=_state(row, now))
        given = {a.account_id for a in rows.approvals(tx, row.id) if a.decision == "approve"}
        missing = self.rules.request.approvals - len(given - {row.requested_by})
        return ApprovalsMissing(missing=missing) if missing > 0 else None

    def number_of(self, row: rows.RequestRow) -> tuple[str, str]:
        """Number and reason of a request; empty once they were destroyed."""
        if row.sealed is None:
            return "", ""
        said = json.loads(self._store.vault.open_desk(row.sealed, "police_request", row.id))
        return str(said["number"]), str(said["reason"])

    def _decide(self, actor: Actor, request_id: str, decision: str, note: str) -> None:
        require(actor, DECIDE)
        if actor.via == "key":
            raise NotPermitted
        if len(note) > self.rules.request.text_longest:
            raise RecordInvalid(path="note", reason="too_long")
        now = self._store.now()
        with self._store.write() as tx:
            row = rows.hold(tx, request_id) if is_id(request_id) else None
            if row is None or not actor.reaches(row.station_path):
                raise NotFound
            given = rows.approvals(tx, row.id)
            error = self._undecidable(actor, row, given, decision, now)
            if error is not None:
                refused(tx, actor, self._store.now, error, row.id, row.purpose)
            else:
                self._write_decision(tx, actor, row, len(given) + 1, decision, note, now)
        if error is not None:
            raise error

    def _undecidable(
        self,
        actor: Actor,
        row: rows.RequestRow,
        given: list[rows.ApprovalRow],
        decision: str,
        now: datetime,
    ) -> TracingError | None:
        if row.requested_by == actor.account_id:
            return OwnRequest()
        if now >= row.expires_at:
            return RequestExpired(state="expired")
        open_states = {"requested"} if decision == "approve" else {"requested", "approved"}
        mine = any(a.account_id == actor.account_id for a in given)
        if mine and decision == "approve":
            return ApprovedAlready()
        return AlreadyDecided() if row.state not in open_states or mine else None

    def _write_decision(
        self,
        tx: Tx,
        actor: Actor,
        row: rows.RequestRow,
        count: int,
        decision: str,
        note: str,
        now: datetime,
    ) -> None:
        text = note.strip().encode()
        sealed = self._store.vault.seal_desk(text, "police_note", row.id, actor.account_id)
        rows.insert_approval(tx, {
            "request_id": row.id, "account_id": actor.account_id, "decision": decision,
            "at": now, "note": sealed,
        })  # fmt: skip
        if decision == "refuse":
            rows.change(tx, row.id, {"state": "refused", "ended_at": now})
            rows.drop_waiting(tx, row.id, now, f"|{RequestExpired.code}")
        elif count >= self.rules.request.approvals:
            rows.change(tx, row.id, {"state": "approved"})
        audit.record(tx, actor, f"police.{'approve' if decision == 'approve' else 'reject'}",
                     "police_request", row.id, at=now, purpose=row.purpose)  # fmt: skip
        _tell(tx, row.id, row.station_id, now)

    def _check(self, wide: Wide) -> None:
        own = self.rules.request
        if wide.kind not in self.rules.kinds:
            raise RecordInvalid(path="kind", reason="choose")
        for path, text, most in (
            ("number", wide.number, own.number_longest),
            ("reason", wide.reason, own.text_longest),
        ):
            if not text.strip():
                raise RecordInvalid(path=path, reason="value_missing")
            if len(text) > most:
                raise RecordInvalid(path=path, reason="too_long")
        if not 0 < len(wide.divisions) <= own.divisions_most:
            raise RecordInvalid(path="divisions", reason="value_missing")
        if not all(_DIVISION.fullmatch(code) for code in wide.divisions):
            raise RecordInvalid(path="divisions", reason="not_a_division_code")
        if not wide.sides or not set(wide.sides) <= set(SIDES):
            raise RecordInvalid(path="sides", reason="choose")
        if wide.questions < 1 or wide.days < 1:
            raise RecordInvalid(path="questions" if wide.questions < 1 else "days", reason="choose")

    def _unlawful(self, tx: Tx, wide: Wide, now: datetime) -> TracingError | None:
        """What a well-formed request may not ask; refused and recorded."""
        try:
            require_purpose(wide.purpose, wide.legal_basis, wide.reason)
        except (PurposeForbidden, PurposeMissing) as error:
            return error
        kind = self.rules.kinds[wide.kind]
        if wide.questions > kind.questions or wide.days > kind.days:
            asked = max(wide.questions, 0)
            return TooManyQuestions(limit=kind.questions, asked=asked, days=kind.days)
        return PoliceOff() if switched_off(tx, "connector", now) else None

    def _insert(self, tx: Tx, actor: Actor, wide: Wide, request_id: str, now: datetime) -> None:
        said = {"number": wide.number.strip(), "reason": wide.reason.strip()}
        sealed = self._store.vault.seal_desk(
            json.dumps(said, ensure_ascii=False).encode(), "police_request", request_id
        )
        last = now.astimezone(CHINA).date() + timedelta(days=wide.days)
        rows.insert_request(tx, {
            "id": request_id, "station_id": actor.station_id, "requested_by": actor.account_id,
            "requested_at": now, "kind": wide.kind, "purpose": wide.purpose,
            "legal_basis": wide.legal_basis, "divisions": " ".join(dict.fromkeys(wide.divisions)),
            "sides": " ".join(dict.fromkeys(wide.sides)), "questions_most": wide.questions,
            "export": wide.export, "expires_at": datetime.combine(last, time(), CHINA),
            "state": "requested", "sealed": sealed,
        })  # fmt: skip
        audit.record(tx, actor, "police.request", "police_request", request_id, at=now,
                     purpose=wide.purpose, detail={
                         "kind": wide.kind, "legal_basis": wide.legal_basis,
                         "divisions": list(wide.divisions), "sides": list(wide.sides),
                         "questions": wide.questions, "days": wide.days, "export": wide.export,
                     })  # fmt: skip
        _tell(tx, request_id, actor.station_id, now)

    def _file(
        self, tx: Tx, actor: Actor, row: rows.RequestRow, known: Sequence[stations.StationRow]
    ) -> RequestFile:
        number, reason = self.number_of(row)
        given = rows.approvals(tx, row.id)
        approving = sum(a.decision == "approve" for a in given)
        made = tuple(_run(r) for r in rows.runs(tx, row.id))
        return RequestFile(
            id=row.id,
            state=_state(row, self._store.now()),
            kind=row.kind,
            number=number,
            reason=reason,
            purpose=row.purpose,
            legal_basis=row.legal_basis,
            divisions=tuple(row.divisions.split()),
            stations=len(stations.within(known, tuple(row.divisions.split()))),
            sides=tuple(row.sides.split()),
            questions=row.questions_most,
            export=row.export,
            requested_by=row.requester,
            unit=row.station_name,
            requested_at=row.requested_at,
            expires_at=row.expires_at,
            approvals=tuple(self._approval(row.id, a) for a in given),
            missing=max(self.rules.request.approvals - approving, 0),
            runs=made,
            runs_left=max(self.rules.kinds[row.kind].runs - len(made), 0),
            own=row.requested_by == actor.account_id,
            decided=any(a.account_id == actor.account_id for a in given),
            wiped=row.sealed is None,
        )

    def _approval(self, request_id: str, row: rows.ApprovalRow) -> Approval:
        note = b""
        if row.note is not None:
            opened = self._store.vault.open_desk
            note = opened(row.note, "police_note", request_id, row.account_id)
        return Approval(row.name, row.decision, row.at, note.decode())


def require_within(
    row: rows.RequestRow, divisions: tuple[str, ...], sides: tuple[str, ...]
) -> OutsideScope | None:
    """What is asked must lie within what was approved; None where it does."""
    approved = tuple(row.divisions.split())
    if not set(sides) <= set(row.sides.split()):
        return OutsideScope(what="sides")
    if not all(code.startswith(approved) for code in divisions):
        return OutsideScope(what="divisions")
    return None


def _tell(tx: Tx, request_id: str, station_id: str, at: datetime) -> None:
    about = Reference(request_id, f"/v1/police/requests/{request_id}", station_id)
    tell(tx, "crosscheck.changed", about, at)


def _state(row: rows.RequestRow, now: datetime) -> str:
    open_still = row.state in {"requested", "approved"}
    return "expired" if open_still and now >= row.expires_at else row.state


def _listed_purpose(purpose: str) -> str | None:
    known = case_rules().purposes | case_rules().forbidden_purposes
    return purpose if purpose in known else None


def _run(row: rows.RunRow) -> RunState:
    states = row.states
    return RunState(
        run=row.run,
        asked_at=row.asked_at,
        questions=sum(states.values()),
        waiting=states.get("waiting", 0),
        candidates=states.get("candidates", 0),
        nobody=states.get("nobody", 0),
        errors=states.get("error", 0),
    )
