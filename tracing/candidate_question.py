"""One question before a large gallery: what it makes of values, and whom it may show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

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
    where the probe says nothing; near_levels: int8 of these. sides: bool [sides], whom this search
    may show; without: rows that are left out. shut: numbers of borrowed galleries that this search
    does not see.
    """

    view: View
    index: CandidateIndex
    probe: Probe
    ear: Ear
    by_value: Mapping[str, LevelCodes]
    near: Mapping[str, Rows | None]
    near_levels: Mapping[str, LevelCodes]
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
        near = {key: one.nearest(claims, ear) for key, one in many.items()}
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
            near=near,
            near_levels={
                key: many[key].levels_of(claims, many[key].chosen(values), ear)
                for key, values in near.items()
                if values is not None and len(values)
            },
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
        # a side of -1, of whom no search shows, reads the appended False
        may = np.append(self.sides, False).take(self.index.standing.take(rows), mode="wrap")
        return may & ~np.isin(self.view.lent[rows], self.shut) if len(self.shut) else may

    def counted(self, rows: Rows) -> NDArray[np.bool_]:
        """Who counts in this search: bool [n]."""
        counts = self.allowed(rows)
        if len(self.without):
            counts &= ~np.isin(rows, self.without)
        return counts

    def told(self, key: str, rows: Rows) -> LevelCodes:
        """Levels int8 [V] of values that these records have, of evidence that has many."""
        column = self.view.columns[key]
        found = np.zeros(len(column.values), np.int8)
        values = Entries.of(column, np.sort(rows)).codes
        if self.near[key] is not None and len(values):
            found[values] = self.of_values(key, values)
        return found

    def shown(self, rows: NDArray[np.integer]) -> Rows:
        """The rows that this search may show, each once, ascending."""
        found = np.sort(rows.astype(np.int64))
        found = np.compress(np.append(True, found[1:] != found[:-1])[: len(found)], found)
        return np.compress(self.counted(found), found)

    def sampled(self) -> dict[str, LevelCodes]:
        """Levels int8 [s] by evidence of the index's sample."""
        return self.levels(self.index.entries, self.index.prepared)

    def levels(
        self, entries: Mapping[str, Entries], prepared: Mapping[str, Any] = MappingProxyType({})
    ) -> dict[str, LevelCodes]:
        """Levels int8 [n] by evidence of the records whose values these are.

        prepared: by evidence the values of these entries as its narrowing prepares them, if it has.
        """
        found = {}
        for key, own in entries.items():
            if key in self.by_value:
                found[key] = own.spread(self.by_value[key].take(own.codes))
            elif self.near[key] is None:
                found[key] = np.zeros(own.count, np.int8)
            else:
                one = self.index.narrowings[key]
                ready = prepared[key] if key in prepared else one.chosen(own.codes)
                found[key] = own.spread(one.levels_of(self.probe.claims, ready, self.ear))
        return found

    def levels_at(self, rows: Rows) -> dict[str, LevelCodes]:
        """The same of the records at these rows, ascending; what was not said is not looked up."""
        silent = np.zeros(len(rows), np.int8)
        said = {key: self.says(key) for key in self.view.columns}
        own = {k: Entries.of(self.view.columns[k], rows) for k, told in said.items() if told}
        levels = self.levels(own)
        return {key: levels.get(key, silent) for key in said}

    def says(self, key: str) -> bool:
        """Whether the probe can be compared in this evidence with any value."""
        if key in self.by_value:
            return bool(self.by_value[key].any())
        return self.near[key] is not None

    def telling(self, key: str) -> tuple[Rows, LevelCodes]:
        """Values of one evidence that are known to be near or far, and their levels."""
        if key in self.by_value:
            values = np.flatnonzero(self.by_value[key])
            return values, self.by_value[key][values]
        near = self.near[key]
        if near is None or not len(near):
            return np.zeros(0, np.int64), np.zeros(0, np.int8)
        return near, self.near_levels[key]

    def of_values(self, key: str, values: Rows) -> LevelCodes:
        """Levels int8 [n] of chosen values of evidence that has many."""
        one = self.index.narrowings[key]
        return one.levels_of(self.probe.claims, one.chosen(values), self.ear)
