"""Names of a large gallery, listened to where they are near, and anywhere one by one.

`Heard` gives the closeness of every string. Here the near ones are enumerated and any others are
looked up, on the same scale: both agree wherever `Heard` scores exactly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from matchers.evidence.sounding import LN2, TINY, Closeness, Heard
from matchers.sounds import Hearing
from matchers.sounds.nearest import NameIndex, NearNames, nearest

Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Listened:
    """The hearings of one name against all strings of a gallery.

    near: int64 [n], the nearest strings, ascending. parts: what the table and the tail say, and
    where each begins. zero: bits of a string that costs nothing.
    """

    near: Codes
    parts: tuple[tuple[NearNames, int], ...]
    zero: float

    def closeness(self, strings: Codes) -> Closeness:
        """Of the strings int64 [n], in their order."""
        nats = np.empty(len(strings), np.float32)
        likeness = np.empty(len(strings), np.int8)
        for part, start in self.parts:
            here = np.flatnonzero((strings >= start) & (strings < start + len(part.likeness)))
            own = strings[here] - start
            nats[here] = part.nats_of(own)
            likeness[here] = part.likeness.take(own)
        return Closeness((np.float32(self.zero) - nats / np.float32(LN2)), likeness)


@dataclass(frozen=True, slots=True)
class Ear:
    """What was listened to for one question, so that it is listened to once."""

    known: dict[tuple[object, ...], Listened | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HeardIndex:
    """Strings of a gallery with the ways back from their parts: of the table, and of the tail."""

    heard: Heard
    tables: tuple[tuple[NameIndex, int], ...]

    @classmethod
    def of(cls, heard: Heard) -> HeardIndex:
        """One sort of the strings."""
        both = ((heard.table, 0), (heard.tail, heard.base))
        return cls(heard, tuple((NameIndex.of(t), start) for t, start in both if t is not None))

    def following(self, heard: Heard) -> HeardIndex:
        """The index of these strings, sorting only what is new among them."""
        if heard.table is not self.heard.table:
            return HeardIndex.of(heard)
        if heard.tail is None:
            return replace(self, heard=heard, tables=self.tables[:1])
        return replace(
            self, heard=heard, tables=(self.tables[0], (NameIndex.of(heard.tail), heard.base))
        )

    def listened(
        self, hearings: Sequence[Hearing], prior: Mapping[str, float] | None, ear: Ear
    ) -> Listened | None:
        """The hearings of one name; None where none of them can be read."""
        key = (id(self), *hearings, tuple((prior or {}).items()))
        if key not in ear.known:
            ear.known[key] = self._listened(hearings, prior)
        return ear.known[key]

    def _listened(
        self, hearings: Sequence[Hearing], prior: Mapping[str, float] | None
    ) -> Listened | None:
        legible = self.heard.legible(hearings) if self.heard.size else []
        if not legible:
            return None
        known = [hearing for hearing, _ in legible]
        parts = tuple((nearest(index, known, prior), start) for index, start in self.tables)
        near, counted, people = [], [], -len(self.heard.unseen)
        for part, start in parts:
            # behind the gallery's own strings the table holds the national sample, which counts too
            own = part.places < (self.heard.size - start if start else self.heard.base)
            near.append(part.places[own] + start)
            seen = part.exact.copy()
            seen[own] &= ~np.isin(near[-1], self.heard.unseen)
            counted.append(part.nats[seen].astype(np.float64))
            people += len(part.likeness)
        nats = np.concatenate(counted)
        least = float(nats.min(initial=np.inf))
        least = least if np.isfinite(least) else 0.0
        total = float(np.exp(least - nats).sum())
        zero = least / LN2 - float(np.log2(max(total, TINY) / max(1, people)))
        return Listened(np.concatenate(near), parts, zero)


@dataclass(frozen=True, slots=True)
class HeardPart:
    """Some strings of a gallery, to be compared in place of all of them: see `Heard`."""

    index: HeardIndex
    strings: Codes
    ear: Ear

    @property
    def size(self) -> int:
        """How many strings."""
        return len(self.strings)

    @property
    def forms(self) -> NDArray[np.bool_]:
        """Which of them are forms of address: bool [n]."""
        return self.index.heard.forms[self.strings]

    def closeness(
        self, hearings: Sequence[Hearing], prior: Mapping[str, float] | None
    ) -> Closeness | None:
        """Closeness to several hearings of one name; None where none of them can be read."""
        found = self.index.listened(hearings, prior, self.ear) if self.size else None
        return None if found is None else found.closeness(self.strings)


def once(codes: Sequence[NDArray[np.integer]]) -> Codes:
    """Every value that occurs, ascending: int64 [n]."""
    if not codes:
        return np.empty(0, np.int64)
    found = np.sort(np.concatenate(codes).astype(np.int64))
    return np.compress(np.append(True, found[1:] != found[:-1])[: len(found)], found)
