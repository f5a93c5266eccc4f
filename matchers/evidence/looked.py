"""Marks looked for: what one record lists and somebody looked for on the other person in vain.

A mark that is merely not mentioned is little evidence (see marks), one that was looked for and is
not there is more: but lists are wrong, left and right are confused, moles are removed and scars
fade. What was looked for and is there counts as a mark and not here again. A mark found on the
other side of the body takes nothing away.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matchers.claims import MarkClaim, PersonClaims
from matchers.evidence.levels import Level, LevelCodes, ladder, positions
from matchers.evidence.marks import Mark, mirror

LEVELS = ladder(
    Level("several_absent", "特征没看到(几处)", contradiction=True),
    Level("one_absent", "特征没看到"),
)
AT = positions(LEVELS)
_NONE = np.empty(0, np.int64)

Looked = tuple[frozenset[Mark], frozenset[Mark]]
"""Marks that a record lists, and marks that were looked for in vain."""


@dataclass(frozen=True, slots=True)
class PreparedLooked:
    """Of V distinct values: int64 positions of those that list a mark, and that looked in vain.

    A value that has the mark on the other side of the body is not among the latter.
    """

    size: int
    listed: Mapping[Mark, NDArray[np.int64]]
    absent: Mapping[Mark, NDArray[np.int64]]


@dataclass(frozen=True, slots=True)
class LookedFor:
    """Compare what is listed on one side with what was not found on the other."""

    key: str = "looked"
    levels: tuple[Level, ...] = LEVELS

    def values(self, person: PersonClaims) -> tuple[Looked, ...]:
        looked = _looked(person)
        return (looked,) if any(looked) else ()

    def prepare(self, values: Sequence[Looked]) -> PreparedLooked:
        listed: dict[Mark, list[int]] = {}
        absent: dict[Mark, list[int]] = {}
        for position, (there, missed) in enumerate(values):
            for mark in there:
                listed.setdefault(mark, []).append(position)
            for mark in missed:
                if mirror(mark) not in there:
                    absent.setdefault(mark, []).append(position)
        return PreparedLooked(len(values), _positions(listed), _positions(absent))

    def levels_of(self, probe: PersonClaims, prepared: PreparedLooked) -> LevelCodes:
        listed, absent = _looked(probe)
        counts = np.zeros(prepared.size, np.int64)
        for mark in absent:
            if mirror(mark) not in listed:
                counts[prepared.listed.get(mark, _NONE)] += 1
        for mark in listed:
            counts[prepared.absent.get(mark, _NONE)] += 1
        levels = np.select([counts > 1, counts == 1], [AT["several_absent"], AT["one_absent"]], 0)
        return levels.astype(np.int8)

    def describe(self, person: PersonClaims) -> str:
        told = (f"{m.site} {m.kind}" for m in person.marks if m.absent and _whole(m))
        return "、".join(told)


def _positions(marks: Mapping[Mark, list[int]]) -> dict[Mark, NDArray[np.int64]]:
    return {mark: np.array(positions, np.int64) for mark, positions in marks.items()}


def _looked(person: PersonClaims) -> Looked:
    marks = [m for m in person.marks if _whole(m)]
    return (
        frozenset((str(m.site), m.kind or "other") for m in marks if not m.absent),
        frozenset((str(m.site), m.kind or "other") for m in marks if m.absent),
    )


def _whole(mark: MarkClaim) -> bool:
    return bool(mark.site) and not mark.status
