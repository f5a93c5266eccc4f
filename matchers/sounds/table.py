"""Distinct names under all dialects: exact additive lookup with a bound that spares the work.

score(name) = min over dialects D of -log P(D) + sum over hearings of the best way the name may
have been said. A lower bound (each syllable under its own best dialect) is computed for all
names; those that it cannot rule out are scored exactly under every dialect.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from matchers.sounds.alignment import Alignment, align
from matchers.sounds.features import Floats
from matchers.sounds.hearing import Heard, Hearing
from matchers.sounds.hypotheses import Hypothesis, Pass, pass_costs, passes
from matchers.sounds.likeness import likeness
from matchers.sounds.parts import BLOCK, FAR, Codes, Edits, Parts, Places
from matchers.sounds.spelling import Spelling, Token

if TYPE_CHECKING:
    from matchers.sounds.engine import SoundEngine
    from matchers.sounds.vocabulary import Vocabulary

GUARANTEED = 500
"""So many best names at least have exact scores."""
_FIRST_LOOK = 1200
_SAMPLE = 20_000


@dataclass(frozen=True, slots=True)
class NameScores:
    """One answer over V distinct names.

    `nats` float32 [V], lower is better: -log P(heard | name), exact where `exact` is true, else
    a lower bound that is no better than the worst of the guaranteed exact ones. `dialect` int16
    [V] indexes `points`; `hypothesis` int8 [V] is a Hypothesis; `likeness` int8 [V] a Likeness.
    """

    nats: Floats
    dialect: NDArray[np.int16]
    hypothesis: NDArray[np.int8]
    likeness: NDArray[np.int8]
    exact: NDArray[np.bool_]
    points: tuple[str, ...]

    def best(self, count: int) -> Codes:
        """Places of the `count` best names, best first, ties in the order of the table."""
        count = min(count, len(self.nats))
        if count == 0:
            return np.zeros(0, np.intp)
        limit = np.partition(self.nats, count - 1)[count - 1]
        chosen = np.flatnonzero(self.nats <= limit)
        return np.asarray(chosen[np.argsort(self.nats[chosen], kind="stable")][:count], np.intp)


@dataclass(frozen=True, slots=True)
class _Way:
    """One cut of one hearing: cost rows float32 [D, m, tokens], their minimum, the passes."""

    rows: Floats
    lowest: Floats
    steps: tuple[Pass, ...]
    charge: float


@dataclass(frozen=True, slots=True)
class NameTable:
    """V distinct names: two columns of distinct parts and the codes that lead to them."""

    engine: SoundEngine
    names: tuple[str, ...]
    vocabulary: Vocabulary
    surnames: Parts
    given: Parts
    surname_of: Places
    given_of: Places

    def score(
        self,
        hearings: Sequence[Hearing],
        dialect_prior: Mapping[str, float] | None = None,
        ways_said: Collection[Hypothesis] = tuple(Hypothesis),
    ) -> NameScores:
        """Score all names against the hearings of one name, summed.

        `ways_said` narrows the hypotheses (places have no swapped order).

        `dialect_prior` maps points to weights (listeners' votes, hometown); without it the
        hearings' own stated dialects are used. Raises HearingError and its kinds.
        """
        prior = self.engine.prior_nats(hearings, dialect_prior)
        heard = [self.engine.ears.heard(hearing) for hearing in hearings]
        plans = [[self._way(way, ways_said) for way in ways] for ways in heard]
        bound = self._bound(plans, prior)
        count = len(self.names)
        nats, exact = bound, np.zeros(count, bool)
        dialect, hypothesis = np.zeros(count, np.int16), np.zeros(count, np.int8)
        chosen = _lowest(bound, _FIRST_LOOK)
        for _round in range(2):
            found = self._exact(plans, prior, chosen)
            nats[chosen], dialect[chosen], hypothesis[chosen] = found
            exact[chosen] = True
            limit = _kth(nats[exact], GUARANTEED)
            chosen = np.flatnonzero((bound <= limit) & ~exact)
            if not len(chosen):
                break
        np.maximum(nats, limit, out=nats, where=~exact)
        notes = [way for ways in heard for way in ways]
        alike = likeness(
            notes,
            [self._canonical(way) for way in notes],
            self.engine.ears.mandarin,
            self.vocabulary,
            (self.surnames, self.given, self.surname_of, self.given_of),
        )
        return NameScores(nats, dialect, hypothesis, alike, exact, self.engine.points)

    def score_some(
        self,
        hearings: Sequence[Hearing],
        chosen: Codes,
        dialect_prior: Mapping[str, float] | None = None,
        ways_said: Collection[Hypothesis] = tuple(Hypothesis),
    ) -> Floats:
        """Exact nats float32 [n] of the names at places `chosen` int [n] only.

        For re-ranking what an index found, and for what is left under a search's filters.
        """
        prior = self.engine.prior_nats(hearings, dialect_prior)
        heard = [self.engine.ears.heard(hearing) for hearing in hearings]
        plans = [[self._way(way, ways_said) for way in ways] for ways in heard]
        return self._exact(plans, prior, chosen)[0]

    def cost_rows(self, heard: Heard) -> Floats:
        """Nats float32 [D, m, T] of one cut of a hearing: every point, slot and token."""
        return self.vocabulary.rows(heard.slots, self._canonical(heard))

    def full_name_pass(self, hearing: Hearing, point: str) -> Floats:
        """The bare full-name pass in one dialect, float32 [V]: what speed is measured on."""
        heard = self.engine.ears.heard(hearing)[0]
        there = self.vocabulary.at(self.engine.points.index(point))
        rows = there.rows(heard.slots, self._canonical(heard))[0]
        first, second = pass_costs(
            self._passes(heard)[0], rows, self.surnames, self.given, self._edits()
        )
        return _gathered(first, second, self.surname_of, self.given_of)

    def more(self, names: Sequence[str]) -> NameTable:
        """A table of further names, heard by the same listener, to be scored beside this one.

        Costs in proportion to the further names alone, so that a gallery grows without a rebuild.
        """
        return self.engine.table(names, self.vocabulary.perception)

    def some(self, chosen: Sequence[int]) -> NameTable:
        """A table of the names at places `chosen` alone: the other tokens cost nothing there."""
        numbers: dict[int, int] = {}

        def renumbered(parts: Parts, codes: Places) -> list[tuple[int, ...]]:
            found = (parts.sequence(int(codes[place])) for place in chosen)
            return [tuple(numbers.setdefault(t, len(numbers)) for t in part) for part in found]

        surnames, surname_of = Parts.of(renumbered(self.surnames, self.surname_of))
        given, given_of = Parts.of(renumbered(self.given, self.given_of))
        return NameTable(
            engine=self.engine,
            names=tuple(self.names[place] for place in chosen),
            vocabulary=self.vocabulary.taken(list(numbers)),
            surnames=surnames,
            given=given,
            surname_of=surname_of,
            given_of=given_of,
        )

    def align(self, hearing: Hearing, name_index: int) -> Alignment:
        """Syllables of one hearing beside those of one name, under the best dialect for it."""
        return self.align_some(hearing, [name_index])[0]

    def align_some(
        self,
        hearing: Hearing,
        chosen: Sequence[int],
        dialect_prior: Mapping[str, float] | None = None,
    ) -> list[Alignment]:
        """Alignments of one hearing with the names at places `chosen`, in that order."""
        if not len(chosen):
            return []
        ways = self.engine.ears.heard(hearing)
        prior = self.engine.prior_nats([hearing], dialect_prior)
        few = self.some(chosen)
        places = np.arange(len(chosen))
        found = [few._exact([[few._way(way)]], prior, places) for way in ways]
        best = np.argmin([nats for nats, _dialect, _hypothesis in found], axis=0)
        return [
            align(
                self.engine.speech,
                ways[way].slots,
                self._spelling(place),
                self.engine.points[int(found[way][1][number])],
                Hypothesis(int(found[way][2][number])),
                self.engine.steps,
            )
            for number, (place, way) in enumerate(zip(chosen, best.tolist(), strict=True))
        ]

    def _spelling(self, place: int) -> Spelling:
        return Spelling(
            self._tokens(self.surnames, self.surname_of[place]),
            self._tokens(self.given, self.given_of[place]),
        )

    def _tokens(self, parts: Parts, place: np.integer) -> tuple[Token, ...]:
        return tuple(self.vocabulary.tokens[number] for number in parts.sequence(int(place)))

    def _way(self, heard: Heard, ways_said: Collection[Hypothesis] = tuple(Hypothesis)) -> _Way:
        rows = self.cost_rows(heard)
        kept = tuple(step for step in self._passes(heard) if step.hypothesis in ways_said)
        return _Way(rows, rows.min(0), kept, heard.charge)

    def _passes(self, heard: Heard) -> list[Pass]:
        engine = self.engine
        return passes(
            heard, engine.penalties, engine.address, self._uniform(), self.surnames.longest()
        )

    def _canonical(self, heard: Heard) -> list[str]:
        return [self.engine.reader.canonical(slot.char) for slot in heard.slots]

    def _uniform(self) -> float:
        return self.engine.speech.perception.uniform()

    def _edits(self) -> Edits:
        return self.engine.penalties.edits(self._uniform())

    def _bound(self, plans: list[list[_Way]], prior: Floats) -> Floats:
        """No name scores better than this, float32 [V]."""
        total = np.full(len(self.names), prior.min(), np.float32)
        edits = self._edits()
        for ways in plans:
            best = np.full(len(self.names), FAR, np.float32)
            for way in ways:
                for second, firsts in self._by_given(way, edits).items():
                    first = np.minimum.reduce(firsts)
                    given = self._given_costs(way, second, edits)
                    if _hopeless(first) or _hopeless(given):
                        continue
                    nats = _gathered(first, given, self.surname_of, self.given_of)
                    np.minimum(best, nats + np.float32(way.charge), out=best)
            total += best
        return total

    def _by_given(
        self, way: _Way, edits: Edits
    ) -> dict[tuple[tuple[int, int] | None, bool], list[Floats]]:
        """Passes with the same span of the given name share it; their surname costs stand by."""
        found: dict[tuple[tuple[int, int] | None, bool], list[Floats]] = {}
        for step in way.steps:
            costs = np.full(self.surnames.count, step.nats, np.float32)
            if step.surname is not None:
                costs += self.surnames.costs(way.rows[:, slice(*step.surname)], edits).min(0)
            found.setdefault((step.given, step.single), []).append(costs)
        return found

    def _given_costs(
        self, way: _Way, key: tuple[tuple[int, int] | None, bool], edits: Edits
    ) -> Floats | None:
        span, single = key
        if span is None:
            return None
        if single:
            return self.given.nearest_token(way.lowest[span[0]])
        return self.given.costs(way.lowest[slice(*span)], edits)

    def _exact(
        self, plans: list[list[_Way]], prior: Floats, chosen: Codes
    ) -> tuple[Floats, NDArray[np.int16], NDArray[np.int8]]:
        """Exact nats, dialect and hypothesis of the first hearing for the chosen names."""
        surname_codes, surname_of = np.unique(self.surname_of[chosen], return_inverse=True)
        given_codes, given_of = np.unique(self.given_of[chosen], return_inverse=True)
        surnames, given = self.surnames.take(surname_codes), self.given.take(given_codes)
        totals = np.broadcast_to(prior[:, None], (len(prior), len(chosen))).copy()
        said = np.zeros(totals.shape, np.int8)
        for place, ways in enumerate(plans):
            parts, codes = (surnames, given), (surname_of, given_of)
            nats, hypothesis = _best_way(ways, totals.shape, parts, codes, self._edits())
            totals += nats
            if place == 0:
                said = hypothesis
        best = totals.argmin(0)
        every = np.arange(len(chosen))
        return totals[best, every], best.astype(np.int16), said[best, every]


def _best_way(
    ways: list[_Way],
    shape: tuple[int, ...],
    parts: tuple[Parts, Parts],
    codes: tuple[Codes, Codes],
    edits: Edits,
) -> tuple[Floats, NDArray[np.int8]]:
    """Least nats float32 [D, n] of one hearing over cuts and hypotheses, and which one it was."""
    nats = np.full(shape, FAR, np.float32)
    hypothesis = np.zeros(shape, np.int8)
    for way in ways:
        for step in way.steps:
            first, second = pass_costs(step, way.rows, parts[0], parts[1], edits)
            if _hopeless(first) or _hopeless(second):
                continue
            found = _gathered(first, second, codes[0], codes[1])
            found += np.float32(step.nats + way.charge)
            better = found < nats
            np.copyto(nats, found, where=better)
            hypothesis[better] = step.hypothesis
    return nats, hypothesis


def _hopeless(costs: Floats | None) -> bool:
    """Whether no part at all can be what was heard here: such a pass explains no name."""
    return costs is not None and bool(costs.min(initial=FAR) >= FAR)


def _gathered(
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


def _lowest(bound: Floats, count: int) -> Codes:
    """About the `count` lowest of `bound`; from a sample of it where it is long."""
    if len(bound) <= count:
        return np.arange(len(bound))
    step = max(1, len(bound) // _SAMPLE)
    sample = bound[::step]
    wanted = min(len(sample) - 1, max(1, count // step))
    return np.flatnonzero(bound <= np.partition(sample, wanted)[wanted])


def _kth(nats: Floats, count: int) -> np.float32:
    if not len(nats):
        return FAR
    return np.float32(np.partition(nats, min(count, len(nats)) - 1)[min(count, len(nats)) - 1])
