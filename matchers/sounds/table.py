"""Distinct names under all dialects: which of them was heard, and what else it may have been."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from matchers.sounds.alignment import Alignment, align
from matchers.sounds.features import Floats
from matchers.sounds.hearing import Heard, Hearing
from matchers.sounds.hypotheses import Hypothesis, Pass, Spans, passes
from matchers.sounds.likeness import likeness
from matchers.sounds.lookup import ROUNDING, Columns, Lookup, Way, gathered
from matchers.sounds.parts import FAR, Codes, Edits, Parts, Places, Postings
from matchers.sounds.rows import Rows
from matchers.sounds.spelling import Spelling, Token

if TYPE_CHECKING:
    from matchers.sounds.engine import SoundEngine
    from matchers.sounds.vocabulary import Vocabulary

GUARANTEED = 500
"""So many best names at least have exact scores."""
_FIRST_LOOK = 1200
_FIRST_POINTS = 6
_SAMPLE = 20_000


@dataclass(frozen=True, slots=True)
class NameScores:
    """One answer over V distinct names.

    `nats` float32 [V], lower is better: -log P(heard | name), exact where `exact` is true, else
    a lower bound that is no better than the worst of the guaranteed exact ones. `likeness` int8 [V]
    is a Likeness. `NameTable.align` tells the dialect and the way in which a name was said.
    """

    nats: Floats
    likeness: NDArray[np.int8]
    exact: NDArray[np.bool_]

    def best(self, count: int) -> Codes:
        """Places of the `count` best names, best first, ties in the order of the table."""
        count = min(count, len(self.nats))
        if count == 0:
            return np.zeros(0, np.intp)
        limit = np.partition(self.nats, count - 1)[count - 1]
        chosen = np.flatnonzero(self.nats <= limit)
        return np.asarray(chosen[np.argsort(self.nats[chosen], kind="stable")][:count], np.intp)


@dataclass(frozen=True, slots=True)
class NameTable:
    """V distinct names: two columns of distinct parts and the codes that lead to them.

    by_given: the way back, from a given name to the names that have it.
    """

    engine: SoundEngine
    names: Sequence[str]
    vocabulary: Vocabulary
    surnames: Parts
    given: Parts
    surname_of: Places
    given_of: Places
    by_given: Postings

    def score(
        self,
        hearings: Sequence[Hearing],
        dialect_prior: Mapping[str, float] | None = None,
        ways_said: Collection[Hypothesis] = tuple(Hypothesis),
        heard: Sequence[Sequence[Heard]] | None = None,
    ) -> NameScores:
        """Score all names against the hearings of one name, summed.

        `ways_said` narrows the hypotheses (places have no swapped order). `heard`: the hearings cut
        into syllables, where that has been done.

        `dialect_prior` maps points to weights (listeners' votes, hometown); without it the
        hearings' own stated dialects are used. Raises HearingError and its kinds.
        """
        if heard is None:
            heard = [self.engine.ears.heard(hearing) for hearing in hearings]
        asked = self._lookup(hearings, heard, dialect_prior, ways_said)
        columns = self.columns
        bound = asked.bounds(columns).of(columns.surname_of, columns.given_of)
        nats, exact = bound.copy(), np.zeros(len(bound), bool)
        # what a few dialects make of the likeliest names already limits what may be among the best
        first = columns.some(_lowest(bound, _FIRST_LOOK))
        limit = _kth(asked.least(first, asked.likely(_FIRST_POINTS)), GUARANTEED)
        chosen = np.flatnonzero(bound <= limit + ROUNDING)
        nats[chosen], exact[chosen] = asked.least(columns.some(chosen)), True
        limit = _kth(nats[exact], GUARANTEED)
        np.maximum(nats, limit, out=nats, where=~exact)
        notes = [way for ways in heard for way in ways]
        alike = likeness(
            notes,
            [self._canonical(way) for way in notes],
            self.engine.ears.mandarin,
            self.vocabulary,
            (self.surnames, self.given, self.surname_of),
            self.by_given,
        )
        return NameScores(nats, alike, exact)

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
        heard = [self.engine.ears.heard(hearing) for hearing in hearings]
        asked = self._lookup(hearings, heard, dialect_prior, ways_said)
        return asked.least(self.columns.some(chosen))

    def heard_rows(self, heard: Heard) -> Rows:
        """What one cut of a hearing costs: every point, slot and token."""
        return self.vocabulary.heard(heard.slots, self._canonical(heard))

    def full_name_pass(self, hearing: Hearing, point: str) -> Floats:
        """The bare full-name pass in one dialect, float32 [V]: what speed is measured on."""
        heard = self.engine.ears.heard(hearing)[0]
        there = self.vocabulary.at(self.engine.points.index(point))
        rows = there.heard(heard.slots, self._canonical(heard)).by_point(slice(None), slice(None))
        spans = Spans(rows, self.surnames, self.given, self._edits())
        first, second = spans.costs(self._passes(heard)[0])
        return gathered(first, second, self.surname_of, self.given_of)[:, 0]

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
            by_given=Postings.of(given_of, given.count),
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
        few = self.some(chosen)
        found = [few._lookup([hearing], [[way]], dialect_prior).exact(few.columns) for way in ways]
        best = np.argmin([one.nats for one in found], axis=0)
        return [
            align(
                self.engine.speech,
                ways[way].slots,
                self._spelling(place),
                self.engine.points[int(found[way].dialect[number])],
                Hypothesis(int(found[way].hypothesis[number])),
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

    @property
    def columns(self) -> Columns:
        """The names without their text."""
        return Columns(self.surnames, self.given, self.surname_of, self.given_of)

    def _lookup(
        self,
        hearings: Sequence[Hearing],
        heard: Sequence[Sequence[Heard]],
        dialect_prior: Mapping[str, float] | None,
        ways_said: Collection[Hypothesis] = tuple(Hypothesis),
    ) -> Lookup:
        return Lookup(
            plans=[[self._way(way, ways_said) for way in ways] for ways in heard],
            prior=self.engine.prior_nats(hearings, dialect_prior),
            families=self.engine.families,
            edits=self._edits(),
        )

    def _way(self, heard: Heard, ways_said: Collection[Hypothesis]) -> Way:
        kept = tuple(step for step in self._passes(heard) if step.hypothesis in ways_said)
        return Way(self.heard_rows(heard), kept, heard.charge)

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
