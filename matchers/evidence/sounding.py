"""How much likelier a hearing is if this was the name, than if it was anybody's: in bits.

The sound engine gives -log P(heard | name) for every distinct name. What counts as evidence is
that likelihood over its mean among all names at hand. A sample of national names stands beside
the gallery's own, so that a gallery of three people does not take its own names for the nation's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchers.claims import NameClaim, PersonClaims
from matchers.sounds import Alignment, Hearing, HearingError, NameTable, SoundEngine
from matchers.sounds.channel import Perception
from matchers.sounds.hearing import Heard as Cut
from matchers.sounds.regions import Regions

Bits = NDArray[np.float32]

LN2 = float(np.log(2.0))
TINY = 1e-300
"""Stands for the likeness of nobody at all."""
SPEECH_HOMES = ("birthplace", "household", "heard_home")
"""Where somebody learned to speak; where they live now or are settled says little."""
TAIL_LEAST = 1000
"""So many new strings may always wait in the tail; more, once the gallery is large."""


@dataclass(frozen=True, slots=True)
class Closeness:
    """How close V distinct strings are to what was heard.

    bits: float32 [V], log2 of P(heard | string) over its mean. likeness: int8 [V], a `Likeness`.
    """

    bits: Bits
    likeness: NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Heard:
    """Distinct strings of a gallery as sounds, with a national sample behind them.

    The first `base` strings stand in `table`, before the sample; those that came since in `tail`,
    until they are many. size: all V. forms: bool [V], which of them are forms of address (阿宝,
    王大娘). unseen: places of the strings that nobody who may be shown has; they count towards no
    mean.
    """

    size: int
    table: NameTable
    base: int
    tail: NameTable | None = None
    forms: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, np.bool_))
    unseen: NDArray[np.intp] = field(default_factory=lambda: np.empty(0, np.intp))

    @classmethod
    def over_names(
        cls,
        engine: SoundEngine,
        names: Sequence[str],
        sample: Sequence[str] = (),
        known: Heard | None = None,
    ) -> Heard:
        """Names of people; `known` is what was made of the very first of them before."""
        return cls._over(engine.table, names, sample, known)

    @classmethod
    def over_places(
        cls,
        engine: SoundEngine,
        stems: Sequence[str],
        sample: Sequence[str],
        known: Heard | None = None,
    ) -> Heard:
        """Stems of place names; `known` is what was made of the first of them before."""
        return cls._over(engine.place_table, stems, sample, known)

    @classmethod
    def _over(
        cls,
        table: Callable[[Sequence[str], Perception | None], NameTable],
        strings: Sequence[str],
        sample: Sequence[str],
        known: Heard | None,
    ) -> Heard:
        more = len(strings) - known.base if known is not None else -1
        if known is not None and 0 <= more <= max(TAIL_LEAST, known.base // 4):
            if len(strings) == known.size:
                return known
            tail = table(strings[known.base :], known.table.vocabulary.perception)
            forms = np.append(known.forms, _forms(tail, strings[known.size :]))
            return cls(len(strings), known.table, known.base, tail, forms)
        made = table([*strings, *sample], None)
        return cls(len(strings), made, len(strings), forms=_forms(made, strings))

    def without(self, unseen: NDArray[np.bool_]) -> Heard:
        """The same strings, those of the mask bool [V] counting towards no mean."""
        places = np.flatnonzero(unseen)
        return self if np.array_equal(places, self.unseen) else replace(self, unseen=places)

    def closeness(
        self, hearings: Sequence[Hearing], prior: Mapping[str, float] | None
    ) -> Closeness | None:
        """Closeness to several hearings of one name; None where none of them can be read.

        The mean is taken over the names scored exactly; the others are too far to matter to it.
        """
        legible = self.legible(hearings) if self.size else []
        if not legible:
            return None
        known, cuts = zip(*legible, strict=True)
        tables = [table for table in (self.table, self.tail) if table is not None]
        scores = [table.score(known, prior, heard=cuts) for table in tables]
        seen = [self._seen(len(s.nats), i) for i, s in enumerate(scores)]
        counted = [
            s.nats[s.exact & own].astype(np.float64) for s, own in zip(scores, seen, strict=True)
        ]
        least = min((float(nats.min()) for nats in counted if len(nats)), default=0.0)
        total = sum(float(np.exp(least - nats).sum()) for nats in counted)
        # bits = (least - nats) / ln 2 - log2 mean
        zero = least / LN2 - np.log2(max(total, TINY) / max(1, sum(int(own.sum()) for own in seen)))
        bits = [
            (np.float32(zero) - self._own(s.nats, i) / np.float32(LN2)).astype(np.float32)
            for i, s in enumerate(scores)
        ]
        alike = [self._own(s.likeness, i) for i, s in enumerate(scores)]
        if len(scores) == 1:
            return Closeness(bits[0], alike[0])
        return Closeness(np.concatenate(bits), np.concatenate(alike))

    def align(
        self, hearing: Hearing, chosen: Sequence[int], prior: Mapping[str, float] | None
    ) -> list[Alignment]:
        """The hearing beside the strings at these places, in that order; see `NameTable`."""
        out: dict[int, Alignment] = {}
        for table, first in ((self.table, 0), (self.tail, self.base)):
            here = [c for c in chosen if (c >= self.base) == bool(first)]
            if table is not None and here:
                found = table.align_some(hearing, [c - first for c in here], prior)
                out.update(zip(here, found, strict=True))
        return [out[place] for place in chosen]

    def _seen(self, count: int, part: int) -> NDArray[np.bool_]:
        """Which of the `count` strings of the table (0) or of the tail count towards the mean."""
        seen = np.ones(count, np.bool_)
        here = self.unseen - self.base if part else self.unseen
        limit = count if part else self.base
        seen[here[(here >= 0) & (here < limit)]] = False
        return seen

    def _own(self, values: NDArray[Any], part: int) -> NDArray[Any]:
        """The gallery's strings alone among those of the table (0), without the sample, or tail."""
        return values if part else values[: self.base]

    def legible(self, hearings: Sequence[Hearing]) -> list[tuple[Hearing, tuple[Cut, ...]]]:
        """The hearings that can be read, and how each may be cut into syllables."""
        ears = self.table.engine.ears
        legible = []
        for hearing in hearings:
            with suppress(HearingError):
                legible.append((hearing, ears.heard(hearing)))
        return legible


