"""Whose row is whose: ids by row and rows by id, for tens of millions in a few bytes each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import overload

import numpy as np
from numpy.typing import NDArray

from matchers.distinct import Sorted, Strings


@dataclass(frozen=True, slots=True, eq=False)
class PersonIds(Sequence[str]):
    """Ids of N rows: those of a segment, each once, then those that came since.

    moved: rows of persons who came, changed or went since, None for those who went. Never changed:
    `changed` gives new ones, which share everything with these.
    """

    base: Strings = field(default_factory=lambda: Strings.of(()))
    by_digest: Sorted = field(default_factory=lambda: Sorted.of(()))
    tail: list[str] = field(default_factory=list)
    since: int = 0
    moved: Mapping[str, int | None] = field(default_factory=dict)

    @classmethod
    def of(cls, ids: Iterable[str]) -> PersonIds:
        """Ids that are each there once, in the order of their rows."""
        kept = Strings.of(ids)
        return cls(kept, Sorted.of(kept))

    def __len__(self) -> int:
        return len(self.base) + self.since

    @overload
    def __getitem__(self, row: int) -> str: ...
    @overload
    def __getitem__(self, row: slice) -> tuple[str, ...]: ...
    def __getitem__(self, row: int | slice) -> str | tuple[str, ...]:
        if isinstance(row, slice):
            return tuple(self[i] for i in range(*row.indices(len(self))))
        if not -len(self) <= row < len(self):
            raise IndexError(row)
        row = int(row) % len(self)
        old = len(self.base)
        return self.base[row] if row < old else self.tail[row - old]

    def changed(self, gone: Iterable[str], fresh: Sequence[str]) -> PersonIds:
        """Without the rows of those who are gone or fresh, the fresh ones in rows behind."""
        tail = self.tail if len(self.tail) == self.since else self.tail[: self.since]
        start = len(self)
        tail.extend(fresh)
        moved = {**self.moved, **dict.fromkeys(gone)}
        moved |= {person: start + i for i, person in enumerate(fresh)}
        return PersonIds(self.base, self.by_digest, tail, len(tail), moved)

    def taken(self, rows: NDArray[np.int64]) -> PersonIds:
        """Those of some rows alone, each person once, in ascending order of rows."""
        if self.since == 0:
            kept = self.base.taken(rows)
        else:
            old = int(np.searchsorted(rows, len(self.base)))
            late = (self.tail[row - len(self.base)] for row in rows[old:].tolist())
            kept = self.base.taken(rows[:old]).joined(Strings.of(late))
        return PersonIds(kept, Sorted.of(kept))

    @property
    def rows(self) -> RowsById:
        """The way back."""
        return RowsById(self)


@dataclass(frozen=True, slots=True)
class RowsById(Mapping[str, int]):
    """The present row of each person who is in the gallery."""

    ids: PersonIds

    def __getitem__(self, person_id: str) -> int:
        row = self.find([person_id])[0]
        if row < 0:
            raise KeyError(person_id)
        return row

    def __iter__(self) -> Iterator[str]:
        later = self.ids.moved
        yield from (person for person in self.ids.base if person not in later)
        yield from (person for person, row in later.items() if row is not None)

    def __len__(self) -> int:
        later = self.ids.moved
        known = self.ids.by_digest.find(list(later), self.ids.base)
        came = sum(row is not None for row in later.values())
        return len(self.ids.base) - int(np.count_nonzero(known >= 0)) + came

    def find(self, person_ids: Sequence[str]) -> list[int]:
        """The row of each of several persons, -1 for those who are not there."""
        later = self.ids.moved
        known = self.ids.by_digest.find(person_ids, self.ids.base).tolist()
        return [
            place if person not in later else -1 if (row := later[person]) is None else row
            for person, place in zip(person_ids, known, strict=True)
        ]
