"""The vector index of faces: one template a person, kept beside the gallery, found by likeness.

It is fed by the same stream of changes as the gallery, so it is never behind it. At start the
engine says up to which change it is complete, and only later ones are applied; where there was
nothing, or something damaged, the stream brings everybody, and nothing is answered before it has.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from indexes.contract import Entries
from indexes.vectors import NOBODY
from indexes.vectors import Prints as IndexedPrints
from matchers.faces.contract import Prints
from matchers.faces.templates import fused
from tracing.gallery import View
from tracing.gallery_ids import PersonIds
from tracing.index_engines import Engine, EngineState
from tracing.person_files import GalleryRow

Changes = Callable[[int], Iterable[GalleryRow]]
Numbers = NDArray[np.float32]
BATCH = 10_000
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
        self._settled: PersonIds | None = None
        self._complete = -1
        """Up to which change the engine was filled from a generation of the gallery."""
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
        """The gallery starts from a generation: whoever is in it need not be read again.

        An engine that holds nothing is filled with the generation's templates. None takes that
        back: everybody will be read.
        """
        self._open()
        with self._lock:
            if view is None:
                if self._complete >= 0:
                    self._engine.reset()
                self._settled, self._complete, self._read = None, -1, False
                return
            self._settled = view.ids
            if self._engine.applied >= 0:
                return
            faces, by_row = view.faces, np.empty(len(view.ids), np.uint64)
            by_row[view.ids.by_digest.places] = view.ids.by_digest.digests
            for start in range(0, len(faces), BATCH):
                rows = faces.rows[start : start + BATCH]
                owners = (by_row[rows] >> np.uint64(1)).astype(np.int64)
                vectors = faces.vectors[start : start + BATCH].astype(np.float32)
                prints = IndexedPrints(self._model, vectors)
                entries = Entries(owners, owners, view.seqs.now[rows], prints)
                self._engine.apply(entries, (), view.seq)
            self._complete = view.seq

    def narrows(self, faces: int) -> bool:
        """Whether neighbours are to be asked for, rather than everybody compared."""
        return self._read and (self._engine.narrows_always or faces > self._narrowed_from)

    def nearest(self, template: Numbers, k: int) -> Sequence[str]:
        """Ids of the k persons whose templates are nearest to float32 [d], nearest first.

        Raises:
            IndexUnusable, IndexDamaged: there is nothing to answer from.
        """
        length = float(np.linalg.norm(template))
        asked = IndexedPrints(self._model, (template / length)[None].astype(np.float32))
        owners = self._engine.search(asked, k).owners[0]
        found = (self._person(int(owner)) for owner in owners if owner != NOBODY)
        return [person for person in found if person is not None]

    def _person(self, owner: int) -> str | None:
        person = self._people.get(owner)
        if person is not None or self._settled is None:
            return person
        index = self._settled.by_digest
        place = int(np.searchsorted(index.digests, np.uint64(owner << 1)))
        if place == len(index.digests) or int(index.digests[place]) >> 1 != owner:
            return None
        return self._settled.base[int(index.places[place])]

    def tidy(self) -> bool:
        """Make a new generation where that is due; says whether one was made."""
        if not self._read:
            return False
        since = self._gone_since
        overdue = since is not None and self._now() - since >= LONGEST_WAIT
        if not self._engine.due() and not overdue:
            return False
        self.rebuild()
        return True

    def rebuild(self, *, new_key: bool = False) -> None:
        """Make the index anew from the records, prove it, put it in force.

        new_key: under a new index key; the old one is destroyed with the last generation under it.
        """
        self._open()
        if new_key:
            self._engine.renew_key()
        since, self._gone_since = self._gone_since, None
        try:
            self._engine.rebuild(self._batches())
        except BaseException:
            self._gone_since = since
            raise

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
                one = IndexedPrints(self._model, entries.prints.vectors[at : at + 1])
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
                    self._people.pop(_owner(person_id), None)
                else:
                    self._people[_owner(person_id)] = person_id
            newer = [row for row in latest.values() if row.seq > self._engine.applied]
            if not newer:
                return
            entries = self._entries(newer)
            without = [_owner(row.person_id) for row in newer]
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
        """The templates of those who have one."""
        found = [(row, vector) for row in rows if (vector := self._template(row)) is not None]
        if not found:
            return None
        owners = np.array([_owner(row.person_id) for row, _ in found], np.int64)
        seqs = np.array([row.seq for row, _ in found], np.int64)
        vectors = np.stack([vector for _, vector in found])
        return Entries(owners, owners, seqs, IndexedPrints(self._model, vectors))

    def _template(self, row: GalleryRow) -> Numbers | None:
        own = [
            p.vector
            for p in row.prints
            if p.model == self._model and len(p.vector) == self._dim and p.vector.any()
        ]
        if row.erased or not own:
            return None
        prints = Prints(self._model, np.stack(own).astype(np.float32))
        return np.asarray(fused(prints).vectors[0], np.float32)


def _owner(person_id: str) -> int:
    """63 bits of the digest of a person's id, as `Sorted` has it; any two of 30 million share them
    with a chance of 1 in 20,000."""
    digest = hashlib.blake2b(person_id.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1
