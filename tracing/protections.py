"""Protected persons: sought by anyone they are nobody; their protection officer learns of it.

Every search leaves one sealed note of one size in its own transaction, whether or not it would
have shown somebody protected: the same statements, the same path. Housekeeping opens the notes
afterwards, out of the asker's sight, and makes alerts of those that name somebody.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchers.fusion import Weights
from tracing import audit
from tracing.access import Actor, require, rules
from tracing.errors import Conflict, NotFound, RecordInvalid
from tracing.gallery import SEARCHED_SIDES, SIDES, View
from tracing.photos.keeping import person_key
from tracing.record_changes import within_reach
from tracing.sealing import Vault
from tracing.store import Store, Tx, people
from tracing.store import protections as rows
from tracing.store.ids import is_id, new_id

DESK = "protection.desk"
NOTE_LONGEST = 500
_BATCH = 200
_LISTED = 100


@dataclass(frozen=True, slots=True)
class ProtectionRules:
    """`protection.toml`, read."""

    share: float
    most: int
    note_bytes: int
    reasons: tuple[str, ...]
    wishes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Alert:
    """Somebody sought a protected person; `wish` is None until the officer has asked."""

    id: str
    person_id: str
    sought_at: datetime
    seeker: str
    station_name: str
    purpose: str
    legal_basis: str
    wish: str | None
    note: str = field(repr=False)
    asked_at: datetime | None = None


@lru_cache(maxsize=1)
def protection_rules() -> ProtectionRules:
    """The packaged rules; the same object every time."""
    table: dict[str, Any] = tomllib.loads(
        files("tracing").joinpath("protection.toml").read_text("utf-8")
    )
    own = table["alert"]
    return ProtectionRules(
        share=float(own["share"]),
        most=int(own["most"]),
        note_bytes=int(own["note_bytes"]),
        reasons=tuple(table["reasons"]["values"]),
        wishes=tuple(table["wishes"]["values"]),
    )


def would_show(
    view: View,
    fused: Weights,
    side: str,
    probe_id: str | None,
    compared: NDArray[np.int64] | None = None,
) -> tuple[str, ...]:
    """Ids of hidden people who would have had their share of this answer, likeliest first.

    The weights are those of the search itself, counted among the people it may see. compared:
    int64 [n], ascending, whom `fused` is of, all hidden people among them; None for everybody.
    """
    own = protection_rules()
    sides = [SIDES.index(name) for name in SEARCHED_SIDES[side]]
    hidden = np.flatnonzero(view.alive & view.hidden)
    hidden = hidden[np.isin(view.side[hidden], sides)]
    places = hidden if compared is None else np.searchsorted(compared, hidden)
    bits = np.zeros(len(hidden))
    for key, codes in fused.levels.items():
        bits += fused.weights[key].take(codes[places])
    # odds against everybody else and nobody, whose sum is set to one
    odds = np.exp2(np.minimum(bits + fused.prior_bits, 500.0)) * fused.nobody
    share = odds / (odds + 1.0)
    best = np.argsort(-share, kind="stable")[: own.most + 1]
    found = [view.ids[hidden[at]] for at in best if share[at] >= own.share]
    return tuple(person for person in found if person != probe_id)[: own.most]


def keep_notes(tx: Tx, vault: Vault, notes: Mapping[str, Sequence[str]]) -> None:
    """Leave the notes of searches, people by search; their length tells nothing."""
    room = protection_rules().note_bytes
    rows.insert_echoes(tx, {
        search_id: vault.seal_desk(json.dumps(list(ids)).encode().ljust(room), "echo", search_id)
        for search_id, ids in notes.items()
    })  # fmt: skip


class Protections:
    """Setting and lifting protection, the officer's list, and one step of housekeeping."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def protect(self, actor: Actor, person_id: str, reason: str) -> None:
        """Protect a person within reach; at once for whoever is at the counter.

        Raises:
            RecordInvalid: the reason is not on the list.
            Conflict: the person is protected already.
        """
        require(actor, "protect")
        if reason not in protection_rules().reasons:
            raise RecordInvalid(path="reason", reason="unknown_value")
        self._set(actor, person_id, True, "person.protect", {"reason": reason})

    def lift(self, actor: Actor, person_id: str) -> None:
        """End the protection; only for the protection officer.

        Raises:
            Conflict: the person is not protected.
        """
        require(actor, DESK)
        self._set(actor, person_id, False, "person.unprotect", {})

    def _set(
        self, actor: Actor, person_id: str, protected: bool, action: str, detail: audit.Detail
    ) -> None:
        now = self._store.now()
        with self._store.write() as tx:
            row = people.hold(tx, person_id) if is_id(person_id) else None
            held = within_reach(actor, row, stored=True)
            if held.protected == protected:
                raise Conflict(path="person_id")
            rows.set_protected(tx, held.id, protected, now)
            audit.record(tx, actor, action, "person", held.id, at=now, detail=detail)

    def protected(self, actor: Actor, person_id: str) -> bool:
        """Whether a person within reach is protected."""
        require(actor, "protect")
        with self._store.read() as tx:
            row = people.find(tx, person_id) if is_id(person_id) else None
            return within_reach(actor, row, stored=True).protected

    def officer_for(self, actor: Actor, person_id: str) -> bool:
        """Whether anybody, at the holding station or above, would get the alerts."""
        require(actor, "protect")
        with self._store.read() as tx:
            row = people.find(tx, person_id) if is_id(person_id) else None
            held = within_reach(actor, row, stored=True)
            return rows.station_with(tx, held.station_path, _officers()) is not None

    def alerts(self, actor: Actor) -> tuple[Alert, ...]:
        """The list of the officer's own station, of no other; the reading is recorded."""
        require(actor, DESK)
        with self._store.write() as tx:
            found = rows.of_station(tx, actor.station_id, _LISTED)
            audit.record(
                tx, actor, "protection.list", "protection", None, at=self._store.now(),
                detail={"alerts": len(found)},
            )  # fmt: skip
            return tuple(self._alert(row) for row in found if row.person_wrapped is not None)

    def record_wish(self, actor: Actor, alert_id: str, wish: str, note: str = "") -> None:
        """Write down what the person said when asked.

        Raises:
            NotFound: no alert of the officer's own station.
            RecordInvalid: not a wish of the list, or the note is too long.
        """
        require(actor, DESK)
        if wish not in protection_rules().wishes:
            raise RecordInvalid(path="wish", reason="unknown_value")
        if len(note) > NOTE_LONGEST:
            raise RecordInvalid(path="note", reason="too_long")
        now, vault = self._store.now(), self._store.vault
        with self._store.write() as tx:
            row = rows.alert(tx, alert_id, actor.station_id) if is_id(alert_id) else None
            if row is None:
                raise NotFound
            own = person_key(vault, row.person_id, row.person_wrapped)
            sealed = vault.seal(own, note.encode(), "wish", row.id)
            values = {"wish": wish, "note": sealed, "asked_by": actor.account_id, "asked_at": now}
            rows.set_wish(tx, row.id, values)
            audit.record(tx, actor, "protection.wish", "person", row.person_id, at=now,
                         detail={"alert": row.id, "wish": wish})  # fmt: skip

    def tidy(self) -> int:
        """Open the notes that searches left; gives how many alerts came of them."""
        made = 0
        while True:
            with self._store.write() as tx:
                batch = rows.echoes(tx, _BATCH)
                for search_id, sealed, at in batch:
                    plain = self._store.vault.open_desk(sealed, "echo", search_id)
                    for person_id in json.loads(plain):
                        made += self._alarm(tx, search_id, person_id, at)
                rows.forget_echoes(tx, [search_id for search_id, _, _ in batch])
            if len(batch) < _BATCH:
                return made

    def _alarm(self, tx: Tx, search_id: str, person_id: str, at: datetime) -> int:
        person = people.find(tx, person_id)
        if person is None or not person.protected or person.erased_at is not None:
            return 0
        if rows.known(tx, search_id, person_id):
            return 0
        station = rows.station_with(tx, person.station_path, _officers()) or person.station_id
        alert_id = new_id()
        values = {"id": alert_id, "search_id": search_id, "person_id": person_id,
                  "station_id": station, "sought_at": at}  # fmt: skip
        rows.insert_alert(tx, values)
        audit.record(tx, None, "protection.alert", "person", person_id, at=self._store.now(),
                     detail={"alert": alert_id})  # fmt: skip
        return 1

    def _alert(self, row: rows.AlertRow) -> Alert:
        vault = self._store.vault
        own = person_key(vault, row.person_id, row.person_wrapped)
        note = vault.open(own, row.note, "wish", row.id).decode() if row.note else ""
        return Alert(
            row.id, row.person_id, row.sought_at, row.seeker, row.station_name, row.purpose,
            row.legal_basis, row.wish, note, row.asked_at,
        )  # fmt: skip


def _officers() -> list[str]:
    return [role for role, scopes in rules().roles.items() if DESK in scopes]
