"""One probe against one state of the gallery: levels, fusion, order."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from matchers.claims import PersonClaims
from matchers.evidence import Comparator
from matchers.evidence.levels import LevelCodes
from matchers.evidence.model import Model
from matchers.fusion import Fused, fuse
from tracing.face_candidates import Nearest, weighed
from tracing.face_gallery import FaceWeights
from tracing.face_templates import UNDATED, FaceTimes, Numbers
from tracing.gallery import View

Bits = Callable[[Mapping[str, LevelCodes]], NDArray[np.float64]]
"""Levels of everybody by evidence to bits, float64 [N]."""


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
    """

    view: View
    probe: Probe
    fused: Fused
    faces: FaceWeights | None
    by_value: Mapping[str, LevelCodes]
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
    order = _ordered(fused, found.faces, limit)
    spent = (time.thread_time() - start) * 1000
    return Comparison(view, probe, fused, found.faces, found.by_value, order, spent)


def _bits(
    model: Model, allowed: NDArray[np.bool_], levels: Mapping[str, LevelCodes]
) -> NDArray[np.float64]:
    """What all evidence but the face weighs, float64 [N]; -inf outside the allowed."""
    if not levels:
        return np.where(allowed, 0.0, -np.inf)
    return np.where(allowed, fuse(model, levels, allowed).bits, -np.inf)


def _ordered(fused: Fused, faces: FaceWeights | None, limit: int) -> NDArray[np.int64]:
    """The best `limit` rows; where bits are equal the nearer face stands first."""
    rows = np.flatnonzero(fused.listed)
    if len(rows) > limit:
        edge = np.partition(fused.bits[rows], len(rows) - limit)[len(rows) - limit]
        rows = rows[fused.bits[rows] >= edge]
    near = np.zeros(len(rows)) if faces is None else np.nan_to_num(faces.distance[rows], nan=9.0)
    return rows[np.lexsort((rows, near, -fused.bits[rows].round(9)))][:limit]
