"""An officer asks the station that holds a candidate: is the person there, or may I read more?

Only somebody whom the officer's own search has shown can be asked about. The station's staff
confirm that they have the question, and answer it: whether the person is there, or whether what
was asked for is released for some days. Everything said lies under the person's key.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tracing import audit, reviews
from tracing.access import Actor, require
from tracing.errors import (
    AlreadyDecided,
    Conflict,
    NotFound,
    NotPermitted,
    RecordInvalid,
)
from tracing.person_files import open_document
from tracing.photos.keeping import person_key
from tracing.police.requests import MAKE
from tracing.police.rules import InquiryRules, police_rules
from tracing.records import PersonRecord
from tracing.store import Store, Tx, people, searches
from tracing.store import police_inquiries as rows
from tracing.store.ids import is_id, new_id

ANSWER = "police.answer"
KINDS = ("presence", "release")
_LISTED = 100


@dataclass(frozen=True, slots=True)
class InquiryFile:
    """An inquiry as officer or station sees it.

    state: asked, received or answered. answer: one of the rules' answers, or granted or refused.
    waits_for: `station` until it is answered. person_id: only for the station, which holds it.
    readable: something was released and may be read now. contact_no: the person wants no contact.
    """

    id: str
    kind: str
    state: str
    search_id: str
    person_id: str
    station_name: str
    officer: str
    unit: str
    asked_at: datetime
    number: str = field(repr=False)
    reason: str = field(repr=False)
    parts: tuple[str, ...]
    received_by: str
    received_at: datetime | None
    answered_by: str
    answered_at: datetime | None
    answer: str | None
    note: str = field(repr=False)
    expires_at: datetime | None
    readable: bool
    contact_no: bool


class Inquiries:
    """Inquiries of officers and the answers of stations; each call is one transaction."""

    def __init__(self, store: Store, rules: InquiryRules | None = None) -> None:
        self._store = store
        self._rules = rules or police_rules().inquiry

    def ask(
        self,
        actor: Actor,
        search_id: str,
        person_id: str,
        kind: str,
        *,
        reason: str = "",
        parts: tuple[str, ...] = (),
    ) -> str:
        """Ask the station of a candidate; gives the number of the inquiry.

        Raises:
            NotFound: the officer's own search has not shown that person, or no longer may.
            RecordInvalid: for a release no reason or no parts.
            Conflict: the same was asked and is not answered yet.
        """
        require(actor, MAKE)
        self._check(kind, reason, parts)
        now, inquiry_id = self._store.now(), new_id()
        with self._store.write() as tx:
            search, person = self._shown(tx, actor, search_id, person_id)
            if rows.open_one(tx, actor.account_id, person.id, kind):
                raise Conflict(path="person_id")
            number = reviews.number_of(tx, self._store.vault, search)
            said = {"number": number, "reason": reason.strip()}
            key = person_key(self._store.vault, person.id, person.wrapped)
            text = json.dumps(said, ensure_ascii=False).encode()
            rows.insert_inquiry(tx, {
                "id": inquiry_id, "kind": kind, "state": "asked", "person_id": person.id,
                "search_id": search_id, "account_id": actor.account_id, "asked_at": now,
                "parts": " ".join(parts),
                "sealed": self._store.vault.seal(key, text, "inquiry", inquiry_id),
            })  # fmt: skip
            detail: audit.Detail = {"inquiry": inquiry_id, "kind": kind, "parts": list(parts)}
            audit.record(tx, actor, "inquiry.ask", "person", person.id, at=now, detail=detail)
        return inquiry_id

    def mine(self, actor: Actor) -> tuple[InquiryFile, ...]:
        """The officer's own inquiries, newest first, less those about people now hidden."""
        require(actor, MAKE)
        with self._store.read() as tx:
            found = rows.of_account(tx, actor.account_id, _LISTED)
            return tuple(self._file(tx, row) for row in found if not row.hidden)

    def asked_of(self, actor: Actor, *, open_only: bool = False) -> tuple[InquiryFile, ...]:
        """What officers ask the actor's stations, unanswered first; the reading is recorded."""
        require(actor, ANSWER)
        if actor.outside:
            raise NotPermitted
        with self._store.write() as tx:
            found = rows.below(tx, actor.station_path, _LISTED, open_only=open_only)
            seen = tuple(self._file(tx, row) for row in found if not row.gone)
            if seen:
                audit.record(tx, actor, "inquiry.list", "inquiry", None, at=self._store.now(),
                             detail={"inquiries": len(seen)})  # fmt: skip
        return seen

    def receive(self, actor: Actor, inquiry_id: str) -> None:
        """The station has the question; raises `AlreadyDecided` when somebody said so before."""
        require(actor, ANSWER)
        now = self._store.now()
        with self._store.write() as tx:
            row = self._held(tx, actor, inquiry_id)
            if row.state != "asked":
                raise AlreadyDecided
            rows.change(tx, row.id, {
                "state": "received", "received_by": actor.account_id, "received_at": now,
            })  # fmt: skip
            audit.record(tx, actor, "inquiry.receive", "person", row.person_id, at=now,
                         detail={"inquiry": row.id})  # fmt: skip

    def answer(self, actor: Actor, inquiry_id: str, answer: str, note: str = "") -> None:
        """Say whether the person is there, or whether what was asked for is released.

        Raises:
            RecordInvalid: no such answer to this kind, or a refusal without a reason.
            AlreadyDecided: answered before. NotPermitted: the person is protected by now.
        """
        require(actor, ANSWER)
        if actor.via == "key":
            raise NotPermitted
        if len(note) > self._rules.reason_longest:
            raise RecordInvalid(path="note", reason="too_long")
        now = self._store.now()
        with self._store.write() as tx:
            row = self._held(tx, actor, inquiry_id)
            self._check_answer(row, answer, note)
            values = self._answer_values(row, actor, answer, note, now)
            rows.change(tx, row.id, values)
            detail: audit.Detail = {"inquiry": row.id, "kind": row.kind, "answer": answer}
            audit.record(
                tx, actor, "inquiry.answer", "person", row.person_id, at=now, detail=detail
            )

    def released(self, actor: Actor, inquiry_id: str) -> tuple[InquiryFile, PersonRecord]:
        """What a station released to this officer, as it is now; each reading is recorded.

        Raises:
            NotFound: nothing was released, or its days are over.
        """
        require(actor, MAKE)
        now = self._store.now()
        with self._store.write() as tx:
            row = rows.find(tx, inquiry_id) if is_id(inquiry_id) else None
            if row is None or row.account_id != actor.account_id or not _readable(row, now):
                raise NotFound
            person = people.find(tx, row.person_id)
            if person is None or person.wrapped is None:
                raise NotFound
            fields = {f for part in row.parts.split() for f in self._rules.parts[part]}
            document = open_document(self._store.vault, person)
            kept = {k: v for k, v in document.items() if k in fields or k == "side"}
            audit.record(tx, actor, "inquiry.read", "person", person.id, at=now,
                         detail={"inquiry": row.id, "parts": row.parts.split()})  # fmt: skip
            return self._file(tx, row), PersonRecord.model_validate(kept)

    def _check(self, kind: str, reason: str, parts: tuple[str, ...]) -> None:
        if kind not in KINDS:
            raise RecordInvalid(path="kind", reason="choose")
        if len(reason) > self._rules.reason_longest:
            raise RecordInvalid(path="reason", reason="too_long")
        if kind == "release" and not reason.strip():
            raise RecordInvalid(path="reason", reason="value_missing")
        wanted = bool(parts) and set(parts) <= set(self._rules.parts)
        if (kind == "release") != wanted:
            raise RecordInvalid(path="parts", reason="choose")

    def _check_answer(self, row: rows.InquiryRow, answer: str, note: str) -> None:
        if row.state == "answered":
            raise AlreadyDecided
        known = self._rules.answers if row.kind == "presence" else ("granted", "refused")
        if answer not in known:
            raise RecordInvalid(path="answer", reason="choose")
        if answer == "refused" and not note.strip():
            raise RecordInvalid(path="note", reason="value_missing")

    def _answer_values(
        self, row: rows.InquiryRow, actor: Actor, answer: str, note: str, now: datetime
    ) -> dict[str, object]:
        key = person_key(self._store.vault, row.person_id, row.person_wrapped)
        sealed = self._store.vault.seal(key, note.strip().encode(), "inquiry_note", row.id)
        values: dict[str, object] = {
            "state": "answered", "answered_by": actor.account_id, "answered_at": now,
            "answer": answer, "note": sealed,
        }  # fmt: skip
        if row.received_at is None:
            values |= {"received_by": actor.account_id, "received_at": now}
        if answer == "granted":
            values["expires_at"] = now + timedelta(days=self._rules.release_days)
        return values

    def _held(self, tx: Tx, actor: Actor, inquiry_id: str) -> rows.InquiryRow:
        row = rows.hold(tx, inquiry_id) if is_id(inquiry_id) else None
        if row is None or row.gone or not actor.reaches(row.station_path):
            raise NotFound
        if row.hidden:
            raise NotPermitted(reason="protected")
        return row

    def _shown(
        self, tx: Tx, actor: Actor, search_id: str, person_id: str
    ) -> tuple[searches.SearchRow, people.PersonRow]:
        search = searches.find(tx, search_id) if is_id(search_id) else None
        if search is None or search.account_id != actor.account_id:
            raise NotFound
        if all(c.person_id != person_id for c in searches.candidates(tx, search.id)):
            raise NotFound
        person = people.find(tx, person_id)
        if person is None or person.hidden or person.wrapped is None:
            raise NotFound
        return search, person

    def _file(self, tx: Tx, row: rows.InquiryRow) -> InquiryFile:
        vault = self._store.vault
        key = person_key(vault, row.person_id, row.person_wrapped)
        said = json.loads(vault.open(key, row.sealed, "inquiry", row.id))
        note = vault.open(key, row.note, "inquiry_note", row.id) if row.note else b""
        return InquiryFile(
            id=row.id,
            kind=row.kind,
            state=row.state,
            search_id=row.search_id,
            person_id=row.person_id,
            station_name=row.station_name,
            officer=row.officer,
            unit=row.unit,
            asked_at=row.asked_at,
            number=said["number"],
            reason=said["reason"],
            parts=tuple(row.parts.split()),
            received_by=row.receiver or "",
            received_at=row.received_at,
            answered_by=row.answerer or "",
            answered_at=row.answered_at,
            answer=row.answer,
            note=note.decode(),
            expires_at=row.expires_at,
            readable=_readable(row, self._store.now()),
            contact_no=self._refuses(tx, row.person_id),
        )

    def _refuses(self, tx: Tx, person_id: str) -> bool:
        person = people.find(tx, person_id)
        if person is None or person.wrapped is None:
            return False
        return open_document(self._store.vault, person).get("contact_wish") == "no"


def _readable(row: rows.InquiryRow, now: datetime) -> bool:
    open_still = row.expires_at is not None and now < row.expires_at
    return row.answer == "granted" and open_still and not row.hidden
