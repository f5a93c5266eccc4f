"""Faces in a large gallery: whom to compare exactly, and what all the others' faces weigh.

Everybody is compared while they are few. Above that, exactly compared are the nearest by the
vector index, whoever stands highest on all other evidence (so that everybody who can be listed is
compared exactly), and a sample. Anyone else is a stranger by face: neither near nor supported by
anything else, and weighs what the middle one of the sample weighs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracing.face_gallery import FaceGallery, FaceWeights
from tracing.face_templates import FaceTimes, Numbers
from tracing.gallery import View

NEIGHBOURS = 2_000
"""The ten best centred faces were found among up to 163 raw neighbours of 2,480 people."""
SUPPORTED = 2_000
SAMPLED = 1_000
Nearest = Callable[[Numbers, int], Sequence[str]]
"""Gives the ids of the nearest people to a template."""
OtherBits = Callable[[], NDArray[np.float64]]
"""Bits of all other evidence, float64 [N]."""


def weighed(
    view: View, template: Numbers, times: FaceTimes, nearest: Nearest | None, others: OtherBits
) -> FaceWeights:
    """What a face weighs against everybody; through `nearest` where that is given."""
    faces, size = view.faces, len(view.ids)
    if nearest is None or len(faces) <= NEIGHBOURS + SUPPORTED + SAMPLED:
        return faces.weigh(template, times, size)
    near = [row for row in view.at.find(nearest(template, NEIGHBOURS)) if row >= 0]
    sample = np.random.default_rng(len(faces)).choice(faces.rows, SAMPLED, replace=False)
    chosen = np.concatenate([np.array(near, np.int64), _highest(others(), faces.rows), sample])
    found = among(faces, np.isin(faces.rows, chosen)).weigh(template, times, size)
    levels = found.levels.copy()
    known = levels[sample][levels[sample] > 0]
    if len(known):
        stranger = np.zeros(size, np.bool_)
        stranger[faces.rows] = True
        stranger[chosen] = False
        levels[stranger] = np.quantile(known, 0.5, method="nearest")
    return replace(found, levels=levels)


def among(faces: FaceGallery, kept: NDArray[np.bool_]) -> FaceGallery:
    """The same gallery, cohort and means with some of its templates only: bool [t]."""
    held = {each.name: getattr(faces, each.name) for each in fields(faces)}
    arrays = {name: value for name, value in held.items() if isinstance(value, np.ndarray)}
    parts: dict[str, Any] = {name: value[kept] for name, value in arrays.items()}
    return replace(faces, vectors=faces.vectors.taken(np.flatnonzero(kept)), **parts)


def _highest(bits: NDArray[np.float64], rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Of the rows with a face, those with the most bits of other evidence."""
    own = bits[rows]
    if len(own) <= SUPPORTED:
        return rows
    return rows[np.argpartition(own, len(own) - SUPPORTED)[len(own) - SUPPORTED :]]
