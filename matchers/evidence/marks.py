"""Marks: scars, moles, tattoos, missing limbs, by body site.

A mark of the same kind at the same site agrees; left and right are often confused, so the mirrored
site is close. A mark that only one side mentions is little evidence, since lists of marks are never
complete, except for what nobody overlooks: a missing limb or a prosthesis.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matchers.claims import PersonClaims
from matchers.evidence.levels import Level, LevelCodes, ladder, positions

PLAIN = ("missing", "prosthesis", "deformity")
LEVELS = ladder(
    Level("plain_absent", "明显特征不符", contradiction=True),
    Level("nothing_alike", "特征不符"),
    Level("kind_alike", "特征(同类)"),
    Level("site_alike", "特征(同部位)"),
    Level("mirrored", "特征(左右相反)"),
    Level("same", "特征"),
    Level("two_close", "特征(两处)"),
    Level("two_same", "特征(两处)"),
)
AT = positions(LEVELS)

Mark = tuple[str, str]


@dataclass(frozen=True, slots=True)
class PreparedMarks:
    """Distinct lists of marks as one flat list: int32 [M] into `marks`; start, sizes int64 [V]."""

    marks: tuple[Mark, ...]
    flat: NDArray[np.int32]
    start: NDArray[np.int64]
    sizes: NDArray[np.int64]

    def counted(self, chosen: Collection[Mark]) -> NDArray[np.int64]:
        """How many of the chosen marks each list has: int64 [V]."""
        flags = np.array([mark in chosen for mark in self.marks], np.int64)
        counts: NDArray[np.int64] = np.add.reduceat(flags[self.flat], self.start)
        return counts


@dataclass(frozen=True, slots=True)
class Marks:
    """Compare lasting marks; the value is the set of (site, kind) that a record lists."""

    key: str = "marks"
    levels: tuple[Level, ...] = LEVELS

    def values(self, person: PersonClaims) -> tuple[frozenset[Mark], ...]:
        marks = _marks(person)
        return (marks,) if marks else ()

    def prepare(self, values: Sequence[frozenset[Mark]]) -> PreparedMarks:
        marks: dict[Mark, int] = {}
        flat = [marks.setdefault(mark, len(marks)) for value in values for mark in sorted(value)]
        sizes = np.array([len(value) for value in values], np.int64)
        return PreparedMarks(
            tuple(marks), np.array(flat, np.int32), np.cumsum(sizes) - sizes, sizes
        )

    def levels_of(self, probe: PersonClaims, prepared: PreparedMarks) -> LevelCodes:
        mine = _marks(probe)
        if not mine or not len(prepared.start):
            return np.zeros(len(prepared.start), np.int8)
        same = prepared.counted(mine)
        near = prepared.counted({mirror(m) for m in mine} - mine)
        close = np.minimum(same + near, np.minimum(len(mine), prepared.sizes))
        sites, kinds = {unsided(site) for site, _ in mine}, {kind for _, kind in mine}
        at_site = prepared.counted({m for m in prepared.marks if unsided(m[0]) in sites})
        of_kind = prepared.counted({m for m in prepared.marks if m[1] in kinds})
        plain = prepared.counted({m for m in prepared.marks if m[1] in PLAIN})
        lacking = (plain > 0) | any(kind in PLAIN for kind in kinds)
        choices = [same >= 2, close >= 2, same == 1, near > 0, at_site > 0, lacking, of_kind > 0]
        names = ["two_same", "two_close", "same", "mirrored", "site_alike"]
        names += ["plain_absent", "kind_alike"]
        codes = np.select(choices, [AT[n] for n in names], AT["nothing_alike"])
        return codes.astype(np.int8)

    def describe(self, person: PersonClaims) -> str:
        there = [m for m in person.marks if (m.site or m.text) and not m.absent]
        return "、".join(m.text or f"{m.site} {m.kind}" for m in there)


def mirror(mark: Mark) -> Mark:
    """The mark on the other side of the body."""
    site, kind = mark
    if site.startswith("left_"):
        return f"right_{site[5:]}", kind
    return (f"left_{site[6:]}", kind) if site.startswith("right_") else mark


def unsided(site: str) -> str:
    """A body site without its side."""
    return site.removeprefix("left_").removeprefix("right_")


def _marks(person: PersonClaims) -> frozenset[Mark]:
    return frozenset(
        (m.site, m.kind or "other")
        for m in person.marks
        if m.site and not m.status and not m.absent
    )
