"""One state of the gallery, and whom a search may look for in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexes.columns import Column
from indexes.growth import Growth
from tracing.face_gallery import FaceGallery
from tracing.gallery_ids import PersonIds, RowsById
from tracing.households import Households

Mask = NDArray[np.bool_]
SIDES = ("found", "sought", "register")
SEARCHED_SIDES: Mapping[str, tuple[str, ...]] = {
    "found": ("found", "sought", "register"),  # past visitors are on the found side
    "sought": ("found", "register"),
    "register": ("found", "sought"),
}
"""Which sides a probe of each side is looked for in."""


@dataclass(frozen=True, slots=True)
class View:
    """One state of the gallery, N rows.

    ids: person of each row. stations: code of each one's station. side: int8 [N], index into
    SIDES. alive, hidden: bool [N]; hidden are protected persons, whom no search sees. lent:
    int16 [N], index into lenders, the borrowed galleries by id; -1 the station's own. households:
    who lives with whom. columns, prepared: by evidence. seq: all changes up to this sequence
    number are in it. seqs: the change that brought each row. erased: by person, the change in
    which somebody went.
    """

    faces: FaceGallery
    columns: Mapping[str, Column]
    prepared: Mapping[str, Any]
    ids: PersonIds = field(default_factory=PersonIds)
    stations: Column = field(default_factory=lambda: Column.build(()))
    side: NDArray[np.int8] = field(default_factory=lambda: np.empty(0, np.int8))
    alive: Mask = field(default_factory=lambda: np.empty(0, np.bool_))
    hidden: Mask = field(default_factory=lambda: np.empty(0, np.bool_))
    lent: NDArray[np.int16] = field(default_factory=lambda: np.empty(0, np.int16))
    lenders: tuple[str, ...] = ()
    households: Households = field(default_factory=Households)
    seqs: Growth = field(default_factory=lambda: Growth.of(np.empty(0, np.int64)))
    erased: Mapping[str, int] = field(default_factory=dict)
    seq: int = 0

    @property
    def at(self) -> RowsById:
        """Row by person."""
        return self.ids.rows

    def __len__(self) -> int:
        """How many people."""
        return int(np.count_nonzero(self.alive))

    def allowed(self, side: str, without: Iterable[str] = (), closed: Iterable[str] = ()) -> Mask:
        """Whom a probe of that side may be looked for among: bool [N], without these persons.

        `closed` are borrowed galleries that this search does not see.
        """
        sides = [SIDES.index(name) for name in SEARCHED_SIDES[side]]
        mask = self.alive & ~self.hidden & np.isin(self.side, sides)
        shut = set(closed)
        out = [number for number, gallery in enumerate(self.lenders) if gallery in shut]
        if out:
            mask &= ~np.isin(self.lent, out)
        for row in self.at.find(list(without)):
            if row >= 0:
                mask[row] = False
        return mask

    def taken(self, rows: NDArray[np.int64]) -> View:
        """Some rows alone, ascending and alive, with nothing prepared."""
        return replace(
            self,
            ids=self.ids.taken(rows),
            stations=self.stations.take(rows),
            side=self.side[rows],
            alive=self.alive[rows],
            hidden=self.hidden[rows],
            lent=self.lent[rows],
            households=self.households.taken(rows),
            seqs=Growth.of(self.seqs.now[rows]),
            columns={key: column.take(rows) for key, column in self.columns.items()},
            prepared={},
            faces=self.faces.taken(rows),
        )
