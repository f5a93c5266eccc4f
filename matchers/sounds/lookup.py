"""Which of many names was it? Exact scores for those that matter, bounds for all others.

score(name) = min over dialects D of -log P(D) + sum over hearings of the best way the name may
have been said. Three bounds spare the work: over all dialects at once for every name; over each
family of dialects for the names that this leaves; and within a family the exact score itself.
What a dialect costs beyond the likeliest one is shared out over the syllables, so that a bound in
which every syllable takes its own best dialect still pays for it.
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

_AT_ONCE = 30_000
"""Names times points: fewer cost less to score than to sort out first."""

Families = tuple[NDArray[np.intp], ...]
"""Points by family, each int [p]; bounds are tight where its members sound alike."""


@dataclass(frozen=True, slots=True)
class Way:
    """One cut of one hearing: nats float32 [D, m, tokens] of its slots, and the passes."""

    rows: Floats
    steps: tuple[Pass, ...]
    charge: float

    def lowest(self, points: NDArray[np.intp], extra: Floats) -> Floats:
        """Least nats float32 [m, tokens] over some points, `extra` [p] for each syllable."""
        out: Floats = self.rows[points[0]] + extra[0]
        for point, nats in zip(points[1:], extra[1:], strict=True):
            np.minimum(out, self.rows[point] + nats, out=out)
        return out


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


@dataclass(slots=True)
class Best:
    """The best so far of n names: nats, dialect and hypothesis; `rest` bounds what is left out."""

    nats: Floats
    dialect: NDArray[np.int16]
    hypothesis: NDArray[np.int8]
    rest: Floats

    @classmethod
    def unknown(cls, count: int) -> Best:
        """Nothing looked at yet."""
        nothing = np.full(count, np.inf, np.float32)
        return cls(nothing, np.zeros(count, np.int16), np.zeros(count, np.int8), nothing.copy())

    def take(self, rows: Codes, nats: Floats, dialect: Codes, said: NDArray[np.int8]) -> None:
        """Keep what is better; of equals the dialect that stands first among the points."""
        old, before = self.nats[rows], self.dialect[rows]
        better = (nats < old) | ((nats == old) & (dialect < before))
        rows = rows[better]
        self.nats[rows], self.hypothesis[rows] = nats[better], said[better]
        self.dialect[rows] = dialect[better]


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
        return np.asarray(self.bounds(names, (np.arange(len(self.prior)),))[0])

    def bounds(self, names: Columns, families: Families) -> Floats:
        """No name scores better than this in each family of points: float32 [F, V]."""
        slots = sum(max(way.rows.shape[1] for way in ways) for ways in self.plans)
        least = np.array([self.prior[family].min() for family in families], np.float32)
        extra = [
            (self.prior[family] - nats) / np.float32(max(slots, 1))
            for family, nats in zip(families, least, strict=True)
        ]
        total = np.repeat(least[:, None], len(names), axis=1)
        for ways in self.plans:
            best = np.full(total.shape, FAR, np.float32)
            for way in ways:
                lowest = np.stack([way.lowest(f, e) for f, e in zip(families, extra, strict=True)])
                self._lower(best, way, lowest, names)
            total += best
        return total

    def _lower(self, best: Floats, way: Way, lowest: Floats, names: Columns) -> None:
        """Lower `best` [F, V] to what this cut allows with rows `lowest` [F, m, tokens]."""
        shared: dict[tuple[tuple[int, int] | None, bool], list[Floats]] = {}
        for step in way.steps:
            costs = np.full((len(lowest), names.surnames.count), step.nats + way.charge, np.float32)
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

    def exact(self, names: Columns, limit: float = np.inf) -> Best:
        """The best dialect and way of every name, save where nothing below `limit` is possible."""
        found = Best.unknown(len(names))
        bounds = self.bounds(names, self.families)
        first, *others = np.argsort(bounds.sum(axis=1)).tolist()
        self._visit(found, names, bounds, [first], limit)
        self._visit(found, names, bounds, others, limit)
        return found

    def _visit(
        self, found: Best, names: Columns, bounds: Floats, places: list[int], limit: float
    ) -> None:
        """Score the names that may do better in these families: in all at once where few may."""
        worst = np.minimum(found.nats, np.float32(limit)) + ROUNDING
        hopeful = np.asarray(bounds[places] <= worst)
        out = np.where(hopeful, np.inf, bounds[places]).min(axis=0, initial=np.inf)
        np.minimum(found.rest, out, out=found.rest)
        rows = np.flatnonzero(hopeful.any(axis=0))
        wanted = [places[i] for i in np.flatnonzero(hopeful.any(axis=1))]
        points = sum(len(self.families[place]) for place in wanted)
        if len(wanted) > 1 and len(rows) * points > _AT_ONCE:
            for place in wanted:
                self._visit(found, names, bounds, [place], limit)
            return
        if len(rows):
            some = names if len(rows) == len(names) else names.some(rows)
            family = np.concatenate([self.families[place] for place in wanted])
            found.take(rows, *self.at(some, np.sort(family)))

    def at(
        self, names: Columns, points: NDArray[np.intp]
    ) -> tuple[Floats, Codes, NDArray[np.int8]]:
        """Exact nats, point and hypothesis of the first hearing [n], over some points."""
        prior = self.prior[points]
        totals = np.broadcast_to(prior[:, None], (len(points), len(names))).copy()
        said = np.zeros(totals.shape, np.int8)
        for place, ways in enumerate(self.plans):
            nats, hypothesis = _best_way(ways, points, names, self.edits)
            totals += nats
            if place == 0:
                said = hypothesis
        best = totals.argmin(0)
        every = np.arange(len(names))
        return totals[best, every], points[best], said[best, every]


def _best_way(
    ways: Sequence[Way], points: NDArray[np.intp], names: Columns, edits: Edits
) -> tuple[Floats, NDArray[np.int8]]:
    """Least nats float32 [p, n] of one hearing over cuts and hypotheses, and which one it was."""
    nats = np.full((len(points), len(names)), FAR, np.float32)
    hypothesis = np.zeros(nats.shape, np.int8)
    for way in ways:
        spans = Spans(way.rows[points], names.surnames, names.given, edits)
        for step in way.steps:
            first, second = spans.costs(step)
            if hopeless(first) or hopeless(second):
                continue
            found = gathered(first, second, names.surname_of, names.given_of)
            found += np.float32(step.nats + way.charge)
            better = found < nats
            np.copyto(nats, found, where=better)
            np.copyto(hypothesis, np.int8(step.hypothesis), where=better)
    return nats, hypothesis


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
    """Nats float32 [..., V] of whole names: what their surname and their given name cost."""
    parts = [
        (nats, of) for nats, of in ((first, surname_of), (second, given_of)) if nats is not None
    ]
    if not parts:
        raise ValueError("a pass must look at a part of the name")
    out = np.empty((*parts[0][0].shape[:-1], len(surname_of)), np.float32)
    for start in range(0, len(surname_of), BLOCK):
        span = slice(start, start + BLOCK)
        nats, of = parts[0]
        nats.take(of[span], axis=-1, out=out[..., span], mode="clip")
        for nats, of in parts[1:]:
            out[..., span] += nats.take(of[span], axis=-1, mode="clip")
    return out
