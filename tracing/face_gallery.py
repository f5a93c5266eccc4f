"""The faces of the gallery: one template a person, its cohort mean, and what a likeness weighs.

Several photos of one person are fused into one template. Distances are centred on a cohort drawn
from the gallery itself; all means are of one draw. The cohort is drawn anew when the faces have
grown by half since, and when somebody in it is gone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from indexes.vectors import FlatVectors
from indexes.vectors import Prints as IndexedPrints
from matchers.evidence import Face
from matchers.evidence.levels import LevelCodes
from matchers.faces.calibration import Calibration
from matchers.faces.centring import Cohort, Leaning, centred, cohort_means, draw
from matchers.faces.contract import Prints
from matchers.faces.templates import fused
from tracing.person_files import GalleryPrint, GalleryRow

Numbers = NDArray[np.float32]
Rows = NDArray[np.int64]
GROWN = 1.5
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
    """The template float32 [d] (unit length) of the person in row `row` of the gallery."""

    row: int
    vector: Numbers
    times: FaceTimes
    stratum: int

    @classmethod
    def of(cls, row: int, person: GalleryRow, faces: FaceGallery) -> Self | None:
        """From a person's prints of the gallery's model; None without one."""
        own = faces.comparable(person.prints)
        if not own:
            return None
        times = FaceTimes.of(own, person.document)
        decade = -1 if np.isnan(times.born) else int(times.born // AGE_BAND)
        sexes = ("male", "female")
        sex = person.document.get("sex")
        stratum = 3 * decade + (sexes.index(sex) if sex in sexes else 2)
        return cls(row, template(own), times, stratum)


def template(prints: Sequence[GalleryPrint]) -> Numbers:
    """One unit vector float32 [d] from the prints of one person, all of one model."""
    vectors = np.stack([p.vector for p in prints]).astype(np.float32)
    return np.asarray(fused(Prints(prints[0].model, vectors)).vectors[0], np.float32)


@dataclass(frozen=True, slots=True)
class FaceWeights:
    """What a probe's face weighs against everybody: bits and centred distance, float [N].

    NaN where either side has no print, or where there is no evidence (under three years).
    levels: int8 [N] for fusion. needed: how many people the cohort takes to stand on its own, if
    it does not yet; bits come out low until then. calibrated: False when the model has no
    calibration; then there are no bits, and the nearer face only stands first among equals.
    """

    bits: NDArray[np.float64]
    distance: Numbers
    levels: LevelCodes
    needed: int | None
    calibrated: bool


@dataclass(frozen=True, slots=True)
class FaceGallery:
    """T templates of one model; never changed, `changed` and `taken` give new ones.

    rows: int64 [t], the row of the gallery that each template is of. means: float32 [t], cohort
    means of the present draw. drawn: how many templates there were at that draw.
    """

    model: str
    dim: int
    calibration: Calibration | None
    rows: Rows
    vectors: Numbers
    taken_at: Numbers
    born: Numbers
    strata: Rows
    means: Numbers
    index: FlatVectors
    cohort: Cohort | None = None
    drawn: int = 0

    @classmethod
    def empty(cls, model: str, dim: int, calibration: Calibration | None) -> Self:
        """Without a face; RecipeMismatch when the calibration is of another model."""
        none = np.empty(0, np.float32)
        whole = np.empty(0, np.int64)
        return cls(
            model=model,
            dim=dim,
            calibration=None if calibration is None else calibration.for_recipe(model),
            rows=whole,
            vectors=np.empty((0, dim), np.float32),
            taken_at=none,
            born=none,
            strata=whole,
            means=none,
            index=FlatVectors(dim, model),
        )

    def __len__(self) -> int:
        """How many people have a template."""
        return len(self.rows)

    def comparable(self, prints: Sequence[GalleryPrint]) -> list[GalleryPrint]:
        """The prints that can be compared here: of this model, of its length, not empty."""
        return [
            p
            for p in prints
            if p.model == self.model and len(p.vector) == self.dim and p.vector.any()
        ]

    def changed(self, gone: Mapping[int, int | None], fresh: Sequence[FaceRows]) -> Self:
        """Without the templates of the rows in `gone`, with fresh ones behind the others.

        gone: for each row that is no more, the person's new row, or None for an erased person.
        """
        keep = ~np.isin(self.rows, list(gone))
        if not fresh and keep.all():
            return self
        vectors = np.array([f.vector for f in fresh], np.float32).reshape(-1, self.dim)
        rows = np.array([f.row for f in fresh], np.int64)
        with_fresh = replace(
            self,
            rows=np.append(self.rows[keep], rows),
            vectors=np.concatenate([self.vectors[keep], vectors]),
            taken_at=_appended(self.taken_at[keep], [f.times.taken for f in fresh]),
            born=_appended(self.born[keep], [f.times.born for f in fresh]),
            strata=np.append(self.strata[keep], np.array([f.stratum for f in fresh], np.int64)),
            means=np.append(self.means[keep], np.full(len(fresh), np.nan, np.float32)),
        )
        cohort = _followed(self.cohort, gone)
        if cohort is None or len(with_fresh) > GROWN * self.drawn:
            return with_fresh._drawn()._indexed()
        kept = replace(with_fresh, cohort=cohort)
        return kept._with_means(len(kept) - len(fresh))._indexed()

    def taken(self, rows: Rows) -> Self:
        """The templates of some rows of the gallery, which are numbered anew from 0."""
        place = np.full(int(self.rows.max(initial=-1)) + 1, -1, np.int64)
        known = rows[rows < len(place)]
        place[known] = np.arange(len(rows))[rows < len(place)]
        new = place[self.rows]
        keep = new >= 0
        kept = replace(
            self,
            rows=new[keep],
            vectors=self.vectors[keep],
            taken_at=self.taken_at[keep],
            born=self.born[keep],
            strata=self.strata[keep],
            means=self.means[keep],
        )
        return kept._drawn()._indexed()

    def weigh(self, probe: Numbers, times: FaceTimes, size: int) -> FaceWeights:
        """Compare a template float32 [d] of this model with everybody in a gallery of N rows."""
        bits = np.full(size, np.nan)
        distance = np.full(size, np.nan, np.float32)
        people = 0 if self.cohort is None else len(self.cohort)
        if len(self.rows) and self.cohort is not None:
            asked = Prints(self.model, probe[None, :])
            own, theirs = cohort_means(asked, self.cohort), self.means
            if self.calibration is not None:
                own = self.calibration.blended(own, people)
                theirs = self.calibration.blended(theirs, people)
            cosines = self.index.similarities(IndexedPrints(self.model, asked.vectors))[0]
            apart = centred(cosines, float(own[0]), theirs)
            distance[self.rows] = apart
            if self.calibration is not None:
                bits[self.rows] = self.calibration.bits(apart, *self._ages(times))
        return FaceWeights(
            bits, distance, Face().levels_of_bits(bits), self._needed(people),
            calibrated=self.calibration is not None,
        )  # fmt: skip

    def _needed(self, people: int) -> int | None:
        if self.calibration is None or self.calibration.trusted(people):
            return None
        return self.calibration.cohort_least

    def _ages(self, times: FaceTimes) -> tuple[Numbers, Numbers]:
        """Age at the younger photo and years between the photos [t], were they one person's."""
        born = np.where(np.isnan(self.born), times.born, self.born)
        younger = np.fmin(self.taken_at, times.taken) - born
        gap = np.abs(self.taken_at - times.taken)
        return younger.astype(np.float32), gap.astype(np.float32)

    def _drawn(self) -> Self:
        chosen = draw(self.strata, Leaning.packaged().cohort_max, seed=len(self.rows))
        version = 1 if self.cohort is None else self.cohort.version + 1
        prints = Prints(self.model, self.vectors[chosen])
        cohort = Cohort(version, prints, self.rows[chosen]) if len(chosen) else None
        return replace(self, cohort=cohort, drawn=len(self.rows))._with_means(0)

    def _with_means(self, start: int) -> Self:
        """Cohort means of the templates from `start` on."""
        if self.cohort is None:
            return self
        means = self.means.copy()
        prints = Prints(self.model, self.vectors[start:])
        means[start:] = cohort_means(prints, self.cohort, self.rows[start:])
        return replace(self, means=means)

    def _indexed(self) -> Self:
        index = FlatVectors(self.dim, self.model)
        if len(self.rows):
            index.add(self.rows, IndexedPrints(self.model, self.vectors))
        return replace(self, index=index)


def _followed(cohort: Cohort | None, gone: Mapping[int, int | None]) -> Cohort | None:
    """The cohort with its people's new rows; None when one of them was erased."""
    if cohort is None:
        return None
    moved = [gone.get(int(row), int(row)) for row in cohort.owners]
    if None in moved:
        return None
    return replace(cohort, owners=np.array(moved, np.int64))


def _appended(values: Numbers, more: Sequence[float]) -> Numbers:
    return np.append(values, np.array(more, np.float32)).astype(np.float32)
