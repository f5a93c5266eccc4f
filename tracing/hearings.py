"""Confirmed pairs: what was heard for a name that two people have confirmed since."""

from __future__ import annotations

import json

from matchers.sounds import Hearing
from matchers.sounds.pairs import ConfirmedPair
from tracing import audit
from tracing.access import Actor, require
from tracing.photos.keeping import person_key
from tracing.record_changes import within_reach
from tracing.store import Store, Tx, hearings, people
from tracing.store.ids import is_id, new_id


class Hearings:
    """The pairs of one installation; each lies under the key of its person and goes with it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def remember(
        self,
        tx: Tx,
        actor: Actor,
        person_id: str,
        heard: str,
        true: str,
        dialect: str | None,
        *,
        latin: str | None = None,
        listener: str | None = None,
    ) -> str:
        """Keep one pair in the transaction of the confirmation; gives its id.

        Raises:
            NotFound: the person is absent, out of reach or erased.
        """
        require(actor, "people.write")
        found = people.find(tx, person_id) if is_id(person_id) else None
        row = within_reach(actor, found)
        pair_id, key = new_id(), person_key(self._store.vault, row.id, row.wrapped)
        said = {"heard": heard, "latin": latin, "dialect": dialect, "listener": listener}
        text = json.dumps({**said, "true": true}, ensure_ascii=False).encode()
        values = {
            "id": pair_id,
            "person_id": row.id,
            "account_id": actor.account_id,
            "sealed": self._store.vault.seal(key, text, "hearing_pair", pair_id),
            "created_at": self._store.now(),
        }
        hearings.insert_pair(tx, values)
        audit.record(tx, actor, "hearing.confirm", "person", row.id, at=self._store.now())
        return pair_id

    def pairs(self, actor: Actor) -> tuple[ConfirmedPair, ...]:
        """Every pair within the actor's reach, opened for calibration; the reading is recorded."""
        require(actor, "people.read")
        vault, found = self._store.vault, []
        with self._store.write() as tx:
            for row in hearings.below(tx, actor.station_path):
                key = person_key(vault, row.person_id, row.wrapped)
                doc = json.loads(vault.open(key, row.sealed, "hearing_pair", row.id))
                heard = Hearing(doc["heard"], doc["latin"], doc["dialect"], doc["listener"])
                found.append(ConfirmedPair(heard, doc["true"]))
            audit.record(tx, actor, "hearing.list", "person", None, at=self._store.now(),
                         detail={"pairs": len(found)})  # fmt: skip
        return tuple(found)
