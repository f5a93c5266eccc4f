"""A search of a large gallery: first whom to compare, then the comparison.

Compared are the candidates (whoever is near in name, relatives, sighting, number, phone, face, or
in sex, age and home together) and a uniform sample of everybody else. What is counted over all (u
of this query, the sum behind the posterior) is counted over both, the sample standing for those
who are no candidates. Protected persons stand for nobody; they are compared for the officer's
alert alone, all of them in every search, so that no search tells by its time that one was near.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from indexes.postings import Entries
from matchers.evidence import Comparator
from matchers.evidence.levels import LevelCodes
from matchers.evidence.listening import Ear
from matchers.evidence.model import Model
from matchers.sampled import fuse_sampled, weighed
from tracing.candidate_index import JOINT, CandidateIndex, Rows
from tracing.comparing import Comparison, Probe, ordered
from tracing.face_gallery import FaceWeights
from tracing.gallery import SEARCHED_SIDES, SIDES, View

Bits = NDArray[np.float64]
Scores = NDArray[np.float32]

WIDE = 200_000
"""So many rows of one kind of evidence are looked at jointly with sex, age and home."""
NARROW = 12_000
"""So many of them are compared."""
CELLS = 20_000
"""So many rows of the best joint cells are compared."""
TELLING = 3.0
"""A single village, birthday or pair of marks leads to its people from so many bits on."""
OWN = 100
"""The best of the sample stand for themselves: candidates whom the first stage did not find."""


class Faces(Protocol):
    """The faces of this question: rows of the nearest, and what any rows weigh."""

    def nearest(self) -> Rows: ...

    def weigh(self, rows: Rows) -> FaceWeights: ...


@dataclass(frozen=True, slots=True)
class Question:
    """One probe before one state of the gallery.

    by_value: int8 [V] of evidence that is compared whole. near: nearest values of the other, None
    where the probe says nothing. shown: bool [sides]; without: rows that are left out.
    """

    view: View
    index: CandidateIndex
    comparators: Mapping[str, Comparator]
    probe: Probe
    ear: Ear
    by_value: Mapping[str, LevelCodes]
    near: Mapping[str, Rows | None]
    sides: NDArray[np.bool_]
    without: Rows

    @classmethod
    def asked(
        cls,
        view: View,
        index: CandidateIndex,
        comparators: Sequence[Comparator],
        probe: Probe,
        without: Iterable[str],
    ) -> Question:
        """Compare what has few values, find the nearest of what has many."""
        ear = Ear()
        claims, many = probe.claims, index.narrowings
        sides = np.isin(np.arange(len(SIDES)), [SIDES.index(s) for s in SEARCHED_SIDES[probe.side]])
        out = sorted(view.at[person] for person in without if person in view.at)
        return cls(
            view=view,
            index=index,
            comparators={c.key: c for c in comparators},
            probe=probe,
            ear=ear,
            by_value={
                c.key: c.levels_of(claims, view.prepared[c.key])
                for c in comparators
                if c.key not in many
            },
            near={key: one.nearest(claims, ear) for key, one in many.items()},
            sides=sides,
            without=np.array(out, np.int64),
        )

    @property
    def people(self) -> int:
        """Among how many people is searched."""
        return int(self.index.people[self.sides].sum()) - int(self.allowed(self.without).sum())

    def allowed(self, rows: Rows) -> NDArray[np.bool_]:
        """Whom this search may see, of the rows; those left out not counted in."""
        view = self.view
        return view.alive[rows] & ~view.hidden[rows] & self.sides[view.side[rows]]

    def counted(self, rows: Rows) -> Bits:
        """1 for whoever counts in this search, else 0: float64 [n]."""
        counts = self.allowed(rows).astype(np.float64)
        if len(self.without):
            counts[np.isin(rows, self.without)] = 0.0
        return counts

    def told(self, rows: Rows) -> dict[str, LevelCodes]:
        """Levels int8 [V] of values that these records have, of evidence that has many."""
        found = {}
        for key, near in self.near.items():
            column = self.view.columns[key]
            found[key] = np.zeros(len(column.values), np.int8)
            values = Entries.of(column, np.sort(rows)).codes.astype(np.int64)
            if near is not None and len(values):
                found[key][values] = self.of_values(key, values)
        return found

    def shown(self, rows: NDArray[np.integer]) -> Rows:
        """The rows that this search may show, each once, ascending."""
        found = np.sort(rows.astype(np.int64))
        found = found[np.append(True, found[1:] != found[:-1])[: len(found)]]
        return found[self.counted(found) > 0]

    def levels(self, entries: Mapping[str, Entries]) -> dict[str, LevelCodes]:
        """Levels int8 [n] by evidence of the records whose values these are."""
        found = {}
        for key, own in entries.items():
            if key in self.by_value:
                found[key] = own.spread(self.by_value[key].take(own.codes))
            elif self.near[key] is None:
                found[key] = np.zeros(own.count, np.int8)
            else:
                found[key] = own.spread(self.of_values(key, own.codes.astype(np.int64)))
        return found

    def of_values(self, key: str, values: Rows) -> LevelCodes:
        """Levels int8 [n] of chosen values of evidence that has many."""
        prepared = self.index.narrowings[key].some(values, self.ear)
        return self.comparators[key].levels_of(self.probe.claims, prepared)


def candidates(asked: Question, weights: Mapping[str, Bits]) -> Rows:
    """Rows to compare, ascending; `weights` are bits of the levels as the sample shows them."""
    index = asked.index
    scores = [
        weights[key].astype(np.float32).take(asked.by_value[key]) for key in JOINT
    ]
    scored = index.cells.scored(scores)
    found = [index.cells.best(scored, CELLS)]
    for key, postings in index.postings.items():
        if key in asked.by_value:
            bits = weights[key].take(asked.by_value[key])
            values = np.flatnonzero(bits >= TELLING)
            bits = bits[values]
        else:
            near = asked.near[key]
            if near is None or not len(near):
                continue
            values, bits = near, weights[key].take(asked.of_values(key, near))
            values, bits = values[bits > 0], bits[bits > 0]
        order = np.argsort(-bits, kind="stable")
        values, bits = values[order], bits[order]
        sizes = postings.sizes(values)
        held = int(np.searchsorted(np.cumsum(sizes), WIDE)) + 1
        rows = postings.holders(values[:held])
        if len(rows) > NARROW:
            joint = np.repeat(bits[:held], sizes[:held]).astype(np.float32)
            joint += scored.take(index.cells.first.take(rows))
            rows = rows[np.argpartition(-joint, NARROW)[:NARROW]]
        found.append(rows)
    return np.concatenate(found).astype(np.int64)


def compare_narrowed(
    view: View,
    index: CandidateIndex,
    comparators: Sequence[Comparator],
    model: Model,
    probe: Probe,
    limit: int,
    without: Iterable[str] = (),
    faces: Faces | None = None,
) -> Comparison:
    """Compare a probe with its candidates; see `comparing.compare`, which compares everybody."""
    start = time.thread_time()
    asked = Question.asked(view, index, comparators, probe, without)
    sample, standing, people = index.sample, asked.counted(index.sample), asked.people
    theirs = asked.levels(index.entries)
    if faces is not None:
        theirs["face"] = faces.weigh(sample).levels
    share = standing * (people / max(1.0, standing.sum()))
    weights, _ = weighed(model, theirs, share, people)
    chosen = asked.shown(
        np.concatenate(
            [
                candidates(asked, weights),
                _best(theirs, weights, sample),
                np.arange(index.base, len(view.ids)),
                *([faces.nearest()] if faces is not None else []),
            ]
        )
    )
    rows = np.sort(np.concatenate([chosen, index.hidden]))
    levels = asked.levels({key: Entries.of(view.columns[key], rows) for key in view.columns})
    found = None
    if faces is not None:
        found = faces.weigh(rows)
        levels["face"] = found.levels
    own = asked.counted(rows)
    standing[_among(sample, chosen)] = 0.0
    rest = np.flatnonzero(standing)
    standing = np.full(len(rest), (people - own.sum()) / max(1, len(rest)))
    both = {key: np.concatenate([codes, theirs[key][rest]]) for key, codes in levels.items()}
    whole = fuse_sampled(model, both, np.concatenate([own, standing]), people)
    fused = replace(
        whole,
        bits=whole.bits[: len(rows)],
        probability=whole.probability[: len(rows)] * own,
        listed=whole.listed[: len(rows)],
        levels=levels,
    )
    places = ordered(fused, found, limit)
    spent = (time.thread_time() - start) * 1000
    by_value = asked.by_value | asked.told(rows[places])
    return Comparison(view, probe, fused, found, by_value, rows[places], spent, rows)


def _best(
    levels: Mapping[str, LevelCodes], weights: Mapping[str, Bits], sample: Rows
) -> Rows:
    """Those of the sample who stand highest."""
    if len(sample) <= OWN:
        return sample
    bits = np.zeros(len(sample))
    for key, codes in levels.items():
        bits += weights[key].take(codes)
    return sample[np.argpartition(-bits, OWN)[:OWN]]


def _among(rows: Rows, chosen: Rows) -> NDArray[np.bool_]:
    """Which of the rows are chosen; both ascending."""
    if not len(chosen):
        return np.zeros(len(rows), np.bool_)
    at = np.minimum(np.searchsorted(chosen, rows), len(chosen) - 1)
    return np.asarray(chosen[at] == rows)
