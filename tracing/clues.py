"""Clues: what somebody from the public saw. The door says "received" and never anything else.

Taking one in is one sealed row: nobody is looked up, no photo is opened, whatever was written.
Photos go through the isolated intake afterwards; of these only the cleaned picture is kept and
never a face print. What nobody links to a person goes on its day.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tracing import audit
from tracing.access import Actor, require
from tracing.errors import Conflict, NotFound, PhotoError, RecordInvalid
from tracing.photos.album import Examiner
from tracing.photos.keeping import person_key
from tracing.record_changes import within_reach
from tracing.retention import retention_rules
from tracing.store import Store, Tx, people
from tracing.store import clues as rows
from tracing.store.ids import is_id, new_id
from tracing.webhooks import Reference, tell

FIELDS = ("what", "where", "when", "contact")
LONGEST = {"what": 1000, "where": 200, "when": 100, "contact": 100}
CLOSINGS = ("not_useful", "answered")
_LISTED = 100
_BATCH = 10
_RECEIPT = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"


@dataclass(frozen=True, slots=True)
class ClueFile:
    """A clue as a station reads it; `photo` is none, waiting, ready or unreadable."""

    id: str
    state: str
    said: dict[str, str] = field(repr=False)
    photo: str = "none"
    received_at: datetime | None = None
    expires_at: datetime | None = None
    station_name: str = ""
    person_id: str | None = None
    mine: bool = False


class Clues:
    """The public door's one deed, and the station's list."""

    def __init__(self, store: Store, intake: Examiner) -> None:
        self._store = store
        self._intake = intake

    def receive(self, said: dict[str, str], photo: bytes) -> str:
        """Take in a report; gives a receipt that is drawn by chance and stored nowhere.

        Nothing here depends on who is on record.
        """
        now, vault, clue_id = self._store.now(), self._store.vault, new_id()
        kept = {name: said.get(name, "")[: LONGEST[name]] for name in FIELDS}
        values: dict[str, Any] = {
            "id": clue_id,
            "state": "new",
            "sealed": vault.seal_desk(json.dumps(kept).encode(), "clue", clue_id),
            "photo": vault.seal_desk(photo, "clue_photo", clue_id) if photo else None,
            "photo_state": "waiting" if photo else "none",
            "received_at": now,
            "expires_at": now + timedelta(days=retention_rules().classes["clue"].days),
        }
        with self._store.write() as tx:
            rows.insert_clue(tx, values)
            audit.record(tx, None, "clue.receive", "clue", clue_id, at=now)
            tell(tx, "clue.changed", Reference(clue_id, "/clues", None), now)
        return receipt()

    def listed(self, actor: Actor) -> tuple[ClueFile, ...]:
        """What nobody has taken, and what the actor's stations have in hand, oldest first."""
        require(actor, "clues")
        with self._store.write() as tx:
            found = rows.listed(tx, actor.station_path, _LISTED)
            audit.record(tx, actor, "clue.list", "clue", None, at=self._store.now(),
                         detail={"clues": len(found)})  # fmt: skip
            return tuple(self._file(actor, row) for row in found)

    def picture(self, actor: Actor, clue_id: str) -> bytes:
        """The cleaned picture of a clue; raises `NotFound` until there is one."""
        require(actor, "clues")
        with self._store.read() as tx:
            row = self._found(tx, actor, clue_id)
        if row.photo is None or row.photo_state != "ready":
            raise NotFound
        return self._open(row, row.photo, "clue_photo")

    def take(self, actor: Actor, clue_id: str) -> None:
        """The actor's station looks after it from now on.

        Raises:
            Conflict: another station, or a colleague, was quicker.
        """
        require(actor, "clues")
        now = self._store.now()
        with self._store.write() as tx:
            row = self._found(tx, actor, clue_id, hold=True)
            if row.state != "new":
                raise Conflict(path="clue_id")
            values = {"state": "taken", "station_id": actor.station_id,
                      "taken_by": actor.account_id, "taken_at": now}  # fmt: skip
            rows.change(tx, row.id, values)
            audit.record(tx, actor, "clue.take", "clue", row.id, at=now)
            tell(tx, "clue.changed", Reference(row.id, "/clues", actor.station_id), now)

    def close(self, actor: Actor, clue_id: str, closing: str) -> None:
        """Nothing more is to be done; it goes on its day."""
        require(actor, "clues")
        if closing not in CLOSINGS:
            raise RecordInvalid(path="closing", reason="unknown_value")
        now = self._store.now()
        with self._store.write() as tx:
            row = self._in_hand(tx, actor, clue_id)
            rows.change(tx, row.id, {"state": closing, "closed_at": now})
            audit.record(tx, actor, "clue.close", "clue", row.id, at=now,
                         detail={"closing": closing})  # fmt: skip

    def link(self, actor: Actor, clue_id: str, person_id: str) -> None:
        """It is about this person within reach: it lies under their key and goes with them."""
        require(actor, "clues")
        now, vault = self._store.now(), self._store.vault
        with self._store.write() as tx:
            row = self._in_hand(tx, actor, clue_id)
            person = people.hold(tx, person_id) if is_id(person_id) else None
            held = within_reach(actor, person)
            own = person_key(vault, held.id, held.wrapped)
            said = vault.open_desk(row.sealed, "clue", row.id)
            values: dict[str, Any] = {
                "state": "linked",
                "person_id": held.id,
                "expires_at": None,
                "closed_at": now,
                "sealed": vault.seal(own, said, "clue", row.id),
            }
            if row.photo is not None:
                photo = vault.open_desk(row.photo, "clue_photo", row.id)
                values["photo"] = vault.seal(own, photo, "clue_photo", row.id)
            rows.change(tx, row.id, values)
            audit.record(tx, actor, "clue.link", "person", held.id, at=now,
                         detail={"clue": row.id})  # fmt: skip

    def tidy(self) -> int:
        """Forget what nobody linked, and let the intake look at new photos; gives how many went."""
        now = self._store.now()
        with self._store.write() as tx:
            gone = rows.forget_expired(tx, now)
            for clue_id in gone:
                audit.record(tx, None, "clue.expire", "clue", clue_id, at=now)
        self._examine()
        return len(gone)

    def _examine(self) -> None:
        with self._store.read() as tx:
            waiting = rows.unexamined(tx, _BATCH)
        vault = self._store.vault
        for clue_id, sealed in waiting:
            values: dict[str, Any] = {"photo": None, "photo_state": "unreadable"}
            try:
                jpeg = self._intake.examine(vault.open_desk(sealed, "clue_photo", clue_id)).jpeg
            except PhotoError:
                jpeg = b""
            with self._store.write() as tx:
                row = rows.find(tx, clue_id, hold=True)
                if row is None or row.photo_state != "waiting":
                    continue
                if jpeg:
                    values = {"photo": vault.seal_desk(jpeg, "clue_photo", clue_id),
                              "photo_state": "ready"}  # fmt: skip
                rows.change(tx, clue_id, values)

    def _found(self, tx: Tx, actor: Actor, clue_id: str, *, hold: bool = False) -> rows.ClueRow:
        row = rows.find(tx, clue_id, hold=hold) if is_id(clue_id) else None
        if row is None:
            raise NotFound
        if row.station_path is not None and not actor.reaches(row.station_path):
            raise NotFound
        return row

    def _in_hand(self, tx: Tx, actor: Actor, clue_id: str) -> rows.ClueRow:
        row = self._found(tx, actor, clue_id, hold=True)
        if row.state != "taken" or row.photo_state == "waiting":
            raise Conflict(path="clue_id")
        return row

    def _open(self, row: rows.ClueRow, sealed: bytes, kind: str) -> bytes:
        vault = self._store.vault
        if row.person_id is None:
            return vault.open_desk(sealed, kind, row.id)
        own = person_key(vault, row.person_id, row.person_wrapped)
        return vault.open(own, sealed, kind, row.id)

    def _file(self, actor: Actor, row: rows.ClueRow) -> ClueFile:
        return ClueFile(
            id=row.id,
            state=row.state,
            said=json.loads(self._open(row, row.sealed, "clue")),
            photo=row.photo_state,
            received_at=row.received_at,
            expires_at=row.expires_at,
            station_name=row.station_name or "",
            person_id=row.person_id,
            mine=row.taken_by == actor.account_id,
        )


def receipt() -> str:
    """Ten letters and digits by chance, without those that are mistaken for others."""
    return "".join(secrets.choice(_RECEIPT) for _ in range(10))
