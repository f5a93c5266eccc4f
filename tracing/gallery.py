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
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexes.columns import Column
from matchers.claims import PersonClaims
from matchers.distinct import Distinct
from matchers.evidence import Comparator
from matchers.evidence.codecs import CODECS
from matchers.evidence.levels import Remembering, Veiling
from matchers.evidence.part_wise import growing
from matchers.faces.centring import Cohort
from tracing.column_values import WrittenValues
from tracing.face_gallery import FaceGallery
from tracing.face_templates import FaceRows
from tracing.gallery_ids import PersonIds, RowsById
from tracing.households import Households, Reread
from tracing.person_files import GalleryRow
from tracing.store.cohorts import StoredCohort

Mask = NDArray[np.bool_]
SIDES = ("found", "sought", "register")
HOUSED = "relatives"
"""The evidence to which people of one household contribute."""
BATCH = 20_000
"""So many records are read together; what they take in memory goes before the next are read."""
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

    ids: person of each row. stations: code of each one's station. side: int8 [N], index into
    SIDES. alive, hidden: bool [N]; hidden are protected persons, whom no search sees. households:
    who lives with whom. columns, prepared: by evidence. seq: all changes up to this sequence
    number are in it.
    """

    faces: FaceGallery
    columns: Mapping[str, Column]
    prepared: Mapping[str, Any]
    ids: PersonIds = field(default_factory=PersonIds)
    stations: Column = field(default_factory=lambda: Column.build(()))
    side: NDArray[np.int8] = field(default_factory=lambda: np.empty(0, np.int8))
    alive: Mask = field(default_factory=lambda: np.empty(0, np.bool_))
    hidden: Mask = field(default_factory=lambda: np.empty(0, np.bool_))
    households: Households = field(default_factory=Households)
    seq: int = 0

    @property
    def at(self) -> RowsById:
        """Row by person."""
        return self.ids.rows

    def __len__(self) -> int:
        """How many people."""
        return int(np.count_nonzero(self.alive))

    def allowed(self, side: str, without: Iterable[str] = ()) -> Mask:
        """Whom a probe of that side may be looked for among: bool [N], without these persons."""
        sides = [SIDES.index(name) for name in SEARCHED_SIDES[side]]
        mask = self.alive & ~self.hidden & np.isin(self.side, sides)
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
            households=self.households.taken(rows),
            columns={key: column.take(rows) for key, column in self.columns.items()},
            prepared={},
            faces=self.faces.taken(rows),
        )


def empty_column(key: str) -> Column:
    """A column of one evidence without a record."""
    if key not in CODECS:
        return Column.build(())
    return Column(WrittenValues(CODECS[key], Distinct.of()), np.empty(0, np.int32))


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

    A protected person is no co-resident: nobody is found through one.
    """
    claims = PersonClaims.from_document(row.document)
    if claims.household is None:
        return claims
    house = None if row.protected else f"{row.station_code}/{claims.household}"
    return replace(claims, household=house)


def _batched(rows: Iterable[GalleryRow], size: int) -> Iterator[list[GalleryRow]]:
    rest = iter(rows)
    while some := list(islice(rest, size)):
        yield some


def _no_records(person_ids: Sequence[str]) -> Iterable[GalleryRow]:
    del person_ids
    return ()


@dataclass(frozen=True, slots=True)
class _Told:
    """What the changes of several batches mean for the faces: rows gone, and prints by row."""

    gone: dict[int, int | None] = field(default_factory=dict)
    before: dict[int, int] = field(default_factory=dict)
    """The row that a person had first, by the row that came for it."""
    prints: dict[int, FaceRows] = field(default_factory=dict)

    def leave(self, gone: Mapping[int, int | None]) -> None:
        """Rows are gone; each has the person's new row, or None for an erased person."""
        for row, later in gone.items():
            self.prints.pop(row, None)
            first = self.before.pop(row, row)
            self.gone[first] = later
            if later is not None:
                self.before[later] = first

    def add(self, person: FaceRows | None) -> None:
        """A person has a face."""
        if person is not None:
            self.prints[person.row] = person


