"""Levels read off tables are those of the calibration, and do not depend on the company."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from matchers.evidence import Face
from matchers.faces.calibration import Calibration
from tests.searches.conftest import a_face
from tracing.face_gallery import FaceGallery
from tracing.face_levels import FaceBands, FaceSteps, ages
from tracing.face_templates import FaceRows, FaceTimes
from tracing.photos.served import default_faces

CALIBRATION = Calibration.packaged()


@lru_cache(maxsize=1)
def steps() -> FaceSteps:
    return FaceSteps.of(CALIBRATION)


@lru_cache(maxsize=1)
def gallery() -> FaceGallery:
    """400 people of all ages, of some of whom neither birth nor year of the photo is known."""
    draw = np.random.default_rng(5)
    unknown = float("nan")
    rows = []
    for seed in range(400):
        born = unknown if seed % 7 == 0 else float(draw.integers(1930, 2024))
        taken = unknown if seed % 5 == 0 else float(draw.integers(2000, 2026))
        vector = np.array(a_face(seed + 10), np.float32)
        rows.append(FaceRows(2 * seed, vector, FaceTimes(taken, born), 0))
    served = default_faces()
    return FaceGallery.empty(served.recipe, served.dim, CALIBRATION).changed({}, rows)


years = st.just(float("nan")) | st.integers(1930, 2026).map(float)


@given(seed=st.integers(0, 10_000), taken=years, born=years)
def test_the_tables_say_what_the_calibration_says(seed: int, taken: float, born: float) -> None:
    draw = np.random.default_rng(seed)
    apart = draw.normal(0.1, 0.3, 300).astype(np.float32)
    apart[::50] = np.nan
    taken_at = np.where(draw.random(300) < 0.2, np.nan, draw.integers(1990, 2026, 300))
    known = np.where(draw.random(300) < 0.2, np.nan, draw.integers(1930, 2024, 300))
    times, at, births = FaceTimes(taken, born), *(x.astype(np.float32) for x in (taken_at, known))
    whole = np.where(np.isnan(births), np.float32(born), births)
    right = Face().levels_of_bits(CALIBRATION.bits(apart, *ages(at, whole, taken)))
    cells = FaceBands().cells_of(CALIBRATION, at, births, times)
    assert np.array_equal(steps().levels(apart, cells, lambda some: right[some]), right)


@settings(max_examples=20, deadline=None)
@given(seeds=st.lists(st.integers(0, 500), min_size=1, max_size=9), taken=years, born=years)
def test_a_face_weighs_in_company_what_it_weighs_alone(
    seeds: list[int], taken: float, born: float
) -> None:
    faces, times = gallery(), FaceTimes(taken, born)
    asked = [(np.array(a_face(seed, faces.vectors[7], 0.4), np.float32), times) for seed in seeds]
    together = list(faces.weigh_many(asked, 801))
    assert len(together) == len(asked)
    for (probe, _), found in zip(asked, together, strict=True):
        alone = faces.weigh(probe, times, 801)
        assert np.array_equal(found.levels, alone.levels)
        assert not found.levels[1::2].any()
        assert np.allclose(found.distance_of(faces.rows), alone.apart, atol=1e-6, equal_nan=True)
