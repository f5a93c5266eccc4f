"""People for the tests of vector indexes: clustered, some with several prints, some silent."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from indexes.contract import Entries
from indexes.segments import Recipe
from indexes.segments.errors import SegmentDamaged
from indexes.vectors import Prints

DIM = 16
MODEL = "dlib-resnet-v1-mirror"
COLUMNS = ("born", "sex")
SMALL = replace(
    Recipe.packaged(), exact_most=300, training_rows=2_000, rerank_least=400, sampled_probes=16
)
"""Codes from 300 rows on."""


class Seal:
    """A cipher for tests: a key stream of one byte and a checksum, bound to its place."""

    def __init__(self, key: int = 7) -> None:
        self.key = key

    def seal(self, plain: bytes, bound: bytes) -> bytes:
        hidden = (np.frombuffer(plain, np.uint8) ^ np.uint8(self.key)).tobytes()
        return (
            hashlib.blake2b(hidden + bound, digest_size=16, key=bytes([self.key])).digest() + hidden
        )

    def open(self, sealed: bytes, bound: bytes) -> bytes:
        mark, hidden = sealed[:16], sealed[16:]
        told = hashlib.blake2b(hidden + bound, digest_size=16, key=bytes([self.key])).digest()
        if mark != told:
            raise SegmentDamaged("a block was changed")
        return (np.frombuffer(hidden, np.uint8) ^ np.uint8(self.key)).tobytes()


def unit(vectors: NDArray[np.floating]) -> NDArray[np.float32]:
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / length, np.float32)


def people(count: int, seed: int = 1, first_id: int = 1, seq: int = 1) -> Entries:
    """Prints of people with one to three each; ids and sequence numbers grow from the given."""
    rng = np.random.default_rng(seed)
    each = rng.integers(1, 4, count)
    owners = np.repeat(np.arange(first_id, first_id + count), each)
    base = rng.normal(size=(count, DIM))[np.repeat(np.arange(count), each)]
    vectors = unit(base + 0.3 * rng.normal(size=base.shape))
    n = len(owners)
    return Entries(
        ids=np.arange(first_id, first_id + n, dtype=np.int64) + 1_000_000 * seed,
        owners=owners.astype(np.int64),
        seqs=np.arange(seq, seq + n, dtype=np.int64),
        prints=Prints(MODEL, vectors),
        columns={
            "born": rng.choice([-1, *range(1940, 2020)], n).astype(np.int32),
            "sex": rng.choice([-1, 0, 1], n, p=[0.001, 0.5, 0.499]).astype(np.int32),
        },
    )


def some(entries: Entries, at: slice | NDArray[np.integer]) -> Entries:
    """A part of the entries."""
    return Entries(
        entries.ids[at],
        entries.owners[at],
        entries.seqs[at],
        Prints(entries.prints.model, entries.prints.vectors[at]),
        {name: values[at] for name, values in entries.columns.items()},
    )


def probes(entries: Entries, count: int, seed: int = 9) -> Prints:
    """Other pictures of some of them."""
    rng = np.random.default_rng(seed)
    vectors = entries.prints.vectors[rng.choice(len(entries), count, replace=False)]
    return Prints(MODEL, unit(vectors + 0.1 * rng.normal(size=vectors.shape)))
