"""核验: two people, the second blind to the first, and facts beside the face.

A candidate is put up for verification; facts are gathered; a first examiner answers, then another
account that does not see that answer. Only when both agree and the rules of `verification.toml`
hold is the pair confirmed and linked. Everything can be reopened, with a reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from tracing import audit
from tracing.access import Actor, require
from tracing.errors import (
    AlreadyDecided,
    ContactRefused,
    NotFound,
    NotPermitted,
    OwnRequest,
    ProofMissing,
    RecordInvalid,
    TracingError,
)
from tracing.exclusions import held
from tracing.store import Store, Tx, stations
from tracing.store import verifications as rows
from tracing.store.ids import is_id, new_id
from tracing.verification_facts import check_fact
from tracing.verification_files import (
    CONTACT_BARRED,
    Contents,
    FactEntry,
    HeldBack,
    Listed,
    VerificationFile,
    findings,
    holdable,
    open_answer,
    seal_answer,
    seal_fact,
    seal_payload,
)
from tracing.verification_moves import Moves
from tracing.verification_opening import held_pair, new_row, present
from tracing.verification_reading import Reading
from tracing.verification_rules import (
    OPEN_STATES,
    closed_as,
    lacking,
    needs_approval,
    unready,
    verification_rules,
)
from tracing.webhooks import Reference, tell

LISTED_MOST = 100
CLOSED_STATES = ("confirmed", "rejected", "disagreed", "withdrawn")
_BATCH = 100


class Verifications:
    """The verifications of one installation; each call is one transaction."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._reading = Reading(store)
        self._moves = Moves(store)

    def open(
        self, actor: Actor, probe_person_id: str, person_id: str, search_id: str | None = None
    ) -> str:
        """Put a candidate up for verification; gives its id, the present one's if there is one.

        Raises:
            NotFound: the probe is out of reach, or no search has shown the other to this station.
            PurposeMissing: the probe has no case (a register entry).
        """
        require(actor, "verify")
        if probe_person_id == person_id:
            raise RecordInvalid(path="person_id", reason="same_person")
        with self._refusals(actor, None), self._store.write() as tx:
            pair = held_pair(tx, actor, probe_person_id, person_id)
            there = present(tx, pair)
            if there is not None:
                return there
            row = new_row(tx, self._store, actor, pair, search_id)
            rows.insert_verification(tx, row)
            opened = self._reading.load(tx, actor, str(row["id"])).row
            self._moves.settle(tx, opened)
            self._log(tx, actor, "open", opened, other=person_id)
            self._tell(tx, opened)
            return opened.id

    def get(self, actor: Actor, verification_id: str) -> VerificationFile:
        """The verification as this actor may see it; the reading is recorded."""
        require(actor, "verify")
        with self._store.write() as tx:
            opened = self._reading.load(tx, actor, verification_id)
            file = self._reading.file(tx, actor, opened)
            self._log(tx, actor, "read", opened.row, part=file.part)
            return file

    def listed(self, actor: Actor, *, closed: bool = False) -> tuple[Listed, ...]:
        """Verifications of the actor's stations and those they are on call for, newest first."""
        require(actor, "verify")
        states = CLOSED_STATES if closed else OPEN_STATES
        with self._store.write() as tx:
            found = rows.page(tx, actor.station_path, states, LISTED_MOST)
            shown = self._reading.listed(tx, actor, found)
            audit.record(tx, actor, "verification.list", "verification", None,
                         at=self._store.now(), detail={"shown": [v.id for v in shown]})  # fmt: skip
        return shown

    def of_person(self, actor: Actor, person_id: str) -> tuple[Listed, ...]:
        """Verifications that a person within reach takes part in, latest first."""
        require(actor, "verify")
        with self._store.read() as tx:
            held(tx, actor, person_id)
            return self._reading.listed(tx, actor, rows.of_person(tx, person_id)[::-1])

    def of_probe(self, actor: Actor, probe_person_id: str) -> Mapping[str, tuple[str, str]]:
        """Verifications of a person within reach: the other person → id and state, latest."""
        require(actor, "verify")
        with self._store.read() as tx:
            held(tx, actor, probe_person_id)
            found = rows.of_person(tx, probe_person_id)
        seen = [v for v in found if actor.reaches(v.station_path)]
        return {
            v.person_id if v.probe_person_id == probe_person_id else v.probe_person_id: (
                v.id,
                v.state,
            )
            for v in seen
        }

    def state_groups(self, actor: Actor, verification_id: str, groups: frozenset[str]) -> None:
        """Say which stricter rules hold; none is an answer too. After an answer only more can.

        Raises:
            RecordInvalid: an unknown group.
            AlreadyDecided: closed, or the rules would be loosened after an answer.
        """
        if not groups <= set(verification_rules().groups):
            raise RecordInvalid(path="groups", reason="unknown_value")
        with self._deed(actor, verification_id) as (tx, opened):
            _require_state(opened, "open", "waiting")
            if opened.row.state == "waiting" and not groups >= (opened.groups or frozenset()):
                raise AlreadyDecided
            self._put_payload(tx, opened, groups, opened.held_back)
            self._log(tx, actor, "groups", opened.row, count=len(groups))

    def add_fact(self, actor: Actor, verification_id: str, entry: FactEntry) -> str:
        """Write down a fact; gives its id.

        Raises:
            RecordInvalid: kind, result, who, when or the number called is missing or wrong.
            ContactRefused: a call to a family that this person does not want to be told.
        """
        check_fact(entry, self._store.now())
        with self._deed(actor, verification_id, anyone=True) as (tx, opened):
            _require_state(opened, "open", "waiting")
            if verification_rules().facts[entry.kind].family:
                self._require_contact(opened)
            fact_id = new_id()
            row = {
                "id": fact_id,
                "verification_id": opened.row.id,
                "account_id": actor.account_id,
                "sealed": seal_fact(self._store.vault, opened.key, fact_id, entry),
                "created_at": self._store.now(),
            }
            rows.insert_fact(tx, row)
            self._log(tx, actor, "fact", opened.row, fact=fact_id, kind=entry.kind)
            return fact_id

    def strike_fact(self, actor: Actor, verification_id: str, fact_id: str) -> None:
        """Strike a fact written by mistake, before anybody has answered; it stays readable."""
        with self._deed(actor, verification_id) as (tx, opened):
            _require_state(opened, "open")
            at = self._store.now()
            if not rows.strike(tx, opened.row.id, fact_id, actor.account_id, at):
                raise NotFound
            self._log(tx, actor, "strike", opened.row, fact=fact_id)

    def call_station(self, actor: Actor, verification_id: str, station_code: str | None) -> None:
        """Put another station on call for the second answer; None takes the call back.

        Raises:
            RecordInvalid: there is no such other station.
            ContactRefused: the person is protected; nobody else is shown.
        """
        with self._deed(actor, verification_id) as (tx, opened):
            _require_state(opened, "open", "waiting")
            called = None if station_code is None else stations.by_code(tx, station_code)
            if station_code is not None and (called is None or called.id == opened.row.station_id):
                raise RecordInvalid(path="station", reason="station_unknown")
            if called is not None and opened.probe.protected:
                raise ContactRefused
            rows.change(tx, opened.row.id, {"called_station_id": called.id if called else None})
            self._log(tx, actor, "call", opened.row, station=called.id if called else None)

    def stations_on_call(self, actor: Actor, verification_id: str) -> tuple[tuple[str, str], ...]:
        """Code and name of every other station of the tree."""
        with self._store.read() as tx:
            own = self._reading.load(tx, actor, verification_id).row.station_id
            return tuple(
                (s.code, s.name) for s in stations.below(tx, stations.root(tx).path) if s.id != own
            )

    def answer(self, actor: Actor, verification_id: str, conclusion: str, reason: str) -> str:
        """Give the answer that is the actor's to give now; gives the state that follows.

        Raises:
            OwnRequest: the actor opened it or has answered in this round.
            ProofMissing: nothing is written yet, or the facts do not bear "the same person";
                `lacking` says why.
            AlreadyDecided: somebody else was quicker, or it is closed.
            NotPermitted: a program's key; a verdict is given by a person.
        """
        if actor.via == "key":
            raise NotPermitted
        if conclusion not in verification_rules().conclusions:
            raise RecordInvalid(path="conclusion", reason="choose")
        _require_text(reason, "reason")
        with self._deed(actor, verification_id, anyone=True) as (tx, opened):
            given = [a for a in rows.answers(tx, [opened.row.id]) if a.round == opened.row.round]
            place = self._place(actor, opened, given)
            self._require_proof(tx, opened, conclusion, final=place != "first")
            self._put_answer(tx, actor, opened, place, conclusion, reason)
            state = self._next(tx, opened, given, place, conclusion)
            self._move(tx, actor, opened, state)
            self._log(tx, actor, "answer", opened.row, place=place)
            return state

    def withdraw(self, actor: Actor, verification_id: str, reason: str) -> None:
        """Give up a verification that is open; the case goes back to tracing."""
        _require_text(reason, "reason")
        with self._deed(actor, verification_id) as (tx, opened):
            _require_state(opened, *OPEN_STATES)
            self._put_answer(tx, actor, opened, "withdraw", "", reason)
            self._move(tx, actor, opened, "withdrawn")

    def reopen(self, actor: Actor, verification_id: str, reason: str) -> None:
        """Open a closed verification again: its link is undone and what it moved goes back.

        Raises:
            AlreadyDecided: it is open.
        """
        _require_text(reason, "reason")
        with self._deed(actor, verification_id) as (tx, opened):
            _require_state(opened, *CLOSED_STATES)
            row = opened.row
            self._put_answer(tx, actor, opened, "reopen", "", reason)
            link = self._moves.unlink(tx, actor, opened)
            values = {"state": "open", "round": row.round + 1, "changed_at": self._store.now()}
            rows.change(tx, row.id, values)
            self._moves.settle(tx, row, undone=link is not None)
            self._log(tx, actor, "reopen", row, round=row.round + 1, link=link)
            self._tell(tx, row)

    def hold_back(
        self, actor: Actor, verification_id: str, keys: Sequence[str]
    ) -> VerificationFile:
        """Choose the two facts that a call keeps back; see `options`.

        Raises:
            RecordInvalid: not two, or not facts of the record.
            ContactRefused: the family must not be called.
        """
        with self._deed(actor, verification_id) as (tx, opened):
            _require_state(opened, "open", "waiting")
            self._require_contact(opened)
            chosen = [held for held in _options(opened) if held.key in set(keys)]
            if len(chosen) != verification_rules().held_back:
                raise RecordInvalid(path="held_back", reason="choose_two")
            self._put_payload(tx, opened, opened.groups, chosen)
            self._log(tx, actor, "script", opened.row)
            return self._reading.file(tx, actor, self._reading.load(tx, actor, verification_id))

    def options(self, actor: Actor, verification_id: str) -> tuple[HeldBack, ...]:
        """Facts of the person in the station that could be kept back."""
        require(actor, "verify")
        with self._store.read() as tx:
            return _options(self._reading.load(tx, actor, verification_id))

    def set_result(
        self,
        actor: Actor,
        verification_id: str,
        result: str,
        *,
        collector: str = "",
        document_seen: bool = False,
    ) -> None:
        """Say how a confirmed tracing ended; that is a fact of its own.

        Raises:
            RecordInvalid: another outcome, or a reunion without the collector's relation and paper.
            ContactRefused: the outcome tells a family what a capable adult refused.
            AlreadyDecided: it is not confirmed, or its outcome is written.
        """
        rules = verification_rules()
        if result not in rules.outcomes:
            raise RecordInvalid(path="result", reason="choose")
        if result == "reunited" and not (collector.strip() and document_seen):
            raise RecordInvalid(path="collector", reason="collector")
        if len(collector) > rules.longest["who"]:
            raise RecordInvalid(path="collector", reason="too_long")
        with self._deed(actor, verification_id) as (tx, opened):
            _require_state(opened, "confirmed")
            if result in rules.disclosing:
                self._require_contact(opened)
            given = rows.answers(tx, [opened.row.id])
            if any(a.place == "result" and a.round == opened.row.round for a in given):
                raise AlreadyDecided
            self._put_answer(tx, actor, opened, "result", result, collector.strip())
            self._moves.set_result(tx, opened.row, result)
            self._log(tx, actor, "result", opened.row, result=result)

    @contextmanager
    def _deed(
        self, actor: Actor, verification_id: str, *, anyone: bool = False
    ) -> Iterator[tuple[Tx, Contents]]:
        """One transaction on a held verification; a refusal leaves a row in the trail.

        `anyone`: the station on call too, not only the verification's own.
        """
        require(actor, "verify")
        with self._refusals(actor, verification_id), self._store.write() as tx:
            opened = self._reading.load(tx, actor, verification_id, hold=True)
            if not anyone and not actor.reaches(opened.row.station_path):
                raise NotPermitted
            yield tx, opened

    @contextmanager
    def _refusals(self, actor: Actor, verification_id: str | None) -> Iterator[None]:
        try:
            yield
        except TracingError as error:
            known = verification_id if is_id(verification_id or "") else None
            with self._store.write() as tx:
                audit.record(tx, actor, "verification.refuse", "verification", known,
                             at=self._store.now(), outcome="refused",
                             detail={"code": error.code})  # fmt: skip
            raise

    def _place(self, actor: Actor, opened: Contents, given: Sequence[rows.AnswerRow]) -> str:
        part = self._reading.part(actor, opened.row, given)
        if part != "watch":
            return part
        own = {a.account_id for a in given} | {opened.row.opened_by}
        if opened.row.state in OPEN_STATES and actor.account_id in own:
            raise OwnRequest
        if opened.row.state == "approval":
            raise NotPermitted
        raise AlreadyDecided

    def _require_proof(self, tx: Tx, opened: Contents, conclusion: str, *, final: bool) -> None:
        strict = opened.strict(self._store.now().date())
        known = findings(self._reading.facts(tx, opened))
        missing = unready(known, strict)
        if conclusion == "same":
            missing = lacking(known, strict, final=final)
        if missing:
            raise ProofMissing(lacking=" ".join(missing))

    def _next(
        self,
        tx: Tx,
        opened: Contents,
        given: Sequence[rows.AnswerRow],
        place: str,
        conclusion: str,
    ) -> str:
        if place == "first":
            return "waiting"
        if place == "approval":
            return "confirmed" if conclusion == "same" else "disagreed"
        vault = self._store.vault
        first = next(open_answer(vault, opened.key, a, "") for a in given if a.place == "first")
        state = closed_as(first.conclusion, conclusion)
        facts = findings(self._reading.facts(tx, opened))
        strict = opened.strict(self._store.now().date()) or frozenset()
        if state == "confirmed" and needs_approval(facts, strict):
            return "approval"
        return state

    def _move(self, tx: Tx, actor: Actor, opened: Contents, state: str) -> None:
        row = opened.row
        rows.change(tx, row.id, {"state": state, "changed_at": self._store.now()})
        self._tell(tx, row)
        if state in OPEN_STATES:
            return
        link = self._moves.link(tx, opened) if state == "confirmed" else None
        self._moves.settle(tx, row)
        self._log(tx, actor, "close", row, state=state, link=link)

    def _require_contact(self, opened: Contents) -> None:
        if opened.contact(self._store.now().date()) in CONTACT_BARRED:
            raise ContactRefused

    def _put_answer(
        self, tx: Tx, actor: Actor, opened: Contents, place: str, conclusion: str, reason: str
    ) -> None:
        answer_id = new_id()
        row = {
            "id": answer_id,
            "verification_id": opened.row.id,
            "round": opened.row.round,
            "place": place,
            "account_id": actor.account_id,
            "sealed": seal_answer(self._store.vault, opened.key, answer_id, conclusion, reason),
            "created_at": self._store.now(),
        }
        rows.insert_answer(tx, row)

    def _put_payload(
        self,
        tx: Tx,
        opened: Contents,
        groups: frozenset[str] | None,
        held_back: Sequence[HeldBack],
    ) -> None:
        number = opened.row.id
        payload = seal_payload(self._store.vault, opened.key, number, groups, held_back)
        rows.change(tx, number, {"payload": payload, "changed_at": self._store.now()})

    def _tell(self, tx: Tx, row: rows.VerificationRow) -> None:
        about = Reference(row.id, f"/v1/verifications/{row.id}", row.station_id)
        tell(tx, "verification.changed", about, self._store.now())

    def _log(
        self,
        tx: Tx,
        actor: Actor,
        deed: str,
        row: rows.VerificationRow,
        **detail: str | int | None,
    ) -> None:
        audit.record(tx, actor, f"verification.{deed}", "verification", row.id,
                     at=self._store.now(), case_id=row.case_id, purpose="tracing",
                     detail=detail)  # fmt: skip


def _options(opened: Contents) -> tuple[HeldBack, ...]:
    inside = opened.probe
    if inside.side != "found" == opened.person.side:
        inside = opened.person
    return holdable(inside.document)


def _require_state(opened: Contents, *states: str) -> None:
    if opened.row.state not in states:
        raise AlreadyDecided


def _require_text(text: str, path: str) -> None:
    if not text.strip():
        raise RecordInvalid(path=path, reason="value_missing")
    if len(text) > verification_rules().longest["reason"]:
        raise RecordInvalid(path=path, reason="too_long")
