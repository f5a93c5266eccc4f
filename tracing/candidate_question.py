"""One question before a large gallery: what it makes of values, and whom it may show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexes.postings import Entries
from matchers.evidence import Comparator
from matchers.evidence.levels import LevelCodes
from matchers.evidence.listening import Ear
from tracing.candidate_index import CandidateIndex, Rows
from tracing.comparing import Probe
from tracing.gallery import SEARCHED_SIDES, SIDES, View


@dataclass(frozen=True, slots=True)
class Question:
    """One probe before one state of the gallery.

    by_value: int8 [V] of evidence that is compared whole. near: nearest values of the other, None
    where the probe says nothing. shown: bool [sides]; without: rows that are left out. shut:
    numbers of borrowed galleries that this search does not see.
    """

    view: View
    index: CandidateIndex
    probe: Probe
    ear: Ear
    by_value: Mapping[str, LevelCodes]
    near: Mapping[str, Rows | None]
    sides: NDArray[np.bool_]
    without: Rows
    shut: NDArray[np.intp]

    @classmethod
    def asked(
        cls,
        view: View,
        index: CandidateIndex,
        comparators: Sequence[Comparator],
        probe: Probe,
        without: Iterable[str],
        closed: Iterable[str],
    ) -> Question:
        """Compare what has few values, find the nearest of what has many."""
        ear = Ear()
        claims, many = probe.claims, index.narrowings
        sides = np.isin(np.arange(len(SIDES)), [SIDES.index(s) for s in SEARCHED_SIDES[probe.side]])
        named = list(without)
        out = sorted(row for row in view.at.find(named) if row >= 0) if named else []
        return cls(
            view=view,
            index=index,
            probe=probe,
            ear=ear,
            by_value={
                c.key: c.levels_of(claims, view.prepared[c.key])
                for c in comparators
                if c.key not in many
            },
            near={key: one.nearest(claims, ear) for key, one in many.items()},
            sides=sides,
            without=np.array(out, np.int64),
            shut=np.flatnonzero(np.isin(np.array(view.lenders, np.str_), list(closed))),
        )

    @property
    def people(self) -> int:
        """Among how many people is searched."""
        people = self.index.people[self.sides]
        all_open = int(people.sum()) - int(people[:, self.shut + 1].sum())
        return all_open - int(self.allowed(self.without).sum())

    def allowed(self, rows: Rows) -> NDArray[np.bool_]:
        """Whom this search may see, of the rows; those left out not counted in."""
        view = self.view
        may = view.alive[rows] & ~view.hidden[rows] & self.sides[view.side[rows]]
        return may & ~np.isin(view.lent[rows], self.shut) if len(self.shut) else may

    def counted(self, rows: Rows) -> NDArray[np.bool_]:
        """Who counts in this search: bool [n]."""
        counts = self.allowed(rows)
        if len(self.without):
            counts &= ~np.isin(rows, self.without)
        return counts

    def told(self, rows: Rows) -> dict[str, LevelCodes]:
        """Levels int8 [V] of values that these records have, of evidence that has many."""
        found = {}
        for key, near in self.near.items():
            column = self.view.columns[key]
            found[key] = np.zeros(len(column.values), np.int8)
            values = Entries.of(column, np.sort(rows)).codes
            if near is not None and len(values):
                found[key][values] = self.of_values(key, values)
        return found

    def shown(self, rows: NDArray[np.integer]) -> Rows:
        """The rows that this search may show, each once, ascending."""
        found = np.sort(rows.astype(np.int64))
        found = np.compress(np.append(True, found[1:] != found[:-1])[: len(found)], found)
        return np.compress(self.counted(found), found)

    def levels(self, entries: Mapping[str, Entries]) -> dict[str, LevelCodes]:
        """Levels int8 [n] by evidence of the records whose values these are."""
        found = {}
        for key, own in entries.items():
            if key in self.by_value:
                found[key] = own.spread(self.by_value[key].take(own.codes))
            elif self.near[key] is None:
                found[key] = np.zeros(own.count, np.int8)
            else:
                found[key] = own.spread(self.of_values(key, own.codes))
        return found

    def telling(self, key: str) -> tuple[Rows, LevelCodes]:
        """Values of one evidence that are known to be near or far, and their levels."""
        if key in self.by_value:
            values = np.flatnonzero(self.by_value[key])
            return values, self.by_value[key][values]
        near = self.near[key]
        if near is None or not len(near):
            return np.zeros(0, np.int64), np.zeros(0, np.int8)
        return near, self.of_values(key, near)

    def of_values(self, key: str, values: Rows) -> LevelCodes:
        """Levels int8 [n] of chosen values of evidence that has many."""
        return self.index.narrowings[key].levels_of(self.probe.claims, values, self.ear)
