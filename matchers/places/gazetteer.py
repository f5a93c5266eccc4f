"""From what somebody wrote or said to codes: full names, part names, stems, old names."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, Self

if TYPE_CHECKING:
    from matchers.places.divisions import Divisions

How = Literal["name", "stem", "old_name", "old_stem", "part"]
SHORTEST = 2
DEPTHS = {"province": 0, "city": 1, "county": 2}


class Found(NamedTuple):
    """A code a text may mean; `how`: by name, by stem, by a name it no longer has, or by part."""

    code: str
    how: How


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """Names and stems of all divisions; make it once with `over()` and pass it on."""

    divisions: Divisions
    _index: dict[str, tuple[Found, ...]]
    _longest: int

    @classmethod
    def over(cls, divisions: Divisions) -> Self:
        """Index every name and stem each code has had."""
        index: defaultdict[str, dict[str, How]] = defaultdict(dict)
        for code in divisions:
            rows = divisions.rows(code)
            for row in rows:
                now = row is rows[-1] and divisions.stands(code)
                index[row.name].setdefault(code, "name" if now else "old_name")
                stem = divisions.suffixes.stem(row.name)
                if stem != row.name and row.name not in divisions.suffixes.common:
                    index[stem].setdefault(code, "stem" if now else "old_stem")
        return cls(
            divisions=divisions,
            _index={
                key: tuple(Found(code, how) for code, how in codes.items())
                for key, codes in index.items()
            },
            _longest=max(map(len, index)),
        )

    def find(self, text: str) -> list[Found]:
        """Codes that `text` may mean, best first; empty if it names no division.

        All names in the text are read, the deepest that agrees with the others wins: in
        江苏省常州武进 only the 武进 of 江苏 is left. A place that still stands hides the codes it
        had before; a text that names an old division alone (武进县) gives the old code.
        """
        mentions = self._mentions("".join(text.split()))
        if not mentions:
            return self._by_part(text.strip())
        ranked = [
            (
                self._agreeing(found.code, mentions, here),
                DEPTHS[self._level(found.code)],
                here,
                found,
            )
            for here, mention in enumerate(mentions)
            for found in mention
        ]
        agreeing = max(rank[0] for rank in ranked)
        best = [rank for rank in ranked if rank[0] == agreeing]
        place = max(best, key=lambda rank: (rank[1], rank[2]))[2]
        return self._without_past([rank[3] for rank in best if rank[2] == place])

    def _mentions(self, text: str) -> list[tuple[Found, ...]]:
        """Longest names from left to right."""
        mentions = []
        start = 0
        while start <= len(text) - SHORTEST:
            for length in range(min(self._longest, len(text) - start), SHORTEST - 1, -1):
                found = self._index.get(text[start : start + length])
                if found:
                    mentions.append(found)
                    start += length
                    break
            else:
                start += 1
        return mentions

    def _agreeing(self, code: str, mentions: list[tuple[Found, ...]], here: int) -> int:
        """How many of the other names in the text lie above `code`, then or now."""
        lineage = self.divisions.lineage(code)
        return sum(
            any(self._above(found.code, code, lineage.cities, lineage.provinces) for found in other)
            for where, other in enumerate(mentions)
            if where != here
        )

    def _above(
        self, upper: str, code: str, cities: frozenset[str], provinces: frozenset[str]
    ) -> bool:
        """Whether `upper` is a city or province of the place."""
        if upper == code:
            return False
        kind = self._level(upper)
        if kind == "province":
            return upper[:2] in provinces
        return kind == "city" and upper[:4] in cities and self._level(code) == "county"

    def _by_part(self, text: str) -> list[Found]:
        """Longer names that begin with the text, for what people cut short: 前郭, 巴音郭楞."""
        if len(text) < SHORTEST:
            return []
        codes = {
            found.code
            for key, all_found in self._index.items()
            if key.startswith(text)
            for found in all_found
        }
        return self._without_past([Found(code, "part") for code in sorted(codes)])

    def _without_past(self, found: list[Found]) -> list[Found]:
        """Today's places first, and without the codes they had before."""
        codes = {one.code for one in found}
        kept = [
            one
            for one in found
            if self.divisions.stands(one.code) or not codes & self.divisions.heirs(one.code)
        ]
        return sorted(
            kept,
            key=lambda one: (
                not self.divisions.stands(one.code),
                DEPTHS[self._level(one.code)],
                one.code,
            ),
        )

    @staticmethod
    def _level(code: str) -> Literal["province", "city", "county"]:
        """Level of a six-digit code."""
        return "province" if code[2:] == "0000" else "city" if code[4:] == "00" else "county"
