"""Postings: from the distinct values of a column to the records that hold them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from indexes.columns import NONE, Column
from indexes.ranks import ABSENT

Rows = NDArray[np.int32]
Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Postings:
    """Records by value: those of value v are rows[starts[v]:starts[v + 1]], ascending.

    rows: int32 [E], of all E values that records hold. starts: int64 [V + 1].
    """

    rows: Rows
    starts: Codes

    @classmethod
    def of(cls, column: Column) -> Self:
        """One sort of the column's codes."""
        codes = [column.first, *(slot.codes for slot in column.more)]
        rows = [np.arange(len(column.first), dtype=np.int32), *(s.rows for s in column.more)]
        return cls.grouped(np.concatenate(codes), np.concatenate(rows), len(column.values))

    @classmethod
    def grouped(cls, codes: NDArray[np.int32], rows: Rows, count: int) -> Self:
        """Of pairs of a code below `count` (-1: none) and a record."""
        order = np.argsort(codes, kind="stable")
        starts = np.searchsorted(codes[order], np.arange(count + 1))
        first = int(starts[0]) if len(starts) else 0
        return cls(rows[order[first:]].astype(np.int32), (starts - first).astype(np.int64))

    def sizes(self, values: Codes) -> Codes:
        """How many records hold each of the values: int64 [n]; none of one that came since."""
        return self.starts.take(values + 1, mode="clip") - self._begin(values)

    def holders(self, values: Codes) -> Rows:
        """The records of the values, value by value: int32 [sum of sizes]."""
        sizes = self.sizes(values)
        begun = np.cumsum(sizes) - sizes
        at = np.repeat(self._begin(values) - begun, sizes) + np.arange(sizes.sum())
        return self.rows.take(at)

    def _begin(self, values: Codes) -> Codes:
        return self.starts.take(values, mode="clip")


@dataclass(frozen=True, slots=True)
class Entries:
    """The values of some of a column's records, n of them.

    at: int32 [e], place of the record among the n. codes: int64 [c], into the column's values.
    which: which of the codes each is, int32 [e]; None where there are as many codes, in this order.
    """

    count: int
    at: NDArray[np.int32]
    codes: Codes
    which: NDArray[np.int32] | None = None

    def once(self) -> Self:
        """The same with every code once, ascending: for records that are asked for often."""
        codes, which = np.unique(self.codes, return_inverse=True)
        return replace(self, codes=codes, which=which.astype(np.int32))

    @classmethod
    def of(cls, column: Column, rows: NDArray[np.int64]) -> Self:
        """Of the records at `rows`, ascending."""
        first = column.first.take(rows)
        known = np.flatnonzero(first != NONE)
        at, codes = [known.astype(np.int32)], [first[known]]
        narrow = rows.astype(np.int32)
        for slot in column.more:
            if not len(slot.rows):
                continue
            places = slot.places(narrow)
            held = np.flatnonzero(places != ABSENT)
            at.append(held.astype(np.int32))
            codes.append(slot.codes.take(places[held]))
        return cls(len(rows), np.concatenate(at), np.concatenate(codes).astype(np.int64))

    def spread(self, levels: NDArray[np.int8]) -> NDArray[np.int8]:
        """Best level over each record's values, int8 [c] -> int8 [n]; 0 where none."""
        out = np.zeros(self.count, np.int8)
        if not levels.any():
            return out
        levels = levels if self.which is None else levels.take(self.which)
        # a record's first value comes before its others, and first values are those of most
        later = np.flatnonzero(self.at[1:] <= self.at[:-1])
        ends = [*(later + 1).tolist(), len(self.at)]
        start = 0
        for end in ends:
            span = self.at[start:end]
            out[span] = np.maximum(out[span], levels[start:end])
            start = end
        return out
