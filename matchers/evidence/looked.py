"""Marks looked for: what one record lists and somebody looked for on the other person in vain.

A mark that is merely not mentioned is little evidence (see marks), one that was looked for and is
not there is more: but lists are wrong, left and right are confused, moles are removed and scars
fade. What was looked for and is there counts as a mark and not here again. A mark found on the
other side of the body takes nothing away.
"""

from __future__ import annotations

from collections.abc import Sequence
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

Looked = tuple[frozenset[Mark], frozenset[Mark]]
"""Marks that a record lists, and marks that were looked for in vain."""


@dataclass(frozen=True, slots=True)
class LookedFor:
    """Compare what is listed on one side with what was not found on the other."""

    key: str = "looked"
    levels: tuple[Level, ...] = LEVELS

    def values(self, person: PersonClaims) -> tuple[Looked, ...]:
        looked = _looked(person)
        return (looked,) if any(looked) else ()

    def prepare(self, values: Sequence[Looked]) -> tuple[Looked, ...]:
        return tuple(values)

    def levels_of(self, probe: PersonClaims, prepared: Sequence[Looked]) -> LevelCodes:
        listed, absent = _looked(probe)
        if not (listed or absent):
            return np.zeros(len(prepared), np.int8)
        counts: NDArray[np.int64] = np.fromiter(
            (len(_missed(theirs, absent, listed)) + len(_missed(listed, none, theirs))
             for theirs, none in prepared),
            np.int64,
            len(prepared),
        )  # fmt: skip
        levels = np.select([counts > 1, counts == 1], [AT["several_absent"], AT["one_absent"]], 0)
        return levels.astype(np.int8)

    def describe(self, person: PersonClaims) -> str:
        told = (f"{m.site} {m.kind}" for m in person.marks if m.absent and _whole(m))
        return "、".join(told)


def _missed(
    listed: frozenset[Mark], absent: frozenset[Mark], there: frozenset[Mark]
) -> frozenset[Mark]:
    """Listed marks that are not there, nor on the other side of the body."""
    return frozenset(mark for mark in listed & absent if mirror(mark) not in there)


def _looked(person: PersonClaims) -> Looked:
    marks = [m for m in person.marks if _whole(m)]
    return (
        frozenset((str(m.site), m.kind or "other") for m in marks if not m.absent),
        frozenset((str(m.site), m.kind or "other") for m in marks if m.absent),
    )


def _whole(mark: MarkClaim) -> bool:
    return bool(mark.site) and not mark.status