def _forms(table: NameTable, strings: Sequence[str]) -> NDArray[np.bool_]:
    is_form = table.engine.address.is_form
    return np.fromiter((is_form(s) for s in strings), np.bool_, len(strings))


def hearing_of(claim: NameClaim) -> Hearing:
    """The characters and the Latin of one claim, as the one hearing they are."""
    return Hearing(claim.text, claim.latin, claim.dialect, claim.listener)


def dialect_prior(probe: PersonClaims, regions: Regions) -> dict[str, float] | None:
    """What is known of the speaker's dialect, as shares of place names; None for nothing.

    A stated dialect weighs twice a listener's guess; so does a stated home whose speech is known.
    """
    votes: dict[str, float] = {}
    for claim in probe.dialects:
        votes[claim.name] = votes.get(claim.name, 0.0) + (2.0 if claim.basis == "stated" else 1.0)
    for home in probe.places:
        place = regions.place(home.text) if home.kind in SPEECH_HOMES and home.text else None
        if place is not None and home.status is None:
            votes[place] = votes.get(place, 0.0) + 2.0
    return shares(votes)


def shares(votes: Mapping[str, float]) -> dict[str, float] | None:
    """Votes as shares of one; None where nobody voted."""
    total = sum(votes.values())
    return {name: vote / total for name, vote in votes.items()} if total > 0 else None


def texts(claims: Iterable[NameClaim]) -> str:
    """Names as one line for explanations."""
    return "、".join(dict.fromkeys(c.text or c.latin or "" for c in claims if c.text or c.latin))
