"""Distinct names as sound vectors in FAISS: who may have been heard, thousands out of millions.

The vectors and queries come from the sound engine; the dialect lives in the query only, so one
index serves all dialects. Search is exhaustive (product quantisation and HNSW lose the hard
cases) over half-precision numbers, which halves what must be read; the caller re-ranks exactly
what comes back.
"""

from __future__ import annotations

from dataclasses import dataclass

import faiss
import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class NameIndex:
    """Inner-product search over float32 [V, d]; places are rows of the table of names."""

    flat: faiss.IndexScalarQuantizer
    size: int
    dim: int

    @classmethod
    def build(cls, vectors: Vectors) -> NameIndex:
        """Hold these vectors; ValueError unless they are a matrix."""
        if vectors.ndim != 2:
            raise ValueError("vectors must be a matrix [names, numbers]")
        flat = faiss.IndexScalarQuantizer(
            vectors.shape[1], faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
        )
        flat.train(np.zeros((1, vectors.shape[1]), np.float32))
        flat.add(np.ascontiguousarray(vectors, np.float32))
        return cls(flat, len(vectors), int(vectors.shape[1]))

    def nearest(self, query: Vectors, count: int) -> NDArray[np.intp]:
        """Places of the `count` names with the largest inner product, best first.

        `query` is float32 [d]; ValueError when its size is another.
        """
        if query.shape != (self.dim,):
            raise ValueError(f"a query of this index has {self.dim} numbers")
        _products, places = self.flat.search(query[None].astype(np.float32), min(count, self.size))
        return np.asarray(places[0][places[0] >= 0], np.intp)
