"""Divisions of China at province, city and county level, 1980 to today, with what became of them.

Codes are those of GB/T 2260 (six digits; 2, 4, 9 and 12 digits are understood). Sources, licences
and their limits are in `SOURCES.md` beside the tables; `build.py` makes them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from importlib.resources import files
from typing import Literal, NamedTuple, Self

from matchers.places.gazetteer import Found, Gazetteer
from matchers.places.stems import Suffixes

Level = Literal["province", "city", "county", "town", "village"]
Common = Literal["none", "province", "city", "county"]

MUNICIPALITIES = frozenset({"11", "12", "31", "50"})
DIRECT = "90"
"""City part of counties that a province governs itself: they share no city."""
LEVELS: dict[int, Level] = {2: "province", 4: "city", 6: "county", 9: "town", 12: "village"}


class Division(NamedTuple):
    """One code under one name, from the first to the last year in which a source shows it."""

    code: str
    name: str
    first: int
    last: int


class Change(NamedTuple):
    """`old` became (part of) `new` in `year`; `basis`: stem, root, raised, merger or counties.

    A merger is from a list made by hand; the others were found by rule (see `build_links.py`).
    """

    old: str
    new: str
    year: int
    basis: str


class Position(NamedTuple):
    """Degrees of WGS 84, right within some kilometres; `basis`: seat, towns, counties or parent."""

    lat: float
    lon: float
    basis: str


class Lineage(NamedTuple):
    """A code, what it became, and all of their cities and provinces: two places meet in these."""

    counties: frozenset[str]
    cities: frozenset[str]
    provinces: frozenset[str]


def full_code(code: str) -> str:
    """Six digits of any code: 32 → 320000, 320412001005 → 320412. Raises ValueError."""
    if len(code) not in LEVELS or not code.isascii() or not code.isdigit():
        raise ValueError(f"a division code has 2, 4, 6, 9 or 12 digits, not {len(code)}")
    return code[:6].ljust(6, "0")


def level(code: str) -> Level:
    """Level of a code by its digits alone: 3204 and 320400 are both a city. Raises ValueError."""
    six = full_code(code)
    if len(code) > 6:
        return LEVELS[len(code)]
    return "province" if six.endswith("0000") else "city" if six.endswith("00") else "county"


@dataclass(frozen=True)
class Divisions:
    """All divisions; make it once with `load()` and pass it on."""

    suffixes: Suffixes
    _rows: dict[str, tuple[Division, ...]]
    _onward: dict[str, tuple[Change, ...]]
    _backward: dict[str, tuple[Change, ...]]
    _positions: dict[str, Position]
    _today: int
    _lineages: dict[str, Lineage] = field(default_factory=dict)

    @classmethod
    def load(cls) -> Self:
        """The packaged tables, about 6,700 codes, in some 30 ms."""
        rows: defaultdict[str, list[Division]] = defaultdict(list)
        for code, name, first, last in _table("divisions.tsv"):
            rows[code].append(Division(code, name, int(first), int(last)))
        changes = [Change(old, new, int(y), basis) for old, new, y, basis in _table("links.tsv")]
        return cls(
            suffixes=Suffixes.load(),
            _rows={code: tuple(sorted(all_, key=_ending)) for code, all_ in rows.items()},
            _onward=_grouped((change.old, change) for change in changes),
            _backward=_grouped((change.new, change) for change in changes),
            _positions={
                code: Position(float(lat), float(lon), basis)
                for code, lat, lon, basis in _table("positions.tsv")
            },
            _today=max(row.last for all_ in rows.values() for row in all_),
        )

    def __contains__(self, code: str) -> bool:
        return code in self._rows

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def rows(self, code: str) -> tuple[Division, ...]:
        """Every name this code has had, oldest first; empty for a code that never was."""
        return self._rows.get(full_code(code), ())

    def name(self, code: str, year: int | None = None) -> str:
        """Name in `year`, or the latest one. Raises KeyError for a code that never was."""
        rows = self._rows[full_code(code)]
        then = [row for row in rows if year is not None and row.first <= year <= row.last]
        return (then or rows)[-1].name

    def full_name(self, code: str, year: int | None = None) -> str:
        """江苏省常州市武进区; parts that are not known are left out, so it may be empty."""
        six = full_code(code)
        chain = (*reversed(self.parents(six)), six)
        return "".join(self.name(part, year) for part in chain if part in self._rows)

    def parents(self, code: str) -> tuple[str, ...]:
        """Codes above, nearest first; headings such as 市辖区 are not counted as places."""
        six = full_code(code)
        above = dict.fromkeys((f"{six[:4]}00", f"{six[:2]}0000"))
        return tuple(part for part in above if part != six and part in self._rows)

    def years(self, code: str) -> tuple[int, int | None]:
        """First and last year in the sources; None while it stands. 1980 may mean earlier.

        Raises KeyError for a code that never was.
        """
        rows = self._rows[full_code(code)]
        last = rows[-1].last
        return min(row.first for row in rows), None if last == self._today else last

    @property
    def newest(self) -> int:
        """Year of the newest source: rows that last so long stand today."""
        return self._today

    def stands(self, code: str) -> bool:
        """Whether the code exists today (2023, the newest source)."""
        rows = self._rows.get(full_code(code))
        return rows is not None and rows[-1].last == self._today

    def today(self, within: str = "") -> tuple[str, ...]:
        """County codes that stand today and begin with `within`, sorted."""
        return tuple(
            code
            for code in sorted(self._rows)
            if code.startswith(within) and not code.endswith("00") and self.stands(code)
        )

    def successors(self, code: str) -> tuple[Change, ...]:
        """What the code became, one step on; empty if it stands or nothing is known."""
        return self._onward.get(full_code(code), ())

    def predecessors(self, code: str) -> tuple[Change, ...]:
        """What went into the code, one step back."""
        return self._backward.get(full_code(code), ())

    def heirs(self, code: str) -> frozenset[str]:
        """Every code a place became, over any number of steps, itself not counted."""
        waiting, seen = [full_code(code)], set[str]()
        while waiting:
            one = waiting.pop()
            if one not in seen:
                seen.add(one)
                onward = () if self.stands(one) else self.successors(one)
                waiting += [change.new for change in onward]
        return frozenset(seen - {full_code(code)})

    def current(self, code: str) -> tuple[str, ...]:
        """Today's codes of a place, following successors; the code itself where none is known."""
        return tuple(sorted(filter(self.stands, self.heirs(code)))) or (full_code(code),)

    def lineage(self, code: str) -> Lineage:
        """Counties, cities and provinces a place belongs to, then and now; remembered."""
        six = full_code(code)
        if six not in self._lineages:
            family = {six, *self.current(six)}
            self._lineages[six] = Lineage(
                counties=frozenset(c for c in family if not c.endswith("00")),
                cities=frozenset(city for c in family for city in _city(c)),
                provinces=frozenset(c[:2] for c in family),
            )
        return self._lineages[six]

    def common_level(self, one: str, other: str) -> Common:
        """The lowest level at which two codes meet, through renames, mergers and moved borders.

        A municipality is one city; counties governed by their province share only the province.
        """
        here, there = self.lineage(one), self.lineage(other)
        if here.counties & there.counties:
            return "county"
        if here.cities & there.cities:
            return "city"
        return "province" if here.provinces & there.provinces else "none"

    @cached_property
    def _gazetteer(self) -> Gazetteer:
        """Index of all names, made when first asked."""
        return Gazetteer.over(self)

    def find(self, text: str) -> list[Found]:
        """Codes that `text` may mean, best first, each with how it was read; see `Gazetteer`."""
        return self._gazetteer.find(text)

    def position(self, code: str) -> Position | None:
        """Where the place lies: its own point, a successor's, or the middle of its parent."""
        six = full_code(code)
        for candidate in (six, *self.current(six)):
            if candidate in self._positions:
                return self._positions[candidate]
        for heir in (*self.current(six), six):
            for parent in self.parents(heir):
                if parent in self._positions:
                    return self._positions[parent]._replace(basis="parent")
        return None


def _city(code: str) -> tuple[str, ...]:
    """The city of a code as a key, if it has one."""
    if code[:2] in MUNICIPALITIES:
        return (code[:2],)
    return () if code[2:4] in {"00", DIRECT} else (code[:4],)


def _ending(row: Division) -> tuple[int, int]:
    """Sort key: the name that ran longest comes last."""
    return row.last, row.first


def _table(filename: str) -> Iterator[list[str]]:
    """Rows of a packaged tab-separated table, without its header."""
    text = files("matchers.places").joinpath(filename).read_text(encoding="utf-8")
    return (line.split("\t") for line in text.splitlines()[1:])


def _grouped(pairs: Iterable[tuple[str, Change]]) -> dict[str, tuple[Change, ...]]:
    """Changes under their key."""
    table: defaultdict[str, list[Change]] = defaultdict(list)
    for key, change in pairs:
        table[key].append(change)
    return {key: tuple(changes) for key, changes in table.items()}
