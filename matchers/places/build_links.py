"""Which division became which: same code renamed, same stem under a new code, known mergers."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from matchers.places.stems import Suffixes

MOVED_PROVINCES = {"51": ("50",), "44": ("46",)}
"""重庆 left 四川 in 1997, 海南 left 广东 in 1988: successors are sought there too."""

SLACK = 400
"""Four years (in yyyymm): some revisions of 1992–1994 leave out county-level cities."""


class Row(NamedTuple):
    """One code under one name; `first` and `last` are revisions, yyyymm."""

    code: str
    name: str
    first: int
    last: int


class Link(NamedTuple):
    """`old` became (part of) `new` in `year`; `basis`: stem, root, raised, merger or counties."""

    old: str
    new: str
    year: int
    basis: str


def depth(code: str) -> int:
    """0 province, 1 city, 2 county."""
    return 0 if code.endswith("0000") else 1 if code.endswith("00") else 2


def links(
    rows: Sequence[Row], when: Sequence[int], suffixes: Suffixes, mergers: Path
) -> list[Link]:
    """Links between different codes; a renamed code needs none."""
    after = dict(zip(when, [*when[1:], 0], strict=True))
    known = list(_curated(mergers, rows))
    taken = {link.old for link in known}
    by_stem = _by_stem(rows, suffixes)
    found = [
        link
        for row in _ended(rows, when[-1])
        if row.code not in taken
        for link in _same_stem(row, by_stem[suffixes.stem(row.name)], after, suffixes)
    ]
    found += known
    taken = {link.old for link in found}
    found += [
        link
        for row in _ended(rows, when[-1])
        if row.code not in taken
        for link in _raised_or_rooted(row, rows, by_stem[suffixes.stem(row.name)], after)
    ]
    found += _by_counties(rows, when[-1], found)
    return list(dict.fromkeys(found))


def _curated(path: Path, rows: Sequence[Row]) -> Iterator[Link]:
    """Mergers and splits that no rule finds, by code; refuses a code that never existed."""
    codes = {row.code for row in rows}
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if not {row["old"], row["new"]} <= codes:
                raise ValueError(f"{path.name}: no such code in {row}")
            yield Link(row["old"], row["new"], int(row["year"]), "merger")


def _by_stem(rows: Sequence[Row], suffixes: Suffixes) -> defaultdict[str, list[Row]]:
    """All rows under the stem of their name."""
    table: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        table[suffixes.stem(row.name)].append(row)
    return table


def _ended(rows: Sequence[Row], newest: int) -> Iterator[Row]:
    """The last row of every code that is gone today."""
    last = {row.code: row for row in sorted(rows, key=lambda row: row.last)}
    return (row for row in last.values() if row.last != newest)


def _same_stem(
    row: Row, named: Sequence[Row], after: dict[int, int], suffixes: Suffixes
) -> Iterator[Link]:
    """Codes that took up the stem when this one ended, the same city first, then the earliest."""
    gone = after[row.last]
    provinces = (row.code[:2], *MOVED_PROVINCES.get(row.code[:2], ()))
    fitting = [
        other
        for other in named
        if other.code != row.code
        and other.code[:2] in provinces
        and depth(other.code) == depth(row.code)
        and other.last > row.last
        and (row.name not in suffixes.common or other.code[:4] == row.code[:4])
    ]
    fresh = [o for o in fitting if row.last <= o.first <= max(gone, row.last + SLACK)]
    nearest = [other for other in fresh if other.code[:4] == row.code[:4]]
    running = [other for other in fitting if other.first <= row.last]
    fresh.sort(key=lambda other: other.first)
    nearest.sort(key=lambda other: other.first)
    for other in (nearest or fresh or (running if len(running) == 1 else []))[:1]:
        yield Link(row.code, other.code, gone // 100, "stem")


def _raised_or_rooted(
    row: Row, rows: Sequence[Row], named: Sequence[Row], after: dict[int, int]
) -> Iterator[Link]:
    """冀县 → 冀州市 (same first syllable, same city, same time); 张家口市 raised to a city."""
    gone = after[row.last]
    if depth(row.code) != 2:
        return
    if len(row.name) == 2:
        heirs = {
            other.code
            for other in rows
            if other.name[0] == row.name[0]
            and other.code[:4] == row.code[:4]
            and row.last <= other.first <= gone
        } - {row.code}
        if len(heirs) == 1:
            yield Link(row.code, heirs.pop(), gone // 100, "root")
            return
    raised = {
        other.code
        for other in named
        if depth(other.code) == 1 and other.code[:2] == row.code[:2] and other.last >= gone
    }
    if len(raised) == 1:
        yield Link(row.code, raised.pop(), gone // 100, "raised")


def _by_counties(rows: Sequence[Row], newest: int, found: Sequence[Link]) -> Iterator[Link]:
    """A vanished city or prefecture went where at least half of its counties went."""
    children: defaultdict[str, set[str]] = defaultdict(set)
    for row in rows:
        if depth(row.code) == 2:
            children[f"{row.code[:4]}00"].add(row.code)
    onward: defaultdict[str, list[str]] = defaultdict(list)
    for link in found:
        onward[link.old].append(link.new)
    cities = {row.code: row for row in rows if depth(row.code) == 1}
    for row in _ended(rows, newest):
        if depth(row.code) != 1 or row.code in onward:
            continue
        heirs = Counter(
            f"{new[:4]}00"
            for new in chain.from_iterable(onward[old] for old in children[row.code])
            if new[:4] != row.code[:4]
        )
        total = sum(heirs.values())
        for heir, count in heirs.most_common(2):
            if count * 3 >= total and heir in cities:
                yield Link(row.code, heir, row.last // 100 + 1, "counties")
