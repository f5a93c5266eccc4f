"""The first stage of a large gallery beside the full scan of it.

Both answer the same probes over the same columns. What the first stage keeps is counted in records
(share of the full scan's first ten that were compared) and in answers (recall of both).
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.fused import Gallery, Template, ranked, template
from benchmarks.fused.face_pairs import PairScale
from benchmarks.fused.figures import Answer, calibration_error, recall
from matchers.claims import PersonClaims
from matchers.evidence import Face
from matchers.fusion import Fused, Model
from tracing.candidate_index import CandidateIndex
from tracing.candidate_stage import compare_narrowed
from tracing.comparing import Comparison, Probe
from tracing.face_candidates import NEIGHBOURS
from tracing.face_gallery import FaceGallery, FaceWeights
from tracing.gallery import SIDES, View

Rows = NDArray[np.int64]
BEST, LISTED = 10, 100


@dataclass(slots=True)
class MadeFaces:
    """Simulated prints of one question, weighed by the scale of pairs.

    apart_s: CPU seconds of the exact scan that here stands for the vector index.
    """

    gallery: Gallery
    asked: Template
    scale: PairScale
    apart_s: float = 0.0

    def nearest(self) -> Rows:
        started = time.thread_time()
        alike = self.gallery.faces @ self.asked[0]
        self.apart_s += time.thread_time() - started
        wanted = min(NEIGHBOURS, len(alike) - 1)
        return self.gallery.face_rows[np.argpartition(-alike, wanted)[:wanted]]

    def weigh(self, rows: Rows) -> FaceWeights:
        owners = self.gallery.face_rows
        at = np.minimum(np.searchsorted(owners, rows), len(owners) - 1)
        held = np.flatnonzero(owners[at] == rows)
        alike = self.gallery.faces[at[held]] @ self.asked[0]
        bits = np.full(len(rows), np.nan)
        bits[held] = self.scale.bits(alike, self.asked[1], self.gallery.face_ages[at[held]])
        apart = (1 - alike).astype(np.float32)
        return FaceWeights(Face().levels_of_bits(bits), held, apart, None, calibrated=True)


@dataclass(frozen=True, slots=True)
class Both:
    """One probe answered twice."""

    full: Answer
    narrow: Answer
    kept: float
    compared: int
    bits_apart: float | None
    nobody_apart: float


def beside(
    gallery: Gallery,
    people: int,
    model: Model,
    probes: Sequence[Mapping[str, Any]],
    scale: PairScale | None,
) -> dict[str, Any]:
    """Figures of both, and of how far they are apart."""
    view = _view(gallery, people)
    using = [comparator for comparator, _, _ in gallery.compared]
    started = time.process_time()
    index = CandidateIndex.of(view, using)
    built = time.process_time() - started
    found = [_both(gallery, view, index, model, probe, scale) for probe in probes]
    apart = np.array([b.bits_apart for b in found if b.bits_apart is not None])
    spent = np.array([b.narrow.seconds for b in found]) * 1000
    full = [b.full for b in found]
    narrow = [b.narrow for b in found]
    mated = [a for a in narrow if a.present]
    return {
        "people": people,
        "first_stage_recall": float(np.mean([a.listed for a in mated])) if mated else 0.0,
        "kept@10": float(np.mean([b.kept for b in found])),
        "compared_median": float(np.median([b.compared for b in found])),
        "index_cpu_s": built,
        "cpu_ms_median": float(np.median(spent)),
        "cpu_ms_p95": float(np.quantile(spent, 0.95)),
        "full_cpu_ms_median": float(np.median([a.seconds for a in full])) * 1000,
        **{f"recall@{k}": recall(mated, k) for k in (1, 10, 100)},
        **{f"full_recall@{k}": recall([a for a in full if a.present], k) for k in (1, 10, 100)},
        "ece_top1": calibration_error(narrow),
        "full_ece_top1": calibration_error(full),
        "bits_apart_median": float(np.median(np.abs(apart))) if len(apart) else 0.0,
        "bits_apart_p95": float(np.quantile(np.abs(apart), 0.95)) if len(apart) else 0.0,
        "nobody_apart_mean": float(np.mean([abs(b.nobody_apart) for b in found])),
    }


def _view(gallery: Gallery, people: int) -> View:
    return View(
        faces=FaceGallery.empty("none", 1, None),
        columns={c.key: column for c, column, _ in gallery.compared},
        prepared={c.key: prepared for c, _, prepared in gallery.compared},
        ids=range(people),  # type: ignore[arg-type]
        side=np.full(people, SIDES.index("register"), np.int8),
        alive=np.ones(people, np.bool_),
        hidden=np.zeros(people, np.bool_),
    )


def _both(
    gallery: Gallery,
    view: View,
    index: CandidateIndex,
    model: Model,
    document: Mapping[str, Any],
    scale: PairScale | None,
) -> Both:
    asked, claims = template(document), PersonClaims.from_document(document)
    row = gallery.ids.get(str(document.get("true_id")))
    started = time.thread_time()
    whole, cosines = gallery.search(model, claims, asked, scale)
    best = whole.top(LISTED, cosines)
    full = _answer(whole, row, row, best, time.thread_time() - started)
    faces = None
    if asked is not None and scale is not None and len(gallery.face_rows):
        faces = MadeFaces(gallery, asked, scale)
    using = [comparator for comparator, _, _ in gallery.compared]
    started = time.thread_time()
    found = compare_narrowed(
        view, index, using, model, Probe("sought", claims), LISTED, faces=faces
    )
    seconds = time.thread_time() - started - (0.0 if faces is None else faces.apart_s)
    return _beside(full, whole, best, found, row, seconds)


def _beside(
    full: Answer, whole: Fused, best: Rows, found: Comparison, row: int | None, seconds: float
) -> Both:
    compared = found.rows if found.rows is not None else np.arange(len(found.fused.bits))
    place = None
    if row is not None and row in compared:
        place = int(found.places(np.array([row], np.int64))[0])
    narrow = _answer(found.fused, row, place, found.places(found.order), seconds, found.order)
    first = best[:1]
    apart = None
    if len(first) and first[0] in compared:
        apart = float(found.fused.bits[found.places(first)][0] - whole.bits[first[0]])
    kept = np.isin(best[:BEST], compared)
    return Both(
        full,
        narrow,
        float(kept.mean()) if len(kept) else 1.0,
        len(compared),
        apart,
        narrow.nobody - full.nobody,
    )


def _answer(
    fused: Fused,
    row: int | None,
    place: int | None,
    top: Rows,
    seconds: float,
    rows: Rows | None = None,
) -> Answer:
    """`place` of the truth in `fused`, None where it was not compared; `top` places, best first."""
    better, equal = ranked(fused, None, place) if place is not None else (-1, 0)
    first = top if rows is None else rows
    return Answer(
        present=row is not None,
        listed=place is not None and bool(fused.listed[place]),
        better=better,
        equal=equal,
        first_probability=float(fused.probability[top[0]]) if len(top) else 0.0,
        first_is_true=bool(len(first)) and int(first[0]) == row,
        nobody=fused.nobody,
        seconds=seconds,
    )
