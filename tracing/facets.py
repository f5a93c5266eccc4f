"""Facets: the little of a record that the database may know in the clear."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

_HOME = ("household", "birthplace", "living", "settled")
_EVENT = ("found", "last_seen")


def facets(document: Mapping[str, Any]) -> dict[str, Any]:
    """Columns of `person` from a record's document: sex, birth years, divisions, day of event."""
    birth = document.get("birth") or {}
    places = document.get("places") or ()
    event = document.get("event_at")
    return {
        "sex": _value(document.get("sex")),
        "birth_from": _year(birth.get("earliest")),
        "birth_to": _year(birth.get("latest")),
        "home_division": _division(places, _HOME),
        "event_division": _division(places, _EVENT),
        "event_on": date.fromisoformat(event) if event else None,
    }


def _value(claim: Any) -> str | None:
    found = claim.get("value") if isinstance(claim, Mapping) else claim
    return found if isinstance(found, str) else None


def _year(day: str | None) -> int | None:
    return int(day[:4]) if day else None


def _division(places: Iterable[Mapping[str, Any]], kinds: tuple[str, ...]) -> str | None:
    """The code of the first place of the first kind that has one."""
    found = [
        (kinds.index(place["kind"]), code[:6])
        for place in places
        if place["kind"] in kinds and (code := place.get("code"))
    ]
    return min(found, key=lambda pair: pair[0])[1] if found else None
