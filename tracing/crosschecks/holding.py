"""Requests in a transaction: who may reach one, how a deed is written, what it starts and stops."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tracing import audit, running_clocks
from tracing.access import Actor
from tracing.crosschecks.files import ADDRESSED, ASKING, Heading, heading_of, key_of, seal
from tracing.crosschecks.rules import AWAITED, ENDED, Deed, crosscheck_rules
from tracing.errors import (
    AlreadyDecided,
    ConnectorOff,
    ContactRefused,
    KeyNotTrusted,
    NotFound,
    NotPermitted,
    PackageAltered,
    RecordInvalid,
    ReplyForAnother,
)
from tracing.store import Store, Tx, stations
from tracing.store import crosschecks as rows
from tracing.store.crosschecks import CrosscheckRow, DeedRow
from tracing.store.ids import is_id, new_id

SEND, ANSWER = "crosschecks", "crosschecks.answer"
SYSTEM = "system"
"""The channel between two stations of one installation."""
REFUSED = (ConnectorOff, ContactRefused, KeyNotTrusted, PackageAltered, ReplyForAnother)
_ANSWERED = ("done", "fed_back")


@dataclass(frozen=True, slots=True)
class Held:
    """A request within reach: its row, key and heading, and the side on which the actor stands."""

    row: CrosscheckRow
    key: bytes | None = field(repr=False)
    heading: Heading
    side: str

    @property
    def abroad(self) -> bool:
        """Whether another installation, or somebody without one, has a part in it."""
        return self.row.from_id is None or self.row.to_id is None


@dataclass(frozen=True, slots=True)
class Said:
    """What was said with a deed: the channel and number it went under, a note, a reason."""

    channel: str = ""
    number: str = field(default="", repr=False)
    note: str = field(default="", repr=False)
    reason: str = ""


def side_of(actor: Actor, row: CrosscheckRow) -> str | None:
    """On which side of a request the actor stands, None for neither.

    Who reaches both stations answers if asked themselves, else stands with the asking one: nobody
    answers for a station below what another of their stations asks.
    """
    asks = row.from_path is not None and actor.may(SEND) and actor.reaches(row.from_path)
    hidden = row.protected or (row.person_id is not None and row.stored_only)
    shown = row.state not in ("draft", "withdrawn") and not hidden
    asked = row.to_path is not None and actor.may(ANSWER) and actor.reaches(row.to_path)
    if shown and asked and (not asks or row.to_path == actor.station_path):
        return ADDRESSED
    return ASKING if asks else None


def held(tx: Tx, store: Store, actor: Actor, number: str, *, hold: bool = False) -> Held:
    """The request with that id.

    Raises:
        NotFound: absent, out of reach or erased.
        NotPermitted: the person's record is stored only.
    """
    row = rows.find(tx, number, hold=hold) if is_id(number) else None
    if not (actor.may(SEND) or actor.may(ANSWER)):
        raise NotPermitted(scope=SEND)
    side = side_of(actor, row) if row else None
    if row is None or side is None:
        raise NotFound
    if row.person_id is not None and row.stored_only:
        raise NotPermitted(reason="stored_only")
    return Held(row, key_of(store.vault, row), heading_of(store.vault, row), side)


@contextmanager
def refusals(store: Store, actor: Actor, deed: str, person_id: str | None = None) -> Iterator[None]:
    """What is refused for what it holds leaves a row too, in a transaction of its own."""
    try:
        yield
    except REFUSED as error:
        subject = ("person", person_id) if person_id else ("crosscheck", None)
        with store.write() as tx:
            audit.record(tx, actor, f"crosscheck.{deed}", *subject, at=store.now(),
                         outcome="refused", detail={"code": error.code})  # fmt: skip
        raise


def open_deeds(one: Held) -> tuple[str, ...]:
    """Deeds that may be done now from the actor's side."""
    return tuple(
        deed.deed
        for deed in crosscheck_rules().deeds.values()
        if one.row.state in deed.before and _open_to(deed, one)
    )


def _open_to(deed: Deed, one: Held) -> bool:
    """What a station elsewhere does is recorded by who asked it; on the tree by itself."""
    if deed.by != "both" or one.abroad or deed.deed == "closed":
        return deed.open_to(one.side)
    return one.side == ADDRESSED


def may_answer(one: Held) -> bool:
    """Whether an answer may be written down now; a further one too, until it is closed."""
    return one.row.state in (*AWAITED, *_ANSWERED)


