"""A gallery grown beyond what fits in memory as records: further people drawn as columns alone.

Each further person is put together from people of the made world: home, build, dialect and marks
of one, and the surname that goes with them; birth of another of the same sex and decade; a given
name whose characters are of two others of that sex and decade, as the world draws them; relatives'
names alike; the sighting's place with another day; the number's division with other digits.
Distinct names, families, sightings and numbers so grow with the people, homes and birthdays
hardly, as they do in a made world. Further people are nobody's answer. Faces are not drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexes.columns import NONE, Column, Slot
from matchers.evidence import Comparator
from matchers.evidence.birth import YEAR
from matchers.evidence.digits import UNKNOWN, NumberTable
from matchers.evidence.movement import PreparedSightings, RoleSightings
from matchers.evidence.numbers import PreparedNumbers
from matchers.evidence.relatives import Members, PreparedFamilies
from matchers.evidence.sounding import Heard
from matchers.sounds.parts import Parts, Postings

Compared = tuple[Comparator, Column, Any]
Ints = NDArray[np.int64]
Codes = NDArray[np.integer]
MONTHS = 400
"""Days by which a further sighting's day differs at most."""


def grown(compared: Sequence[Compared], people: int, seed: int) -> tuple[Compared, ...]:
    """The columns with further rows up to `people`; rows and codes that were there stay."""
    held = {c.key: (c, column, prepared) for c, column, prepared in compared}
    count = len(held["sex"][1])
    dice = np.random.default_rng((seed, people))
    like = dice.integers(0, count, people - count)
    peers = _Peers.of(held)
    out = []
    for key, (comparator, column, prepared) in held.items():
        if key == "birth":
            more = replace(column, first=column.first[peers.another(like, dice)], more=())
            made = _behind(column, more, len(column.values)), prepared
        elif key == "names":
            made = _names(column, prepared, like, peers, dice)
        elif key == "relatives":
            made = _families(column, prepared, like, dice)
        elif key == "movement":
            made = _sightings(column, prepared, like, dice)
        elif key == "numbers":
            made = _numbers(column, prepared, like, dice)
        elif key == "phones":
            digits, codes = _redrawn(prepared.digits, column.first[like], (3, 11), dice)
            table = NumberTable(np.concatenate([prepared.digits, digits]))
            made = _with(column, codes + len(column.values), len(table.digits)), table
        else:
            made = _behind(column, _taken(column, like), len(column.values)), prepared
        out.append((comparator, *made))
    return tuple(out)


