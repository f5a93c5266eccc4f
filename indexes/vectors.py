"""Exact search over face prints: inner product on unit vectors, through FAISS.

One index holds prints of one model only; the model's name is part of the index and of every batch
of prints, so that prints of different models cannot be compared by accident. Erased prints become
tombstones: rows are never removed in place (rows added to some FAISS indexes after `remove_ids`
cannot be found again), and a rebuild from the records leaves the tombstones behind.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Protocol

import faiss
import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Ids = NDArray[np.int64]

NOBODY = -1
"""The id that fills a row of answers when fewer than k prints are there."""

TOGETHER = 64
"""So many probes at most go through the prints in one product, which reads them once for all."""
_PRODUCT = 8_000_000
"""So many cosines at most are held at once."""

FEW_ALLOWED = 0.25
"""Below this allowed share, the allowed rows are gathered and multiplied directly."""


class VectorsOfAnotherModel(ValueError):
    """Prints of different models have no common measure; encode the photo with this model."""


@dataclass(frozen=True, slots=True)
class Prints:
    """A batch of prints: float32 [n, dim] of unit length, made by `model`."""

    model: str
    vectors: Vectors


class InParts(Protocol):
    """n rows [n, dim] that are given part by part."""

    def __len__(self) -> int: ...

    def parts(self) -> Iterator[Vectors]: ...


def products(asked: Vectors, theirs: Vectors | InParts) -> Iterator[Vectors]:
    """For each row asked, in order, its inner products float32 [n] with rows [n, dim].

    Many rows are multiplied at once: a product may differ in its last digits from that of a row
    asked alone.
    """
    together = max(1, min(TOGETHER, _PRODUCT // max(len(theirs), 1)))
    for start in range(0, len(asked), together):
        yield from _product(asked[start : start + together], theirs)


def _product(asked: Vectors, theirs: Vectors | InParts) -> Vectors:
    if isinstance(theirs, np.ndarray):
        return np.asarray(asked @ theirs.T, np.float32)
    out = np.empty((len(asked), len(theirs)), np.float32)
    start = 0
    for part in theirs.parts():
        np.matmul(asked, part.T, out=out[:, start : start + len(part)])
        start += len(part)
    return out


class FlatVectors:
    """All prints of one model, searched exactly.

    Not for sharing between threads while `add` runs; searches among themselves are safe.
    """

    def __init__(self, dim: int, model: str) -> None:
        self.dim = dim
        self.model = model
        faiss.omp_set_num_threads(1)
        self._index = faiss.IndexFlatIP(dim)
        self._ids: Ids = np.empty(0, np.int64)
        self._gone: NDArray[np.bool_] = np.empty(0, np.bool_)

    def __len__(self) -> int:
        return int(len(self._ids) - self._gone.sum())

    @property
    def tombstones(self) -> int:
        """Rows that no search returns and only a rebuild frees."""
        return int(self._gone.sum())

    @property
    def ids(self) -> Ids:
        """int64 [n] of the rows that may be found, in the order they were added."""
        return self._ids[~self._gone]

    def add(self, ids: Ids, prints: Prints) -> None:
        """Add prints under ids; one id may have several prints."""
        vectors = self._checked(prints)
        if len(ids) != len(vectors):
            raise ValueError(f"{len(ids)} ids for {len(vectors)} prints")
        self._index.add(vectors)
        self._ids = np.concatenate([self._ids, np.asarray(ids, np.int64)])
        self._gone = np.concatenate([self._gone, np.zeros(len(vectors), np.bool_)])

    def remove(self, ids: Collection[int]) -> int:
        """Lay tombstones on all prints of these ids; returns how many rows that took."""
        hit = np.isin(self._ids, np.fromiter(ids, np.int64)) & ~self._gone
        self._gone |= hit
        return int(hit.sum())

    def search(
        self, prints: Prints, k: int, allowed: Collection[int] | Ids | None = None
    ) -> tuple[Ids, Vectors]:
        """Ids int64 [q, k] and cosines float32 [q, k], best first; -1 and -inf where none."""
        queries = self._checked(prints)
        live = ~self._gone
        if allowed is not None:
            wanted = allowed if isinstance(allowed, np.ndarray) else np.fromiter(allowed, np.int64)
            live &= np.isin(self._ids, wanted)
        rows = np.flatnonzero(live)
        if len(rows) <= FEW_ALLOWED * len(self._ids):
            return self._among(queries, rows, k)
        if len(rows) == len(self._ids):
            cosines, found = self._index.search(queries, k)
        else:
            bits = np.packbits(live, bitorder="little")
            # the stubs know the C++ signatures only, not those of faiss's Python layer
            selector = faiss.IDSelectorBitmap(bits)  # type: ignore[call-arg, arg-type]
            chosen = faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]
            cosines, found = self._index.search(queries, k, params=chosen)
        ids = np.where(found >= 0, self._ids[found], NOBODY)
        return ids, np.where(found >= 0, cosines, -np.inf).astype(np.float32)

    def matrix(self) -> Vectors:
        """float32 [n, dim] of the rows that may be found, in the order of `ids`; a copy."""
        total = len(self._ids)
        everything = np.empty((total, self.dim), np.float32)
        if total:
            self._index.reconstruct_n(0, total, everything)
        return everything[~self._gone]

    def similarities(self, prints: Prints) -> Iterator[Vectors]:
        """For each print, in order, its cosines float32 [n] with all that may be found.

        Many prints are multiplied at once: a cosine may differ in its last digits from that of a
        print asked alone.
        """
        for cosines in products(self._checked(prints), self._rows()):
            yield cosines[~self._gone] if self._gone.any() else cosines

    def _among(self, queries: Vectors, rows: NDArray[np.intp], k: int) -> tuple[Ids, Vectors]:
        ids = np.full((len(queries), k), NOBODY, np.int64)
        cosines = np.full((len(queries), k), -np.inf, np.float32)
        if len(rows):
            scores = queries @ self._rows()[rows].T
            best = np.argsort(-scores, axis=1, kind="stable")[:, :k]
            ids[:, : best.shape[1]] = self._ids[rows[best]]
            cosines[:, : best.shape[1]] = np.take_along_axis(scores, best, axis=1)
        return ids, cosines

    def _rows(self) -> Vectors:
        """float32 [N, dim] of all rows, tombstones too: the index's own memory, not a copy."""
        total = self._index.ntotal * self.dim
        if not total:
            return np.empty((0, self.dim), np.float32)
        raw: Vectors = faiss.rev_swig_ptr(self._index.get_xb(), total)
        return raw.reshape(-1, self.dim)

    def _checked(self, prints: Prints) -> Vectors:
        if prints.model != self.model:
            raise VectorsOfAnotherModel(f"{prints.model} prints in an index of {self.model}")
        vectors = np.ascontiguousarray(prints.vectors, np.float32)
        if vectors.ndim != 2 or vectors.shape[1] != self.dim:
            raise ValueError(f"prints of shape {vectors.shape}, expected [n, {self.dim}]")
        norms = np.linalg.norm(vectors, axis=1)
        if not np.allclose(norms, 1.0, atol=1e-3):
            raise ValueError("prints must be of unit length")
        return vectors
