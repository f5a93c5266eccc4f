"""The faces of the gallery: one template a person, its cohort mean, and what a likeness weighs.

Several photos of one person are fused into one template. Distances are centred on a cohort drawn
from the gallery itself; all means are of one draw. The cohort is drawn anew when the faces have
grown by half since, and when somebody in it is erased: at once in a small gallery, in the
background in a large one, where the erased person leaves the cohort at once. A draw and its means
are kept in the store (see `face_cohort`), so that a start need not take them anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Self

import numpy as np
from numpy.typing import NDArray

from indexes.layered import PART, Layered
from indexes.vectors import products
from matchers.evidence import Face
from matchers.evidence.levels import LevelCodes
from matchers.faces.calibration import Calibration
from matchers.faces.centring import (
    Cohort,
    Leaning,
    centred,
    cohort_means,
    draw,
    probe_means,
)
from matchers.faces.contract import Prints
from tracing.face_levels import FaceBands, FaceSteps, ages
from tracing.face_templates import FaceRows, FaceTimes, Numbers
from tracing.person_files import GalleryPrint
from tracing.store.cohorts import StoredCohort

Rows = NDArray[np.int64]
GROWN = 1.5
AT_ONCE = 5_000
"""Up to so many templates a new draw takes less than a second."""
CHANGED_SHARE = 0.01
"""A stored draw is taken up unless more of its people than this have other photos since."""


@dataclass(frozen=True, slots=True)
class FaceWeights:
    """What a probe's face weighs against everybody in a gallery of N rows.

    levels: int8 [N] for fusion, 0 where either side has no print, or where there is no evidence
    (under three years). rows: int64 [t], who has a print; apart: float32 [t], their centred
    distances. needed: how many people the cohort takes to stand on its own, if it does not yet;
    bits come out low until then. calibrated: False when the model has no calibration; then nothing
    weighs, and the nearer face only stands first among equals.
    """

    levels: LevelCodes
    rows: Rows
    apart: Numbers
    needed: int | None
    calibrated: bool

    @property
    def distance(self) -> Numbers:
        """Centred distance float32 [N]; NaN where there is none."""
        return self.distance_of(np.arange(len(self.levels)))

    def distance_of(self, rows: Rows) -> Numbers:
        """The same of some rows alone."""
        out = np.full(len(rows), np.nan, np.float32)
        at = _place(self.rows, rows)
        known = at >= 0
        out[known] = self.apart[at[known]]
        return out


@dataclass(frozen=True, slots=True)
class FaceGallery:
    """T templates of one model; never changed, `changed` and `taken` give new ones.

    rows: int64 [t], the row of the gallery that each template is of, ascending. vectors: [t, d],
    those of a generation in pages that all processes share, which a change does not copy. means:
    float32 [t], cohort means of the present draw. drawn: how many templates there were at that
    draw. stamped: bool [t], whether the store holds that mean. due: a new draw is to be made.
    stored: the draw that the store holds. epoch: one more whenever rows are numbered anew.
    """

    model: str
    dim: int
    calibration: Calibration | None
    rows: Rows
    vectors: Layered
    taken_at: Numbers
    born: Numbers
    strata: Rows
    means: Numbers
    stamped: NDArray[np.bool_]
    cohort: Cohort | None = None
    drawn: int = 0
    due: bool = False
    stored: StoredCohort | None = None
    epoch: int = 0
    steps: FaceSteps | None = None
    bands: FaceBands = field(default_factory=FaceBands, init=False, compare=False, repr=False)

    @classmethod
    def empty(
        cls,
        model: str,
        dim: int,
        calibration: Calibration | None,
        stored: StoredCohort | None = None,
    ) -> Self:
        """Without a face; RecipeMismatch when the calibration is of another model."""
        none = np.empty(0, np.float32)
        whole = np.empty(0, np.int64)
        steps = None if calibration is None else FaceSteps.of(calibration.for_recipe(model))
        return cls(
            model=model,
            dim=dim,
            calibration=None if calibration is None else calibration.for_recipe(model),
            rows=whole,
            vectors=Layered.of(np.empty((0, dim), np.float32)),
            taken_at=none,
            born=none,
            strata=whole,
            means=none,
            stamped=np.empty(0, np.bool_),
            stored=stored,
            steps=steps,
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
        lost = _place(self.rows, np.sort(np.fromiter(gone, np.int64)))
        lost = lost[lost >= 0]
        if not fresh and not len(lost):
            return self
        vectors = np.array([f.vector for f in fresh], np.float32).reshape(-1, self.dim)
        rows = np.array([f.row for f in fresh], np.int64)
        strata = np.array([f.stratum for f in fresh], np.int64)
        with_fresh = replace(
            self,
            rows=np.append(np.delete(self.rows, lost), rows),
            vectors=self.vectors.without(lost).joined(vectors),
            taken_at=_appended(np.delete(self.taken_at, lost), [f.times.taken for f in fresh]),
            born=_appended(np.delete(self.born, lost), [f.times.born for f in fresh]),
            strata=np.append(np.delete(self.strata, lost), strata),
            means=_appended(np.delete(self.means, lost), [np.nan] * len(fresh)),
            stamped=np.append(np.delete(self.stamped, lost), np.zeros(len(fresh), np.bool_)),
        )
        if self.cohort is None:
            return with_fresh._begun(fresh)
        cohort = _followed(self.cohort, gone)
        due = len(cohort) < len(self.cohort) or len(with_fresh) > GROWN * self.drawn
        if not len(cohort) or (due and len(with_fresh) <= AT_ONCE):
            return with_fresh.redrawn()
        kept = replace(with_fresh, cohort=cohort, due=self.due or due)
        return kept._with_means()

    def taken(self, rows: Rows) -> Self:
        """The templates of some rows of the gallery (ascending), numbered anew from 0."""
        new = _place(rows, self.rows)
        keep = np.flatnonzero(new >= 0)
        kept = replace(
            self,
            rows=new[keep],
            vectors=self.vectors.taken(keep),
            taken_at=self.taken_at[keep],
            born=self.born[keep],
            strata=self.strata[keep],
            means=self.means[keep],
            stamped=self.stamped[keep],
            epoch=self.epoch + 1,
        )
        if self.cohort is not None:
            owners = _place(rows, self.cohort.owners)
            kept = replace(kept, cohort=replace(self.cohort, owners=owners))
        return kept

    def of_rows(self, rows: Rows) -> Self:
        """The templates of n rows of the gallery (ascending), numbered by place among these rows.

        To be weighed alone: its cohort keeps the numbers of the whole gallery.
        """
        at = _place(self.rows, rows)
        held = np.flatnonzero(at >= 0)
        at = at[held]
        return replace(
            self,
            rows=held,
            vectors=Layered.of(self.vectors[at]),
            taken_at=self.taken_at[at],
            born=self.born[at],
            strata=self.strata[at],
            means=self.means[at],
            stamped=self.stamped[at],
        )

    def cosines(self, probe: Numbers) -> Numbers:
        """Of a template float32 [d] with all T of the gallery: float32 [t]."""
        return next(products(probe[None], self.vectors))

    def weigh(self, probe: Numbers, times: FaceTimes, size: int) -> FaceWeights:
        """Compare a template float32 [d] of this model with everybody in a gallery of N rows."""
        return next(self.weigh_many([(probe, times)], size))

    def weigh_many(
        self, probes: Sequence[tuple[Numbers, FaceTimes]], size: int
    ) -> Iterator[FaceWeights]:
        """The same of several probes, in their order, with one reading of all templates."""
        if not probes:
            return
        asked = Prints(self.model, np.stack([probe for probe, _ in probes]))
        cosines = products(asked.vectors, self.vectors)
        people = 0 if self.cohort is None else len(self.cohort)
        own = [np.nan] * len(probes)
        theirs = self.means
        if self.cohort is not None:
            own = probe_means(asked, self.cohort)
        if self.calibration is not None and self.cohort is not None:
            means = np.array(own, np.float64)
            if not self.calibration.trusted(people):
                means = self.calibration.blended(means, people).astype(np.float64)
                theirs = self.calibration.blended(theirs, people)
            own = means.tolist()
        for row, mean, (probe, times) in zip(cosines, own, probes, strict=True):
            yield self._weighed(row, mean, theirs, probe, times, size)

    def _weighed(
        self,
        cosines: Numbers,
        own: float,
        theirs: Numbers,
        probe: Numbers,
        times: FaceTimes,
        size: int,
    ) -> FaceWeights:
        """The weights from a probe's cosines float32 [t], its own mean and all others' [t]."""
        people = 0 if self.cohort is None else len(self.cohort)
        apart = centred(cosines, own, theirs)
        levels = np.zeros(size, np.int8)
        if self.steps is not None and len(self.rows):
            exactly = partial(self._exactly, own, theirs, probe, times)
            cells = self.bands.cells_of(self.steps.calibration, self.taken_at, self.born, times)
            levels[self.rows] = self.steps.levels(apart, cells, exactly)
        return FaceWeights(
            levels, self.rows, apart, self._needed(people),
            calibrated=self.calibration is not None,
        )  # fmt: skip

    def _exactly(
        self,
        own: float,
        theirs: Numbers,
        probe: Numbers,
        times: FaceTimes,
        some: NDArray[np.intp],
    ) -> LevelCodes:
        """Levels of the templates at these places, from the calibration itself."""
        if self.calibration is None:
            return np.zeros(len(some), np.int8)
        cosines = self.vectors[some].astype(np.float64) @ probe.astype(np.float64)
        apart = centred(cosines, own, theirs[some])
        born = np.where(np.isnan(self.born[some]), times.born, self.born[some])
        between = ages(self.taken_at[some], born, times.taken)
        return Face().levels_of_bits(self.calibration.bits(apart, *between))

    def _needed(self, people: int) -> int | None:
        if self.calibration is None or self.calibration.trusted(people):
            return None
        return self.calibration.cohort_least

    def redrawn(self) -> Self:
        """The same faces with a new cohort, not in the store yet, and all means taken anew."""
        chosen = draw(self.strata, Leaning.packaged().cohort_max, seed=len(self.rows))
        prints = Prints(self.model, self.vectors[chosen])
        cohort = Cohort(0, prints, self.rows[chosen]) if len(chosen) else None
        blank = np.full(len(self.rows), np.nan, np.float32)
        fresh = replace(
            self,
            cohort=cohort,
            drawn=len(self.rows),
            due=False,
            means=blank,
            stamped=np.zeros(len(blank), np.bool_),
        )
        return fresh._with_means()

    def adopting(self, drawn: Self) -> Self | None:
        """This state with the cohort drawn for an earlier one.

        None when rows were numbered anew since or somebody in the cohort has changed.
        """
        if drawn.cohort is None or drawn.epoch != self.epoch:
            return None
        if not np.isin(drawn.cohort.owners, self.rows).all():
            return None
        at = np.minimum(np.searchsorted(drawn.rows, self.rows), len(drawn.rows) - 1)
        known = drawn.rows[at] == self.rows
        adopted = replace(
            self,
            cohort=drawn.cohort,
            drawn=drawn.drawn,
            due=False,
            means=np.where(known, drawn.means[at], np.nan).astype(np.float32),
            stamped=np.zeros(len(known), np.bool_),
        )
        return adopted._with_means()

    def _begun(self, fresh: Sequence[FaceRows]) -> Self:
        """The first faces: with the stored draw and its means where they still hold."""
        stored = self.stored
        if stored is None or not len(self) <= GROWN * stored.templates:
            return self.redrawn()
        members = np.array([f.person_id in stored.people for f in fresh], np.bool_)
        of_now = np.array([f.kept[0] == stored.version for f in fresh], np.bool_)
        changed = np.count_nonzero(members & ~of_now)
        if members.sum() < len(stored.people) or changed > CHANGED_SHARE * members.sum():
            return self.redrawn()
        means = np.array([f.kept[1] for f in fresh], np.float32)
        begun = replace(
            self,
            cohort=Cohort(
                stored.version, Prints(self.model, self.vectors[members]), self.rows[members]
            ),
            drawn=stored.templates,
            means=np.where(of_now, means, np.nan).astype(np.float32),
            stamped=of_now,
        )
        return begun._with_means()

    def _with_means(self) -> Self:
        """Cohort means where there are none yet."""
        lacking = np.flatnonzero(np.isnan(self.means))
        if self.cohort is None or not len(lacking):
            return self
        means = self.means.copy()
        for start in range(0, len(lacking), PART):
            some = lacking[start : start + PART]
            prints = Prints(self.model, self.vectors[some])
            means[some] = cohort_means(prints, self.cohort, self.rows[some])
        return replace(self, means=means)


def _followed(cohort: Cohort, gone: Mapping[int, int | None]) -> Cohort:
    """The cohort with its people's new rows, without those who were erased."""
    moved = [gone.get(row, row) for row in cohort.owners.tolist()]
    kept = np.array([row is not None for row in moved], np.bool_)
    owners = np.array([row for row in moved if row is not None], np.int64)
    return Cohort(cohort.version, Prints(cohort.prints.recipe, cohort.prints.vectors[kept]), owners)


def _place(rows: Rows, of: Rows) -> Rows:
    """Where in `rows` (ascending) each of the others stands; -1 where it does not."""
    if not len(rows):
        return np.full(len(of), -1, np.int64)
    at = np.minimum(np.searchsorted(rows, of), len(rows) - 1)
    return np.where(rows[at] == of, at, -1).astype(np.int64)


def _appended(values: Numbers, more: Sequence[float]) -> Numbers:
    return np.append(values, np.array(more, np.float32)).astype(np.float32)