def check_said(deed: Deed, said: Said, one: Held) -> Said:
    """What was said, checked; a request within the tree goes under its own number."""
    own = crosscheck_rules()
    if deed.deed in ("sent", "fed_back", "reminded") and not one.abroad:
        said = Said(SYSTEM, one.row.number, said.note, said.reason)
    elif "channel" in deed.needs and said.channel not in own.channels:
        raise RecordInvalid(path="channel", reason="choose")
    if "number" in deed.needs and not said.number.strip():
        raise RecordInvalid(path="number", reason="value_missing")
    if "reason" in deed.needs and said.reason not in own.return_reasons:
        raise RecordInvalid(path="reason", reason="choose")
    if "note" in deed.needs and not said.note.strip():
        raise RecordInvalid(path="note", reason="value_missing")
    for path, text in (("number", said.number), ("note", said.note)):
        if len(text) > own.longest["channel_number" if path == "number" else path]:
            raise RecordInvalid(path=path, reason="too_long")
    return said


def write_deed(
    tx: Tx, store: Store, actor: Actor, one: Held, deed: str, after: str, said: Said
) -> str:
    """Write a deed, move the request, start and stop the clocks; gives the deed's id."""
    row, now, deed_id = one.row, store.now(), new_id()
    doc = {
        "channel": said.channel,
        "number": said.number.strip(),
        "note": said.note.strip(),
        "reason": said.reason,
    }
    values = {
        "id": deed_id, "crosscheck_id": row.id, "deed": deed, "side": one.side, "before": row.state,
        "after": after, "account_id": actor.account_id, "station_id": actor.station_id,
        "at": now, "sealed": seal(store.vault, one.key, doc, "deed", deed_id),
    }  # fmt: skip
    rows.insert_deed(tx, values)
    rows.change(tx, row.id, {"state": after, **_marks(deed, after, row, now)})
    _tick(tx, actor, row, deed, after, deed_id, now)
    log(tx, store, actor, row, deed, channel=said.channel or None, reason=said.reason or None)
    return deed_id


def _marks(deed: str, after: str, row: CrosscheckRow, now: datetime) -> Mapping[str, Any]:
    marks: dict[str, Any] = {}
    if deed in ("sent", "reminded", "escalated"):
        marks[f"{deed}_at"] = now
    if after in _ANSWERED and row.answered_at is None:
        marks["answered_at"] = now
    if after in ENDED:
        marks["closed_at"] = now
    return marks


def _tick(
    tx: Tx, actor: Actor, row: CrosscheckRow, deed: str, after: str, deed_id: str, now: datetime
) -> None:
    subjects = [one for one in (row.id, row.person_id) if one is not None]
    mark = f"{deed} {deed_id}"
    for meant in meanings(deed, row.state):
        running_clocks.stop(
            tx, subjects, meant, mark, now, account_id=actor.account_id, kind=row.kind
        )
    if after in (*ENDED, "returned"):
        running_clocks.stop(tx, [row.id], deed, mark, now, account_id=actor.account_id, every=True)
    station = stations.find(tx, row.from_id) if row.from_id else None
    division = station.division if station else None
    for meant in meanings(deed, row.state):
        running_clocks.start(tx, row.id, meant, now, kind=row.kind, division=division)


def meanings(deed: str, before: str) -> tuple[str, ...]:
    """A deed and what it says besides: who accepts a request has received it."""
    return (deed, "received") if deed == "accepted" and before == "sent" else (deed,)


def take_back(tx: Tx, store: Store, actor: Actor, one: Held, deed: DeedRow) -> None:
    """Undo the latest deed: the state before it, its clocks and its answer are taken back.

    Raises:
        AlreadyDecided: its answer has led to a verification; that is reopened there.
    """
    row, now = one.row, store.now()
    for answer in rows.answers(tx, row.id):
        if answer.deed_id == deed.id and answer.verification_id:
            raise AlreadyDecided
    rows.undo_deed(tx, deed.id, actor.account_id, now)
    cleared: dict[str, Any] = {"state": deed.before}
    if deed.deed in ("sent", "reminded", "escalated"):
        cleared[f"{deed.deed}_at"] = None
    if deed.before not in _ANSWERED:
        cleared["answered_at"] = None
    if deed.before not in ENDED:
        cleared["closed_at"] = None
    rows.change(tx, row.id, cleared)
    rows.restart_clocks(tx, f"{deed.deed} {deed.id}")
    for meant in meanings(deed.deed, deed.before):
        running_clocks.take_back(tx, row.id, meant, deed.at, now, account_id=actor.account_id)
    log(tx, store, actor, row, "undo", undone=deed.deed)


def log(
    tx: Tx, store: Store, actor: Actor, row: CrosscheckRow, deed: str, **detail: str | int | None
) -> None:
    """A row of the trail; about the person where one is on record, so that it is found there."""
    subject = ("person", row.person_id) if row.person_id else ("crosscheck", row.id)
    audit.record(tx, actor, f"crosscheck.{deed}", *subject, at=store.now(), case_id=row.case_id,
                 purpose=row.purpose,
                 detail={"request": row.id, "kind": row.kind, "legal_basis": row.legal_basis,
                         **detail})  # fmt: skip
