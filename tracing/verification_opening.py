"""Putting a candidate up for verification: which pairs may be, and what is written then."""

from __future__ import annotations

from tracing.access import Actor
from tracing.errors import NotFound, PurposeMissing
from tracing.exclusions import held
from tracing.store import Store, Tx, people, searches
from tracing.store import cases as case_rows
from tracing.store import verifications as rows
from tracing.store.ids import is_id, new_id
from tracing.verification_files import seal_payload, wrapped
from tracing.verification_rules import OPEN_STATES

Pair = tuple[people.PersonRow, people.PersonRow]


def held_pair(tx: Tx, actor: Actor, probe_id: str, person_id: str) -> Pair:
    """Both persons, held; the other one shown to the actor's stations or within reach.

    Raises:
        NotFound: absent, erased, protected or never shown; which of them is not said.
    """
    for one in sorted({probe_id, person_id}):
        if is_id(one):
            people.hold(tx, one)
    probe = held(tx, actor, probe_id)
    other = people.find(tx, person_id) if is_id(person_id) else None
    if other is None or other.erased_at is not None or other.protected:
        raise NotFound
    shown = searches.was_shown(tx, other.id, actor.station_path)
    if not (shown or actor.reaches(other.station_path)):
        raise NotFound
    return probe, other


def present(tx: Tx, pair: Pair) -> str | None:
    """The verification of this pair that is open or has confirmed it."""
    ids = {person.id for person in pair}
    for row in rows.of_person(tx, pair[0].id):
        if {row.probe_person_id, row.person_id} == ids and row.state in (*OPEN_STATES, "confirmed"):
            return row.id
    return None


def new_row(
    tx: Tx, store: Store, actor: Actor, pair: Pair, search_id: str | None
) -> dict[str, object]:
    """The row of a new verification; `search_id` is kept if that search was about the probe.

    Raises:
        PurposeMissing: the probe has no case (a register entry).
    """
    case = case_rows.of_people(tx, [pair[0].id]).get(pair[0].id)
    if case is None:
        raise PurposeMissing
    vault, number, now = store.vault, new_id(), store.now()
    key = vault.new_key()
    search = searches.find(tx, search_id) if search_id and is_id(search_id) else None
    from_list = search is not None and search.probe_person_id == pair[0].id
    return {
        "id": number,
        "case_id": case.id,
        "search_id": search_id if from_list else None,
        "probe_person_id": pair[0].id,
        "person_id": pair[1].id,
        "station_id": case.station_id,
        "state": "open",
        "round": 1,
        "opened_by": actor.account_id,
        "opened_at": now,
        "changed_at": now,
        "wrapped": wrapped(vault, key, number, pair),
        "payload": seal_payload(vault, key, number, None, ()),
    }
