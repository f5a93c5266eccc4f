"""A segment that stays current: main generation, exact delta, and who is gone since.

Searches run while entries come and go. The delta only grows at its end and searches look at the
part that was there when they began; removals set flags. When a new generation is taken up, the
delta keeps what came after it and the removals after it are applied to it.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexes.contract import Entries, IndexNotReady, Neighbours, as_neighbours, grouped
from indexes.filters import EVERYBODY, Attribute, Filter, Mask
from indexes.segments.segment import Dead, Segment
from indexes.vectors import NOBODY, Ids, Prints, Vectors, VectorsOfAnotherModel

_ROOM = 1024


@dataclass(frozen=True, slots=True)
class _Delta:
    """Room for entries, of which `count` are there; never shrinks, replaced when it is full."""

    ids: Ids
    owners: Ids
    seqs: Ids
    vectors: Vectors
    columns: Mapping[str, Attribute]
    gone: Mask
    count: int

    @classmethod
    def empty(cls, dim: int, columns: Collection[str], room: int = _ROOM) -> _Delta:
        whole = np.full((3, room), NOBODY, np.int64)
        kept = {name: np.full(room, -1, np.int32) for name in columns}
        vectors = np.zeros((room, dim), np.float32)
        return cls(whole[0], whole[1], whole[2], vectors, kept, np.zeros(room, np.bool_), 0)

    def taken(self, rows: Mask, room: int) -> _Delta:
        """A delta with room that holds some of the present rows."""
        new = _Delta.empty(self.vectors.shape[1], self.columns, room)
        at = np.flatnonzero(rows)
        size = len(at)
        for old, into in self._arrays(new):
            into[:size] = old[at]
        return _Delta(new.ids, new.owners, new.seqs, new.vectors, new.columns, new.gone, size)

    def with_entries(self, entries: Entries) -> _Delta:
        """The same and the entries behind; earlier readers do not see them."""
        end = self.count + len(entries)
        base = self
        if end > len(self.ids):
            rows = np.zeros(len(self.ids), np.bool_)
            rows[: self.count] = True
            base = self.taken(rows, max(_ROOM, 2 * end))
        at = slice(base.count, end)
        base.ids[at], base.owners[at], base.seqs[at] = entries.ids, entries.owners, entries.seqs
        base.vectors[at] = entries.prints.vectors
        for name, values in base.columns.items():
            values[at] = entries.columns[name]
        return _Delta(base.ids, base.owners, base.seqs, base.vectors, base.columns, base.gone, end)

    def _arrays(self, new: _Delta) -> list[tuple[NDArray[Any], NDArray[Any]]]:
        pairs: list[tuple[NDArray[Any], NDArray[Any]]] = [
            (self.ids, new.ids),
            (self.owners, new.owners),
            (self.seqs, new.seqs),
        ]
        pairs += [(self.vectors, new.vectors), (self.gone, new.gone)]
        return pairs + [(self.columns[name], new.columns[name]) for name in self.columns]


class LivingVectors:
    """All prints of one model, searched through segments; safe to share between threads."""

    def __init__(self, model: str, dim: int, columns: Collection[str] = ()) -> None:
        """Not ready until `take_up` has been called, with a segment or, if new, with None."""
        self._model = model
        self._dim = dim
        self._columns = tuple(columns)
        self._lock = threading.Lock()
        self._ready = False
        self._main: Segment | None = None
        self._dead: Dead | None = None
        self._delta = _Delta.empty(dim, self._columns)
        self._removals: dict[int, int] = {}

    @property
    def model(self) -> str:
        """The recipe of the prints."""
        return self._model

    @property
    def dim(self) -> int:
        """How many numbers a print has."""
        return self._dim

    @property
    def ready(self) -> bool:
        """Whether searches are answered."""
        return self._ready

    @property
    def segment(self) -> Segment | None:
        """The generation in use."""
        return self._main

    def __len__(self) -> int:
        main = 0 if self._main is None else len(self._main)
        dead = 0 if self._dead is None else self._dead.count
        delta = self._delta
        return main - dead + int(delta.count - np.count_nonzero(delta.gone[: delta.count]))

    @property
    def pending(self) -> int:
        """Rows that the next generation would take in or leave out."""
        return self._delta.count + (0 if self._dead is None else self._dead.count)

    @property
    def tombstones(self) -> int:
        """Rows of the generation that no search returns and only the next one is without."""
        return 0 if self._dead is None else self._dead.count

    def take_up(self, segment: Segment | None) -> None:
        """Search this generation from now on; what came after it stays in the delta.

        `None` says that there is none *and none is missing*: a new installation.
        """
        if segment is not None:
            self._fitting(segment)
        with self._lock:
            after = -1 if segment is None else segment.manifest.max_seq
            late = np.zeros(len(self._delta.ids), np.bool_)
            late[: self._delta.count] = self._delta.seqs[: self._delta.count] > after
            delta = self._delta.taken(late, max(_ROOM, 2 * int(late.sum())))
            self._removals = {who: seq for who, seq in self._removals.items() if seq > after}
            replaced = delta.ids[: delta.count]
            dead = None if segment is None else _dead_in(segment, self._removals, replaced)
            self._main, self._dead, self._delta, self._ready = segment, dead, delta, True

    def withdraw(self) -> None:
        """Answer no more searches until a generation is taken up again."""
        with self._lock:
            self._ready = False

    def add(self, entries: Entries) -> None:
        """Take entries in; an id that is there already is replaced."""
        self._checked(entries.prints)
        if set(entries.columns) != set(self._columns):
            raise ValueError(f"columns {sorted(entries.columns)}, expected {sorted(self._columns)}")
        if len(np.unique(entries.ids)) != len(entries.ids):
            raise ValueError("an id is there twice")
        with self._lock:
            self._hide(entries.ids)
            self._delta = self._delta.with_entries(entries)

    def remove(self, owners: Collection[int], seq: int) -> None:
        """From now on find no print of these people that came before change `seq`."""
        who = np.fromiter(owners, np.int64, len(owners))
        if not len(who):
            return
        with self._lock:
            for owner in who:
                self._removals[int(owner)] = max(seq, self._removals.get(int(owner), -1))
            delta = self._delta
            part = slice(0, delta.count)
            delta.gone[part] |= np.isin(delta.owners[part], who) & (delta.seqs[part] < seq)
            if self._main is not None:
                rows = np.isin(self._main.owners, who) & (self._main.seqs < seq)
                self._bury(np.flatnonzero(rows))

    def search(self, prints: Prints, k: int, where: Filter = EVERYBODY) -> Neighbours:
        """The k nearest people for each probe.

        Raises:
            IndexNotReady: no generation has been taken up, or it was withdrawn.
            VectorsOfAnotherModel: the prints are of another model.
        """
        queries = self._checked(prints)
        with self._lock:
            if not self._ready:
                raise IndexNotReady("the index has not been opened; rebuild it if this lasts")
            main, dead, delta = self._main, self._dead, self._delta
        recent = self._recent(delta, queries, k, where)
        if main is None:
            return recent
        return _merged(main.search(queries, k, where, dead), recent, k)

    def _recent(self, delta: _Delta, queries: Vectors, k: int, where: Filter) -> Neighbours:
        part = slice(0, delta.count)
        columns = {name: values[part] for name, values in delta.columns.items()}
        rows = np.flatnonzero(where.mask(columns, delta.count) & ~delta.gone[part])
        cosines = queries @ delta.vectors[rows].T
        owners, ids = delta.owners[rows], delta.ids[rows]
        return as_neighbours([grouped(owners, ids, row, k) for row in cosines], k)

    def _hide(self, ids: Ids) -> None:
        """Entries that are about to be replaced."""
        delta = self._delta
        part = slice(0, delta.count)
        delta.gone[part] |= np.isin(delta.ids[part], ids)
        if self._main is not None:
            self._bury(np.flatnonzero(np.isin(self._main.ids, ids)))

    def _bury(self, rows: Ids) -> None:
        if self._main is None or not len(rows):
            return
        old = self._dead
        flags = np.zeros(len(self._main), np.bool_) if old is None else old.rows
        flags[rows] = True
        self._dead = Dead(flags, int(np.count_nonzero(flags)))

    def _fitting(self, segment: Segment) -> None:
        found = segment.manifest
        if (found.model, found.dim) != (self._model, self._dim):
            raise VectorsOfAnotherModel(f"a segment of {found.model} for an index of {self._model}")
        if set(found.columns) != set(self._columns):
            raise ValueError(f"a segment with columns {sorted(found.columns)}")

    def _checked(self, prints: Prints) -> Vectors:
        if prints.model != self._model:
            raise VectorsOfAnotherModel(f"{prints.model} prints in an index of {self._model}")
        vectors = np.ascontiguousarray(prints.vectors, np.float32)
        if vectors.ndim != 2 or vectors.shape[1] != self._dim:
            raise ValueError(f"prints of shape {vectors.shape}, expected [n, {self._dim}]")
        if not np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-3):
            raise ValueError("prints must be of unit length")
        return vectors


def _dead_in(segment: Segment, removals: Mapping[int, int], replaced: Ids) -> Dead | None:
    """Rows of a generation that were removed or replaced after it was made."""
    if not removals and not len(replaced):
        return None
    flags = np.isin(segment.ids, replaced)
    for row in np.flatnonzero(np.isin(segment.owners, np.fromiter(removals, np.int64))):
        flags[row] |= segment.seqs[row] < removals[int(segment.owners[row])]
    return Dead(flags, int(np.count_nonzero(flags)))


def _merged(one: Neighbours, other: Neighbours, k: int) -> Neighbours:
    rows = []
    for at in range(len(one.owners)):
        owners = np.concatenate([one.owners[at], other.owners[at]])
        ids = np.concatenate([one.ids[at], other.ids[at]])
        cosines = np.concatenate([one.cosines[at], other.cosines[at]])
        there = owners != NOBODY
        rows.append(grouped(owners[there], ids[there], cosines[there], k))
    return as_neighbours(rows, k)
