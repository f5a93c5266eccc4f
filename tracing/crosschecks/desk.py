"""公安核查、协查: composing requests, sending them, what was done, what waits for whom."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from tracing import audit, running_clocks
from tracing.access import Actor, require
from tracing.crosschecks import files
from tracing.crosschecks import holding as deeds
from tracing.crosschecks.composing import CONNECTOR, Asked, Composer, Composing
from tracing.crosschecks.files import (
    ADDRESSED,
    ASKING,
    AnswerGiven,
    CrosscheckFile,
    DeedDone,
    Listed,
    Waiting,
)
from tracing.crosschecks.holding import ANSWER, SEND, Held, Said
from tracing.crosschecks.rules import AWAITED, crosscheck_rules
from tracing.errors import (
    AlreadyDecided,
    ConnectorOff,
    ContactRefused,
    NotFound,
    NotPermitted,
    RecordInvalid,
)
from tracing.photos.album import Photos
from tracing.record_changes import within_reach
from tracing.registers import switched_off
from tracing.running_clocks import Clock
from tracing.store import Store, Tx, accounts, people, stations
from tracing.store import cases as case_rows
from tracing.store import crosschecks as rows
from tracing.store.crosschecks import CrosscheckRow
from tracing.store.ids import is_id

LISTED_MOST = 200
SHOWN_A_ROW = 100
"""So many ids fit into one row of the audit trail."""
ELECTRONIC = ("police_system", "gov_mail")
"""Ways into another system; paper and telephone stay open when an assessment has run out."""


class Crosschecks:
    """Requests of one installation; each call is one transaction."""

    def __init__(self, store: Store, photos: Photos) -> None:
        self._store = store
        self._composer = Composer(store, photos)

    def composing(self, actor: Actor, person_id: str) -> Composing:
        """What a request about a person within reach could hold; see `Composer`."""
        return self._composer.composing(actor, person_id)

    def compose(self, actor: Actor, person_id: str, asked: Asked) -> str:
        """Put a request together, as a draft; see `Composer`."""
        return self._composer.compose(actor, person_id, asked)

    def get(self, actor: Actor, number: str) -> CrosscheckFile:
        """A request within reach as this reader may see it; the reading is recorded."""
        with self._store.write() as tx:
            one = deeds.held(tx, self._store, actor, number)
            deeds.log(tx, self._store, actor, one.row, "read")
            return self._file(tx, actor, one)

    def photo(self, actor: Actor, number: str, which: int) -> bytes:
        """A photo (JPEG) of a request within reach, counted from 1."""
        with self._store.read() as tx:
            one = deeds.held(tx, self._store, actor, number)
            sealed = rows.package_of(tx, one.row.id)
            photos = files.contents_of(self._store.vault, one.row, sealed).photos
        if not 0 < which <= len(photos):
            raise NotFound
        return photos[which - 1]

    def listed(self, actor: Actor) -> tuple[Listed, ...]:
        """Requests sent and received of the actor's stations: open ones first, then the latest."""
        if not (actor.may(SEND) or actor.may(ANSWER)):
            raise NotPermitted(scope=SEND)
        with self._store.write() as tx:
            found: dict[str, CrosscheckRow] = {}
            if actor.may(SEND):
                found |= {r.id: r for r in rows.sent_from(tx, actor.station_path, LISTED_MOST)}
            if actor.may(ANSWER):
                found |= {r.id: r for r in rows.sent_to(tx, actor.station_path, LISTED_MOST)}
            shown = self._listed(tx, actor, list(found.values()))
            about = [found[one.id].person_id or one.id for one in shown]
            for at in range(0, len(about), SHOWN_A_ROW):
                audit.record(tx, actor, "crosscheck.list", "crosscheck", None,
                             at=self._store.now(),
                             detail={"shown": about[at : at + SHOWN_A_ROW]})  # fmt: skip
        return tuple(sorted(shown, key=_urgency))

    def of_person(self, actor: Actor, person_id: str) -> tuple[Listed, ...]:
        """Requests about a person within reach, latest first."""
        require(actor, SEND)
        with self._store.read() as tx:
            within_reach(actor, people.find(tx, person_id) if is_id(person_id) else None)
            return self._listed(tx, actor, rows.of_person(tx, person_id))

    def waiting(self, actor: Actor) -> tuple[Waiting, ...]:
        """Requests to the actor's stations that await an answer, the most urgent first."""
        require(actor, ANSWER)
        with self._store.read() as tx:
            found = rows.sent_to(tx, actor.station_path, LISTED_MOST)
            shown = self._listed(tx, actor, [r for r in found if r.state in AWAITED])
        return tuple(
            Waiting(one.id, one.number, one.kind, one.state, one.from_name, one.sent_at,
                    one.due.due_at if one.due else None, one.late, one.reminded)
            for one in sorted(shown, key=_urgency)
        )  # fmt: skip

    def overdue(self, actor: Actor, most: int) -> tuple[Listed, ...]:
        """Requests that the actor's stations, or those below them, sent and whose time is over.

        A station above sees those of the stations below it: that is where an overdue clock goes.
        """
        require(actor, SEND)
        now = self._store.now()
        with self._store.write() as tx:
            sent = {r.id: r for r in rows.sent_from(tx, actor.station_path, LISTED_MOST)}
            clocks = running_clocks.of(tx, list(sent), now)
            late = [sent[key] for key, known in clocks.items() if any(c.late for c in known)]
            shown = sorted(self._listed(tx, actor, late), key=_urgency)[:most]
            if shown:
                audit.record(tx, actor, "crosscheck.list", "crosscheck", None, at=now,
                             detail={"shown": [one.person_id or one.id for one in shown]},
                             )  # fmt: skip
        return tuple(shown)

    def do(self, actor: Actor, number: str, deed: str, said: Said | None = None) -> str:
        """Record a deed; gives the state that follows. A draft is sent by this and no other way.

        Raises:
            RecordInvalid: channel, number, reason or note is missing.
            AlreadyDecided: the request is past that, or the deed is the other side's.
            ContactRefused: the person has become protected since.
            ConnectorOff: no valid impact assessment for sending to other systems.
        """
        known = crosscheck_rules().deeds.get(deed)
        if known is None:
            raise RecordInvalid(path="deed", reason="unknown_value")
        with deeds.refusals(self._store, actor, deed), self._store.write() as tx:
            one = deeds.held(tx, self._store, actor, number, hold=True)
            if deed not in deeds.open_deeds(one):
                raise AlreadyDecided
            checked = deeds.check_said(known, said or Said(), one)
            if deed == "sent":
                self._require_sendable(tx, one, checked)
            after = known.after or one.row.state
            deeds.write_deed(tx, self._store, actor, one, deed, after, checked)
        return after

    def undo(self, actor: Actor, number: str) -> str:
        """Take back the latest deed of one's own side; gives the state before it.

        Raises:
            AlreadyDecided: there is none, the other side has gone on, or an answer of it has led
                to a verification.
        """
        with self._store.write() as tx:
            one = deeds.held(tx, self._store, actor, number, hold=True)
            last = files.last_standing(rows.deeds(tx, one.row.id))
            if last is None or last.side != one.side:
                raise AlreadyDecided
            deeds.take_back(tx, self._store, actor, one, last)
            return last.before

    def record_notice(self, actor: Actor, person_id: str, channel: str, number: str) -> None:
        """A tracing notice was published under that number; stops its clock.

        Raises:
            RecordInvalid: channel or number is missing.
            AlreadyDecided: no clock of a notice runs for this person.
        """
        require(actor, SEND)
        for path, text in (("channel", channel), ("number", number)):
            if not text.strip():
                raise RecordInvalid(path=path, reason="value_missing")
        mark = f"notice {channel.strip()} {number.strip()}"
        if len(mark) > 64:
            raise RecordInvalid(path="number", reason="too_long")
        now = self._store.now()
        with self._store.write() as tx:
            row = within_reach(actor, people.hold(tx, person_id) if is_id(person_id) else None)
            before = running_clocks.of(tx, [row.id], now).get(row.id, ())
            running_clocks.stop(tx, [row.id], "notice", mark, now, account_id=actor.account_id)
            if running_clocks.of(tx, [row.id], now).get(row.id, ()) == before:
                raise AlreadyDecided
            audit.record(tx, actor, "notice.record", "person", row.id, at=now)

    def clocks(self, actor: Actor, person_id: str) -> tuple[Clock, ...]:
        """The clocks that a person's admission started."""
        require(actor, SEND)
        with self._store.read() as tx:
            row = within_reach(actor, people.find(tx, person_id) if is_id(person_id) else None)
            return running_clocks.of(tx, [row.id], self._store.now()).get(row.id, ())

    def tidy(self) -> int:
        """Blank requests from elsewhere some time after they were closed; gives how many."""
        before = self._store.now() - timedelta(days=crosscheck_rules().received_days)
        with self._store.write() as tx:
            gone = rows.forget_received(tx, before, LISTED_MOST)
            for number in gone:
                audit.record(tx, None, "crosscheck.expire", "crosscheck", number,
                             at=self._store.now())  # fmt: skip
        return len(gone)

    def _require_sendable(self, tx: Tx, one: Held, said: Said) -> None:
        if one.row.protected:
            raise ContactRefused
        into_system = one.abroad and said.channel in ELECTRONIC
        if into_system and switched_off(tx, CONNECTOR, self._store.now()):
            raise ConnectorOff

    def _file(self, tx: Tx, actor: Actor, one: Held) -> CrosscheckFile:
        row, vault = one.row, self._store.vault
        case = case_rows.find(tx, row.case_id) if row.case_id and one.side == ASKING else None
        done, given = rows.deeds(tx, row.id), rows.answers(tx, row.id)
        last = files.last_standing(done)
        undoable = last is not None and last.side == one.side
        if last is not None and any(a.deed_id == last.id and a.verification_id for a in given):
            undoable = False
        return CrosscheckFile(
            id=row.id,
            number=row.number,
            kind=row.kind,
            state=row.state,
            person_id=row.person_id if one.side == ASKING else None,
            case_number=case.number if case else None,
            purpose=row.purpose,
            legal_basis=row.legal_basis,
            side=one.side,
            abroad=one.abroad,
            protected=bool(row.protected),
            heading=one.heading,
            contents=files.contents_of(vault, row, rows.package_of(tx, row.id)),
            made_by=_name(tx, row.made_by),
            made_at=row.made_at,
            sent_at=row.sent_at,
            reminded_at=row.reminded_at,
            escalated_at=row.escalated_at,
            clocks=running_clocks.of(tx, [row.id], self._store.now()).get(row.id, ()),
            deeds=tuple(self._deed(tx, one, deed) for deed in done),
            answers=tuple(self._answer(tx, one, answer) for answer in given),
            may=deeds.open_deeds(one),
            may_answer=deeds.may_answer(one),
            may_undo=last.deed if last is not None and undoable else None,
        )

    def _deed(self, tx: Tx, one: Held, row: rows.DeedRow) -> DeedDone:
        station = stations.find(tx, row.station_id)
        name = station.name if station else ""
        return files.deed_of(self._store.vault, one.key, row, _name(tx, row.account_id), name)

    def _answer(self, tx: Tx, one: Held, row: rows.AnswerRow) -> AnswerGiven:
        return files.answer_of(self._store.vault, one.key, row, _name(tx, row.account_id))

    def _listed(self, tx: Tx, actor: Actor, found: Iterable[CrosscheckRow]) -> tuple[Listed, ...]:
        sides = [
            (row, deeds.side_of(actor, row))
            for row in found
            if row.heading and not (row.person_id and row.stored_only)
        ]
        shown = [(row, side) for row, side in sides if side is not None]
        clocks = running_clocks.of(tx, [row.id for row, _ in shown], self._store.now())
        return tuple(self._line(tx, row, side, clocks.get(row.id, ())) for row, side in shown)

    def _line(self, tx: Tx, row: CrosscheckRow, side: str, clocks: Sequence[Clock]) -> Listed:
        vault = self._store.vault
        heading = files.heading_of(vault, row)
        given = [a for a in rows.answers(tx, row.id) if a.struck_at is None]
        due = running_clocks.next_due(clocks)
        return Listed(
            id=row.id,
            number=row.number,
            kind=row.kind,
            state=row.state,
            received=side == ADDRESSED,
            person_id=row.person_id if side == ASKING else None,
            from_name=row.from_name or heading.from_name,
            to_name=row.to_name or heading.to_name,
            record=files.record_of(vault, row),
            made_at=row.made_at,
            sent_at=row.sent_at,
            due=due,
            late=due is not None and due.late,
            reminded=row.reminded_at is not None,
            escalated=row.escalated_at is not None,
            result=given[-1].result if given else None,
            unverified=any(a.result == "found" and not a.verification_id for a in given),
        )


def _urgency(one: Listed) -> tuple[bool, bool, bool, str]:
    """What waits for somebody here, what is late, the rest; of each the latest first."""
    ended = one.state in ("closed", "withdrawn")
    due = one.due.due_at.isoformat() if one.due else "9"
    return (ended, not one.unverified, not one.late, due)


def _name(tx: Tx, account_id: str) -> str:
    account = accounts.find(tx, account_id)
    return account.display_name if account else ""
