"""What makes a fact fit to be written down."""

from __future__ import annotations

from datetime import datetime, timedelta

from tracing.errors import RecordInvalid
from tracing.verification_files import FactEntry
from tracing.verification_rules import verification_rules

_CLOCKS_APART = timedelta(minutes=10)


def check_fact(entry: FactEntry, now: datetime) -> None:
    """Raise `RecordInvalid` unless kind, result, who, when and a needed number are there."""
    rules = verification_rules()
    if entry.kind not in rules.facts:
        raise RecordInvalid(path="kind", reason="choose")
    if entry.result not in rules.results:
        raise RecordInvalid(path="result", reason="choose")
    if not entry.who.strip():
        raise RecordInvalid(path="who", reason="value_missing")
    if rules.facts[entry.kind].call and not entry.number.strip():
        raise RecordInvalid(path="number", reason="value_missing")
    for path, text in (("who", entry.who), ("number", entry.number), ("text", entry.text)):
        if len(text) > rules.longest[path]:
            raise RecordInvalid(path=path, reason="too_long")
    _check_moment(entry.at, now)


def _check_moment(text: str, now: datetime) -> None:
    """A day or a minute, not in the future; without a zone it is the station's own clock."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise RecordInvalid(path="at", reason="date") from None
    if (moment if moment.tzinfo else moment.astimezone()) > now + _CLOCKS_APART:
        raise RecordInvalid(path="at", reason="future")
