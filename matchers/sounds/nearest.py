"""The names nearest to a hearing, without a look at every name.

A name costs what its surname and its given name cost. Both columns of parts are short beside the
names, so that parts are scored whole and names are enumerated from the parts that are cheap
enough: the same names, by the same bounds and the same exact scores, as `NameTable.score` finds by
looking at all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial, reduce

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
PARTLY = 200_000
"""More names than these are not looked through because their surname or given name alone fits."""
TOGETHER = 48
"""So many choices of ways are tried for several hearings of one name."""


@dataclass(frozen=True, slots=True)
class NameIndex:
    """A table of names with the way back from surnames; its own way back is from given names.

    surname_by_given: int32 [V], surnames in the order of the way back from given names.
    """

    table: NameTable
    by_surname: Postings
    surname_by_given: Places

    @classmethod
    def of(cls, table: NameTable) -> NameIndex:
        """Costs one sort of the names."""
        back = Postings.of(table.surname_of, table.surnames.count)
        return cls(table, back, table.surname_of.take(table.by_given.names))


@dataclass(frozen=True, slots=True)
class NearNames:
    """The nearest names of a table of V, and what any other name of it costs.

    places: int64 [n], ascending. nats: float32 [n]. exact: bool [n]. limit: no name that is not
    exact is taken to cost less. likeness: int8 [V]. bounds: what parts cost.
    near: bool [V], whether a name is among the places.
    """

    table: NameTable
    places: NDArray[np.int64]
    nats: Floats
    exact: NDArray[np.bool_]
    limit: np.float32
    likeness: NDArray[np.int8]
    bounds: Bounds
    near: NDArray[np.bool_]

    def nats_of(self, names: Codes) -> Floats:
        """Nats float32 [n] of the names at these places, near or not."""
        nats = np.maximum(_bound(self.table, self.bounds, names), self.limit)
        known = np.flatnonzero(self.near.take(names))
        nats[known] = self.nats.take(np.searchsorted(self.places, names[known]))
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
    near = np.zeros(len(alike), np.bool_)
    near[places] = True
    return NearNames(table, places, nats, exact, limit, alike, bounds, near)


def _bound(table: NameTable, bounds: Bounds, names: Codes) -> Floats:
    """No name at these places costs less: float32 [n]."""
    return bounds.of(table.surname_of.take(names), table.given_of.take(names))


def _enumerated(
    index: NameIndex, bounds: Bounds, sample: Floats
) -> tuple[NDArray[np.int64], Floats, np.float32, np.float32]:
    """Places int64 [n] of the names of least bound, ascending, their bounds, and the highest.

    Also gives the bound up to which a first look goes, the same that `NameTable.score` takes.
    """
    count = len(index.table.surname_of)
    step = _step(count)
    first = np.float32(np.inf)
    if count > WANTED:
        first = sample[min(len(sample) - 1, max(1, WANTED // step))]
    wanted = max(4, 2 * WANTED // step)
    while True:
        limit = sample[min(wanted, len(sample) - 1)]
        places, bound = _up_to(index, bounds, limit, sample)
        if len(places) >= min(WANTED, count) or wanted >= len(sample):
            return places, bound, limit, first
        wanted *= 4


def _step(count: int) -> int:
    """Every how many-th of so many names is sampled."""
    return max(1, count // _SAMPLE)


def _up_to(
    index: NameIndex, bounds: Bounds, limit: np.float32, sample: Floats
) -> tuple[NDArray[np.int64], Floats]:
    """The names whose bound is no higher, ascending, and their bounds; at most `MOST` of them."""
    enough = sample[min(2 * MOST // _step(len(index.table.surname_of)), len(sample) - 1)]
    if enough < limit:  # there are probably more than are wanted: only the nearest of them
        found = _bounded(index, bounds, enough)
        if len(found[0]) >= MOST:
            return _fewest(*found)
    return _fewest(*_bounded(index, bounds, limit))


def _bounded(
    index: NameIndex, bounds: Bounds, limit: np.float32
) -> tuple[NDArray[np.int64], Floats]:
    places = _within(index, bounds, limit)
    bound = _bound(index.table, bounds, places)
    inside = bound <= limit
    return places[inside], bound[inside]


def _fewest(places: NDArray[np.int64], bound: Floats) -> tuple[NDArray[np.int64], Floats]:
    """The `MOST` of least bound, ascending by place."""
    if len(places) <= MOST:
        return places, bound
    kept = np.sort(np.argpartition(bound, MOST)[:MOST])
    return places[kept], bound[kept]


def _within(index: NameIndex, bounds: Bounds, limit: np.float32) -> NDArray[np.int64]:
    """Names that may cost no more than the limit, ascending."""
    room = limit - bounds.least + ROUNDING
    if len(bounds.hearings) == 1:
        names = np.concatenate(_of_ways(index, bounds.hearings[0], room))
    else:
        names = _of_hearings(index, bounds.hearings, room)
    names = np.sort(names).astype(np.int64)
    return np.compress(np.append(True, names[1:] != names[:-1])[: len(names)], names)


def _of_hearings(index: NameIndex, hearings: Sequence[Sequence[Said]], room: np.float32) -> Places:
    """Names that all hearings together may be of: by one column of parts, or by both together."""
    count, names = _of_parts(index, hearings, room)
    # a hearing costs FAR at most, and one that no name explains just that: no way says so
    if count > PARTLY and all(hearings) and room < FAR:
        ways = _together(hearings, room)
        if ways is not None:
            return np.concatenate(_of_ways(index, ways, room))
    return names()


def _together(hearings: Sequence[Sequence[Said]], room: np.float32) -> list[Said] | None:
    """What names cost in all hearings, for every choice of a way of each that may fit the room.

    None where more than `TOGETHER` choices fit, or the ways are too many to try.
    """
    found = list(hearings[0])
    for said in hearings[1:]:
        if len(found) * len(said) > TOGETHER * TOGETHER:
            return None
        both = [
            _both(one, other)
            for one in found
            for other in said
            if sum(one.least) + sum(other.least) <= room
        ]
        found = [way for way in both if sum(way.least) <= room]
    return found if len(found) <= TOGETHER else None


def _both(one: Said, other: Said) -> Said:
    given = one.given if other.given is None else other.given
    if one.given is not None and other.given is not None:
        given = one.given + other.given
    return Said.of_parts(one.surname + other.surname, given)


def _of_ways(index: NameIndex, said: Sequence[Said], room: np.float32) -> list[Places]:
    """Names that one hearing may be of, way by way of saying them."""
    table, found = index.table, [np.zeros(0, np.int32)]
    for way in said:
        if way.given is None:
            found.append(index.by_surname.having(np.flatnonzero(way.surname <= room)))
            continue
        parts = np.flatnonzero(way.given <= room - way.least[0])
        at, sizes = table.by_given.at(parts)
        nats = np.repeat(way.given.take(parts), sizes)
        if len(way.surname) > 1:
            nats += way.surname.take(index.surname_by_given.take(at))
        else:
            nats += way.surname[0]
        found.append(table.by_given.names.take(np.compress(nats <= room, at)))
    return found


def _of_parts(
    index: NameIndex, ways: Sequence[Sequence[Said]], room: np.float32
) -> tuple[int, Callable[[], Places]]:
    """Names by the column of parts that tells more: how many, and what gives them."""
    table = index.table
    surname = np.zeros(table.surnames.count, np.float32)
    given = np.zeros(table.given.count, np.float32)
    for said in ways:
        if not said:
            count = len(table.surname_of)
            return count, partial(np.arange, count, dtype=np.int32)
        surname = surname + reduce(np.minimum, [w.surname + w.least[1] for w in said])
        spoken = [w.given + w.least[0] for w in said if w.given is not None]
        unspoken = min((w.least[0] for w in said if w.given is None), default=FAR)
        given += reduce(np.minimum, spoken, np.full_like(given, unspoken))
    first, second = np.flatnonzero(surname <= room), np.flatnonzero(given <= room)
    counts = index.by_surname.count(first), table.by_given.count(second)
    if counts[0] < counts[1]:
        return counts[0], partial(index.by_surname.having, first)
    return counts[1], partial(table.by_given.having, second)


def _scored(
    asked: Lookup, index: NameIndex, bounds: Bounds
) -> tuple[NDArray[np.int64], Floats, NDArray[np.bool_], np.float32]:
    """Places of the near names with their nats, exact for those that matter; see `NameTable`."""
    table = index.table
    count = len(table.surname_of)
    sample = np.sort(_bound(table, bounds, np.arange(0, count, _step(count))))
    places, bound, reached, looked = _enumerated(index, bounds, sample)
    if not len(places):
        return places, bound, np.zeros(0, np.bool_), FAR
    first = np.flatnonzero(bound <= looked)
    limit = _kth(asked.least(table.columns.some(places[first]), asked.likely(_FIRST_POINTS)))
    if limit + ROUNDING > reached:
        places, bound = _up_to(index, bounds, np.float32(limit + ROUNDING), sample)
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
