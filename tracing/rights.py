"""The rights desk: a person asks about their own record, the officer answers in time.

What is given out is the person's own record and nothing of anybody else: an explanation says when,
by which station and what for they were shown, and not whom the search was about or who asked.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from importlib.resources import files
from typing import Any

from tracing import audit
from tracing.access import Actor, require, require_reach
from tracing.audit_looks import Lookers
from tracing.clocks import clock_rules
from tracing.erasures import Erasures
from tracing.errors import Conflict, NotFound, RecordInvalid
from tracing.people import People
from tracing.person_files import PersonFile
from tracing.photos.keeping import person_key
from tracing.record_changes import within_reach
from tracing.store import Store, Tx, people
from tracing.store import rights as rows
from tracing.store.ids import is_id, new_id

NOTE_LONGEST = 1000
_LISTED = 200


@dataclass(frozen=True, slots=True)
class RightsRules:
    """`rights.toml`, read: the clock rule of each kind, who may ask, why it may be refused."""

    kinds: Mapping[str, str]
    asked_by: tuple[str, ...]
    refusals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RightsFile:
    """A request: `state` is open, granted or refused; `overdue` while it is open and late."""

    id: str
    person_id: str
    kind: str
    asked_by: str
    state: str
    rule: str
    note: str = field(repr=False)
    received_at: datetime
    due_at: datetime
    overdue: bool
    soon: bool
    answered_at: datetime | None
    refusal: str | None
    erasure_id: str | None
    station_name: str
    gone: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """One search that showed the person: when, where asked, what for, how likely it was held."""

    at: datetime
    station: str
    purpose: str
    legal_basis: str
    grade: str


@lru_cache(maxsize=1)
def rights_rules() -> RightsRules:
    """The packaged lists; the same object every time."""
    table: dict[str, Any] = tomllib.loads(
        files("tracing").joinpath("rights.toml").read_text("utf-8")
    )
    return RightsRules(
        dict(table["kinds"]), tuple(table["asked_by"]["values"]), tuple(table["refusals"]["values"])
    )


class Rights:
    """Requests and their answers; each call is one transaction."""

    def __init__(
        self, store: Store, person_files: People, erasures: Erasures, lookers: Lookers
    ) -> None:
        self._store = store
        self._people = person_files
        self._erasures = erasures
        self._lookers = lookers

    def receive(
        self, actor: Actor, person_id: str, kind: str, asked_by: str, note: str = ""
    ) -> str:
        """Take a request at the counter; its clock starts now. Gives its number.

        Raises:
            RecordInvalid: kind or asker is not on the list, or the note is too long.
        """
        require(actor, "erasure.request")
        own = rights_rules()
        if kind not in own.kinds:
            raise RecordInvalid(path="kind", reason="unknown_value")
        if asked_by not in own.asked_by:
            raise RecordInvalid(path="asked_by", reason="unknown_value")
        if len(note) > NOTE_LONGEST:
            raise RecordInvalid(path="note", reason="too_long")
        now, vault, number = self._store.now(), self._store.vault, new_id()
        rule = clock_rules()[own.kinds[kind]]
        with self._store.write() as tx:
            row = people.hold(tx, person_id) if is_id(person_id) else None
            held = within_reach(actor, row, stored=True)
            key = person_key(vault, held.id, held.wrapped)
            values: dict[str, Any] = {
                "id": number, "person_id": held.id, "station_id": held.station_id, "kind": kind,
                "asked_by": asked_by, "state": "open", "rule": rule.stamp,
                "note": vault.seal(key, note.encode(), "rights", number),
                "received_by": actor.account_id, "received_at": now, "due_at": rule.due(now),
            }  # fmt: skip
            rows.insert_request(tx, values)
            audit.record(tx, actor, "rights.receive", "person", held.id, at=now,
                         detail={"request": number, "kind": kind})  # fmt: skip
        return number

    def listed(self, actor: Actor) -> tuple[RightsFile, ...]:
        """Requests within reach: open ones by due time, then answered ones."""
        require(actor, "rights")
        with self._store.read() as tx:
            return tuple(self._file(row) for row in rows.below(tx, actor.station_path, _LISTED))

    def get(self, actor: Actor, number: str) -> RightsFile:
        """One request within reach."""
        require(actor, "rights")
        with self._store.read() as tx:
            return self._file(_found(tx, actor, number))

    def grant(self, actor: Actor, number: str) -> RightsFile:
        """Answer yes; for a deletion this asks for the erasure, which another has to approve.

        Raises:
            Conflict: answered already, or an erasure is under way.
            NotPermitted: a hold stands against the erasure.
        """
        require(actor, "rights")
        file = self.get(actor, number)
        if file.state != "open":
            raise Conflict(path="number")
        values: dict[str, Any] = {"state": "granted"}
        if file.kind == "delete":
            values["erasure_id"] = self._erasures.request(
                actor, file.person_id, file.asked_by, "consent_withdrawn"
            )
        self._answer(actor, number, values)
        return self.get(actor, number)

    def refuse(self, actor: Actor, number: str, refusal: str) -> None:
        """Answer no, with the reason that is told."""
        require(actor, "rights")
        if refusal not in rights_rules().refusals:
            raise RecordInvalid(path="refusal", reason="unknown_value")
        self._answer(actor, number, {"state": "refused", "refusal": refusal})

    def copy(self, actor: Actor, number: str) -> PersonFile:
        """The person's own record for a request to copy; giving it out is recorded.

        Raises:
            NotFound: absent, out of reach, or the request is for something else.
        """
        require(actor, "rights")
        now = self._store.now()
        with self._store.write() as tx:
            row = _found(tx, actor, number)
            if row.kind != "copy" or row.state == "refused":
                raise NotFound
            audit.record(tx, actor, "rights.copy", "person", row.person_id, at=now,
                         detail={"request": row.id})  # fmt: skip
        return self._people.get(actor, row.person_id)

    def explain(self, actor: Actor, number: str) -> tuple[Shown, ...]:
        """Which searches showed the person and what for, newest first, read from the audit trail.

        Raises:
            NotFound: absent, out of reach, or the request is for something else.
        """
        require(actor, "rights")
        file = self.get(actor, number)
        if file.kind != "explain" or file.state == "refused":
            raise NotFound
        looks = self._lookers.at(actor, file.person_id).items
        return tuple(
            Shown(look.at, look.station, look.purpose or "", look.legal_basis or "", look.grade)
            for look in looks
            if look.action == "search.ask" and look.grade is not None
        )

    def _answer(self, actor: Actor, number: str, values: Mapping[str, Any]) -> None:
        now = self._store.now()
        with self._store.write() as tx:
            row = _found(tx, actor, number, hold=True)
            if row.state != "open":
                raise Conflict(path="number")
            rows.answer(tx, row.id, {**values, "answered_by": actor.account_id, "answered_at": now})
            audit.record(tx, actor, "rights.answer", "person", row.person_id, at=now,
                         detail={"request": row.id, "state": values["state"],
                                 "refusal": values.get("refusal")})  # fmt: skip

    def _file(self, row: rows.RequestRow) -> RightsFile:
        vault, now, note = self._store.vault, self._store.now(), ""
        if row.note is not None and row.person_wrapped is not None:
            key = person_key(vault, row.person_id, row.person_wrapped)
            note = vault.open(key, row.note, "rights", row.id).decode()
        rule = clock_rules()[row.rule.partition("/")[0]]
        waiting = row.state == "open"
        return RightsFile(
            id=row.id,
            person_id=row.person_id,
            kind=row.kind,
            asked_by=row.asked_by,
            state=row.state,
            rule=row.rule,
            note=note,
            received_at=row.received_at,
            due_at=row.due_at,
            overdue=waiting and now > row.due_at,
            soon=waiting and rule.warns(row.received_at) <= now <= row.due_at,
            answered_at=row.answered_at,
            refusal=row.refusal,
            erasure_id=row.erasure_id,
            station_name=row.station_name,
            gone=row.person_wrapped is None,
        )


def _found(tx: Tx, actor: Actor, number: str, *, hold: bool = False) -> rows.RequestRow:
    row = rows.find(tx, number, hold=hold) if is_id(number) else None
    require_reach(actor, row.station_path if row else None)
    if row is None:
        raise NotFound
    return row
