"""A search of a large gallery: first whom to compare, then the comparison.

Compared are the candidates (whoever is near in name, relatives, sighting, number, phone, face, or
in sex, age and home together) and a uniform sample of everybody else. What is counted over all (u
of this query, the sum behind the posterior) is counted over both, the sample standing for those
who are no candidates. At a level that few reach a sample says little: those few are found through
their values and counted one by one. Protected persons stand for nobody; they are compared for the
officer's alert alone, all of them in every search, so that no search tells by its time that one was
near.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from indexes.postings import Entries
from matchers.evidence import Comparator
from matchers.evidence.model import Model
from matchers.sampled import Further, Strangers, fuse_sampled
from tracing.candidate_index import JOINT, CandidateIndex, Rows
from tracing.candidate_question import Question
from tracing.comparing import Comparison, Probe, ordered
from tracing.face_gallery import FaceWeights
from tracing.gallery import View

Bits = NDArray[np.float64]
Scores = NDArray[np.float32]

TELLING = 3.0
"""A single village, birthday or pair of marks leads to its people from so many bits on."""
FEW = 12_000
"""So many holders of the rarest levels of each evidence are counted one by one."""
OWN = 100
"""The best of the sample stand for themselves: candidates whom the first stage did not find."""


class Faces(Protocol):
    """The faces of this question: rows of the nearest, and what any rows weigh."""

    def nearest(self) -> Rows: ...

    def weigh(self, rows: Rows) -> FaceWeights: ...


@dataclass(frozen=True, slots=True)
class Reach:
    """How far candidates are looked for.

    cells: rows of the best joint cells that are compared. narrow: rows of each kind of evidence by
    itself. wide: as many of these are first looked at jointly with sex, age and home; middle: as
    many of those with all other small columns. few: rows of each kind of evidence whose levels are
    counted one by one.
    """

    cells: int = 12_000
    narrow: int = 8_000
    middle: int = 25_000
    wide: int = 200_000
    few: int = FEW


def further(
    asked: Question, sample: Rows, chosen: Rows, known: NDArray[np.intp], most: int
) -> dict[str, Further]:
    """By evidence, the holders of its rarest levels who are not chosen, at most so many.

    known: members of the sample who are chosen.
    """
    found = {}
    for key, postings in asked.index.postings.items():
        values, levels = asked.telling(key)
        sizes = postings.sizes(values)
        held = np.bincount(levels, sizes)
        order = np.argsort(held, kind="stable")
        rare = np.zeros(len(held), np.bool_)
        rare[order] = np.cumsum(held[order]) <= most
        rare[:1] = False
        rows = asked.shown(postings.holders(values[rare[levels]]))
        rows = rows[~_among(rows, chosen)]
        if len(rows):
            own = asked.levels({key: Entries.of(asked.view.columns[key], rows)})[key]
            found[key] = Further(own, np.concatenate([known, _places(rows, sample)]))
    return found


def candidates(asked: Question, weights: Mapping[str, Bits], reach: Reach) -> Rows:
    """Rows to compare, ascending; `weights` are bits of the levels as the sample shows them."""
    index = asked.index
    scores = [weights[key].astype(np.float32).take(asked.by_value[key]) for key in JOINT]
    scored = index.cells.scored(scores)
    # code -1 reads the appended zero: a record without a value has no support
    support = {
        key: (asked.view.columns[key], np.append(weights[key].take(levels), 0).astype(np.float32))
        for key, levels in asked.by_value.items()
        if key not in JOINT and levels.any()
    }
    found = [index.cells.best(scored, reach.cells)]
    for key, postings in index.postings.items():
        if key in asked.by_value:
            bits = weights[key].take(asked.by_value[key])
            values = np.flatnonzero(bits >= TELLING)
            bits = bits[values]
        else:
            near = asked.near[key]
            if near is None or not len(near):
                continue
            values, bits = near, weights[key].take(asked.near_levels[key])
            values, bits = values[bits > 0], bits[bits > 0]
        order = np.argsort(-bits, kind="stable")
        values, bits = values[order], bits[order]
        sizes = postings.sizes(values)
        held = int(np.searchsorted(np.cumsum(sizes), reach.wide)) + 1
        rows = postings.holders(values[:held])
        if len(rows) > reach.narrow:
            joint = np.repeat(bits[:held], sizes[:held]).astype(np.float32)
            joint += scored.take(index.cells.first.take(rows))
            if len(rows) > reach.middle:
                best = _highest(joint, reach.middle)
                rows, joint = rows[best], joint[best]
            for column, own in support.values():
                joint += own.take(column.first.take(rows), mode="wrap")
            rows = rows[_highest(joint, reach.narrow)]
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
    reach: Reach = Reach(),
    closed: Iterable[str] = (),
) -> Comparison:
    """Compare a probe with its candidates; see `comparing.compare`, which compares everybody."""
    start = time.thread_time()
    asked = Question.asked(view, index, comparators, probe, without, closed)
    sample = index.sample
    levels = asked.sampled()
    if faces is not None:
        levels["face"] = faces.weigh(sample).levels
    may = asked.counted(sample)
    if not may.all():
        sample = sample[may]
        levels = {key: codes[may] for key, codes in levels.items()}
    strangers = Strangers.of(model, levels, len(sample))
    weights = strangers.weights(model, asked.people)
    near = [candidates(asked, weights, reach), sample[_highest(strangers.bits(weights), OWN)]]
    near += [] if faces is None else [faces.nearest()]
    chosen = asked.shown(np.concatenate([*near, np.arange(index.base, len(view.ids))]))
    rows = np.sort(np.concatenate([chosen, index.hidden]))
    own = asked.levels_at(rows)
    found = None if faces is None else faces.weigh(rows)
    if found is not None:
        own["face"] = found.levels
    counted, known = asked.counted(rows), np.flatnonzero(_among(sample, chosen))
    more = further(asked, sample, chosen, known, reach.few)
    fused = fuse_sampled(model, own, counted, strangers, known, asked.people, more)
    places = ordered(fused, found, limit)
    by_value = {**asked.by_value, "names": asked.told("names", rows[places])}
    spent = (time.thread_time() - start) * 1000
    return Comparison(view, probe, fused, found, by_value, rows[places], spent, rows)


def _highest(bits: Bits | Scores, most: int) -> NDArray[np.intp]:
    """Places of the highest."""
    if len(bits) <= most:
        return np.arange(len(bits))
    return np.argpartition(-bits, most)[:most]


def _places(rows: Rows, among: Rows) -> NDArray[np.intp]:
    """Where those of the rows who are among others stand there; both ascending."""
    at = np.searchsorted(among, rows)
    at = at[: np.searchsorted(at, len(among))]
    return np.compress(among[at] == rows[: len(at)], at)


def _among(rows: Rows, chosen: Rows) -> NDArray[np.bool_]:
    """Which of the rows are chosen; both ascending."""
    if not len(chosen):
        return np.zeros(len(rows), np.bool_)
    at = np.minimum(np.searchsorted(chosen, rows), len(chosen) - 1)
    return np.asarray(chosen[at] == rows)
