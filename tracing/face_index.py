"""The vector index of faces: one template a person, kept beside the gallery, found by likeness.

It is fed by the same stream of changes as the gallery, so it is never behind it. At start the
engine says up to which change it is complete, and only later ones are applied; where there was
nothing, or something damaged, the stream brings everybody, and nothing is answered before it has.

An engine of segments follows the generations of the gallery: each is made from the templates of the
gallery's own, in their order, so that both hold the same bytes and their pages are shared.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from indexes.contract import Entries
from indexes.vectors import NOBODY, Prints
from tracing.errors import IndexBusy, IndexUnusable
from tracing.face_entries import (
    BATCH,
    entries_of_rows,
    entries_of_view,
    owner_of,
    owners_among,
)
from tracing.gallery import View
from tracing.gallery_ids import PersonIds
from tracing.index_engines import Engine, EngineState
from tracing.person_files import GalleryRow

Changes = Callable[[int], Iterable[GalleryRow]]
Numbers = NDArray[np.float32]
NARROWED_FROM = 100_000
"""Up to so many faces, every one is compared; above, the neighbours that the index names."""
LONGEST_WAIT = timedelta(days=1)
"""A removal is out of the segments after this at the latest; the rule is 7 days."""
_SAMPLED = 50


@dataclass(frozen=True, slots=True)
class Verified:
    """What a check of the index against the records found; `whole` says that all is well."""

    whole: bool
    rows: int
    expected: int
    found_themselves: float
    measured: dict[str, float]


class FaceIndex:
    """Templates of everybody in one engine; safe to share between threads."""

    def __init__(
        self,
        engine: Engine,
        model: str,
        dim: int,
        records: Changes,
        now: Callable[[], datetime],
        narrowed_from: int = NARROWED_FROM,
    ) -> None:
        """`records(after)` gives everybody changed after a sequence number, lowest first."""
        self._engine = engine
        self._model, self._dim = model, dim
        self._records = records
        self._now = now
        self._narrowed_from = narrowed_from
        self._lock = threading.RLock()
        self._people: dict[int, str] = {}
        self._generation: View | None = None
        """The generation that the gallery works from."""
        self._complete = -1
        """Up to which change the engine need not be told: a generation of the gallery has it."""
        self._lacking = False
        """Whether the engine began without the faces of that generation."""
        self._opened = False
        self._read = False
        self._gone_since: datetime | None = None

    @property
    def damaged(self) -> str | None:
        """Why the index on the disk could not be used, until everybody has been read anew."""
        return None if self._read else self._engine.damaged

    def following(self, changes: Changes) -> Changes:
        """The same stream of changes, applied to the index as it passes."""

        def told(after: int) -> Iterator[GalleryRow]:
            self._open()
            first = not self._read
            start = after
            if first and self._engine.applied < after != self._complete:
                start = max(0, self._engine.applied)
            last, batch = after, []
            for row in changes(start):
                batch.append(row)
                last = row.seq
                if len(batch) == BATCH:
                    self._apply(batch)
                    batch = []
                if row.seq > after:
                    yield row
            self._apply(batch)
            if (first or after <= 0) and last < self._engine.applied:
                # an older database was put back: what the engine holds is of another life
                self._engine.reset()
                self._apply(list(changes(0)))
            self._read = True

        return told

    def begin(self, view: View | None) -> None:
        """The gallery works from this generation: whoever is in it need not be read again.

        An engine that holds nothing follows it at the next tidying, or is filled with its templates
        at once. None takes that back: everybody will be read.
        """
        self._open()
        with self._lock:
            if view is None:
                if self._complete >= 0:
                    self._engine.reset()
                self._generation, self._complete, self._read = None, -1, False
                self._lacking = False
                return
            self._generation = view
            self._forget_those_of(view)
            if self._engine.applied >= 0 or self._read:
                return
            self._complete = view.seq
            self._lacking = self._engine.follows_gallery and len(view.faces) > 0
            if not self._lacking:
                for entries in entries_of_view(view):
                    self._engine.apply(entries, (), view.seq)

    def narrows(self, faces: int) -> bool:
        """Whether neighbours are to be asked for, rather than everybody compared."""
        large = self._engine.narrows_always or faces > self._narrowed_from
        return self._read and large and not self._awaited

    @property
    def _awaited(self) -> bool:
        """Whether the engine is still without those of the generation that a start began with."""
        return self._lacking and self._engine.applied < self._complete

    def nearest(self, template: Numbers, k: int) -> Sequence[str]:
        """Ids of the k persons whose templates are nearest to float32 [d], nearest first.

        Raises:
            IndexUnusable, IndexDamaged: there is nothing to answer from.
        """
        if self._awaited:
            raise IndexUnusable(reason="not made yet")
        length = float(np.linalg.norm(template))
        asked = Prints(self._model, (template / length)[None].astype(np.float32))
        owners = self._engine.search(asked, k).owners[0]
        return self._persons(owners[owners != NOBODY])

    def _persons(self, owners: NDArray[np.int64]) -> list[str]:
        """Their ids, in this order: of those who came since, and of those in the generation."""
        view = self._generation
        ids = PersonIds() if view is None else view.ids
        places = ids.by_digest.places
        found = (
            self._people.get(owner) or (None if at < 0 else ids.base[int(places[at])])
            for owner, at in zip(owners.tolist(), owners_among(ids, owners).tolist(), strict=True)
        )
        return [person for person in found if person is not None]

    def _forget_those_of(self, view: View) -> None:
        """Whose ids the generation knows need not be kept beside it."""
        owners = np.fromiter(self._people, np.int64, len(self._people))
        for owner in owners[owners_among(view.ids, owners) >= 0].tolist():
            del self._people[owner]

    def due(self) -> bool:
        """Whether enough has changed, or somebody went a day ago; takes up what others made."""
        if not self._read:
            return False
        due = self._engine.due()
        if not self._engine.tombstones:
            self._gone_since = None
        since = self._gone_since
        return due or (since is not None and self._now() - since >= LONGEST_WAIT)

    def tidy(self) -> bool:
        """Make a new generation where that is due; says whether one was made.

        Where the gallery has generations, they alone are followed: it is to be tidied first, with
        what `due` says.
        """
        if not self._read:
            return False
        due, view = self.due(), self._generation
        wanted = due if view is None else self._behind(view)
        if not wanted and not self._engine.lost:
            return False
        try:
            self.rebuild()
        except IndexBusy:  # another process is at it
            return False
        return True

    def _behind(self, view: View) -> bool:
        """Whether the engine's own generation is older than this one of the gallery."""
        engine = self._engine
        if not engine.follows_gallery or engine.applied >= view.seq:
            return False
        return engine.applied >= 0 or len(view.faces) > 0

    def rebuild(self, *, new_key: bool = False) -> None:
        """Make the index anew, prove it, put it in force.

        From the gallery's generation, or from the records where the index was ahead of that.
        new_key: under a new index key; the old one is destroyed with the last generation under it.
        """
        self._open()
        if new_key:
            self._engine.renew_key()
        view = self._generation
        ahead = view is not None and view.seq < self._engine.applied
        self._remake(None if ahead else view)

    def _remake(self, view: View | None) -> None:
        """From a generation of the gallery, or from the records."""
        since, self._gone_since = self._gone_since, None
        try:
            if view is None:
                self._engine.rebuild(self._batches(), None)
            else:
                self._engine.rebuild(entries_of_view(view), view.seq)
        except BaseException:
            self._gone_since = since
            raise
        if self._engine.tombstones and self._gone_since is None:
            self._gone_since = self._now()  # whoever went while it was made

    def verify(self) -> Verified:
        """Compare with the records: checksums, counts, and sampled people find themselves.

        Raises:
            IndexDamaged, IndexUnusable: it cannot even be opened.
        """
        measured = self._engine.verify()
        for _ in self.following(self._records)(0):
            pass
        expected, hits, asked = 0, 0, 0
        for entries in self._batches():
            expected += len(entries)
            for at in range(0, len(entries), max(1, len(entries) // _SAMPLED)):
                one = Prints(self._model, entries.prints.vectors[at : at + 1])
                near = self._engine.search(one, 1)
                asked += 1
                hits += bool(near.cosines[0, 0] > 1 - 3e-2)
        share = hits / asked if asked else 1.0
        rows = len(self._engine)
        return Verified(rows == expected and share == 1.0, rows, expected, share, measured)

    def state(self) -> EngineState:
        """What the engine holds."""
        return self._engine.state()

    def close(self) -> None:
        """Let go of the engine."""
        self._engine.close()

    def _open(self) -> None:
        with self._lock:
            if not self._opened:
                self._engine.open()
                self._opened = True

    def _apply(self, rows: Sequence[GalleryRow]) -> None:
        with self._lock:
            latest = {row.person_id: row for row in rows}
            for person_id, row in latest.items():
                if row.erased:
                    self._people.pop(owner_of(person_id), None)
                else:
                    self._people[owner_of(person_id)] = person_id
            newer = [row for row in latest.values() if row.seq > self._engine.applied]
            if not newer:
                return
            entries = self._entries(newer)
            without = [owner_of(row.person_id) for row in newer]
            if entries is not None:
                without = list(set(without).difference(entries.owners.tolist()))
            self._engine.apply(entries, without, max(row.seq for row in newer))
            if self._engine.tombstones and self._gone_since is None:
                self._gone_since = self._now()

    def _batches(self) -> Iterator[Entries]:
        batch: list[GalleryRow] = []
        for row in self._records(0):
            batch.append(row)
            if len(batch) == BATCH:
                yield from filter(None, [self._entries(batch)])
                batch = []
        yield from filter(None, [self._entries(batch)])

    def _entries(self, rows: Sequence[GalleryRow]) -> Entries | None:
        return entries_of_rows(rows, self._model, self._dim)
