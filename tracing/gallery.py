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
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import numpy as np
import structlog
from numpy.typing import NDArray

from indexes.columns import Column
from indexes.segments import available, give_back
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
from tracing.gallery_records import (
    GalleryVerified,
    Records,
    no_records,
    nobody_stands,
    utc_now,
)
from tracing.gallery_view import SEARCHED_SIDES, SIDES, View
from tracing.households import Reread
from tracing.person_files import GalleryRow
from tracing.store.cohorts import StoredCohort

__all__ = ["SEARCHED_SIDES", "SIDES", "Gallery", "Records", "View"]

HOUSED = "relatives"
"""The evidence to which people of one household contribute."""
BATCH = 20_000
"""So many records are read together; what they take in memory goes before the next are read."""
PENDING_LEAST, PENDING_SHARE = 5_000, 0.05
"""A new generation is made once so many rows, and this share, came or went since the last."""
MADE_IN = 700
"""Bytes of its own that a process needs for each person while it makes a generation."""
LONGEST_WAIT = timedelta(days=1)
"""Somebody who went is out of the segments after this at the latest; the rule is 7 days."""
AGREEING_TRIES = 3
SAMPLED = 500
"""So many people are held against their records when a generation is verified."""
MANY = 5000
"""So many records at once are worth pausing the garbage collector for."""
DEAD_SHARE = 0.2
"""Above this share of dead rows the gallery is packed anew."""


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

    A protected person is no co-resident: nobody is found through one. Books that were lent are
    books of their own.
    """
    claims = PersonClaims.from_document(row.document)
    if claims.household is None:
        return claims
    house = None if row.protected else f"{row.gallery_id or row.station_code}/{claims.household}"
    return replace(claims, household=house)


def _batched(rows: Iterable[GalleryRow], size: int) -> Iterator[list[GalleryRow]]:
    rest = iter(rows)
    while some := list(islice(rest, size)):
        yield some


def _erased(known: Mapping[str, int], latest: Mapping[str, GalleryRow]) -> Mapping[str, int]:
    """Who is erased, with a batch of changes."""
    gone = {person_id: row.seq for person_id, row in latest.items() if row.erased}
    if not gone and known.keys().isdisjoint(latest):
        return known
    return {**{p: seq for p, seq in known.items() if p not in latest}, **gone}


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
        records: Records | None = None,
        opened: Callable[[View | None], None] | None = None,
    ) -> None:
        """`changes(after)` gives everybody whose sequence number is above `after`, lowest first.

        records: for a gallery that is kept in segments. opened: told of each generation that it
        works from, at a start before later changes are asked for, and of None if that was no good.
        """
        self.comparators = tuple(growing(c) for c in comparators)
        self._changes = changes
        self._segments = None if records is None else records.segments
        self._reread = no_records if records is None else records.reread
        self._standing = nobody_stands if records is None else records.standing
        self._now = utc_now if records is None else records.now
        self._opened = opened
        self._settled = 0
        self._gone_since: datetime | None = None
        self._short = False
        """Whether a generation that is due waits for memory."""
        self._lock = threading.Lock()
        self._read = False
        empty = {c.key: empty_column(c.key) for c in self.comparators}
        # nothing is prepared before it is known of what: sounds alone take seconds
        self._empty = self._view = View(faces=faces, columns=empty, prepared={})

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
            if not self._read:
                self._begin()
            else:
                self._view = self._followed(self._view)
            return self._view

    def publish(self) -> None:
        """Write the present state as a generation and work from it from now on.

        Raises:
            IndexBusy, IndexDamaged, IndexUnusable: nothing was changed.
        """
        if self._segments is None:
            return
        self._take_up(self._segments.publish(self._living()))
        give_back()

    def _living(self) -> View:
        """The present state without its dead rows, prepared anew."""
        now = self.follow()
        return self._ready(now.taken(np.flatnonzero(now.alive)))

    def rebuild(self) -> None:
        """Read every record anew, whatever lies in the segments, and publish.

        Raises:
            IndexBusy, IndexDamaged, IndexUnusable: nothing was changed.
        """
        with self._lock:
            self._view, self._read = self._anew(), True
        self.publish()

    def verify(self) -> GalleryVerified:
        """Hold the generation in force against the records; a sample of them value by value."""
        made = None if self._segments is None else self._segments.open()
        if made is None:
            return GalleryVerified(whole=True, rows=0, expected=0, sampled=0, agreeing=0)
        now = self._followed(made)
        agreed = self._agreeing(now, made.seq) is not None
        living = np.flatnonzero(now.alive)
        rows = living[:: max(1, len(living) // SAMPLED)].tolist()
        claims = self._reread_in(now)(rows)
        agreeing = sum(self._same(now, row, claims[row]) for row in rows if row in claims)
        return GalleryVerified(
            whole=agreed and agreeing == len(rows),
            rows=len(living) + len(now.erased),
            expected=self._standing(now.seq)[0],
            sampled=len(rows),
            agreeing=agreeing,
        )

    def _same(self, view: View, row: int, person: PersonClaims) -> bool:
        """Whether the columns say what the record says; of relatives co-residents tell more."""
        return all(
            set(view.columns[c.key].of(row)) == set(c.values(person))
            for c in self.comparators
            if c.key != HOUSED
        )

    def tidy(self, due: bool = False) -> bool:
        """Take up what another process has published, or publish where that is due.

        due: whether it is for the face index, which follows. Says whether anything was done.
        """
        segments = self._segments
        if segments is None or not self._read:
            return False
        if segments.newer() and (made := segments.open()) is not None:
            self._take_up(made)
            return True
        if (not self._due() and not due) or not self._has_room():
            return False
        self.publish()
        return True

    def _has_room(self) -> bool:
        """Whether there is memory for a new generation beside the old one; told once where not.

        A server that ran out of memory over it would be due again as soon as it is back.
        """
        segments, left = self._segments, available()
        if segments is None or left is None:
            return True
        needed = segments.memory_bytes + MADE_IN * len(self._view)
        if needed <= left:
            self._short = False
            return True
        if not self._short:
            self._short = True
            structlog.get_logger("xunqin").warning(
                "no memory for a new generation", needed_bytes=needed, available_bytes=left
            )
        return False

    def _due(self) -> bool:
        """Whether enough has changed since the last generation, or somebody went a day ago."""
        view, now = self._view, self._now()
        dead = len(view.ids) - int(np.count_nonzero(view.alive))
        if not dead:
            self._gone_since = None
        elif self._gone_since is None:
            self._gone_since = now
        since = self._gone_since if self._settled else None
        if since is not None and now - since >= LONGEST_WAIT:
            return True
        pending = dead + len(view.ids) - self._settled
        return pending >= max(PENDING_LEAST, PENDING_SHARE * len(view.ids))

    def _take_up(self, made: View) -> None:
        """Work from a generation and what came since."""
        with self._lock:
            epoch = self._view.faces.epoch + 1
            stored = self._view.faces.stored
            made = replace(made, faces=replace(made.faces, epoch=epoch, stored=stored))
            self._view = self._followed(made)
            self._settled = len(made.ids)
            self._gone_since = None
            if self._opened is not None:
                self._opened(made)

    def _begin(self) -> None:
        """The first state: a generation and what came since, or all records."""
        made = None if self._segments is None else self._segments.open()
        if made is not None and self._segments is not None:
            if self._opened is not None:
                self._opened(made)
            view = self._agreeing(self._followed(made), made.seq)
            if view is not None:
                self._view, self._settled, self._read = view, len(made.ids), True
                return
            self._segments.set_aside("made from records that are no more")
            if self._opened is not None:
                self._opened(None)
        self._view, self._read = self._anew(), True

    def _anew(self) -> View:
        """The state as all records tell it."""
        view = self._followed(self._empty)
        return view if view.prepared else self._ready(view)

    def _agreeing(self, view: View, seq: int) -> View | None:
        """The view, if the records that have not changed after `seq` are just those it has.

        Compared are how many there are and the sum of their change numbers, which no two records
        share; once more where somebody changed in between.
        """
        for _ in range(AGREEING_TRIES):
            seqs = view.seqs.now[view.alive]
            known = np.append(seqs, np.fromiter(view.erased.values(), np.int64))
            known = known[known <= seq]
            if self._standing(seq) == (len(known), int(known.sum())):
                return view
            view = self._followed(view)
        return None

    def _followed(self, before: View) -> View:
        """A state with what has changed since."""
        told, view = _Told(), before
        for rows in _batched(self._changes(view.seq), BATCH):
            with lasting(len(rows)):
                view = self._with(view, rows, told)
        if view is before:
            return view
        faces = view.faces.changed(told.gone, list(told.prints.values()))
        return self._ready(self._packed(replace(view, faces=faces)), before)

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
        met = (*view.lenders, *(row.gallery_id for row in fresh if row.gallery_id))
        lenders = tuple(dict.fromkeys(met))
        numbered = {gallery: number for number, gallery in enumerate(lenders)}
        lent = [numbered.get(row.gallery_id or "", -1) for row in fresh]
        households, joined = view.households.changed(gone, claims, self._reread_in(view))
        return replace(
            view,
            ids=view.ids.changed(old, list(now)),
            stations=view.stations.append([(row.station_code,) for row in fresh]),
            side=np.append(view.side, np.array([SIDES.index(r.side) for r in fresh], np.int8)),
            alive=np.append(alive, np.ones(len(fresh), np.bool_)),
            hidden=np.append(view.hidden, np.array([r.protected for r in fresh], np.bool_)),
            lent=np.append(view.lent, np.array(lent, np.int16)),
            lenders=lenders,
            households=households,
            columns=self._columns(view, joined),
            seqs=view.seqs.joined(np.array([row.seq for row in fresh], np.int64)),
            erased=_erased(view.erased, latest),
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

    def _ready(self, view: View, before: View | None = None) -> View:
        """The view with whatever of its values was not prepared before."""
        prepared = {}
        for comparator in self.comparators:
            key, known = comparator.key, view.prepared.get(comparator.key)
            values: Any = view.columns[key].values
            if known is None or before is None or not before.columns[key].values:
                prepared[key] = comparator.prepare(values)
            elif len(values) != len(before.columns[key].values):
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
