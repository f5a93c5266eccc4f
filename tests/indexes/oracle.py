"""The NumPy oracle of the contract suite: every row compared, nothing clever."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from indexes.contract import Entries, Neighbours, as_neighbours, grouped
from indexes.filters import EVERYBODY, Filter
from indexes.vectors import Prints, VectorsOfAnotherModel


class Oracle:
    """A list of prints."""

    def __init__(self, model: str, dim: int) -> None:
        self.model, self.dim = model, dim
        self.rows: dict[int, tuple[int, int, np.ndarray, dict[str, int]]] = {}  # type: ignore[type-arg]

    def __len__(self) -> int:
        return len(self.rows)

    def add(self, entries: Entries) -> None:
        for i, key in enumerate(entries.ids):
            told = {name: int(values[i]) for name, values in entries.columns.items()}
            vector = entries.prints.vectors[i]
            self.rows[int(key)] = (int(entries.owners[i]), int(entries.seqs[i]), vector, told)

    def remove(self, owners: Collection[int], seq: int) -> None:
        gone = [key for key, row in self.rows.items() if row[0] in owners and row[1] < seq]
        for key in gone:
            del self.rows[key]

    def search(self, prints: Prints, k: int, where: Filter = EVERYBODY) -> Neighbours:
        if prints.model != self.model:
            raise VectorsOfAnotherModel
        keys = [key for key, row in self.rows.items() if self._passes(row[3], where)]
        ids = np.array(keys, np.int64)
        owners = np.array([self.rows[key][0] for key in keys], np.int64)
        stored = np.array([self.rows[key][2] for key in keys], np.float32).reshape(-1, self.dim)
        rows = [grouped(owners, ids, stored @ query, k) for query in prints.vectors]
        return as_neighbours(rows, k)

    def _passes(self, told: dict[str, int], where: Filter) -> bool:
        return bool(where.mask({n: np.array([v], np.int32) for n, v in told.items()}, 1)[0])
