"""The names nearest to a hearing, without a look at every name.

A name costs what its surname and its given name cost. Both columns of parts are short beside the
names, so that parts are scored whole and names are enumerated from the parts that are cheap
enough: the same names, by the same bounds and the same exact scores, as `NameTable.score` finds by
looking at all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from matchers.sounds.features import Floats
from matchers.sounds.hearing import Hearing
from matchers.sounds.likeness import likeness
from matchers.sounds.lookup import ROUNDING, Bounds, Lookup, Said
from matchers.sounds.parts import FAR, Codes, Places, Postings
from matchers.sounds.table import GUARANTEED, NameTable

WANTED = 1200
"""So many names are enumerated at least, where there are so many."""
MOST = 60_000
"""Beyond so many names that are equally near no more are enumerated."""
EXACT = 12_000
"""So many of them at most are scored exactly."""
_SAMPLE = 20_000
_FIRST_POINTS = 6


@dataclass(frozen=True, slots=True)
class NameIndex:
    """A table of names with the way back from surnames; its own way back is from given names."""

    table: NameTable
    by_surname: Postings

    @classmethod
    def of(cls, table: NameTable) -> NameIndex:
        """Costs one sort of the names."""
        return cls(table, Postings.of(table.surname_of, table.surnames.count))


@dataclass(frozen=True, slots=True)
class NearNames:
    """The nearest names of a table of V, and what any other name of it costs.

    places: int64 [n], ascending. nats: float32 [n]. exact: bool [n]. limit: no name that is not
    exact is taken to cost less. likeness: int8 [V]. bounds: what parts cost.
    """

    table: NameTable
    places: NDArray[np.int64]
    nats: Floats
    exact: NDArray[np.bool_]
    limit: np.float32
    likeness: NDArray[np.int8]
    bounds: Bounds

    def nats_of(self, names: Codes) -> Floats:
        """Nats float32 [n] of the names at these places, near or not."""
        nats = np.maximum(_bound(self.table, self.bounds, names), self.limit)
        if len(names) > len(self.places) and (names[1:] > names[:-1]).all():
            at = np.minimum(np.searchsorted(names, self.places), len(names) - 1)
            known = names[at] == self.places
            nats[at[known]] = self.nats[known]
        elif len(self.places):
            at = np.minimum(np.searchsorted(self.places, names), len(self.places) - 1)
            known = self.places[at] == names
            nats[known] = self.nats[at[known]]
        return nats


def nearest(
    index: NameIndex, hearings: Sequence[Hearing], dialect_prior: Mapping[str, float] | None
) -> NearNames:
    """The nearest names for the hearings of one name; see `NameTable.score`."""
    table = index.table
    heard = [table.engine.ears.heard(hearing) for hearing in hearings]
    asked = table._lookup(hearings, heard, dialect_prior)
    bounds = asked.bounds(table.columns)
    places, nats, exact, limit = _scored(asked, index, bounds)
    notes = [way for each in heard for way in each]
    alike = likeness(
        notes,
        [table._canonical(way) for way in notes],
        table.engine.ears.mandarin,
        table.vocabulary,
        (table.surnames, table.given, table.surname_of),
        table.by_given,
    )
    return NearNames(table, places, nats, exact, limit, alike, bounds)


def _bound(table: NameTable, bounds: Bounds, names: Codes) -> Floats:
    """No name at these places costs less: float32 [n]."""
    return bounds.of(table.surname_of.take(names), table.given_of.take(names))


def _enumerated(
    index: NameIndex, bounds: Bounds
) -> tuple[NDArray[np.int64], Floats, np.float32, np.float32]:
    """Places int64 [n] of the names of least bound, ascending, their bounds, and the highest.

    Also gives the bound up to which a first look goes, the same that `NameTable.score` takes.
    """
    table = index.table
    count = len(table.surname_of)
    step = max(1, count // _SAMPLE)
    sample = np.sort(_bound(table, bounds, np.arange(0, count, step)))
    first = np.float32(np.inf)
    if count > WANTED:
        first = sample[min(len(sample) - 1, max(1, WANTED // step))]
    wanted = max(4, 2 * WANTED // step)
    while True:
        limit = sample[min(wanted, len(sample) - 1)]
        places, bound = _up_to(index, bounds, limit)
        if len(places) >= min(WANTED, count) or wanted >= len(sample):
            return places, bound, limit, first
        wanted *= 4


def _up_to(index: NameIndex, bounds: Bounds, limit: np.float32) -> tuple[NDArray[np.int64], Floats]:
    """The names whose bound is no higher, ascending, and their bounds; at most `MOST` of them."""
    places = _within(index, bounds, limit)
    bound = _bound(index.table, bounds, places)
    inside = bound <= limit
    places, bound = places[inside], bound[inside]
    if len(places) > MOST:
        kept = np.sort(np.argpartition(bound, MOST)[:MOST])
        places, bound = places[kept], bound[kept]
    return places, bound


def _within(index: NameIndex, bounds: Bounds, limit: np.float32) -> NDArray[np.int64]:
    """Names that may cost no more than the limit, ascending."""
    room = limit - bounds.least
    if len(bounds.hearings) == 1:
        names = np.concatenate(_of_ways(index, bounds.hearings[0], room))
    else:
        names = _of_parts(index, bounds.hearings, room)
    names = np.sort(names).astype(np.int64)
    return np.compress(np.append(True, names[1:] != names[:-1])[: len(names)], names)


def _of_ways(index: NameIndex, said: Sequence[Said], room: np.float32) -> list[Places]:
    """Names that one hearing may be of, way by way of saying them."""
    table, found = index.table, [np.zeros(0, np.int32)]
    for way in said:
        if way.given is None:
            found.append(index.by_surname.having(np.flatnonzero(way.surname <= room)))
            continue
        parts = np.flatnonzero(way.given <= room - way.surname.min())
        names = table.by_given.having(parts)
        nats = way.of(table.surname_of[names], table.given_of[names])
        found.append(names[nats <= room])
    return found


def _of_parts(index: NameIndex, ways: Sequence[Sequence[Said]], room: np.float32) -> Places:
    """Names that all hearings together may be of, by the column of parts that tells more."""
    table = index.table
    surname = np.zeros(table.surnames.count, np.float32)
    given = np.zeros(table.given.count, np.float32)
    for said in ways:
        if not said:
            return np.arange(len(table.surname_of), dtype=np.int32)
        surname = surname + reduce(np.minimum, [w.surname + _least(w.given) for w in said])
        given += np.min(
            [np.broadcast_to(w.surname.min(), given.shape) if w.given is None
             else w.given + w.surname.min() for w in said],
            axis=0,
        )  # fmt: skip
    first, second = np.flatnonzero(surname <= room), np.flatnonzero(given <= room)
    if index.by_surname.count(first) < table.by_given.count(second):
        return index.by_surname.having(first)
    return table.by_given.having(second)


def _least(costs: Floats | None) -> np.float32:
    return np.float32(0) if costs is None else np.float32(costs.min())


def _scored(
    asked: Lookup, index: NameIndex, bounds: Bounds
) -> tuple[NDArray[np.int64], Floats, NDArray[np.bool_], np.float32]:
    """Places of the near names with their nats, exact for those that matter; see `NameTable`."""
    table = index.table
    places, bound, reached, looked = _enumerated(index, bounds)
    if not len(places):
        return places, bound, np.zeros(0, np.bool_), FAR
    first = np.flatnonzero(bound <= looked)
    limit = _kth(asked.least(table.columns.some(places[first]), asked.likely(_FIRST_POINTS)))
    if limit + ROUNDING > reached:
        places, bound = _up_to(index, bounds, np.float32(limit + ROUNDING))
    chosen = np.flatnonzero(bound <= limit + ROUNDING)
    nats, exact = bound.copy(), np.zeros(len(bound), np.bool_)
    scored, alike = _parted(bound, chosen)
    nats[scored], exact[scored] = asked.least(table.columns.some(places[scored])), True
    if len(alike):
        # very many are near only where hardly anything was said: they are as those of them scored
        nats[alike] += np.median(nats[scored] - bound[scored])
        exact[alike] = True
    limit = _kth(nats[exact])
    np.maximum(nats, limit, out=nats, where=~exact)
    return places, nats, exact, limit


def _parted(bound: Floats, chosen: Codes) -> tuple[Codes, Codes]:
    """Names to score exactly, ascending, and others that are too many: these by the former."""
    if len(chosen) <= EXACT:
        return chosen, chosen[:0]
    half = EXACT // 2
    order = chosen[np.argsort(bound[chosen], kind="stable")]
    drawn = np.zeros(len(order), np.bool_)
    drawn[:half] = True
    drawn[half :: -(-(len(order) - half) // half)] = True
    return np.sort(order[drawn]), np.sort(order[~drawn])


def _kth(nats: Floats) -> np.float32:
    if not len(nats):
        return FAR
    place = min(GUARANTEED, len(nats)) - 1
    return np.float32(np.partition(nats, place)[place])
