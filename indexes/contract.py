"""What every vector index answers, whichever engine keeps it.

An entry is one print of one person: its own id, its owner (the person) and the sequence number of
the change that brought it. An index finds *people*: of several prints of one person the nearest
counts. A removal says at which change the person's earlier prints went; entries of that change or
later stay, so changes may be applied again after a crash and end in the same state.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from indexes.filters import EVERYBODY, Attribute, Filter
from indexes.vectors import NOBODY, Ids, Prints, Vectors

__all__ = ["NOBODY", "Entries", "IndexNotReady", "Neighbours", "VectorIndex", "grouped"]


class IndexNotReady(RuntimeError):
    """There is no verified index to answer from. Rebuild it; nobody's record is affected."""


@dataclass(frozen=True, slots=True)
class Entries:
    """n prints: ids int64 [n] (each once), owners int64 [n], seqs int64 [n], prints [n, dim].

    columns: int32 [n] by name, -1 unknown, the same names in all batches of an index.
    """

    ids: Ids
    owners: Ids
    seqs: Ids
    prints: Prints
    columns: Mapping[str, Attribute] = field(default_factory=dict)

    def __post_init__(self) -> None:
        lengths = {len(self.ids), len(self.owners), len(self.seqs), len(self.prints.vectors)}
        lengths |= {len(values) for values in self.columns.values()}
        if len(lengths) > 1:
            raise ValueError(f"entries of unequal lengths {sorted(lengths)}")

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The k nearest people of q probes, best first: owners, ids of the print int64 [q, k].

    cosines: float32 [q, k]. -1 and -inf where fewer than k people pass.
    """

    owners: Ids
    ids: Ids
    cosines: Vectors


class VectorIndex(Protocol):
    """Prints of one model; searches may run while entries come and go."""

    @property
    def model(self) -> str: ...

    @property
    def dim(self) -> int: ...

    def __len__(self) -> int:
        """How many prints can be found."""
        ...

    def add(self, entries: Entries) -> None:
        """Take entries in; an id that is there already is replaced."""
        ...

    def remove(self, owners: Collection[int], seq: int) -> None:
        """From now on find no print of these people that came before change `seq`."""
        ...

    def search(self, prints: Prints, k: int, where: Filter = EVERYBODY) -> Neighbours:
        """The k nearest people for each probe; raises `IndexNotReady`."""
        ...


def grouped(owners: Ids, ids: Ids, cosines: Vectors, k: int) -> tuple[Ids, Ids, Vectors]:
    """The best k people of one probe's hits: owners, ids, cosines, each [≤ k], best first.

    Equals stand by id, so that every engine gives them in one order.
    """
    order = np.lexsort((ids, -cosines))
    _, first = np.unique(owners[order], return_index=True)
    kept = order[np.sort(first)[:k]]
    return owners[kept], ids[kept], cosines[kept]


def as_neighbours(rows: Collection[tuple[Ids, Ids, Vectors]], k: int) -> Neighbours:
    """Rows of `grouped`, filled up to k with nobody."""
    owners: NDArray[np.int64] = np.full((len(rows), k), NOBODY, np.int64)
    ids = owners.copy()
    cosines = np.full((len(rows), k), -np.inf, np.float32)
    for at, (who, which, near) in enumerate(rows):
        owners[at, : len(who)], ids[at, : len(who)] = who, which
        cosines[at, : len(who)] = near
    return Neighbours(owners, ids, cosines)
