"""Joint cells: records grouped by several columns at once, and the best cells for a question.

Each column's distinct values fall into bins (a birth into its year, a home into its county). A
cell is one combination of bins that somebody has. What a question makes of the values of each
column is a score; a cell's score is the sum over the columns of the best in its bin, so that no
record in it scores higher. There are far fewer cells than records.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from indexes.columns import Column
from indexes.postings import Postings

Scores = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Bins:
    """Bins of the V values of one column, numbered from 1; bin 0 is for records without a value.

    of_value: int32 [V]. order: int64 [V], values by bin; starts: int64 [B], where each bin from 1
    on begins there.
    """

    of_value: NDArray[np.int32]
    order: NDArray[np.int64]
    starts: NDArray[np.int64]

    @classmethod
    def of(cls, keys: NDArray[np.integer]) -> Self:
        """Values of equal key, int [V], fall into one bin."""
        distinct, number = np.unique(keys, return_inverse=True)
        order = np.argsort(number, kind="stable")
        starts = np.searchsorted(number[order], np.arange(len(distinct)))
        return cls((number + 1).astype(np.int32), order, starts)

    def best(self, scores: Scores) -> Scores:
        """The best score of each bin, float32 [V] -> float32 [B + 1]; that of bin 0 is 0."""
        if not len(self.starts):
            return np.zeros(1, np.float32)
        return np.append(np.float32(0), np.maximum.reduceat(scores[self.order], self.starts))


@dataclass(frozen=True, slots=True)
class Cells:
    """C cells over some columns.

    bins: of each column. parts: int32 [C] for each column, the bin that the cell stands for.
    records: those in each cell. first: int32 [N], the cell of each record's first values.
    """

    bins: tuple[Bins, ...]
    parts: tuple[NDArray[np.int32], ...]
    records: Postings
    first: NDArray[np.int32]

    @classmethod
    def of(cls, columns: Sequence[Column], bins: Sequence[Bins]) -> Self:
        """A record with several values in the last column is in several cells."""
        count = len(columns[0])
        spans = [len(each.starts) + 1 for each in bins]
        first = np.zeros(count, np.int64)
        for column, each, span in zip(columns[:-1], bins, spans, strict=False):
            first = first * span + _binned(column.first, each)
        joint, every = (
            [first * spans[-1] + _binned(columns[-1].first, bins[-1])],
            [np.arange(count, dtype=np.int32)],
        )
        for slot in columns[-1].more:
            joint.append(first[slot.rows] * spans[-1] + _binned(slot.codes, bins[-1]))
            every.append(slot.rows)
        keys, number = np.unique(np.concatenate(joint), return_inverse=True)
        cell: NDArray[np.int32] = number.astype(np.int32)
        parts = []
        for span in reversed(spans):
            keys, part = np.divmod(keys, span)
            parts.append(part.astype(np.int32))
        records = Postings.grouped(cell, np.concatenate(every), len(parts[0]))
        return cls(tuple(bins), tuple(reversed(parts)), records, cell[:count].copy())

    def scored(self, scores: Sequence[Scores]) -> Scores:
        """Score of each cell, float32 [C], from the scores float32 [V] of each column's values."""
        total = np.zeros(len(self.parts[0]), np.float32)
        for each, part, own in zip(self.bins, self.parts, scores, strict=True):
            total += each.best(own).take(part)
        return total

    def best(self, scored: Scores, most: int) -> NDArray[np.int32]:
        """Records of the best cells, best cells first, at most so many."""
        wanted = 64
        while True:
            wanted = min(len(scored), wanted * 16)
            top = np.argpartition(-scored, wanted - 1)[:wanted]
            top = top[np.argsort(-scored[top], kind="stable")].astype(np.int64)
            held = np.cumsum(self.records.sizes(top))
            if held[-1] >= most or wanted == len(scored):
                enough = int(np.searchsorted(held, most)) + 1
                return self.records.holders(top[:enough])[:most]


def _binned(codes: NDArray[np.int32], bins: Bins) -> NDArray[np.int64]:
    # code -1 reads the appended zero: a record without a value is in bin 0
    return np.append(bins.of_value, np.int32(0))[codes].astype(np.int64)
