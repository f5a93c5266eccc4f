"""Confirmed cases: who somebody turned out to be, or that it was nobody on record.

They are written in the transaction of the confirmation, can be undone, and teach the model of
evidence. Of the person they hold ids alone.
"""

from __future__ import annotations

from tracing import audit
from tracing.access import Actor, require
from tracing.errors import NotFound, RecordInvalid
from tracing.exclusions import held
from tracing.store import Store, Tx, outcomes, people, searches
from tracing.store.ids import is_id, new_id


class Outcomes:
    """The confirmed cases of one installation."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def remember(self, tx: Tx, actor: Actor, probe_person_id: str, person_id: str | None) -> str:
        """Keep who a person was, None for nobody on record; gives the case's id.

        To be called in the transaction of the confirmation, once two people have confirmed.

        Raises:
            NotFound: one of the two is out of reach, erased, or was never shown to this station.
            RecordInvalid: a person and the same person.
        """
        require(actor, "people.write")
        probe = held(tx, actor, probe_person_id)
        if person_id is not None:
            _shown(tx, actor, probe.id, person_id)
        outcome_id, at = new_id(), self._store.now()
        row = {
            "id": outcome_id,
            "probe_person_id": probe.id,
            "probe_version": probe.version,
            "person_id": person_id,
            "station_id": actor.station_id,
            "account_id": actor.account_id,
            "at": at,
        }
        outcomes.insert_outcome(tx, row)
        audit.record(tx, actor, "case.confirm", "person", probe.id, at=at,
                     detail={"other": person_id})  # fmt: skip
        return outcome_id

    def undo(self, tx: Tx, actor: Actor, outcome_id: str) -> None:
        """Take a confirmation back, in the transaction that reopens the case.

        Raises:
            NotFound: absent, taken back before, or its probe is out of reach.
        """
        require(actor, "people.write")
        row = outcomes.find(tx, outcome_id) if is_id(outcome_id) else None
        if row is None:
            raise NotFound
        probe, at = held(tx, actor, row.probe_person_id), self._store.now()
        outcomes.undo(tx, outcome_id, actor.account_id, at)
        audit.record(tx, actor, "case.unconfirm", "person", probe.id, at=at,
                     detail={"other": row.person_id})  # fmt: skip


def _shown(tx: Tx, actor: Actor, probe_id: str, person_id: str) -> None:
    if person_id == probe_id:
        raise RecordInvalid(path="person_id", reason="same_person")
    other = people.find(tx, person_id) if is_id(person_id) else None
    if other is None or other.erased_at is not None:
        raise NotFound
    if not (
        actor.reaches(other.station_path) or searches.was_shown(tx, other.id, actor.station_path)
    ):
        raise NotFound
