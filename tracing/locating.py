"""找家: from what is heard of home to a place, kept so that anybody on duty can go on.

A locating belongs to a person, or to nobody until it is linked. What it holds is sealed under its
own key, which lies under the person's: erasing the person erases it. Nothing is overwritten; each
deed is a row that can be taken back and can return.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tracing import audit
from tracing.access import Actor, require
from tracing.errors import NotFound, RecordInvalid
from tracing.locating_deeds import (
    Claim,
    Deed,
    Fragment,
    State,
    What,
    heard_before,
    packed,
    require_sense,
    rules,
    unpacked,
)
from tracing.people import People
from tracing.person_files import open_document
from tracing.photos.keeping import person_key
from tracing.record_changes import within_reach
from tracing.records import PersonRecord
from tracing.store import Store, Tx, people
from tracing.store import locatings as rows
from tracing.store.ids import is_id, new_id

_PLACES_MOST = 50
_TIDY_BATCH = 100


@dataclass(frozen=True, slots=True)
class LocatingFile:
    """A locating, opened; `record` is the person's, None while it belongs to nobody."""

    id: str
    person_id: str | None
    record: PersonRecord | None
    by: str
    created_at: datetime
    changed_at: datetime
    expires_at: datetime | None
    state: State


class Locatings:
    """The locatings of one installation; each call is one transaction."""

    def __init__(self, store: Store, records: People) -> None:
        self._store = store
        self._people = records

    def start(self, actor: Actor, person_id: str | None = None) -> str:
        """A new locating; for a person, what their record says was heard of home comes along.

        Raises:
            NotFound: the person is absent, out of reach or erased.
        """
        require(actor, "people.write")
        vault, now, own_id = self._store.vault, self._store.now(), new_id()
        key = vault.new_key()
        with self._store.write() as tx:
            person = self._person(tx, actor, person_id) if person_id is not None else None
            values = {
                "id": own_id,
                "account_id": actor.account_id,
                "station_id": actor.station_id,
                "created_at": now,
                "changed_at": now,
            }
            rows.add(tx, {**values, **self._belonging(own_id, key, person)})
            for fragment in heard_before(open_document(vault, person)) if person else ():
                self._insert(tx, actor, own_id, key, "fragment", fragment)
            audit.record(tx, actor, "locating.start", "locating", own_id, at=now,
                         detail={"person": person_id})  # fmt: skip
        return own_id

    def get(self, actor: Actor, locating_id: str) -> LocatingFile:
        """A locating within reach; the reading is recorded.

        Raises:
            NotFound: absent, out of reach, or its person was erased.
        """
        return self._read(actor, locating_id, "locating.read")

    def export(self, actor: Actor, locating_id: str) -> LocatingFile:
        """`get`, recorded as something that leaves the house."""
        return self._read(actor, locating_id, "locating.export")

    def _read(self, actor: Actor, locating_id: str, action: str) -> LocatingFile:
        require(actor, "people.read")
        with self._store.write() as tx:
            row = self._row(tx, actor, locating_id)
            audit.record(tx, actor, action, "locating", row.id, at=self._store.now(),
                         detail={"person": row.person_id})  # fmt: skip
            return self._file(tx, row)

    def asked(self, actor: Actor, fragments: int) -> None:
        """Record that a location was asked for through a door that keeps nothing."""
        require(actor, "search")
        with self._store.write() as tx:
            audit.record(tx, actor, "location.ask", "location", None, at=self._store.now(),
                         detail={"fragments": fragments})  # fmt: skip

    def latest(self, actor: Actor, limit: int = 30) -> tuple[LocatingFile, ...]:
        """Locatings within reach, last changed first; the ids shown are recorded."""
        require(actor, "people.read")
        with self._store.write() as tx:
            found = rows.latest(tx, actor.station_path, max(1, min(limit, 100)))
            audit.record(tx, actor, "locating.list", "locating", None, at=self._store.now(),
                         detail={"shown": [row.id for row in found]})  # fmt: skip
            return tuple(self._file(tx, row) for row in found)

    def of_person(self, actor: Actor, person_id: str) -> str | None:
        """The locating of a person within reach that was changed last; None without one."""
        require(actor, "people.read")
        with self._store.read() as tx:
            person = self._person(tx, actor, person_id)
            return next(iter(rows.of_person(tx, person.id)), None)

    def add(self, actor: Actor, locating_id: str, what: What) -> str:
        """Add a deed; a claim changes the person's record in the same transaction.

        Raises:
            NotFound: absent or out of reach.
            RecordInvalid: the deed says nothing, too much, or is one too many; a claim for nobody.
        """
        require(actor, "people.write")
        require_sense(what)
        with self._store.write() as tx:
            row = self._row(tx, actor, locating_id, hold=True)
            if rows.count_deeds(tx, row.id) >= rules().deeds_most:
                raise RecordInvalid(path="deeds", reason="too_long")
            kind, key = _kind(what), self._key(row)
            if isinstance(what, Fragment):
                held = len(self._state(tx, row, key).fragments)
                if held >= rules().fragments_most:
                    raise RecordInvalid(path="text", reason="fragments_enough")
            deed_id = self._insert(tx, actor, row.id, key, kind, what)
            if isinstance(what, Claim):
                self._claim(tx, actor, row, deed_id, what)
            self._changed(tx, actor, row, "locating.add", {"kind": kind, "deed": deed_id})
        return deed_id

    def undo(self, actor: Actor, locating_id: str, deed_id: str) -> Deed:
        """Take a deed back; a claim leaves the person's record."""
        return self._mark(actor, locating_id, deed_id, holds=False)

    def restore(self, actor: Actor, locating_id: str, deed_id: str) -> Deed:
        """Let a deed that was taken back hold again."""
        return self._mark(actor, locating_id, deed_id, holds=True)

    def link(self, actor: Actor, locating_id: str, person_id: str | None) -> None:
        """Give a locating to a person, or with None to nobody again.

        Raises:
            NotFound: locating or person is absent, out of reach or erased.
            RecordInvalid: a claim of it stands on the present person's record.
        """
        require(actor, "people.write")
        with self._store.write() as tx:
            row = self._row(tx, actor, locating_id, hold=True)
            key = self._key(row)
            person = self._person(tx, actor, person_id) if person_id is not None else None
            if self._state(tx, row, key).claims:
                raise RecordInvalid(path="person", reason="claim_stands")
            rows.change(tx, row.id, self._belonging(row.id, key, person))
            self._changed(tx, actor, row, "locating.link", {"person": person_id})

    def tidy(self) -> int:
        """Delete what nobody linked to a person by its last day; gives how many."""
        now = self._store.now()
        with self._store.write() as tx:
            gone = rows.forget_expired(tx, now, _TIDY_BATCH)
            for own_id in gone:
                audit.record(tx, None, "locating.expire", "locating", own_id, at=now)
        return len(gone)

    def _mark(self, actor: Actor, locating_id: str, deed_id: str, *, holds: bool) -> Deed:
        require(actor, "people.write")
        with self._store.write() as tx:
            row = self._row(tx, actor, locating_id, hold=True)
            at = None if holds else self._store.now()
            by = None if holds else actor.account_id
            if not (is_id(deed_id) and rows.mark(tx, row.id, deed_id, at, by)):
                raise NotFound
            deed = next(d for d in self._state(tx, row, self._key(row)).deeds if d.id == deed_id)
            if isinstance(deed.what, Claim):
                self._claim(tx, actor, row, deed_id, deed.what if holds else None)
            action = "locating.restore" if holds else "locating.undo"
            self._changed(tx, actor, row, action, {"kind": deed.kind, "deed": deed_id})
            return deed

    def _claim(
        self, tx: Tx, actor: Actor, row: rows.LocatingRow, deed_id: str, claim: Claim | None
    ) -> None:
        """Put the claim of a deed on the person's record; with None take it off."""
        held = people.hold(tx, row.person_id) if row.person_id is not None else None
        if held is None:
            raise RecordInvalid(path="person", reason="person_missing")
        person, source = within_reach(actor, held), f"locating:{deed_id}"
        document = open_document(self._store.vault, person)
        places = [p for p in document.get("places", ()) if p.get("source") != source]
        if claim is not None:
            if len(places) >= _PLACES_MOST:
                raise RecordInvalid(path="places", reason="too_long")
            told = {"certainty": rules().sure[claim.sure], "at": self._store.now().isoformat()}
            given = {"kind": claim.kind, "code": claim.code, "text": claim.text}
            places.append({**given, **told, "source": source, "by": actor.display_name[:100]})
        rest = {key: value for key, value in document.items() if key != "places"}
        record = PersonRecord.model_validate({**rest, "places": places} if places else rest)
        self._people.put(tx, actor, person, record)

    def _insert(
        self, tx: Tx, actor: Actor, locating_id: str, key: bytes, kind: str, what: What
    ) -> str:
        deed_id = new_id()
        values = {
            "id": deed_id,
            "locating_id": locating_id,
            "account_id": actor.account_id,
            "number": rows.count_deeds(tx, locating_id) + 1,
            "kind": kind,
            "sealed": self._store.vault.seal(key, packed(what), "locating_deed", deed_id),
            "created_at": self._store.now(),
        }
        rows.add_deed(tx, values)
        return deed_id

    def _changed(
        self, tx: Tx, actor: Actor, row: rows.LocatingRow, action: str, detail: dict[str, Any]
    ) -> None:
        now = self._store.now()
        rows.change(tx, row.id, {"changed_at": now})
        audit.record(tx, actor, action, "locating", row.id, at=now,
                     detail={"person": row.person_id, **detail})  # fmt: skip

    def _belonging(
        self, own_id: str, key: bytes, person: people.PersonRow | None
    ) -> dict[str, Any]:
        """Whose it is: under which key its own lies, at which station, until when."""
        vault = self._store.vault
        if person is None:
            last = self._store.now() + timedelta(days=rules().unlinked_days)
            wrapped = vault.wrap(key, "locating", own_id)
            return {"person_id": None, "wrapped": wrapped, "expires_at": last}
        own = person_key(vault, person.id, person.wrapped)
        return {
            "person_id": person.id,
            "station_id": person.station_id,
            "wrapped": vault.seal(own, key, "locating", own_id),
            "expires_at": None,
        }

    def _key(self, row: rows.LocatingRow) -> bytes:
        vault = self._store.vault
        if row.person_id is None:
            return vault.unwrap(row.wrapped, "locating", row.id)
        own = person_key(vault, row.person_id, row.person_wrapped)
        return vault.open(own, row.wrapped, "locating", row.id)

    def _person(self, tx: Tx, actor: Actor, person_id: str) -> people.PersonRow:
        return within_reach(actor, people.find(tx, person_id) if is_id(person_id) else None)

    def _row(
        self, tx: Tx, actor: Actor, locating_id: str, *, hold: bool = False
    ) -> rows.LocatingRow:
        row = rows.find(tx, locating_id, hold=hold) if is_id(locating_id) else None
        if row is None or not actor.reaches(row.station_path):
            raise NotFound
        return row

    def _state(self, tx: Tx, row: rows.LocatingRow, key: bytes) -> State:
        vault = self._store.vault
        return State(
            tuple(
                Deed(
                    id=deed.id,
                    kind=deed.kind,
                    what=unpacked(
                        deed.kind, vault.open(key, deed.sealed, "locating_deed", deed.id)
                    ),
                    by=deed.account_name,
                    at=deed.created_at,
                    holds=deed.undone_at is None,
                )
                for deed in rows.deeds(tx, row.id)
            )
        )

    def _file(self, tx: Tx, row: rows.LocatingRow) -> LocatingFile:
        record = None
        if row.person_id is not None:
            person = people.find(tx, row.person_id)
            if person is None or person.erased_at is not None:
                raise NotFound
            record = PersonRecord.model_validate(open_document(self._store.vault, person))
        return LocatingFile(
            id=row.id,
            person_id=row.person_id,
            record=record,
            by=row.account_name,
            created_at=row.created_at,
            changed_at=row.changed_at,
            expires_at=row.expires_at,
            state=self._state(tx, row, self._key(row)),
        )


def _kind(what: What) -> str:
    return type(what).__name__.lower()
