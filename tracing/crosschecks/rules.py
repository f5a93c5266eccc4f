"""`crosschecks.toml`, read: kinds of request, what may leave, the deeds and their states."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

OPEN_STATES = ("draft", "sent", "received", "accepted", "in_progress")
"""States in which an answer is still awaited, the draft included."""
AWAITED = OPEN_STATES[1:]
ENDED = ("closed", "withdrawn")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of request."""

    kind: str
    tells_family: bool
    ticked: tuple[str, ...]
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Deed:
    """A deed: from which states, to which (empty: none), by which side, and what it needs."""

    deed: str
    before: tuple[str, ...]
    after: str
    by: str
    needs: tuple[str, ...]

    def open_to(self, side: str) -> bool:
        """Whether the side (asking or addressed) may do it."""
        return self.by in (side, "both")


@dataclass(frozen=True, slots=True)
class CrosscheckRules:
    """The whole file."""

    sections: tuple[str, ...]
    never_when_refused: frozenset[str]
    results: tuple[str, ...]
    channels: tuple[str, ...]
    return_reasons: tuple[str, ...]
    photos_most: int
    photo_pixels: int
    received_days: int
    longest: Mapping[str, int]
    kinds: Mapping[str, Kind]
    deeds: Mapping[str, Deed]


@lru_cache(maxsize=1)
def crosscheck_rules() -> CrosscheckRules:
    """The packaged rules; the same object every time."""
    text = files("tracing.crosschecks").joinpath("crosschecks.toml").read_text("utf-8")
    table: dict[str, Any] = tomllib.loads(text)
    return CrosscheckRules(
        sections=tuple(table["sections"]),
        never_when_refused=frozenset(table["never_when_refused"]),
        results=tuple(table["results"]),
        channels=tuple(table["channels"]),
        return_reasons=tuple(table["return_reasons"]),
        photos_most=int(table["photos_most"]),
        photo_pixels=int(table["photo_pixels"]),
        received_days=int(table["received_days"]),
        longest=dict(table["longest"]),
        kinds={row["kind"]: _kind(row) for row in table["kinds"]},
        deeds={row["deed"]: _deed(row) for row in table["deeds"]},
    )


def _kind(row: Mapping[str, Any]) -> Kind:
    return Kind(
        row["kind"],
        bool(row["tells_family"]),
        tuple(row["ticked"]),
        tuple(row["evidence"]),
    )


def _deed(row: Mapping[str, Any]) -> Deed:
    return Deed(row["deed"], tuple(row["from"]), row["to"], row["by"], tuple(row["needs"]))
