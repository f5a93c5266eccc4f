"""The faces of one question in a large gallery: the nearest, and what chosen rows weigh."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tracing.face_candidates import NEIGHBOURS, Nearest
from tracing.face_gallery import FaceGallery, FaceWeights
from tracing.face_templates import FaceTimes, Numbers
from tracing.gallery import View

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class SomeFaces:
    """The templates of n chosen rows.

    rows: int64 [n]. faces: their templates alone, numbered by place among the n.
    """

    rows: Rows
    faces: FaceGallery

    @classmethod
    def of(cls, faces: FaceGallery, rows: Rows) -> Self:
        """Of the rows, ascending."""
        return cls(rows, faces.of_rows(rows))


@dataclass(frozen=True, slots=True)
class NarrowedFaces:
    """A template before a gallery; `nearest` asks the vector index, None where there is none.

    sample: rows that are weighed for every question, whose templates are at hand.
    """

    view: View
    template: Numbers
    times: FaceTimes
    ask: Nearest | None
    sample: SomeFaces

    def nearest(self) -> Rows:
        """Rows of the nearest: by the vector index, or among all where these are few."""
        if self.ask is None:
            cosines = self.view.faces.cosines(self.template)
            if len(cosines) <= NEIGHBOURS:
                return self.view.faces.rows
            return self.view.faces.rows[np.argpartition(-cosines, NEIGHBOURS)[:NEIGHBOURS]]
        near = np.array(self.view.at.find(self.ask(self.template, NEIGHBOURS)), np.int64)
        return near[near >= 0]

    def weigh(self, rows: Rows) -> FaceWeights:
        """What the face weighs against n rows, ascending: arrays [n]; see `FaceGallery.weigh`."""
        known = rows is self.sample.rows
        some = self.sample.faces if known else self.view.faces.of_rows(rows)
        return some.weigh(self.template, self.times, len(rows))
