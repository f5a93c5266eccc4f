"""Columns of distinct values: score each distinct value once, gather by integer code.

A column holds what a gallery of N records says about one thing. `values` are its V distinct
values, `codes` points from records into them, and a record may have several values or none. What
is compared is the V values; `gather` then spreads the V levels over the N records, which costs a
fraction of a millisecond per 100,000 records.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from indexes.growth import Growth
from indexes.ranks import Ranks

Codes = NDArray[np.int32]
Levels = NDArray[np.int8]
Mask = NDArray[np.bool_]

_NO_CODES = np.empty(0, np.int32)
BLOCK = 32_768
"""Records gathered together: numpy widens the codes it gathers by, and a block stays in cache."""
_LATE_SHARE = 0.05
NONE = -1
"""The code of a record that says nothing."""


class Values(Protocol):
    """Distinct values in the order of their codes, kept in less memory than a tuple of them."""

    def __len__(self) -> int: ...

    def __getitem__(self, code: int, /) -> Hashable: ...

    def __iter__(self) -> Iterator[Hashable]: ...

    def coded(self, values: Sequence[Hashable]) -> tuple[Values, Codes]:
        """With what is new of these behind the others, and the code of each: int32 [w]."""
        ...

    def taken(self, codes: NDArray[np.integer]) -> Values:
        """Some of them, in the order of `codes`."""
        ...


@dataclass(frozen=True)
class Slot:
    """The k-th further value of the records that have one: each record at most once.

    rows: int32 [s], growing. codes: int32 [s], into the column's values. known: ranks of the first
    of these rows, where somebody has asked for places before.
    """

    rows: Codes
    codes: Codes
    room: tuple[Growth, Growth] | None = field(default=None, compare=False, repr=False)
    known: Ranks | None = field(default=None, compare=False, repr=False)

    @cached_property
    def ranks(self) -> Ranks:
        """Of the rows, save for the last few that have joined since they were made."""
        late = len(self.rows) - (0 if self.known is None else self.known.count)
        if self.known is None or late > len(self.rows) * _LATE_SHARE:
            return Ranks.of(self.rows)
        return self.known

    def places(self, rows: Codes) -> Codes:
        """Where these records stand in the slot: int32 [n], ABSENT where they do not."""
        ranks = self.ranks
        places = ranks.places(rows)
        late = self.rows[ranks.count :]
        if len(late):
            own = np.flatnonzero(rows >= late[0])
            at = np.minimum(np.searchsorted(late, rows[own]), len(late) - 1)
            there = late[at] == rows[own]
            places[own[there]] = (at[there] + ranks.count).astype(np.int32)
        return places

    def joined(self, rows: Codes, codes: Codes) -> Slot:
        """With further records behind these."""
        if not len(rows):
            return self
        old = self.room or (Growth.of(self.rows), Growth.of(self.codes))
        room = old[0].joined(rows), old[1].joined(codes)
        return Slot(room[0].now, room[1].now, room, vars(self).get("ranks", self.known))


_NO_SLOT = Slot(_NO_CODES, _NO_CODES)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a gallery of N records over V distinct values.

    first: int32 [N], code of each record's first value or -1. more: one slot for second values,
    one for third values and so on. A column is never changed: `append` and `take` give new ones.
    room: `first` with room behind it, where there is any.
    """

    values: tuple[Hashable, ...] | Values
    first: Codes
    more: tuple[Slot, ...] = ()
    room: Growth | None = field(default=None, compare=False, repr=False)

    @classmethod
    def build(cls, rows: Sequence[tuple[Hashable, ...]]) -> Self:
        """Code the values of each record; a value repeated within a record counts once."""
        return cls(values=(), first=np.empty(0, np.int32)).append(rows)

    def borne_by(self, rows: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which values the records bool [N] have: bool [V]."""
        borne = np.zeros(len(self.values), np.bool_)
        first = self.first[rows]
        borne[first[first >= 0]] = True
        for slot in self.more:
            borne[slot.codes[rows[slot.rows]]] = True
        return borne

    def __len__(self) -> int:
        return len(self.first)

    @property
    def filled(self) -> Mask:
        """Which records say anything: bool [N]."""
        return np.asarray(self.first != NONE)

    def append(self, rows: Sequence[tuple[Hashable, ...]]) -> Self:
        """The column with further records behind it; known values keep their codes."""
        distinct = [tuple(dict.fromkeys(row)) for row in rows]
        values, codes = _coded(self.values, [value for row in distinct for value in row])
        sizes = np.fromiter(map(len, distinct), np.int64, len(distinct))
        begun = np.cumsum(sizes) - sizes
        first = np.full(len(rows), NONE, np.int32)
        first[sizes > 0] = codes[begun[sizes > 0]]
        slots = []
        for k in range(1, max(int(sizes.max(initial=0)), len(self.more) + 1)):
            own = np.flatnonzero(sizes > k)
            old = self.more[k - 1] if k <= len(self.more) else _NO_SLOT
            place = (own + len(self.first)).astype(np.int32)
            slots.append(old.joined(place, codes[begun[own] + k]))
        room = (self.room or Growth.of(self.first)).joined(first)
        return type(self)(values, room.now, tuple(slots), room)

    def changed(self, rows: Sequence[int], values: Sequence[tuple[Hashable, ...]]) -> Self:
        """The column with other values for some of its records."""
        fresh = type(self)(self.values, np.empty(0, np.int32)).append(values)
        place = np.array(rows, np.int32)
        first = self.first.copy()
        first[place] = fresh.first
        slots = []
        for k in range(max(len(self.more), len(fresh.more))):
            old = self.more[k] if k < len(self.more) else _NO_SLOT
            new = fresh.more[k] if k < len(fresh.more) else _NO_SLOT
            kept = ~np.isin(old.rows, place)
            own = np.append(old.rows[kept], place[new.rows])
            codes = np.append(old.codes[kept], new.codes)
            order = np.argsort(own, kind="stable")
            slots.append(Slot(own[order], codes[order]))
        return type(self)(fresh.values, first, tuple(slots))

    def gather(self, levels: Levels) -> Levels:
        """Best (highest) level over each record's values: int8 [V] -> int8 [N], 0 where none."""
        if len(levels) != len(self.values):
            raise ValueError(f"{len(levels)} levels for {len(self.values)} distinct values")
        if not levels.any():
            return np.zeros(len(self.first), np.int8)
        # code -1 reads the appended zero: a record without a value stands at level 0
        table = np.append(levels, np.int8(0))
        out = np.empty(len(self.first), np.int8)
        for start in range(0, len(out), BLOCK):
            span = slice(start, start + BLOCK)
            table.take(self.first[span], mode="wrap", out=out[span])
        for slot in self.more:
            out[slot.rows] = np.maximum(out.take(slot.rows), levels.take(slot.codes))
        return out

    def take(self, chosen: Mask | NDArray[np.integer]) -> Self:
        """The column of some records, in the order given; a mask keeps the present order.

        Values that no record holds any more are dropped, and codes are renumbered.
        """
        rows = np.flatnonzero(chosen) if chosen.dtype == np.bool_ else np.asarray(chosen)
        place = np.full(len(self.first), NONE, np.int64)
        place[rows] = np.arange(len(rows))
        slots = [_placed(slot, place) for slot in self.more]
        slots = [slot for slot in slots if len(slot.rows)]
        first = self.first[rows]
        used = np.zeros(len(self.values) + 1, np.bool_)
        for codes in (first, *(slot.codes for slot in slots)):
            used[codes] = True
        used[-1] = False
        renumber = np.append(np.cumsum(used[:-1], dtype=np.int32) - 1, NONE).astype(np.int32)
        kept = _taken(self.values, np.flatnonzero(used))
        more = tuple(Slot(slot.rows, renumber[slot.codes]) for slot in slots)
        return type(self)(kept, renumber[first], more)

    def of(self, row: int) -> tuple[Hashable, ...]:
        """The values of one record."""
        return tuple(self.values[code] for code in self.codes_of(row))

    def codes_of(self, row: int) -> tuple[int, ...]:
        """The codes of one record's values."""
        codes = [int(self.first[row])] if self.first[row] != NONE else []
        for slot in self.more:
            at = int(np.searchsorted(slot.rows, row))
            if at < len(slot.rows) and slot.rows[at] == row:
                codes.append(int(slot.codes[at]))
        return tuple(codes)

    def holders(self, chosen: Mask) -> NDArray[np.int64]:
        """Records that hold any of the chosen values (bool [V]): the posting lists, joined."""
        table = np.append(chosen, np.False_)
        held = table[self.first]
        for slot in self.more:
            held[slot.rows] |= chosen[slot.codes]
        return np.flatnonzero(held)

    def counts(self) -> NDArray[np.int64]:
        """How many records hold each value: int64 [V]."""
        total = np.bincount(self.first[self.first >= 0], minlength=len(self.values))
        for slot in self.more:
            total += np.bincount(slot.codes, minlength=len(self.values))
        return total.astype(np.int64)


def _coded(
    values: tuple[Hashable, ...] | Values, more: Sequence[Hashable]
) -> tuple[tuple[Hashable, ...] | Values, Codes]:
    if not isinstance(values, tuple):
        return values.coded(more)
    index = {value: code for code, value in enumerate(values)}
    codes = [index.setdefault(value, len(index)) for value in more]
    return tuple(index), np.array(codes, np.int32)


def _taken(
    values: tuple[Hashable, ...] | Values, codes: NDArray[np.integer]
) -> tuple[Hashable, ...] | Values:
    if not isinstance(values, tuple):
        return values.taken(codes)
    return tuple(values[code] for code in codes)


def _placed(slot: Slot, place: NDArray[np.int64]) -> Slot:
    rows = place[slot.rows]
    keep = rows >= 0
    order = np.argsort(rows[keep], kind="stable")
    return Slot(rows[keep][order].astype(np.int32), slot.codes[keep][order])