class Gallery:
    """Keeps the current `View`; one for each process."""

    def __init__(
        self,
        comparators: Sequence[Comparator],
        faces: FaceGallery,
        changes: Callable[[int], Iterable[GalleryRow]],
        reread: Callable[[Sequence[str]], Iterable[GalleryRow]] = _no_records,
    ) -> None:
        """`changes(after)` gives everybody whose sequence number is above `after`, lowest first.

        `reread(ids)` gives the records of some persons as they are now.
        """
        self.comparators = tuple(growing(c) for c in comparators)
        self._changes = changes
        self._reread = reread
        self._lock = threading.Lock()
        self._read = False
        empty = {c.key: empty_column(c.key) for c in self.comparators}
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
            view = self._view
            told = _Told()
            for rows in _batched(self._changes(view.seq), BATCH):
                with lasting(len(rows)):
                    view = self._with(view, rows, told)
            if view.seq != self._view.seq:
                faces = view.faces.changed(told.gone, list(told.prints.values()))
                view = self._ready(self._packed(replace(view, faces=faces)))
            self._view = view
            self._read = True
            return view

    def _with(self, view: View, rows: Sequence[GalleryRow], told: _Told) -> View:
        """The same with a batch of changes, nothing prepared; faces wait in `told`."""
        latest = {row.person_id: row for row in rows}
        known = zip(latest, view.at.find(list(latest)), strict=True)
        old = {person_id: row for person_id, row in known if row >= 0}
        alive = view.alive.copy()
        alive[list(old.values())] = False
        fresh = [row for row in latest.values() if not row.erased]
        start = len(view.ids)
        now = {row.person_id: start + i for i, row in enumerate(fresh)}
        gone = {row: now.get(person_id) for person_id, row in old.items()}
        told.leave(gone)
        for i, row in enumerate(fresh):
            told.add(FaceRows.of(start + i, row, view.faces.comparable(row.prints)))
        claims = {start + i: _claims(row) for i, row in enumerate(fresh)}
        households, joined = view.households.changed(gone, claims, self._reread_in(view))
        return replace(
            view,
            ids=view.ids.changed(old, list(now)),
            stations=view.stations.append([(row.station_code,) for row in fresh]),
            side=np.append(view.side, np.array([SIDES.index(r.side) for r in fresh], np.int8)),
            alive=np.append(alive, np.ones(len(fresh), np.bool_)),
            hidden=np.append(view.hidden, np.array([r.protected for r in fresh], np.bool_)),
            households=households,
            columns=self._columns(view, joined),
            seq=max(row.seq for row in rows),
        )

    def _reread_in(self, view: View) -> Reread:
        """Reads what the records of some rows say now."""

        def reread(rows: Sequence[int]) -> dict[int, PersonClaims]:
            found = self._reread([view.ids[row] for row in rows])
            by_id = {r.person_id: r for r in found if not r.erased}
            return {row: _claims(by_id[p]) for row in rows if (p := view.ids[row]) in by_id}

        return reread

    def _columns(self, view: View, claims: Mapping[int, PersonClaims]) -> dict[str, Column]:
        """Columns with further rows, and with what co-residents of earlier rows have changed."""
        fresh = [person for row, person in claims.items() if row >= len(view.ids)]
        earlier = [row for row in claims if row < len(view.ids)]
        columns = {}
        for comparator in self.comparators:
            new = view.columns[comparator.key]
            new = new.append([comparator.values(person) for person in fresh])
            if earlier and comparator.key == HOUSED:
                new = new.changed(earlier, [comparator.values(claims[row]) for row in earlier])
            columns[comparator.key] = new
            if isinstance(comparator, Remembering):
                comparator.forget()
        return columns

    def _ready(self, view: View) -> View:
        """The view with whatever of its values is not prepared yet."""
        prepared = {}
        for comparator in self.comparators:
            key, known = comparator.key, view.prepared.get(comparator.key)
            values: Any = view.columns[key].values
            if known is None or not self._view.columns[key].values:
                prepared[key] = comparator.prepare(values)
            elif len(values) != len(self._view.columns[key].values):
                prepared[key] = comparator.grown(values, known)
            else:
                prepared[key] = known
        return self._veiled(replace(view, prepared=prepared))

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
        return view.taken(np.flatnonzero(view.alive))