class _Peers:
    """People of one sex and decade of birth."""

    def __init__(self, group: Ints, order: Ints, starts: Ints) -> None:
        self._group, self._order, self._starts = group, order, starts

    @classmethod
    def of(cls, held: dict[str, Compared]) -> _Peers:
        sex, birth, births = held["sex"][1].first, held["birth"][1].first, held["birth"][2]
        decade = np.append(births.earliest // int(10 * YEAR), 0)[birth]
        known = np.append(births.known, 3)[birth]
        _, group = np.unique((sex + 1) * 10_000 + decade * 10 + known, return_inverse=True)
        order = np.argsort(group, kind="stable")
        starts = np.searchsorted(group[order], np.arange(group.max() + 2))
        return cls(group, order, starts)

    def another(self, rows: Ints, dice: np.random.Generator) -> Ints:
        """For each row somebody of the same sex and decade, perhaps the same person."""
        group = self._group[rows]
        low, high = self._starts[group], self._starts[group + 1]
        return self._order[low + (dice.random(len(rows)) * (high - low)).astype(np.int64)]


def _taken(column: Column, rows: Ints) -> Column:
    """The rows' codes, values numbered as they were."""
    slots = []
    for slot in column.more:
        at = np.minimum(np.searchsorted(slot.rows, rows), len(slot.rows) - 1)
        held = np.flatnonzero(slot.rows[at] == rows)
        slots.append(Slot(held.astype(np.int32), slot.codes[at[held]]))
    return replace(column, first=column.first[rows], more=tuple(slots))


def _behind(column: Column, further: Column, values: int) -> Column:
    """Further rows behind the others; `values` is how many values there are now."""
    start = len(column.first)
    slots = [
        Slot(
            np.append(slot.rows, (more.rows + start).astype(np.int32)),
            np.append(slot.codes, more.codes),
        )
        for slot, more in zip(column.more, further.more, strict=False)
    ]
    slots += column.more[len(slots) :]
    first = np.append(column.first, further.first)
    return Column(range(values), first, tuple(slots))  # type: ignore[arg-type]


def _with(column: Column, first: Ints, values: int) -> Column:
    """Further rows with these codes as their only ones, -1 or less for none."""
    codes = np.where(first < len(column.values), NONE, first).astype(np.int32)
    return _behind(column, Column((), codes), values)


def _recombined(heard: Heard, surname: Ints, one: Ints, other: Ints) -> tuple[Heard, Ints]:
    """Strings with further ones: surname of one, characters of the given names of two others.

    surname, one, other: int64 [n], strings each of these is taken from. Also gives the code int64
    [n] of each.
    """
    table = heard.table
    tokens, lengths = table.given.matrix(2, 0)
    first, second = table.given_of[one], table.given_of[other]
    both = (lengths[first] == 2) & (lengths[second] == 2)
    width = table.vocabulary.size
    pair = tokens[first, 0] * width + tokens[second, 1]
    known = np.flatnonzero(lengths == 2)
    pairs, place = np.unique(
        np.append(tokens[known, 0] * width + tokens[known, 1], pair[both]), return_inverse=True
    )
    given, numbers = _with_pairs(table.given, lengths, pairs, width)
    codes = numbers[first]
    codes[both] = given.starts[_group(given, 2)] + place[len(known) :]
    # own strings, further strings, then the national sample
    own = np.arange(heard.base)
    keys = table.surname_of.astype(np.int64) * given.count + numbers[table.given_of]
    asked = table.surname_of[surname].astype(np.int64) * given.count + codes
    distinct, which = np.unique(np.append(keys[own], asked), return_inverse=True)
    code_of = np.full(len(distinct), -1, np.int64)
    code_of[which[: heard.base]] = own
    fresh = np.flatnonzero(code_of < 0)
    code_of[fresh] = heard.base + np.arange(len(fresh))
    every = np.concatenate([keys[own], distinct[fresh], keys[heard.base :]])
    surnames, givens = np.divmod(every, given.count)
    size = heard.base + len(fresh)
    bigger = replace(
        table,
        names=range(len(every)),  # type: ignore[arg-type]
        given=given,
        surname_of=surnames.astype(np.int32),
        given_of=givens.astype(np.int32),
        by_given=Postings.of(givens.astype(np.int32), given.count),
    )
    forms = np.append(heard.forms, np.zeros(len(fresh), np.bool_))
    return Heard(size, bigger, size, None, forms), code_of[which[heard.base :]]


def _with_pairs(
    given: Parts, lengths: NDArray[np.int8], pairs: Ints, width: int
) -> tuple[Parts, Ints]:
    """Given names with these (and all old) names of two tokens; new place of each old one."""
    tokens, starts, numbers, start = [], [], np.zeros(given.count, np.int64), 0
    for columns in given.tokens:
        own = np.flatnonzero(lengths == len(columns))
        if len(columns) == 2:
            place = np.searchsorted(pairs, columns[0] * width + columns[1])
            made: tuple[Ints, ...] = (pairs // width, pairs % width)
        else:
            place, made = np.arange(len(own)), columns
        numbers[own] = start + place
        tokens.append(made)
        starts.append(start)
        start += len(made[0]) if made else 1
    return Parts(tuple(tokens), tuple(starts), start), numbers


def _group(given: Parts, length: int) -> int:
    return [len(columns) for columns in given.tokens].index(length)


def _names(
    column: Column, heard: Heard, like: Ints, peers: _Peers, dice: np.random.Generator
) -> tuple[Column, Heard]:
    own = column.first[like]
    named = np.flatnonzero(own != NONE)
    someone = [column.first[peers.another(like[named], dice)] for _ in range(2)]
    one, other = (np.where(codes == NONE, own[named], codes) for codes in someone)
    bigger, codes = _recombined(heard, own[named].astype(np.int64), one, other)
    first = np.full(len(like), NONE, np.int64)
    first[named] = codes
    further = _taken(column, like)
    return _behind(column, replace(further, first=first.astype(np.int32)), bigger.size), bigger


def _families(
    column: Column, prepared: PreparedFamilies, like: Ints, dice: np.random.Generator
) -> tuple[Column, PreparedFamilies]:
    family = column.first[like]
    said = np.flatnonzero(family != NONE)
    (known,) = prepared.parts
    ends = np.append(known.start, len(known.name))
    chosen = family[said]
    sizes = ends[chosen + 1] - ends[chosen]
    start = np.cumsum(sizes) - sizes
    members = np.repeat(ends[chosen] - start, sizes) + np.arange(sizes.sum())
    relation = known.relation[members]
    order = np.argsort(known.relation, kind="stable")
    begun = np.searchsorted(known.relation[order], np.arange(len(prepared.relations) + 1))
    low, high = begun[relation], begun[relation + 1]
    kin = [
        known.name[order[low + (dice.random(len(members)) * (high - low)).astype(np.int64)]]
        for _ in range(2)
    ]
    heard, name = _recombined(prepared.heard, known.name[members].astype(np.int64), *kin)
    first = np.full(len(like), -1, np.int64)
    first[said] = len(column.values) + np.arange(len(said))
    everybody = Members(
        np.append(known.name, name.astype(np.int32)),
        np.append(known.relation, relation),
        np.append(known.start, len(known.name) + start),
    )
    made = replace(prepared, heard=heard, parts=(everybody,))
    return _with(column, first, made.size), made


def _sightings(
    column: Column, prepared: PreparedSightings, like: Ints, dice: np.random.Generator
) -> tuple[Column, PreparedSightings]:
    role, point, day, who = (np.zeros(prepared.size, np.int64) for _ in range(4))
    for number, part in enumerate(prepared.roles):
        role[part.rows], point[part.rows] = number, part.point
        day[part.rows], who[part.rows] = part.day, part.who
    further = _taken(column, like)
    codes = [further.first, *(slot.codes for slot in further.more)]
    drawn = np.concatenate(codes).astype(np.int64)
    known = drawn != NONE
    moved = day[drawn] + dice.integers(-MONTHS, 1, len(drawn)) * (day[drawn] > 0)
    key = _key(role[drawn], point[drawn], moved, who[drawn])
    old = _key(role, point, day, who)
    distinct, which = np.unique(np.append(old, key[known]), return_inverse=True)
    code_of = np.full(len(distinct), -1, np.int64)
    code_of[which[: len(old)]] = np.arange(len(old))
    fresh = np.flatnonzero(code_of < 0)
    code_of[fresh] = len(old) + np.arange(len(fresh))
    drawn[known] = code_of[which[len(old) :]]
    every = np.append(old, distinct[fresh])
    role, point = every >> 56, (every >> 28) & (2**28 - 1)
    day, who = (every >> 4) & (2**24 - 1), every & 15
    rows = [np.flatnonzero(role == number) for number in range(len(prepared.roles))]
    roles = tuple(
        RoleSightings(own, point[own].astype(np.intp), day[own], who[own].astype(np.int8))
        for own in rows
    )
    ends = np.cumsum([len(part) for part in codes])[:-1]
    first, *slots = np.split(drawn.astype(np.int32), ends)
    more = tuple(replace(s, codes=c) for s, c in zip(further.more, slots, strict=True))
    further = replace(further, first=first, more=more)
    made = PreparedSightings(len(every), roles, prepared.lat, prepared.lon)
    return _behind(column, further, len(every)), made


def _key(role: Ints, point: Ints, day: Ints, who: Ints) -> Ints:
    return np.asarray((role << 56) | (point << 28) | (np.maximum(day, 0) << 4) | who)


def _numbers(
    column: Column, prepared: PreparedNumbers, like: Ints, dice: np.random.Generator
) -> tuple[Column, PreparedNumbers]:
    """Citizen numbers alone are drawn anew; others keep the values that there are."""
    place = np.cumsum(prepared.is_citizen) - 1
    codes = column.first[like]
    own = np.append(prepared.is_citizen, False)[codes]
    at = np.where(own, np.append(place, 0)[codes], NONE)
    digits, fresh = _redrawn(prepared.citizen.digits, at, (6, 18), dice)
    first = np.where(own, fresh + len(column.values), codes).astype(np.int32)
    size = len(column.values) + len(digits)
    made = PreparedNumbers(
        citizen=NumberTable(np.concatenate([prepared.citizen.digits, digits])),
        other=prepared.other,
        is_citizen=np.append(prepared.is_citizen, np.ones(len(digits), np.bool_)),
    )
    return _behind(column, Column((), first), size), made


def _redrawn(
    table: NDArray[np.uint8],
    at: NDArray[np.integer],
    span: tuple[int, int],
    dice: np.random.Generator,
) -> tuple[NDArray[np.uint8], Ints]:
    """Numbers like those at the places (-1: none) with other digits in the span.

    Gives them, and the number of each among them; -1 for none counts down from far below.
    """
    said = np.flatnonzero(np.asarray(at) != NONE)
    digits = table[np.asarray(at)[said]].copy()
    part = digits[:, span[0] : span[1]]
    drawn = dice.integers(ord("0"), ord("9") + 1, part.shape).astype(np.uint8)
    np.copyto(part, drawn, where=part != UNKNOWN)
    which = np.full(len(at), -(1 << 40), np.int64)
    which[said] = np.arange(len(said))
    return digits, which
