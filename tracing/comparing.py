"""One probe against one state of the gallery: levels, fusion, order."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from indexes.vectors import TOGETHER
from matchers.claims import PersonClaims
from matchers.evidence import Comparator
from matchers.evidence.levels import LevelCodes
from matchers.evidence.model import Model
from matchers.fusion import Fused, Weighing, fuse, weigh
from tracing.face_candidates import Nearest, weighed
from tracing.face_gallery import FaceWeights
from tracing.face_templates import UNDATED, FaceTimes, Numbers
from tracing.gallery import View

Bits = Callable[[Mapping[str, LevelCodes]], NDArray[np.float64]]
"""Levels of everybody by evidence to bits, float64 [N]."""
AHEAD = TOGETHER
"""So many probes go through the prints together."""
SAMPLED = 16
"""One record of so many is looked at to see from which weight on the best ones are."""


@dataclass(frozen=True, slots=True)
class Probe:
    """Who is looked for: what is claimed, and one face template float32 [d] where there is one."""

    side: str
    claims: PersonClaims
    template: Numbers | None = None
    times: FaceTimes = UNDATED


@dataclass(frozen=True, slots=True)
class Comparison:
    """A probe compared with everybody it may be looked for among.

    by_value: int8 [V] by evidence, the level of each distinct value of the gallery.
    order: rows of the listed candidates, best first. cpu_ms: CPU time of this thread.
    rows: int64 [n], ascending, whom `fused` and `faces` are of; None where they are of everybody.
    Where they are not, `by_value` holds what the listed candidates have, of names alone.
    """

    view: View
    probe: Probe
    fused: Fused
    faces: FaceWeights | None
    by_value: Mapping[str, LevelCodes]
    order: NDArray[np.int64]
    cpu_ms: float
    rows: NDArray[np.int64] | None = None

    def places(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Where in `fused` these rows of the gallery stand, all of which were compared."""
        return rows if self.rows is None else np.searchsorted(self.rows, rows)


@dataclass(frozen=True, slots=True)
class Found:
    """One of many probes compared: what is asked of its listed candidates, as in a `Comparison`.

    order: rows of the listed candidates, best first.
    """

    view: View
    probe: Probe
    fused: Weighing
    faces: FaceWeights | None
    order: NDArray[np.int64]
    cpu_ms: float


@dataclass(frozen=True, slots=True)
class Scan:
    """What a probe is to everybody: levels int8 [N] by evidence, and by distinct value int8 [V]."""

    levels: dict[str, LevelCodes]
    by_value: dict[str, LevelCodes]
    faces: FaceWeights | None


def scan(
    view: View,
    comparators: Sequence[Comparator],
    probe: Probe,
    nearest: Nearest | None = None,
    bits: Bits | None = None,
) -> Scan:
    """Compare a probe with every distinct value once and gather the levels of all records.

    nearest: where given, faces are compared with the neighbours it names and with whoever stands
    highest by `bits`, not with everybody.
    """
    by_value = {c.key: c.levels_of(probe.claims, view.prepared[c.key]) for c in comparators}
    levels = {key: view.columns[key].gather(codes) for key, codes in by_value.items()}
    faces = None
    if probe.template is not None:
        if nearest is None or bits is None:
            faces = view.faces.weigh(probe.template, probe.times, len(view.ids))
        else:
            others = partial(bits, dict(levels))
            faces = weighed(view, probe.template, probe.times, nearest, others)
        levels["face"] = faces.levels
    return Scan(levels, by_value, faces)


def compare(
    view: View,
    comparators: Sequence[Comparator],
    model: Model,
    probe: Probe,
    allowed: NDArray[np.bool_],
    limit: int,
    nearest: Nearest | None = None,
) -> Comparison:
    """Compare and order; `allowed` bool [N] is the gallery of this search.

    nearest: where given, faces are compared with the neighbours it names, not with everybody.
    """
    start = time.thread_time()
    found = scan(view, comparators, probe, nearest, partial(_bits, model, allowed))
    fused = fuse(model, found.levels, allowed)
    order = ordered(fused, found.faces, limit)
    spent = (time.thread_time() - start) * 1000
    return Comparison(view, probe, fused, found.faces, found.by_value, order, spent)


def _bits(
    model: Model, allowed: NDArray[np.bool_], levels: Mapping[str, LevelCodes]
) -> NDArray[np.float64]:
    """What all evidence but the face weighs, float64 [N]; -inf outside the allowed."""
    if not levels:
        return np.where(allowed, 0.0, -np.inf)
    return np.where(allowed, fuse(model, levels, allowed).bits, -np.inf)


def compare_many(
    view: View,
    comparators: Sequence[Comparator],
    model: Model,
    asked: Iterable[tuple[Probe, NDArray[np.bool_]]],
    limit: int,
) -> Iterator[Found]:
    """Compare many probes, each with whom it may be looked for among: answers in their order.

    Each answer is the one that `compare` gives (bits to 1e-9). All prints are read once for several
    probes, and nothing is written out for everybody that only the listed need. Answers come as they
    are ready, a few probes ahead: hold on to none of them, and memory stays small.
    """
    for some in _batched(asked, AHEAD):
        start = time.thread_time()
        pairs = [(p.template, p.times) for p, _ in some if p.template is not None]
        faces = view.faces.weigh_many(pairs, len(view.ids))
        for probe, allowed in some:
            face = None if probe.template is None else next(faces)
            levels = {
                c.key: view.columns[c.key].gather(c.levels_of(probe.claims, view.prepared[c.key]))
                for c in comparators
            }
            if face is not None:
                levels["face"] = face.levels
            fused = weigh(model, levels, allowed)
            rows = fused.best(limit, allowed)
            order = _sorted(rows, fused.bits_of(rows), face, limit)
            spent = (time.thread_time() - start) * 1000
            yield Found(view, probe, fused, face, order, spent)
            start = time.thread_time()


def ordered(fused: Fused, faces: FaceWeights | None, limit: int) -> NDArray[np.int64]:
    """The best `limit` rows; where bits are equal the nearer face stands first."""
    rows = _high(fused, limit)
    if len(rows) > limit:
        edge = np.partition(fused.bits[rows], len(rows) - limit)[len(rows) - limit]
        rows = rows[fused.bits[rows] >= edge]
    return _sorted(rows, fused.bits[rows], faces, limit)


def _sorted(
    rows: NDArray[np.int64],
    bits: NDArray[np.float64],
    faces: FaceWeights | None,
    limit: int,
) -> NDArray[np.int64]:
    near = np.zeros(len(rows)) if faces is None else np.nan_to_num(faces.distance_of(rows), nan=9.0)
    return rows[np.lexsort((rows, near, -bits.round(9)))][:limit]


def _high(fused: Fused, limit: int) -> NDArray[np.int64]:
    """Listed rows among which the best `limit` and their equals are; a sample says where to cut."""
    some = fused.bits[::SAMPLED]
    if len(some) > 8 * limit:
        edge = np.partition(some, len(some) - limit)[len(some) - limit]
        rows = np.flatnonzero((fused.bits >= edge) & fused.listed)
        if len(rows) >= limit:
            return rows
    return np.flatnonzero(fused.listed)


def _batched(
    asked: Iterable[tuple[Probe, NDArray[np.bool_]]], size: int
) -> Iterator[list[tuple[Probe, NDArray[np.bool_]]]]:
    rest = iter(asked)
    while some := list(islice(rest, size)):
        yield some
