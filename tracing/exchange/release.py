"""What may leave: who, and of them which few facts. Everything that goes out passes here.

Lossy on purpose. Names are those the person stated or is registered under, never one that a
station gave and never a guess at a sound; age is a range; places end at the county; numbers,
relatives, marks, words of the person, belongings, papers and health stay. Two facts at least are
thereby kept back for checking a caller.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from tracing.exchange.pfif_record import ages_on
from tracing.exchange.rules import exchange_rules

_NAMES = ("registered", "stated", "alias", "nickname")
_HOME, _EVENT = ("household", "birthplace"), {"found": "found", "sought": "last_seen"}
_COUNTY = re.compile(r"^(.{1,40}?(?:自治县|自治旗|林区|特区|县|区|旗|市))(?!.*?(?:县|区|旗))")
_DIGITS = re.compile(r"[0-9０-９][0-9０-９Xx \-]{4,}[0-9０-９Xx]")
_ADDRESS = re.compile(r"[\w.+-]+@[\w.-]+|(?:https?://|www\.)[!-~]+", re.IGNORECASE | re.ASCII)
_WITHHELD = "＊"


@dataclass(frozen=True, slots=True)
class PublicView:
    """All that is ever told of a person outside: nothing else is read when a feed is written."""

    name: str
    other_names: tuple[str, ...]
    sex: str | None
    age: str
    home: str
    where: str
    event_at: str | None
    height_cm: tuple[int, int] | None
    text: str


def withheld(
    *, side: str, hidden: bool, foreign: bool, result: str, document: Mapping[str, Any]
) -> str | None:
    """Why nothing of a person may leave, in a code; None: the public view may.

    hidden: protected or stored only. foreign: lent, or a clone of another site's record. Nobody
    outside learns which of them it is.
    """
    if hidden:
        return "not_for_the_public"
    if side not in _EVENT or foreign:
        return "not_ours"
    if document.get("contact_wish") == "no":
        return "contact_refused"
    return "tracing_over" if result in exchange_rules().notices.over else None


def public_view(document: Mapping[str, Any], text: str, day: date) -> PublicView:
    """The few facts that a notice tells on that day; `text` was written for the public."""
    names = _names(document)
    return PublicView(
        name=names[0] if names else "",
        other_names=tuple(names[1:6]),
        sex=_sex(document),
        age=ages_on(_value(document.get("birth")), day),
        home=_place(document, _HOME),
        where=_place(document, (_EVENT.get(str(document.get("side")), ""),)),
        event_at=document.get("event_at"),
        height_cm=_height(document),
        text=told(text),
    )


def told(text: str) -> str:
    """A text for the public without what looks like a number of somebody or an address."""
    return _ADDRESS.sub(_WITHHELD, _DIGITS.sub(_WITHHELD, text)).strip()


def _names(document: Mapping[str, Any]) -> list[str]:
    kept = [
        (_NAMES.index(kind), str(name["text"]))
        for name in document.get("names", ())
        if name.get("text") and (kind := name.get("kind", "stated")) in _NAMES
    ]
    return list(dict.fromkeys(name for _, name in sorted(kept, key=lambda pair: pair[0])))


def _sex(document: Mapping[str, Any]) -> str | None:
    value = document.get("sex")
    value = value.get("value") if isinstance(value, Mapping) else value
    return value if value in ("male", "female") else None


def _height(document: Mapping[str, Any]) -> tuple[int, int] | None:
    height = _value(document.get("build")).get("height_cm")
    return (int(height[0]), int(height[1])) if height else None


def _place(document: Mapping[str, Any], kinds: tuple[str, ...]) -> str:
    """The first such place, down to its county."""
    for place in document.get("places", ()):
        if place.get("kind") in kinds and place.get("text"):
            return to_county(str(place["text"]))
    return ""


def to_county(text: str) -> str:
    """A place name cut after its county, city or province; a name without any is not told."""
    found = _COUNTY.match(text)
    if found is not None:
        return found[1]
    above = re.match(r"^.{1,20}?(?:省|自治区|市)", text)
    return above[0] if above else ""


def _value(claim: Any) -> Mapping[str, Any]:
    return claim if isinstance(claim, Mapping) else {}
