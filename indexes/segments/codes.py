"""Four-bit product-quantisation codes, scanned exhaustively in registers (FAISS FastScan).

`PCAR{a},IVF1,PQ{a/2}x4fs`: one list, so that nothing is ever left out, half a byte for every two of
the leading principal axes that hold most of the variance, randomly rotated (André, Kermarrec and
Le Scouarnec 2017; FAISS's layout). The rotation spreads a decaying spectrum evenly over the codes.
Codes compare by Euclidean distance,
which orders unit vectors as the cosine does, and far better once they are coded: prints share a
large common direction, whose coding error enters every inner product but cancels in a distance
(recall@10 .954 against 1.000 at 400,000 prints and depth 1,000). Codes only choose who is compared
exactly. An index of codes is filled once and never changed: rows added after a removal cannot be
found, and adding while searching crashes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from indexes.vectors import Vectors

Rows = NDArray[np.int64]
Bits = NDArray[np.uint8]

VERSION: str = faiss.__version__


class Codes:
    """The codes of one shard; rows count from 0 within it."""

    def __init__(self, index: Any) -> None:
        self._index = index

    @classmethod
    def fitted(cls, sample: Vectors, share: float) -> Codes:
        """Without rows; the tables are fitted on `sample` float32 [n, d], d even.

        share: how much of the variance the coded axes hold, in (0, 1].
        """
        faiss.omp_set_num_threads(1)
        dim = sample.shape[1]
        if dim % 2:
            raise ValueError(f"vectors of an even length are needed, not {dim}")
        axes = _leading(sample, share)
        layout = f"PCAR{axes},IVF1,PQ{axes // 2}x4fs"
        index = faiss.index_factory(dim, layout, faiss.METRIC_L2)
        index.train(np.ascontiguousarray(sample, np.float32))
        return cls(index)

    @classmethod
    def load(cls, plain: Bits) -> Codes:
        """From what `dump` gave; the bytes must have been checked, FAISS checks nothing."""
        return cls(faiss.deserialize_index(plain))

    def filled(self, batches: Iterable[Vectors]) -> Codes:
        """These tables with the rows of the batches; the tables themselves stay empty."""
        index = faiss.clone_index(self._index)
        for batch in batches:
            index.add(np.ascontiguousarray(batch, np.float32))
        return Codes(index)

    def dump(self) -> Bits:
        """uint8 [bytes]."""
        return np.asarray(faiss.serialize_index(self._index), np.uint8)

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def row_bytes(self) -> int:
        """Bytes of one row's code, all of which a search reads."""
        return int(faiss.extract_index_ivf(self._index).code_size)

    def nearest(
        self, queries: Vectors, depth: int, allowed: NDArray[np.bool_] | None
    ) -> tuple[Vectors, Rows]:
        """Rows that look nearest, int64 [q, depth] (-1 where there are fewer), and how near.

        queries: float32 [q, d]. allowed: bool [rows]. Nearness, float32 [q, depth], is rough; it
        can be compared between codes of the same tables.
        """
        faiss.omp_set_num_threads(1)  # holds for the calling thread alone
        depth = min(depth, len(self))
        if allowed is None:
            far, rows = self._index.search(queries, depth)
        else:
            bits = np.packbits(allowed, bitorder="little")
            # the stubs know the C++ signatures only, not those of faiss's Python layer
            selector = faiss.IDSelectorBitmap(bits)  # type: ignore[call-arg, arg-type]
            inner = faiss.SearchParametersIVF(sel=selector, nprobe=1)  # type: ignore[call-arg]
            outer = faiss.SearchParametersPreTransform(index_params=inner)  # type: ignore[call-arg]
            far, rows = self._index.search(queries, depth, params=outer)
        return -np.asarray(far, np.float32), np.asarray(rows, np.int64)


def _leading(sample: Vectors, share: float) -> int:
    """How many principal axes hold this share of the variance; a multiple of four, or all d."""
    dim: int = sample.shape[1]
    spectrum = np.linalg.eigvalsh(np.cov(sample.T, dtype=np.float64))[::-1]
    held = np.cumsum(spectrum)
    axes = int(np.searchsorted(held, share * held[-1])) + 1
    return min(dim, -(-axes // 4) * 4)
