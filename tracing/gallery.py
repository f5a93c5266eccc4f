"""The gallery: everybody who may be searched, as columns in memory, following the database.

The database is the truth and the gallery a cache of it that can be thrown away. A `View` is one
state of it and never changes, so that a search works on one state from beginning to end while
`Gallery.follow` makes the next one. A changed person is a new row and a dead one; an erased person
is a dead row at once, and dead rows are left behind when they grow many.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexes.columns import Column
from matchers.claims import PersonClaims
from matchers.evidence import Comparator
from matchers.evidence.levels import Growing, Remembering, Veiling
from matchers.faces.centring import Cohort
from tracing.face_gallery import FaceGallery
from tracing.face_templates import FaceRows
from tracing.households import Households
from tracing.person_files import GalleryRow
from tracing.store.cohorts import StoredCohort

Mask = NDArray[np.bool_]
SIDES = ("found", "sought", "register")
HOUSED = "relatives"
"""The evidence to which people of one household contribute."""
MANY = 5000
"""So many records at once are worth pausing the garbage collector for."""
DEAD_SHARE = 0.2
"""Above this share of dead rows the gallery is packed anew."""
SEARCHED_SIDES: Mapping[str, tuple[str, ...]] = {
    "found": ("found", "sought", "register"),  # past visitors are on the found side
    "sought": ("found", "register"),
    "register": ("found", "sought"),
}
"""Which sides a probe of each side is looked for in."""


@dataclass(frozen=True, slots=True)
class View:
    """One state of the gallery, N rows.

    side: int8 [N], index into SIDES. alive, hidden: bool [N]; hidden are protected persons, whom
    no search sees. lent: int16 [N], index into lenders, the borrowed galleries by id; -1 the
    station's own. at: row by person. households: who lives with whom. columns, prepared: by
    evidence. seq: all changes up to this sequence number are in it.
    """

    faces: FaceGallery
    columns: Mapping[str, Column]
    prepared: Mapping[str, Any]
    ids: tuple[str, ...] = ()
    stations: tuple[str, ...] = ()
    side: NDArray[np.int8] = field(default_factory=lambda: np.empty(0, np.int8))
    alive: Mask = field(default_factory=lambda: np.empty(0, np.bool_))
    hidden: Mask = field(default_factory=lambda: np.empty(0, np.bool_))
    lent: NDArray[np.int16] = field(default_factory=lambda: np.empty(0, np.int16))
    lenders: tuple[str, ...] = ()
    at: Mapping[str, int] = field(default_factory=dict)
    households: Households = field(default_factory=Households)
    seq: int = 0

    def __len__(self) -> int:
        """How many people."""
        return int(np.count_nonzero(self.alive))

    def allowed(self, side: str, without: Iterable[str] = (), closed: Iterable[str] = ()) -> Mask:
        """Whom a probe of that side may be looked for among: bool [N], without these persons.

        `closed` are borrowed galleries that this search does not see.
        """
        sides = [SIDES.index(name) for name in SEARCHED_SIDES[side]]
        mask = self.alive & ~self.hidden & np.isin(self.side, sides)
        out = [at for at, gallery in enumerate(self.lenders) if gallery in set(closed)]
        if out:
            mask &= ~np.isin(self.lent, out)
        for person_id in without:
            row = self.at.get(person_id)
            if row is not None:
                mask[row] = False
        return mask


@contextmanager
def lasting(count: int) -> Iterator[None]:
    """Making `count` records that stay: the garbage collector is told not to walk over them.

    Measured: reading 100,000 records takes 20 s of CPU instead of 30, and later passes are spared
    them too.
    """
    if count < MANY or not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.freeze()


def _claims(row: GalleryRow) -> PersonClaims:
    """What a record says; its household is that of its station's book, if of anybody's.

    A protected person is no co-resident: nobody is found through one. Books that were lent are
    books of their own.
    """
    claims = PersonClaims.from_document(row.document)
    if claims.household is None:
        return claims
    house = None if row.protected else f"{row.gallery_id or row.station_code}/{claims.household}"
    return replace(claims, household=house)


class Gallery:
    """Keeps the current `View`; one for each process."""

    def __init__(
        self,
        comparators: Sequence[Comparator],
        faces: FaceGallery,
        changes: Callable[[int], Iterable[GalleryRow]],
    ) -> None:
        """`changes(after)` gives everybody whose sequence number is above `after`, lowest first."""
        self.comparators = tuple(comparators)
        self._changes = changes
        self._lock = threading.Lock()
        self._read = False
        empty = {c.key: Column.build(()) for c in self.comparators}
        prepared = {c.key: c.prepare(()) for c in self.comparators}
        self._view = View(faces=faces, columns=empty, prepared=prepared)

    @property
    def view(self) -> View:
        """The present state, as it is."""
        return self._view

    def recentre(self) -> bool:
        """Draw the cohort of faces anew where that is due, beside the searches; says whether."""
        before = self._view.faces
        if not before.due:
            return False
        drawn = before.redrawn()
        with self._lock:
            faces = self._view.faces.adopting(drawn)
            if faces is not None:
                self._view = replace(self._view, faces=faces)
        return faces is not None

    def number_cohort(self, cohort: Cohort, kept: StoredCohort) -> None:
        """The store keeps this cohort under that version."""
        with self._lock:
            faces = self._view.faces
            if faces.cohort is cohort:
                numbered = replace(cohort, version=kept.version)
                faces = replace(faces, cohort=numbered)
            self._view = replace(self._view, faces=replace(faces, stored=kept))

    def stamp_means(self, version: int, rows: NDArray[np.int64]) -> None:
        """The store keeps the means of these rows under that version."""
        with self._lock:
            faces = self._view.faces
            if faces.cohort is not None and faces.cohort.version == version:
                stamped = faces.stamped | np.isin(faces.rows, rows)
                self._view = replace(self._view, faces=replace(faces, stamped=stamped))

    @property
    def faces(self) -> FaceGallery:
        """The faces of the present state."""
        return self._view.faces

    @property
    def people(self) -> int | None:
        """How many can be found; None until the gallery has been read."""
        return len(self._view) if self._read else None

    def follow(self) -> View:
        """The state of now: applies what has changed since the last call."""
        with self._lock:
            rows = list(self._changes(self._view.seq))
            if rows:
                with lasting(len(rows)):
                    self._view = self._packed(self._with(self._view, rows))
            self._read = True
            return self._view

    def _with(self, view: View, rows: Sequence[GalleryRow]) -> View:
        latest = {row.person_id: row for row in rows}
        alive = view.alive.copy()
        old = {person_id: view.at[person_id] for person_id in latest if person_id in view.at}
        alive[list(old.values())] = False
        at = {person_id: row for person_id, row in view.at.items() if person_id not in latest}
        fresh = [row for row in latest.values() if not row.erased]
        start = len(view.ids)
        at.update((row.person_id, start + i) for i, row in enumerate(fresh))
        gone = {row: at.get(person_id) for person_id, row in old.items()}
        claims = {start + i: _claims(row) for i, row in enumerate(fresh)}
        households, joined = view.households.changed(gone, claims)
        columns, prepared = self._columns(view, joined)
        met = (*view.lenders, *(row.gallery_id for row in fresh if row.gallery_id))
        lenders = tuple(dict.fromkeys(met))
        known = {gallery: number for number, gallery in enumerate(lenders)}
        prints = [
            FaceRows.of(start + i, row, view.faces.comparable(row.prints))
            for i, row in enumerate(fresh)
        ]
        return self._veiled(
            View(
                ids=(*view.ids, *(row.person_id for row in fresh)),
                stations=(*view.stations, *(row.station_code for row in fresh)),
                side=np.append(view.side, np.array([SIDES.index(r.side) for r in fresh], np.int8)),
                alive=np.append(alive, np.ones(len(fresh), np.bool_)),
                hidden=np.append(view.hidden, np.array([r.protected for r in fresh], np.bool_)),
                lent=np.append(
                    view.lent,
                    np.array([known.get(r.gallery_id or "", -1) for r in fresh], np.int16),
                ),
                lenders=lenders,
                at=at,
                households=households,
                columns=columns,
                prepared=prepared,
                faces=view.faces.changed(gone, [row for row in prints if row is not None]),
                seq=max(row.seq for row in rows),
            )
        )

    def _columns(
        self, view: View, claims: Mapping[int, PersonClaims]
    ) -> tuple[dict[str, Column], dict[str, Any]]:
        """Columns with further rows, and with what co-residents of earlier rows have changed."""
        fresh = [person for row, person in claims.items() if row >= len(view.ids)]
        earlier = [row for row in claims if row < len(view.ids)]
        columns, prepared = {}, {}
        for comparator in self.comparators:
            old = view.columns[comparator.key]
            new = old.append([comparator.values(person) for person in fresh])
            if earlier and comparator.key == HOUSED:
                new = new.changed(earlier, [comparator.values(claims[row]) for row in earlier])
            columns[comparator.key] = new
            prepared[comparator.key] = self._prepared(comparator, view, old, new)
            if isinstance(comparator, Remembering):
                comparator.forget()
        return columns, prepared

    def _prepared(self, comparator: Comparator, view: View, old: Column, new: Column) -> Any:
        """What the comparator made of the values; made anew only for values not known before."""
        known = view.prepared[comparator.key]
        if len(new.values) == len(old.values):
            return known
        if isinstance(comparator, Growing) and old.values:
            return comparator.grown(new.values, known)
        return comparator.prepare(new.values)

    def _veiled(self, view: View) -> View:
        """What only protected or former records say counts for nothing in anybody's answer."""
        shown = view.alive & ~view.hidden
        prepared = {
            c.key: c.veiled(view.prepared[c.key], ~view.columns[c.key].borne_by(shown))
            if isinstance(c, Veiling)
            else view.prepared[c.key]
            for c in self.comparators
        }
        return replace(view, prepared=prepared)

    def _packed(self, view: View) -> View:
        """The same people without the dead rows, once these are many."""
        dead = len(view.ids) - int(np.count_nonzero(view.alive))
        if dead <= 100 or dead <= DEAD_SHARE * len(view.ids):
            return view
        rows = np.flatnonzero(view.alive)
        columns = {key: column.take(rows) for key, column in view.columns.items()}
        packed = replace(
            view,
            ids=tuple(view.ids[row] for row in rows),
            stations=tuple(view.stations[row] for row in rows),
            side=view.side[rows],
            alive=view.alive[rows],
            hidden=view.hidden[rows],
            lent=view.lent[rows],
            at={view.ids[row]: i for i, row in enumerate(rows)},
            households=view.households.taken(rows.tolist()),
            columns=columns,
            prepared={c.key: c.prepare(columns[c.key].values) for c in self.comparators},
            faces=view.faces.taken(rows),
        )
        return self._veiled(packed)
