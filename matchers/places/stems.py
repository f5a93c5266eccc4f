"""What is left of a division's name when administrative words are cut: 武进县 → 武进."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from typing import Self

SHORTEST = 2


@dataclass(frozen=True)
class Suffixes:
    """Words that may be cut, from `suffixes.toml`; all tuples are longest first."""

    units: tuple[str, ...]
    ethnic: tuple[str, ...]
    common: frozenset[str]
    headings: frozenset[str]

    @classmethod
    def load(cls) -> Self:
        """The packaged table. Raises `tomllib.TOMLDecodeError` if an edit has broken it."""
        text = files("matchers.places").joinpath("suffixes.toml").read_text(encoding="utf-8")
        table = tomllib.loads(text)
        return cls(
            units=tuple(sorted(table["units"], key=len, reverse=True)),
            ethnic=tuple(sorted(table["ethnic"], key=len, reverse=True)),
            common=frozenset(table["common"]),
            headings=frozenset(table["headings"]),
        )

    @cached_property
    def endings(self) -> tuple[str, ...]:
        """Units and ethnic names together, longest first."""
        return tuple(sorted({*self.units, *self.ethnic}, key=len, reverse=True))

    def stem(self, name: str) -> str:
        """`name` without one administrative word and the ethnic names before it.

        Never shorter than two syllables: 通县 and 沙县 stay. 海西蒙古族藏族自治州 becomes 海西.
        """
        unit = next((u for u in self.units if name.endswith(u)), "")
        rest = name[: len(name) - len(unit)]
        if not unit or len(rest) < SHORTEST:
            return name
        return self._without_ethnic(rest)

    def _without_ethnic(self, name: str) -> str:
        """Cut ethnic names from the end as long as two syllables stay."""
        while True:
            last = next((e for e in self.ethnic if name.endswith(e)), "")
            if not last or len(name) - len(last) < SHORTEST:
                return name
            name = name[: -len(last)]


_ASIDE = re.compile(r"[（(][^）)]*[）)]?")
_HAN = re.compile(r"[^\u3007\u3400-\u9fff\U00020000-\U0003ffff]")


@dataclass(frozen=True)
class Endings:
    """What stands behind the names of towns and villages, and what people say there."""

    suffixes: Suffixes
    offices: tuple[str, ...]
    said: dict[str, tuple[str, ...]]

    @classmethod
    def load(cls) -> Self:
        """The packaged table. Raises `tomllib.TOMLDecodeError` if an edit has broken it."""
        text = files("matchers.places").joinpath("suffixes.toml").read_text(encoding="utf-8")
        table = tomllib.loads(text)
        return cls(
            suffixes=Suffixes.load(),
            offices=tuple(sorted(table["offices"], key=len, reverse=True)),
            said={level: tuple(words) for level, words in table["said"].items()},
        )

    def spoken(self, name: str) -> str:
        """What people say of a registered name: 朱马院村村民委员会 → 朱马院.

        Han characters only; of an aside in brackets nothing is kept. 李村 stays two syllables.
        """
        plain = _HAN.sub("", _ASIDE.sub("", name)) or _HAN.sub("", name)
        office = next((word for word in self.offices if plain.endswith(word)), "")
        rest = plain[: len(plain) - len(office)] if office else plain
        if len(rest) < SHORTEST:
            # 李村委会 is the committee of 李村
            return (rest + "村" if rest and "村" in office else plain) or plain
        return self.suffixes.stem(rest)
