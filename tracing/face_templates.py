"""One template a person: several photos fused, when they were taken, and in which stratum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from matchers.faces.contract import Prints
from matchers.faces.templates import fused
from tracing.person_files import GalleryPrint, GalleryRow

Numbers = NDArray[np.float32]
AGE_BAND = 10
"""Years to a stratum of the cohort draw."""


@dataclass(frozen=True, slots=True)
class FaceTimes:
    """When the pictures of a person were taken and when the person was born, years; NaN unknown."""

    taken: float
    born: float

    @classmethod
    def of(cls, prints: Sequence[GalleryPrint], document: Mapping[str, object]) -> Self:
        """Means over the prints; a print that knows the person's age tells the year of birth."""
        taken = [float(p.taken[:4]) for p in prints if p.taken and p.taken[:4].isdigit()]
        aged = [float(p.taken[:4]) - p.age for p in prints if p.taken and p.age is not None]
        born = aged or _born(document)
        return cls(_mean(taken), _mean(born))


UNDATED = FaceTimes(float("nan"), float("nan"))


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else float("nan")


def _born(document: Mapping[str, object]) -> list[float]:
    birth = document.get("birth")
    if not isinstance(birth, Mapping):
        return []
    return [float(day[:4]) for day in (birth.get("earliest"), birth.get("latest")) if day]


@dataclass(frozen=True, slots=True)
class FaceRows:
    """The template float32 [d] (unit length) of the person in row `row` of the gallery.

    kept: version and cohort mean that the store holds for just these prints, (0, NaN) for none.
    """

    row: int
    vector: Numbers
    times: FaceTimes
    stratum: int
    person_id: str = ""
    kept: tuple[int, float] = (0, float("nan"))

    @classmethod
    def of(cls, row: int, person: GalleryRow, own: Sequence[GalleryPrint]) -> Self | None:
        """From those of a person's prints that are of the gallery's model; None without one."""
        if not own:
            return None
        times = FaceTimes.of(own, person.document)
        decade = -1 if np.isnan(times.born) else int(times.born // AGE_BAND)
        sexes = ("male", "female")
        sex = person.document.get("sex")
        stratum = 3 * decade + (sexes.index(sex) if sex in sexes else 2)
        return cls(row, template(own), times, stratum, person.person_id, _kept(own))


def _kept(prints: Sequence[GalleryPrint]) -> tuple[int, float]:
    """What the prints agree on: a print that came later has no mean yet."""
    told = {(p.cohort_version, p.cohort_mean) for p in prints}
    version, mean = told.pop()
    return (version, mean) if not told and version and mean else (0, float("nan"))


def template(prints: Sequence[GalleryPrint]) -> Numbers:
    """One unit vector float32 [d] from the prints of one person, all of one model."""
    vectors = np.stack([p.vector for p in prints]).astype(np.float32)
    return np.asarray(fused(Prints(prints[0].model, vectors)).vectors[0], np.float32)
