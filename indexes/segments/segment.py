"""One generation, opened: the nearest people among its rows, exactly or through codes first.

Which way is taken follows from the sizes alone. Up to `exact_most` rows, and wherever a filter
leaves few, every row is compared exactly; else the codes name `depth` rows, and these are compared
exactly from the raw vectors. All arrays are read-only and shared between threads.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexes.contract import Neighbours, as_neighbours, grouped
from indexes.filters import EVERYBODY, Attribute, Filter, Mask
from indexes.segments.codes import Codes
from indexes.segments.manifest import Manifest, Shard
from indexes.segments.memory import Plain
from indexes.segments.recipe import Recipe
from indexes.vectors import Ids, Vectors

Rows = NDArray[np.int64]
Hits = tuple[Ids, Ids, Vectors]
_PART = 8192


@dataclass(frozen=True, slots=True)
class Dead:
    """Rows that are not found any more: bool [n], and how many."""

    rows: Mask
    count: int


@dataclass(frozen=True, slots=True)
class Segment:
    """n rows: ids, owners, seqs int64 [n], vectors float32 or float16 [n, d], columns int32 [n]."""

    manifest: Manifest
    plain: Plain
    ids: Ids
    owners: Ids
    seqs: Ids
    vectors: NDArray[np.floating]
    columns: Mapping[str, Attribute]
    extras: Mapping[str, NDArray[Any]]
    codes: tuple[tuple[Shard, Codes], ...]
    recipe: Recipe
    pool: ThreadPoolExecutor | None

    def __len__(self) -> int:
        return self.manifest.rows

    def close(self) -> None:
        """Let go of the shared pages; nothing may be searched afterwards."""
        if self.pool is not None:
            self.pool.shutdown()
        self.plain.close()

    def search(
        self, queries: Vectors, k: int, where: Filter = EVERYBODY, dead: Dead | None = None
    ) -> Neighbours:
        """The k nearest people of queries float32 [q, d] of unit length."""
        allowed = self._allowed(where, dead)
        count = len(self) if allowed is None else int(np.count_nonzero(allowed))
        if self.manifest.exact or (allowed is not None and self.recipe.gathers(count, len(self))):
            rows = None if allowed is None else np.flatnonzero(allowed)
            hits = [self._exact(query, rows, k) for query in queries]
        else:
            hits = self._through_codes(queries, k, allowed, count, dead)
        return as_neighbours(hits, k)

    def cosines(self, query: Vectors, rows: Rows) -> Vectors:
        """float32 [r] of one query float32 [d] with these rows."""
        out = np.empty(len(rows), np.float32)
        for start in range(0, len(rows), _PART):
            part = rows[start : start + _PART]
            out[start : start + _PART] = self.vectors[part].astype(np.float32) @ query
        return out

    def _allowed(self, where: Filter, dead: Dead | None) -> Mask | None:
        """None where everybody is allowed, or so few are dead that they are dropped afterwards."""
        if where.conditions:
            mask = where.mask(self.columns, len(self))
            return mask if dead is None else mask & ~dead.rows
        if dead is None or not dead.count:
            return None
        few = dead.count * 4 <= self.recipe.depth(len(self), 1)
        return None if few and not self.manifest.exact else ~dead.rows

    def _exact(self, query: Vectors, rows: Rows | None, k: int) -> Hits:
        cosines = self._all_cosines(query) if rows is None else self.cosines(query, rows)
        at = np.arange(len(self)) if rows is None else rows
        few = 4 * k
        while True:
            best = _largest(cosines, few)
            hits = self._grouped(at[best], cosines[best], k)
            if len(hits[0]) == min(k, len(at)) or few >= len(at):
                return hits
            few *= 8

    def _all_cosines(self, query: Vectors) -> Vectors:
        if self.vectors.dtype == np.float32:
            return np.asarray(self.vectors @ query, np.float32)
        return self.cosines(query, np.arange(len(self)))

    def _through_codes(
        self, queries: Vectors, k: int, allowed: Mask | None, count: int, dead: Dead | None
    ) -> list[Hits]:
        depth = self.recipe.depth(len(self), k)
        hits = self._reranked(queries, depth, k, allowed, dead)
        selected = ~dead.rows if allowed is None and dead is not None else allowed
        for at in range(len(hits)):
            wider = depth
            while len(hits[at][0]) < k and wider < count:
                wider = min(count, wider * 8)
                hits[at] = self._reranked(queries[at : at + 1], wider, k, selected, None)[0]
        return hits

    def _reranked(
        self, queries: Vectors, depth: int, k: int, allowed: Mask | None, dead: Dead | None
    ) -> list[Hits]:
        named = self._named(queries, depth, allowed)
        hits = []
        for query, handed in zip(queries, named, strict=True):
            rows = handed[handed >= 0]
            if dead is not None:
                rows = rows[~dead.rows[rows]]
            hits.append(self._grouped(rows, self.cosines(query, rows), k))
        return hits

    def _named(self, queries: Vectors, depth: int, allowed: Mask | None) -> Rows:
        """Rows int64 [q, depth] that the codes hand over, -1 where there are fewer."""

        def of(part: tuple[Shard, Codes]) -> tuple[Vectors, Rows]:
            shard, codes = part
            inside = None if allowed is None else allowed[shard.start : shard.stop]
            near, rows = codes.nearest(queries, depth, inside)
            return near, np.where(rows >= 0, rows + shard.start, -1)

        if self.pool is None:
            return of(self.codes[0])[1]
        parts = list(self.pool.map(of, self.codes))
        near = np.concatenate([part[0] for part in parts], axis=1)
        rows = np.concatenate([part[1] for part in parts], axis=1)
        best = np.argpartition(-near, min(depth, rows.shape[1]) - 1, axis=1)[:, :depth]
        return np.take_along_axis(rows, best, axis=1)

    def _grouped(self, rows: Rows, cosines: Vectors, k: int) -> Hits:
        return grouped(self.owners[rows], self.ids[rows], cosines, k)


def threads(shards: int) -> ThreadPoolExecutor | None:
    """One thread for each shard, up to the cores; None for a single shard."""
    if shards < 2:
        return None
    return ThreadPoolExecutor(min(shards, os.cpu_count() or 1), "xunqin-shard")


def _largest(values: Vectors, count: int) -> Rows:
    if count >= len(values):
        return np.arange(len(values))
    return np.argpartition(values, len(values) - count)[len(values) - count :]
