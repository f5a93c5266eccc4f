"""Which of many names was it? Exact scores for those that matter, bounds for all others.

score(name) = min over dialects D of -log P(D) + sum over hearings of the best way the name may
have been said. A bound over all dialects at once spares the exact score, at every dialect, to all
names but those that may be among the best. What a dialect costs beyond the likeliest one is shared
out over the syllables, so that a bound in which every syllable takes its own best dialect still
pays for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matchers.sounds.features import Floats
from matchers.sounds.hypotheses import Pass, Spans
from matchers.sounds.parts import BLOCK, FAR, Codes, Edits, Parts, Places

ROUNDING = np.float32(1e-3)
"""A bound may come out this much above what it bounds."""

Families = tuple[NDArray[np.intp], ...]
"""Points by family, each int [p]; bounds are tight where its members sound alike."""


@dataclass(frozen=True, slots=True)
class Way:
    """One cut of one hearing: nats float32 [D, m, tokens] of its slots, and the passes."""

    rows: Floats
    steps: tuple[Pass, ...]
    charge: float

    def lowest(self, extra: Floats) -> Floats:
        """Least nats float32 [m, tokens] over all points, `extra` [D] for each syllable."""
        return np.asarray((self.by_point() + extra).min(axis=2))

    def by_point(self, points: NDArray[np.intp] | None = None) -> Floats:
        """The rows of all or of some points, float32 [m, tokens, P]."""
        rows = self.rows.transpose(1, 2, 0)
        some: Floats = rows if points is None else rows.take(points, axis=2)
        return np.ascontiguousarray(some)


@dataclass(frozen=True, slots=True)
class Columns:
    """The names: two columns of distinct parts and the codes int [V] that lead to them."""

    surnames: Parts
    given: Parts
    surname_of: Places | Codes
    given_of: Places | Codes

    def __len__(self) -> int:
        return len(self.surname_of)

    def some(self, chosen: Codes) -> Columns:
        """The names at places `chosen` alone."""
        surname_codes, surname_of = np.unique(self.surname_of[chosen], return_inverse=True)
        given_codes, given_of = np.unique(self.given_of[chosen], return_inverse=True)
        surnames = self.surnames.take(np.asarray(surname_codes, np.intp))
        given = self.given.take(np.asarray(given_codes, np.intp))
        return Columns(surnames, given, surname_of, given_of)


@dataclass(frozen=True, slots=True)
class Best:
    """The best of n names: nats float32 [n], dialect and hypothesis of the first hearing."""

    nats: Floats
    dialect: NDArray[np.int16]
    hypothesis: NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Lookup:
    """One question: several hearings of one name, each in several cuts, and a prior of dialects.

    plans: the cuts of each hearing. prior: -log P(point) float32 [D].
    """

    plans: Sequence[Sequence[Way]]
    prior: Floats
    families: Families
    edits: Edits

    def bound(self, names: Columns) -> Floats:
        """No name scores better than this anywhere: float32 [V]."""
        slots = sum(max(way.rows.shape[1] for way in ways) for ways in self.plans)
        least = np.float32(self.prior.min())
        extra = (self.prior - least) / np.float32(max(slots, 1))
        total = np.full((1, len(names)), least, np.float32)
        for ways in self.plans:
            best = np.full(total.shape, FAR, np.float32)
            for way in ways:
                self._lower(best, way, way.lowest(extra)[None], names)
            total += best
        return np.asarray(total[0])

    def _lower(self, best: Floats, way: Way, lowest: Floats, names: Columns) -> None:
        """Lower `best` [1, V] to what this cut allows with rows `lowest` [1, m, tokens]."""
        shared: dict[tuple[tuple[int, int] | None, bool], list[Floats]] = {}
        for step in way.steps:
            costs = np.full((1, names.surnames.count), step.nats + way.charge, np.float32)
            if step.surname is not None:
                costs += names.surnames.costs(lowest[:, slice(*step.surname)], self.edits)
            shared.setdefault((step.given, step.single), []).append(costs)
        # passes with the same span of the given name share its costs
        for (span, single), firsts in shared.items():
            first = np.minimum.reduce(firsts)
            given = None
            if span is not None and single:
                given = names.given.nearest_token(lowest[:, span[0]])
            elif span is not None:
                given = names.given.costs(lowest[:, slice(*span)], self.edits)
            if not (hopeless(first) or hopeless(given)):
                lower(best, first, given, names)

    def likely(self, count: int) -> NDArray[np.intp]:
        """The likeliest point of each of the `count` likeliest families."""
        first = [family[self.prior[family].argmin()] for family in self.families]
        return np.array(sorted(first, key=lambda point: self.prior[point])[:count], np.intp)

    def exact(self, names: Columns) -> Best:
        """The best dialect and way of every name."""
        return self.at(names, np.arange(len(self.prior)))

    def at(self, names: Columns, points: NDArray[np.intp]) -> Best:
        """The same over some points, ascending."""
        totals, parts = self._totals(names, points)
        place = totals.argmin(1)
        said = parts[0].hypothesis(place) if parts else np.zeros(len(names), np.int8)
        dialect = points[place].astype(np.int16)
        return Best(totals[np.arange(len(names)), place], dialect, said)

    def least(self, names: Columns, points: NDArray[np.intp]) -> Floats:
        """Nats float32 [n] of the best of some points alone."""
        found: Floats = self._totals(names, points)[0].min(axis=1)
        return found

    def _totals(self, names: Columns, points: NDArray[np.intp]) -> tuple[Floats, list[_Ways]]:
        """Nats float32 [n, P] of all hearings, and what each may have been."""
        totals = np.tile(self.prior[points], (len(names), 1))
        parts = [_Ways.of(ways, points, names, self.edits) for ways in self.plans]
        for part in parts:
            totals += part.least(len(points))
        return totals, parts


@dataclass(frozen=True, slots=True)
class _Ways:
    """One hearing over cuts and hypotheses: of each, nats of surnames [S, P], of given names [G, P]
    and beside them, and which hypothesis it is."""

    names: Columns
    costs: tuple[tuple[Floats | None, Floats | None, int], ...]

    @classmethod
    def of(
        cls, ways: Sequence[Way], points: NDArray[np.intp], names: Columns, edits: Edits
    ) -> _Ways:
        """What can have been said; passes that explain no name are left out."""
        costs: list[tuple[Floats | None, Floats | None, int]] = []
        for way in ways:
            rows = way.by_point(None if len(points) == len(way.rows) else points)
            spans = Spans(rows, names.surnames, names.given, edits)
            for step in way.steps:
                first, second = spans.costs(step)
                if hopeless(first) or hopeless(second):
                    continue
                beside = np.float32(step.nats + way.charge)
                if first is not None:
                    first = first + beside
                elif second is not None:
                    second = second + beside
                costs.append((first, second, int(step.hypothesis)))
        return cls(names, tuple(costs))

    def least(self, count: int) -> Floats:
        """Least nats over all of them, float32 [n, P] at `count` points."""
        best = np.full((len(self.names), count), FAR, np.float32)
        for first, second, _ in self.costs:
            found = gathered(first, second, self.names.surname_of, self.names.given_of)
            np.minimum(best, found, out=best)
        return best

    def hypothesis(self, place: Codes) -> NDArray[np.int8]:
        """The hypothesis that is least at one point of each name: int8 [n]; the first of equals."""
        least = np.full(len(place), FAR, np.float32)
        said = np.zeros(len(place), np.int8)
        for first, second, hypothesis in self.costs:
            found = np.zeros(len(place), np.float32)
            for nats, of in ((first, self.names.surname_of), (second, self.names.given_of)):
                if nats is not None:
                    found += nats[of, place]
            better = found < least
            least[better], said[better] = found[better], hypothesis
        return said


def hopeless(costs: Floats | None) -> bool:
    """Whether no part at all can be what was heard here: such a pass explains no name."""
    return costs is not None and bool(costs.min(initial=FAR) >= FAR)


def lower(best: Floats, first: Floats, given: Floats | None, names: Columns) -> None:
    """Lower `best` [F, V] to the cost of surname and given name where that is less."""
    for start in range(0, len(names), BLOCK):
        span = slice(start, start + BLOCK)
        nats = first.take(names.surname_of[span], axis=-1, mode="clip")
        if given is not None:
            nats += given.take(names.given_of[span], axis=-1, mode="clip")
        np.minimum(best[:, span], nats, out=best[:, span])


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
