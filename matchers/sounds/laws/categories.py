"""Where a character stands in Middle Chinese, joined with its standard Mandarin reading.

Sound laws are stated on categories: the initial 母, rounding 呼, division 等, class 類, rime 韻
and tone 聲 of the *Guangyun* (1008) as analysed by the package tshet-uinh (MIT), and the parts
of the standard Mandarin reading. A character with several readings in either has several
categories; each Mandarin reading is joined with the Middle Chinese position it descends from,
told by the laws of standard Mandarin themselves.
"""

import csv
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import opencc
import tshet_uinh

from matchers.sounds import packaged
from matchers.sounds.laws.mandarin import Mandarin, taken_apart
from matchers.sounds.laws.standard import FURTHER, shares_of

ATTRIBUTES = (
    "母", "組", "音", "清濁", "呼", "等", "類", "韻", "攝", "聲", "韻別",
    "普聲", "普韻", "普調",
)  # fmt: skip
_CLASSES = tshet_uinh.音韻屬性常量
_POSITION = re.compile("^(.)([開合]?)([一二三四])([ABC]?)(.)([平上去入])$")
_TABLES = files("matchers.sounds.laws") / "tables"


@dataclass(frozen=True, slots=True)
class Category:
    """One standing of a character: Middle Chinese position and standard reading together.

    ``position`` is tshet-uinh's description, ``"見二江平"``; ``weight`` is in (0, 1];
    ``guessed`` says the position was borrowed from characters that sound the same today.
    """

    position: str
    mandarin: Mandarin | None
    weight: float
    guessed: bool = False

    def attributes(self) -> Mapping[str, str]:
        """Name the value of each of ``ATTRIBUTES``; ``""`` where it does not apply."""
        return _attributes(self.position, self.mandarin)


@cache
def _attributes(position: str, mandarin: Mandarin | None) -> Mapping[str, str]:
    values = _position_attributes(position).copy()
    if mandarin is not None:
        values["普聲"] = mandarin.initial or "零"
        values["普韻"] = mandarin.final
        values["普調"] = mandarin.tone
    return values


@cache
def _position_attributes(position: str) -> dict[str, str]:
    found = _POSITION.match(position)
    if found is None:
        raise ValueError(f"no Middle Chinese position: {position!r}")
    initial, rounding, division, kind, rime, tone = found.groups()
    ending = "入" if tone == "入" else "陰" if rime in _CLASSES.陰聲韻 else "陽"
    return {
        "母": initial,
        "組": _CLASSES.母到組[initial] or initial,
        "音": _CLASSES.母到音[initial],
        "清濁": _CLASSES.母到清濁[initial],
        "呼": rounding,
        "等": division,
        "類": kind,
        "韻": rime,
        "攝": _CLASSES.韻到攝[rime],
        "聲": tone,
        "韻別": ending,
        "普聲": "",
        "普韻": "",
        "普調": "",
    }


def package_text(name: str) -> str:
    """Read one packaged file."""
    return (_TABLES / name).read_text(encoding="utf-8")


def table_rows(name: str) -> list[dict[str, str]]:
    """Read one packaged table; lines that start with ``#`` are remarks."""
    text = package_text(name)
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


@cache
def _spellings() -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    """Variant character -> the form the Guangyun has; character -> positions it lacks."""
    forms: dict[str, str] = {}
    positions: dict[str, tuple[str, ...]] = {}
    for row in table_rows("characters.tsv"):
        for char in (row["char"], _to_traditional()(row["char"])):
            if row["form"]:
                forms.setdefault(char, row["form"])
            if row["positions"]:
                positions.setdefault(char, tuple(row["positions"].split()))
    for row in packaged.rows("variants"):
        if row["relation"] == "written":
            forms.setdefault(row["character"], row["variant"])
    return forms, positions


@cache
def _to_traditional() -> Callable[[str], str]:
    convert: Callable[[str], str] = opencc.OpenCC("s2t").convert
    return convert


def forms_of(char: str) -> tuple[str, ...]:
    """Give the spellings under which old sources list a character, likeliest first."""
    forms, _ = _spellings()
    traditional = _to_traditional()(char)
    candidates = (forms.get(char), forms.get(traditional), traditional, char)
    return tuple(dict.fromkeys(form for form in candidates if form))


@cache
def positions_of(char: str) -> tuple[str, ...]:
    """Give the Middle Chinese positions of a character; empty when the Guangyun lacks it."""
    _, listed = _spellings()
    for form in (char, *forms_of(char)):
        if form in listed:
            return listed[form]
    for form in forms_of(char):
        found = tshet_uinh.資料.query字頭(form)
        if found:
            return tuple(dict.fromkeys(entry.音韻地位.描述 for entry in found))
    return ()


Fit = Callable[[str, Mandarin], float]


def joined(
    positions: Sequence[str], standard: Mapping[Mandarin, float], fit: Fit
) -> tuple[Category, ...]:
    """Join standard readings with the positions they descend from, likeliest first.

    ``standard`` gives each reading its share of use; ``fit`` gives 0..1, how regularly a
    reading descends from a position. A reading takes the positions that fit it best.
    """
    if not standard:
        share = 1.0 / max(len(positions), 1)
        return tuple(Category(position, None, share) for position in positions)
    found: dict[tuple[str, Mandarin], float] = {}
    for reading, share in standard.items():
        fits = [fit(position, reading) for position in positions]
        best = max(fits)
        taken = [place for place, value in zip(positions, fits, strict=True) if value == best]
        for position in taken:
            found[position, reading] = share / len(taken)
    total = sum(found.values())
    ordered = sorted(found.items(), key=lambda item: -item[1])
    return tuple(Category(place, said, w / total) for (place, said), w in ordered)


@cache
def _homophones() -> dict[Mandarin, str]:
    """Standard reading -> the position of the commonest characters so read."""
    pairs: Iterable[tuple[Mandarin | None, str]] = (
        (taken_apart(row["pinyin"]), row["position"]) for row in table_rows("homophones.tsv")
    )
    return {reading: position for reading, position in pairs if reading is not None}


def categories_of(char: str, *, surname: bool, fit: Fit) -> tuple[Category, ...]:
    """Give the categories of a character, likeliest in a name first; empty when unknown."""
    positions = positions_of(char)
    shares = shares_of(char, surname=surname)
    if positions:
        return joined(positions, _regular(shares, positions, fit), fit)
    guesses = [(reading, _homophones().get(reading)) for reading in shares]
    return tuple(
        Category(place, said, shares[said], guessed=True) for said, place in guesses if place
    )


def _regular(
    shares: Mapping[Mandarin, float], positions: Sequence[str], fit: Fit
) -> dict[Mandarin, float]:
    """Leave out rare readings of dictionaries that descend from no position regularly."""
    return {
        reading: share
        for order, (reading, share) in enumerate(shares.items())
        if not order or share > FURTHER or max(fit(place, reading) for place in positions) == 1.0
    }
