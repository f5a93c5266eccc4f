"""Requests in words, for lists, tables and the page of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api import phrasing
from api.language import Words
from tracing.crosschecks.files import Listed
from tracing.crosschecks.rules import AWAITED, ENDED
from tracing.running_clocks import Clock

COLUMNS = (
    "number", "kind", "direction", "about", "from", "to", "state", "sent", "due", "result", "next",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CrosscheckRow:
    """A request in a list; `tone` is the look of its state: off, soon, on or nothing."""

    id: str
    number: str
    kind: str
    received: bool
    title: str
    sender: str
    addressee: str
    state: str
    tone: str
    flags: tuple[tuple[str, str], ...]
    due: str
    sent: str
    result: str
    todo: str
    ended: bool


def crosscheck_row(words: Words, one: Listed) -> CrosscheckRow:
    """The request as a row."""
    return CrosscheckRow(
        id=one.id,
        number=one.number,
        kind=words(f"crosscheck.kind.{one.kind}"),
        received=one.received,
        title=phrasing.title(words, one.record.document()),
        sender=one.from_name,
        addressee=one.to_name,
        state=words(f"crosscheck.state.{one.state}"),
        tone="on" if one.state in ("fed_back", "done") else "",
        flags=_flags(words, one),
        due=phrasing.moment(words, one.due.due_at) if one.due else "",
        sent=phrasing.moment(words, one.sent_at) if one.sent_at else "",
        result=words(f"crosscheck.result.{one.result}") if one.result else "",
        todo=todo(words, one),
        ended=one.state in ENDED,
    )


def _flags(words: Words, one: Listed) -> tuple[tuple[str, str], ...]:
    soon = one.due is not None and one.due.soon
    found = (
        ("off", "late", one.late),
        ("soon", "soon", soon and not one.late),
        ("soon", "unverified", one.unverified and not one.received),
        ("", "reminded", one.reminded and one.state in AWAITED),
        ("", "escalated", one.escalated and one.state in AWAITED),
    )
    return tuple((tone, words(f"crosscheck.flag.{name}")) for tone, name, there in found if there)


def todo(words: Words, one: Listed) -> str:
    """What to do next, in one sentence."""
    if one.state in ENDED:
        return words("crosscheck.next.ended")
    if one.received and one.state in AWAITED:
        return words("crosscheck.next.ours")
    if one.unverified and not one.received:
        return words("crosscheck.next.verify")
    if one.late and one.state in AWAITED:
        return words("crosscheck.next.late")
    return words(f"crosscheck.next.{one.state}")


def cells(words: Words, row: CrosscheckRow) -> tuple[str, ...]:
    """The row by column of the table."""
    flags = words("frame.comma").join(text for _, text in row.flags)
    state = f"{row.state} ({flags})" if flags else row.state
    direction = words("crosscheck.received_list" if row.received else "crosscheck.sent_list")
    return (
        row.number, row.kind, direction, row.title, row.sender, row.addressee, state, row.sent,
        row.due, row.result, row.todo,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ClockLine:
    """A clock in words; `tone` is that of a pill."""

    rule: str
    when: str
    tone: str
    stamp: str


def clock_lines(words: Words, clocks: Sequence[Clock]) -> list[ClockLine]:
    """Clocks in words, with rule and version as they were given."""
    return [_clock_line(words, clock) for clock in clocks]


def _clock_line(words: Words, clock: Clock) -> ClockLine:
    key, at, tone = "running", clock.due_at, "soon" if clock.soon else ""
    if clock.stopped_at is not None:
        key, at = "stopped", clock.stopped_at
    elif clock.late:
        key, tone = "late", "off"
    return ClockLine(
        words(f"crosscheck.rule.{clock.rule}"),
        words(f"crosscheck.one.clock.{key}", at=phrasing.moment(words, at)),
        tone,
        f"{clock.rule}/{clock.version}",
    )


def options(words: Words, family: str, values: Sequence[str]) -> list[tuple[str, str]]:
    """Value and word of each entry of a list."""
    return [(value, words(f"{family}.{value}")) for value in values]


FIELDS: Mapping[str, str] = {
    "kind": "crosscheck.compose.kind",
    "station": "crosscheck.compose.station",
    "to_name": "crosscheck.compose.to_name",
    "sections": "crosscheck.compose.sections",
    "channel": "crosscheck.deed.channel",
    "number": "crosscheck.deed.number",
    "note": "crosscheck.deed.note",
    "reason": "crosscheck.deed.reason",
    "result": "crosscheck.answer.result",
    "evidence": "crosscheck.answer.evidence",
    "who": "crosscheck.answer.who",
    "at": "crosscheck.answer.at",
    "text": "crosscheck.answer.text",
    "named": "crosscheck.answer.named",
    "sex": "crosscheck.answer.sex",
    "birth": "crosscheck.answer.birth",
    "name": "crosscheck.keys.name",
    "key": "crosscheck.keys.key",
}
"""Which words a refused field has on its page."""
