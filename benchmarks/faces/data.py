"""Files of prints, read and checked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.protocol import BenchmarkInputError
from matchers.faces.contract import Prints
from matchers.faces.fitting import Sample

_OTHERS_FROM = 1 << 40


@dataclass(frozen=True, slots=True)
class PrintFile:
    """Prints [n, d], `owners` int64 [n], `ages` float64 [n] or NaN, `labels` [n] of groups."""

    prints: Prints
    owners: NDArray[np.int64]
    ages: NDArray[np.float64]
    labels: NDArray[np.str_]
    young: NDArray[np.bool_] | None
    sexes: NDArray[np.str_] | None = None


def read_prints(path: Path, recipe: str) -> PrintFile:
    """An .npz file of the benchmark's contract; BenchmarkInputError when it lacks emb or id."""
    with np.load(path, allow_pickle=False) as file:
        if "emb" not in file or "id" not in file:
            raise BenchmarkInputError(f"{path.name} lacks emb or id")
        count = len(file["emb"])
        _, owners = np.unique(file["id"], return_inverse=True)
        return PrintFile(
            prints=Prints(recipe, file["emb"].astype(np.float32)),
            owners=owners.astype(np.int64),
            ages=file["age"].astype(np.float64) if "age" in file else np.full(count, np.nan),
            labels=file["group"].astype(str) if "group" in file else np.full(count, "mated"),
            young=file["young"].astype(bool) if "young" in file else None,
            sexes=file["sex"].astype(str) if "sex" in file else None,
        )


def sample_of(prints: PrintFile, others: PrintFile | None) -> Sample:
    """Both files as one sample to fit on; a label `origin:ages` gives its origin as the group."""
    if others is None:
        return Sample(prints.prints, prints.owners, prints.ages, _origins(prints.labels))
    return Sample(
        Prints(
            prints.prints.recipe, np.concatenate([prints.prints.vectors, others.prints.vectors])
        ),
        np.concatenate([prints.owners, _OTHERS_FROM + others.owners]),
        np.concatenate([prints.ages, others.ages]),
        np.concatenate([_origins(prints.labels), _origins(others.labels)]),
    )


def _origins(labels: NDArray[np.str_]) -> NDArray[np.str_]:
    return np.array([label.partition(":")[0] for label in labels.tolist()], np.str_)
