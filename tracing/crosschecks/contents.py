"""What of a person's record goes into a request: what was ticked, less what may never leave."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from tracing.crosschecks.rules import Kind, crosscheck_rules
from tracing.errors import ContactRefused, RecordInvalid
from tracing.verification_rules import may_be_minor

OUTSIDE_RECORD = ("photos", "exclusions")
_STAFF = frozenset({"by", "interviewer", "audio"})
"""Who wrote something down, and recordings, stay in the station."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """What may be ticked for one person, and whether their family may hear of the request.

    refused: a capable adult does not want their family to be told.
    """

    sections: tuple[str, ...]
    refused: bool

    def ticked(self, kind: Kind) -> tuple[str, ...]:
        """What is ticked from the start."""
        return tuple(name for name in kind.ticked if name in self.sections)


def allowed(document: Mapping[str, Any], today: date, held: Iterable[str] = ()) -> Allowed:
    """What may leave of a record; `held` names sections outside the record that have something."""
    rules, refused = crosscheck_rules(), contact_refused(document, today)
    there = {name for name in rules.sections if document.get(name)} - set(OUTSIDE_RECORD)
    there |= set(held)
    barred = rules.never_when_refused if refused else frozenset()
    return Allowed(
        tuple(name for name in rules.sections if name in there and name not in barred), refused
    )


def contact_refused(document: Mapping[str, Any], today: date) -> bool:
    """Whether a capable adult has refused contact; for a minor the guardian decides."""
    return document.get("contact_wish") == "no" and not may_be_minor((document,), today)


def require_allowed(kind: Kind, may: Allowed, ticks: frozenset[str]) -> None:
    """Raise unless these sections may leave for this kind of request.

    Raises:
        ContactRefused: the kind would tell a family what a capable adult has refused.
        RecordInvalid: a section that may not leave, or nothing at all.
    """
    if may.refused and kind.tells_family:
        raise ContactRefused
    if not ticks <= set(may.sections):
        raise RecordInvalid(path="sections", reason="may_not_leave")
    if not ticks:
        raise RecordInvalid(path="sections", reason="choose")


def leaving(document: Mapping[str, Any], ticks: frozenset[str]) -> dict[str, Any]:
    """The ticked parts of a record in the shape of docs/record.md.

    The numbers of relatives go only where numbers are ticked.
    """
    kept = {
        name: _without_staff(document[name])
        for name in crosscheck_rules().sections
        if name in ticks and name in document and name not in OUTSIDE_RECORD
    }
    if "numbers" not in ticks and "relatives" in kept:
        kept["relatives"] = [_less(one, {"phone"}) for one in kept["relatives"]]
        kept["relatives"] = [one for one in kept["relatives"] if one.get("names")]
    if "utterances" in kept:
        kept["utterances"] = [one for one in kept["utterances"] if one.get("text")]
    return {
        "side": document["side"],
        **{name: value for name, value in kept.items() if value},
        **({"event_at": document["event_at"]} if "event_at" in document else {}),
    }


def _without_staff(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: _without_staff(v) for k, v in value.items() if k not in _STAFF}
    if isinstance(value, (list, tuple)):
        return [_without_staff(one) for one in value]
    return value


def _less(value: Mapping[str, Any], names: set[str]) -> dict[str, Any]:
    return {k: v for k, v in value.items() if k not in names}
