"""Which of many names was it? Exact scores for those that matter, bounds for all others.

score(name) = min over dialects D of -log P(D) + sum over hearings of the best way the name may
have been said. A bound over all dialects at once spares the exact score, at every dialect, to all
names but those that may be among the best. What a dialect costs beyond the likeliest one is shared
out over the syllables, so that a bound in which every syllable takes its own best dialect still
pays for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Self

import numpy as np
from numpy.typing import NDArray

from matchers.sounds.features import Floats
from matchers.sounds.hypotheses import Pass, Spans
from matchers.sounds.parts import BLOCK, FAR, Codes, Edits, Parts, Places, used
from matchers.sounds.rows import Rows

ROUNDING = np.float32(1e-3)
"""A bound may come out this much above what it bounds."""

Families = tuple[NDArray[np.intp], ...]
"""Points by family, each int [p]; bounds are tight where its members sound alike."""


@dataclass(frozen=True, slots=True)
class Way:
    """One cut of one hearing: what its slots cost, and the passes."""

    rows: Rows
    steps: tuple[Pass, ...]
    charge: float


@dataclass(frozen=True, slots=True)
class Columns:
    """The names: two columns of distinct parts and the codes int [V] that lead to them.

    tokens: int [t], the tokens that the parts' numbers stand for; None where they are the tokens.
    """

    surnames: Parts
    given: Parts
    surname_of: Places | Codes
    given_of: Places | Codes
    tokens: Codes | None = None

    def __len__(self) -> int:
        return len(self.surname_of)

    def some(self, chosen: Codes) -> Columns:
        """The names at places `chosen` alone, their tokens numbered anew."""
        surname_codes, surname_of = np.unique(self.surname_of[chosen], return_inverse=True)
        given_codes, given_of = np.unique(self.given_of[chosen], return_inverse=True)
        surnames = self.surnames.take(np.asarray(surname_codes, np.intp))
        given = self.given.take(np.asarray(given_codes, np.intp))
        tokens = used([surnames, given])
        numbered = surnames.renumbered(tokens), given.renumbered(tokens)
        return Columns(*numbered, surname_of, given_of, tokens)


@dataclass(frozen=True, slots=True)
class Best:
    """The best of n names: nats float32 [n], dialect and hypothesis of the first hearing."""

    nats: Floats
    dialect: NDArray[np.int16]
    hypothesis: NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Said:
    """What names cost at least at any point, said in ways that share a span of the given name.

    surname: float32 [S], or [1] where no surname was said. given: [G]; None where it was not said.
    least: the lowest of both.
    """

    surname: Floats
    given: Floats | None
    least: tuple[np.float32, np.float32]

    @classmethod
    def of_parts(cls, surname: Floats, given: Floats | None) -> Self:
        """With the lowest of both looked up."""
        lowest = np.float32(0) if given is None else given.min(initial=FAR)
        return cls(surname, given, (surname.min(initial=FAR), lowest))

    def of(self, surname_of: Places | Codes, given_of: Places | Codes) -> Floats:
        """No name of these parts costs less, said so: float32 [n]."""
        if self.given is None:
            return self.surname.take(surname_of, mode="clip")
        nats = self.given.take(given_of, mode="clip")
        if len(self.surname) > 1:
            nats += self.surname.take(surname_of, mode="clip")
        else:
            nats += self.surname[0]
        return nats


@dataclass(frozen=True, slots=True)
class Bounds:
    """What names cost at least: `least`, and of each hearing one of the ways it was said."""

    hearings: tuple[tuple[Said, ...], ...]
    least: np.float32

    def of(self, surname_of: Places | Codes, given_of: Places | Codes) -> Floats:
        """No name of these parts costs less: float32 [n]."""
        out = np.empty(len(surname_of), np.float32)
        for start in range(0, len(out), BLOCK):
            span = slice(start, start + BLOCK)
            total = out[span]
            total[:] = self.least
            for said in self.hearings:
                total += _least(
                    (each.of(surname_of[span], given_of[span]) for each in said), total.shape
                )
        return out


@dataclass(frozen=True, slots=True)
class Lookup:
    """One question: several hearings of one name, each in several cuts, and a prior of dialects.

    plans: the cuts of each hearing. prior: -log P(point) float32 [D].
    """

    plans: Sequence[Sequence[Way]]
    prior: Floats
    families: Families
    edits: Edits

    def bounds(self, names: Columns) -> Bounds:
        """What the parts of these names cost at least at any point."""
        slots = sum(max(len(way.rows) for way in ways) for ways in self.plans)
        least = np.float32(self.prior.min())
        extra = (self.prior - least) / np.float32(max(slots, 1))
        return Bounds(tuple(self._said(ways, names, extra) for ways in self.plans), least)

    def _said(self, ways: Sequence[Way], names: Columns, extra: Floats) -> tuple[Said, ...]:
        found = []
        for way in ways:
            rows = way.rows.lowest(extra)
            rows = rows if names.tokens is None else rows.take(names.tokens, axis=1)
            for steps in _of_one_given_name(way.steps):
                surname = _least_surname(steps, way.charge, rows, names, self.edits)
                given = None
                if steps[0].given is not None and steps[0].single:
                    given = names.given.nearest_token(rows[steps[0].given[0]])
                elif steps[0].given is not None:
                    given = names.given.costs(rows[slice(*steps[0].given)], self.edits)
                said = Said.of_parts(surname, given)
                if max(said.least) < FAR:
                    found.append(said)
        return tuple(found)

    def likely(self, count: int) -> NDArray[np.intp]:
        """The likeliest point of each of the `count` likeliest families."""
        first = [family[self.prior[family].argmin()] for family in self.families]
        return np.array(sorted(first, key=lambda point: self.prior[point])[:count], np.intp)

    def least(self, names: Columns, points: NDArray[np.intp] | None = None) -> Floats:
        """Nats float32 [n] of the best of all points, or of some, ascending."""
        found: Floats = self._totals(names, self._points(points)).min(axis=1)
        return found

    def exact(self, names: Columns) -> Best:
        """The best dialect and way of every name."""
        points = self._points(None)
        totals = self._totals(names, points)
        place = totals.argmin(1)
        said = np.zeros(len(names), np.int8)
        if self.plans:
            said = self._hypothesis(self.plans[0], names, points, place)
        return Best(totals[np.arange(len(names)), place], place.astype(np.int16), said)

    def _points(self, points: NDArray[np.intp] | None) -> NDArray[np.intp]:
        return np.arange(len(self.prior)) if points is None else points

    def _totals(self, names: Columns, points: NDArray[np.intp]) -> Floats:
        """Nats float32 [n, P] of all hearings."""
        totals = np.tile(self.prior[points], (len(names), 1))
        for ways in self.plans:
            totals += _least(self._ways(ways, names, points), totals.shape)
        return totals

    def _ways(
        self, ways: Sequence[Way], names: Columns, points: NDArray[np.intp]
    ) -> Iterator[Floats]:
        """Nats float32 [n, P] of each way in which a hearing may have been said."""
        for way in ways:
            spans = _spans(way, names, points, self.edits)
            for steps in _of_one_given_name(way.steps):
                surname, given = _costs(steps, spans, way.charge)
                if not (hopeless(surname) or hopeless(given)):
                    yield gathered(surname, given, names.surname_of, names.given_of)

    def _hypothesis(
        self, ways: Sequence[Way], names: Columns, points: NDArray[np.intp], place: Codes
    ) -> NDArray[np.int8]:
        """The hypothesis that is least at one point of each name: int8 [n]; the first of equals."""
        least = np.full(len(place), FAR, np.float32)
        said = np.zeros(len(place), np.int8)
        for way in ways:
            spans = _spans(way, names, points, self.edits)
            for step in way.steps:
                found = np.full(len(place), step.nats + way.charge, np.float32)
                first, second = spans.costs(step)
                if first is not None:
                    found += first[names.surname_of, place]
                if second is not None:
                    found += second[names.given_of, place]
                better = found < least
                least[better], said[better] = found[better], step.hypothesis
        return said


def _of_one_given_name(steps: Sequence[Pass]) -> list[tuple[Pass, ...]]:
    """Passes that share their span of the given name, which is looked at once for all of them."""
    shared: dict[tuple[tuple[int, int] | None, bool], list[Pass]] = {}
    for step in steps:
        shared.setdefault((step.given, step.single), []).append(step)
    return [tuple(found) for found in shared.values()]


def _least_surname(
    steps: Sequence[Pass], charge: float, rows: Floats, names: Columns, edits: Edits
) -> Floats:
    """Nats float32 [S] of surnames and of what stands beside; [1] where no surname was said."""
    found = []
    for step in steps:
        beside = np.float32(step.nats + charge)
        if step.surname is None:
            found.append(np.full(1, beside, np.float32))
        else:
            found.append(names.surnames.costs(rows[slice(*step.surname)], edits) + beside)
    return reduce(np.minimum, found)


def _costs(
    steps: Sequence[Pass], spans: Spans, charge: float
) -> tuple[Floats | None, Floats | None]:
    """Nats of surnames [S, P] and of given names [G, P], one with what stands beside; None where
    the part was not said."""
    given = spans.costs(steps[0])[1]
    beside = [np.float32(step.nats + charge) for step in steps]
    said = [(spans.costs(step)[0], nats) for step, nats in zip(steps, beside, strict=True)]
    surnames = [nats if first is None else first + nats for first, nats in said]
    best = reduce(np.minimum, surnames)
    if isinstance(best, np.ndarray):
        return best, given
    return None, None if given is None else given + best


def _spans(way: Way, names: Columns, points: NDArray[np.intp], edits: Edits) -> Spans:
    rows = way.rows.by_point(slice(None) if names.tokens is None else names.tokens, points)
    return Spans(rows, names.surnames, names.given, edits)


def _least(ways: Iterable[Floats], shape: tuple[int, ...]) -> Floats:
    """The least of several ways, each an array of its own; FAR at most, and where there is none."""
    found = iter(ways)
    best = next(found, None)
    if best is None:
        return np.full(shape, FAR, np.float32)
    for nats in found:
        np.minimum(best, nats, out=best)
    return np.minimum(best, FAR, out=best)


def hopeless(costs: Floats | None) -> bool:
    """Whether no part at all can be what was heard here: such a pass explains no name."""
    return costs is not None and bool(costs.min(initial=FAR) >= FAR)


def gathered(
    first: Floats | None,
    second: Floats | None,
    surname_of: Places | Codes,
    given_of: Places | Codes,
) -> Floats:
    """Nats float32 [V, P] of whole names: what their surname and their given name cost."""
    parts = [
        (nats, of) for nats, of in ((first, surname_of), (second, given_of)) if nats is not None
    ]
    if not parts:
        raise ValueError("a pass must look at a part of the name")
    out = np.empty((len(surname_of), parts[0][0].shape[1]), np.float32)
    for start in range(0, len(surname_of), BLOCK):
        span = slice(start, start + BLOCK)
        nats, of = parts[0]
        nats.take(of[span], axis=0, out=out[span], mode="clip")
        for nats, of in parts[1:]:
            out[span] += nats.take(of[span], axis=0, mode="clip")
    return out
