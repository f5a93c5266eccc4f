"""Exact keys: numbers in their one normal form, to be stored as keyed digests only.

A number with a forgotten digit has no exact key; it is compared as evidence instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["citizen", "phone", "card", "external", "household"]

_SPACING = re.compile(r"[\s\-–—.·]+")
_CHINA_PREFIX = re.compile(r"^(\+86|0086)(?=1\d{10}$)")
# GB 11643-1999: weights of the first 17 digits, and the check characters by remainder
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"


@dataclass(frozen=True, slots=True)
class ExactKey:
    """One number in normal form; `owner` says whose it is, `assigned` that a station gave it."""

    kind: Kind
    text: str
    owner: Literal["self", "relative"] = "self"
    assigned: bool = False

    def __repr__(self) -> str:
        return f"ExactKey(kind={self.kind!r}, owner={self.owner!r})"


def exact_keys(document: Mapping[str, Any]) -> tuple[ExactKey, ...]:
    """All complete numbers of a record's document, in order and without repeats."""
    return tuple(dict.fromkeys(_all(document)))


def external_key(source: str | None, external_id: str) -> ExactKey:
    """The id another system gave, unique together with its source."""
    return ExactKey("external", f"{source or ''}\x1f{external_id}")


def normal_form(kind: str, text: str) -> str | None:
    """The number without spacing, in capitals, 15-digit citizen numbers lengthened to 18.

    None when it is incomplete or no number of that kind.
    """
    plain = _SPACING.sub("", text).upper()
    if not plain or "?" in plain or "？" in plain:
        return None
    if kind == "citizen":
        return _citizen(plain)
    if kind == "phone":
        plain = _CHINA_PREFIX.sub("", plain)
        return plain if plain.lstrip("+").isdigit() and len(plain) >= 7 else None
    return plain


def _citizen(plain: str) -> str | None:
    if len(plain) == 15 and plain.isdigit():
        plain = f"{plain[:6]}19{plain[6:]}"
        return plain + check_character(plain)
    whole = len(plain) == 18 and plain[:17].isdigit() and (plain[17].isdigit() or plain[17] == "X")
    return plain if whole else None


def check_character(first17: str) -> str:
    """ISO 7064 MOD 11-2 check character of GB 11643 for 17 digits."""
    total = sum(int(digit) * weight for digit, weight in zip(first17, _WEIGHTS, strict=True))
    return _CHECKS[total % 11]


def _all(document: Mapping[str, Any]) -> Iterator[ExactKey]:
    if external := document.get("id"):
        yield external_key(document.get("source"), external)
    if household := document.get("household"):
        yield ExactKey("household", f"{document.get('source') or ''}\x1f{household}")
    for number in document.get("numbers", ()):
        kind, text = number["kind"], number.get("text")
        plain = normal_form(kind, text) if text and kind != "other" else None
        if plain is not None:
            yield ExactKey(kind, plain, assigned=bool(number.get("assigned")))
    for relative in document.get("relatives", ()):
        plain = normal_form("phone", relative["phone"]) if relative.get("phone") else None
        if plain is not None:
            yield ExactKey("phone", plain, owner="relative")
