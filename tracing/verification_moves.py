"""What a verification moves: the state of person and case, the link, what was learnt.

Records are linked, never merged. Where a record stands follows from all of its verifications, so
that a reopened one takes back exactly what it had brought.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from tracing import running_clocks
from tracing.access import Actor
from tracing.acting import acting
from tracing.hearings import Hearings
from tracing.outcomes import Outcomes
from tracing.person_files import GalleryRow, gallery_rows
from tracing.store import Store, Tx, accounts, hearings, outcomes, people
from tracing.store import cases as case_rows
from tracing.store import verifications as rows
from tracing.store.ids import new_id
from tracing.verification_files import Contents, contents
from tracing.verification_rules import OPEN_STATES

_TRUE_KINDS = ("registered", "stated")
_AFTER_RESOLVED = ("follow_up", "archived")


def standing(states: Iterable[str]) -> tuple[str, str]:
    """Identity status and case state that follow from the states of all verifications."""
    known = set(states)
    if "confirmed" in known:
        return "confirmed", "resolved"
    if known & set(OPEN_STATES):
        return "presumptive", "verifying"
    return "unidentified", "tracing"


class Moves:
    """Moves of one installation; each is part of the transaction of an answer."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._hearings = Hearings(store)
        self._outcomes = Outcomes(store)

    def settle(self, tx: Tx, row: rows.VerificationRow, *, undone: bool = False) -> None:
        """Bring both persons and their cases to where their verifications stand.

        Only what the opener's station holds: another station's record stays its own. `undone`: a
        confirmation was reopened, so what it had brought is taken back.
        """
        sponsor = self._sponsor(tx, row)
        for person_id in (row.probe_person_id, row.person_id):
            person = people.find(tx, person_id)
            if person is None or person.erased_at or not _within(sponsor, person.station_path):
                continue
            identity, case_state = standing(v.state for v in rows.of_person(tx, person_id))
            self._move_person(tx, person, identity, undone=undone)
            self._move_case(tx, person_id, case_state)

    def _move_person(
        self, tx: Tx, person: people.PersonRow, identity: str, *, undone: bool
    ) -> None:
        states = {}
        if person.side == "found" and (undone or person.identity_status != "confirmed"):
            states["identity_status"] = identity
        if undone and identity != "confirmed" and person.side != "register":
            states["tracing_result"] = "open"
        now = {
            "identity_status": person.identity_status,
            "tracing_result": person.tracing_result,
        }
        if any(now[name] != value for name, value in states.items()):
            people.set_states(tx, person.id, states, self._store.now())
        if "identity_status" in states and (undone or identity == "confirmed"):
            still = identity == "confirmed"
            running_clocks.confirmed(tx, person.id, self._store.now(), undone=not still)

    def _move_case(self, tx: Tx, person_id: str, state: str) -> None:
        case = case_rows.of_people(tx, [person_id]).get(person_id)
        if case is None or case.state == state:
            return
        if state == "resolved" and case.state in _AFTER_RESOLVED:
            return
        case_rows.set_state(tx, case.id, state, self._store.now())

    def set_result(self, tx: Tx, row: rows.VerificationRow, result: str) -> None:
        """How the tracing ended, on both records that the opener's station holds."""
        sponsor = self._sponsor(tx, row)
        for person_id in (row.probe_person_id, row.person_id):
            person = people.find(tx, person_id)
            if person is None or person.side == "register" or person.erased_at:
                continue
            if _within(sponsor, person.station_path):
                people.set_states(tx, person_id, {"tracing_result": result}, self._store.now())

    def link(self, tx: Tx, opened: Contents) -> str:
        """Link the two records and remember the names as they were heard; gives the link."""
        row, link_id = opened.row, new_id()
        kept = {"pairs": self._remember(tx, opened), "case": self._confirm(tx, opened)}
        learnt = json.dumps(kept).encode()
        values = {
            "id": link_id,
            "verification_id": row.id,
            "probe_person_id": row.probe_person_id,
            "person_id": row.person_id,
            "sealed": self._store.vault.seal(opened.key, learnt, "person_link", link_id),
            "made_at": self._store.now(),
        }
        rows.insert_link(tx, values)
        return link_id

    def unlink(self, tx: Tx, actor: Actor, opened: Contents) -> str | None:
        """Undo the link and forget what was learnt from it; gives the link, if there was one."""
        link = rows.link_of(tx, opened.row.id)
        if link is None:
            return None
        sealed = self._store.vault.open(opened.key, link.sealed, "person_link", link.id)
        learnt = json.loads(sealed)
        hearings.forget_pairs(tx, learnt["pairs"])
        if learnt["case"]:
            outcomes.undo(tx, learnt["case"], actor.account_id, self._store.now())
        rows.undo_link(tx, link.id, actor.account_id, self._store.now())
        return link.id

    def let_go(self, tx: Tx, actor: Actor, person_id: str) -> None:
        """Before a person is erased: end what is open, undo links, forget what was learnt.

        A pair of a name as heard and the true name lies under the other person's key and would
        outlive the erasure.
        """
        vault = self._store.vault
        for row in rows.of_person(tx, person_id):
            pair = [row.probe_person_id, row.person_id]
            known = people.find_many(tx, pair)
            if any(person.erased_at for person in known.values()):
                continue
            opened = contents(vault, row, known, gallery_rows(tx, vault, pair))
            self.unlink(tx, actor, opened)
            if row.state in OPEN_STATES:
                rows.change(tx, row.id, {"state": "withdrawn", "changed_at": self._store.now()})
                self.settle(tx, row)

    def _remember(self, tx: Tx, opened: Contents) -> list[str]:
        """Every hearing of the name of the person in the station, with the name it was."""
        heard, other = opened.probe, opened.person
        if heard.side != "found" == other.side:
            heard, other = other, heard
        sponsor, true = self._sponsor(tx, opened.row), _true_name(other.document)
        if true is None or sponsor is None or not sponsor.may("people.write"):
            return []
        if not sponsor.reaches(heard.station_path):
            return []
        return [
            self._hearings.remember(
                tx,
                sponsor,
                heard.person_id,
                str(name.get("text") or ""),
                true,
                name.get("dialect"),
                latin=name.get("latin"),
                listener=name.get("listener"),
            )
            for name in _heard_names(heard)
        ]

    def _confirm(self, tx: Tx, opened: Contents) -> str | None:
        """Keep the case for the model of evidence; gives its id, None where nobody here may."""
        sponsor = self._sponsor(tx, opened.row)
        if sponsor is None or not sponsor.may("people.write"):
            return None
        if not sponsor.reaches(opened.probe.station_path):
            return None
        pair = (opened.probe.person_id, opened.person.person_id)
        return self._outcomes.remember(tx, sponsor, *pair)

    def _sponsor(self, tx: Tx, row: rows.VerificationRow) -> Actor | None:
        """In whose reach things move: the account that opened the verification."""
        account = accounts.find(tx, row.opened_by)
        return None if account is None else acting(account, "link")


def _within(sponsor: Actor | None, path: str) -> bool:
    return sponsor is not None and sponsor.reaches(path)


def _true_name(document: Any) -> str | None:
    for kind in _TRUE_KINDS:
        for name in document.get("names", ()):
            if name.get("kind", "stated") == kind and name.get("text"):
                return str(name["text"])
    return None


def _heard_names(person: GalleryRow) -> list[Any]:
    return [
        name
        for name in person.document.get("names", ())
        if name.get("kind") == "heard" and (name.get("text") or name.get("latin"))
    ]
