"""Everybody's made face: templates of a gallery, and rows that come after it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from benchmarks.vectors.made import Made
from indexes.layered import Layered
from matchers.faces.calibration import Calibration
from matchers.faces.centring import Cohort
from matchers.faces.contract import Prints
from tracing.demo.population import Population
from tracing.face_gallery import FaceGallery
from tracing.person_files import GalleryPrint, GalleryRow
from tracing.photos.served import default_faces

COHORT = 20_000


def nobody(faces: bool) -> FaceGallery:
    """A gallery without a face: of the served model, or of one that nothing is compared by."""
    if not faces:
        return FaceGallery.empty("made", 128, None)
    served = default_faces()
    return FaceGallery.empty(served.recipe, served.dim, Calibration.packaged())


def everybody(empty: FaceGallery, people: int, seed: int) -> FaceGallery:
    """A template for each of `people` rows; cohort means are made too, not taken."""
    vectors = np.empty((people, empty.dim), np.float16)
    at = 0
    for batch in Made(people, empty.dim, seed, 1).batches():
        vectors[at : at + len(batch.vectors)] = batch.vectors
        at += len(batch.vectors)
    rng = np.random.default_rng(seed)
    rows = np.arange(people, dtype=np.int64)
    members = rows[:: max(1, people // COHORT)][:COHORT]
    known = Layered.of(vectors)
    return replace(
        empty,
        rows=rows,
        vectors=known,
        taken_at=rng.integers(2005, 2026, people).astype(np.float32),
        born=rng.integers(1940, 2015, people).astype(np.float32),
        strata=rng.integers(580, 606, people),
        means=rng.normal(0.55, 0.03, people).astype(np.float32),
        stamped=np.ones(people, np.bool_),
        cohort=Cohort(1, Prints(empty.model, known[members]), members),
        drawn=people,
    )


def registered(empty: FaceGallery, person_id: str, seq: int) -> GalleryRow:
    """Somebody who comes, or comes again, with a face."""
    document = next(iter(Population.of(1, seq).records()))
    vector = next(Made(8, empty.dim, seq, 1).batches()).vectors[0]
    day = datetime.now(UTC).date().isoformat()
    face = GalleryPrint("p", empty.model, vector, None, None, None, day, None, None, None)
    return GalleryRow(
        person_id, "register", "0", "0", "", "0", seq, 1, document, (face,), None,
        erased=False, protected=False,
    )  # fmt: skip
