"""Reading verifications: who may see one, what is theirs to do, and what stays hidden from them.

Until the second examiner has answered, nobody is shown another person's answer: whoever may
still become the second examiner must be blind to the first.
"""

from __future__ import annotations

from collections.abc import Sequence

from tracing.access import Actor
from tracing.errors import NotFound, NotPermitted
from tracing.person_files import GalleryRow, gallery_rows
from tracing.record_changes import require_in_use
from tracing.shown import shown_photo, shown_record
from tracing.store import Store, Tx, accounts, people
from tracing.store import cases as case_rows
from tracing.store import verifications as rows
from tracing.store.ids import is_id
from tracing.verification_files import (
    Contents,
    Fact,
    Given,
    Listed,
    Part,
    Party,
    VerificationFile,
    contents,
    findings,
    open_answer,
    open_fact,
)
from tracing.verification_rules import OPEN_STATES, lacking

_BLIND_STATES = ("open", "waiting")


class Reading:
    """Opens verifications for an actor; every method works within a transaction."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def load(self, tx: Tx, actor: Actor, verification_id: str, *, hold: bool = False) -> Contents:
        """The verification opened.

        Raises:
            NotFound: absent, not the actor's to see, about an erased person, or about one who is
                protected now; which of them is not said.
            NotPermitted: about somebody of the actor's stations who is stored only.
        """
        find = rows.hold if hold else rows.find
        row = find(tx, verification_id) if is_id(verification_id) else None
        if row is None or not self._sees(tx, actor, row):
            raise NotFound
        return self.opened(tx, actor, row)

    def opened(self, tx: Tx, actor: Actor, row: rows.VerificationRow) -> Contents:
        """A row that the actor may see, opened; raises as `load` does."""
        pair = [row.probe_person_id, row.person_id]
        known = people.find_many(tx, pair)
        if any(person.erased_at for person in known.values()):
            raise NotFound
        if known[row.person_id].protected:
            raise NotFound
        for person in known.values():
            require_in_use(actor, person)
        if known[row.probe_person_id].protected and not actor.reaches(row.station_path):
            raise NotFound
        vault = self._store.vault
        return contents(vault, row, known, gallery_rows(tx, vault, pair))

    def _sees(self, tx: Tx, actor: Actor, row: rows.VerificationRow) -> bool:
        """Its station and those above; the station on call while open, or once it has answered."""
        if actor.reaches(row.station_path):
            return True
        if row.called_path is None or not actor.reaches(row.called_path):
            return False
        return row.state in OPEN_STATES or any(
            answer.account_id == actor.account_id for answer in rows.answers(tx, [row.id])
        )

    def part(
        self, actor: Actor, row: rows.VerificationRow, given: Sequence[rows.AnswerRow]
    ) -> Part:
        """What the actor may do now; `given`: all answers of the verification."""
        spoken = {a.account_id for a in given if a.round == row.round}
        taken = actor.account_id in spoken or actor.account_id == row.opened_by
        if row.state == "open" and actor.reaches(row.station_path):
            return "first"
        if row.state == "waiting" and not taken:
            return "second"
        own = actor.reaches(row.station_path)
        if row.state == "approval" and own and not taken and actor.may("approve"):
            return "approval"
        return "watch"

    def facts(self, tx: Tx, opened: Contents) -> tuple[Fact, ...]:
        """The facts of a verification, struck ones included."""
        vault = self._store.vault
        return tuple(
            open_fact(vault, opened.key, row, self._name(tx, row.account_id))
            for row in rows.facts(tx, opened.row.id)
        )

    def answers(
        self, tx: Tx, actor: Actor, opened: Contents, given: Sequence[rows.AnswerRow]
    ) -> tuple[Given, ...]:
        """The answers this actor may see.

        While examining goes on, their own and reasons of reopening. Afterwards all, but a first
        answer without a second (withdrawn meanwhile) stays its author's: the next round is blind.
        """
        blind = opened.row.state in _BLIND_STATES
        decided = {row.round for row in given if row.place == "second"}
        return tuple(
            open_answer(self._store.vault, opened.key, row, self._name(tx, row.account_id))
            for row in given
            if row.account_id == actor.account_id
            or row.place == "reopen"
            or not (blind or (row.place == "first" and row.round not in decided))
        )

    def file(self, tx: Tx, actor: Actor, opened: Contents) -> VerificationFile:
        """Everything a page or a program may show this actor."""
        row, today = opened.row, self._store.now().date()
        given = rows.answers(tx, [row.id])
        facts = self.facts(tx, opened)
        case = case_rows.find(tx, row.case_id)
        strict = opened.strict(today)
        answers = self.answers(tx, actor, opened, given)
        ended = [a for a in answers if a.place == "result" and a.round == row.round]
        return VerificationFile(
            id=row.id,
            case_id=row.case_id,
            case_number=case.number if case else "",
            search_id=row.search_id,
            station_name=row.station_name,
            called_name=row.called_name,
            state=row.state,
            round=row.round,
            opened_by=self._name(tx, row.opened_by),
            opened_at=row.opened_at,
            part=self.part(actor, row, given),
            own=actor.reaches(row.station_path),
            probe=_party(actor, opened.probe),
            person=_party(actor, opened.person),
            groups=None if strict is None else tuple(sorted(strict)),
            minor=opened.minor(today),
            facts=facts,
            answers=answers,
            lacking=lacking(findings(facts), strict, final=True),
            contact=opened.contact(today),
            held_back=opened.held_back,
            result=ended[-1].conclusion if ended else None,
        )

    def listed(
        self, tx: Tx, actor: Actor, found: Sequence[rows.VerificationRow]
    ) -> tuple[Listed, ...]:
        """Rows of a list, less those about people erased, protected or stored only."""
        given = rows.answers(tx, [row.id for row in found])
        out = []
        for row in found:
            if not self._sees(tx, actor, row):
                continue
            try:
                opened = self.opened(tx, actor, row)
            except (NotFound, NotPermitted):
                continue
            case = case_rows.find(tx, row.case_id)
            own = [a for a in given if a.verification_id == row.id]
            out.append(
                Listed(
                    id=row.id,
                    case_number=case.number if case else "",
                    state=row.state,
                    part=self.part(actor, row, own),
                    called_name=row.called_name,
                    opened_by=self._name(tx, row.opened_by),
                    changed_at=row.changed_at,
                    probe=_party(actor, opened.probe).record,
                    person=_party(actor, opened.person).record,
                )
            )
        return tuple(out)

    def _name(self, tx: Tx, account_id: str) -> str:
        account = accounts.find(tx, account_id)
        return account.display_name if account else ""


def _party(actor: Actor, person: GalleryRow) -> Party:
    readable = actor.reaches(person.station_path)
    return Party(
        person_id=person.person_id,
        side=person.side,
        station_name=person.station_name,
        readable=readable,
        record=shown_record(person.document, readable=readable),
        photo=shown_photo(person),
    )
