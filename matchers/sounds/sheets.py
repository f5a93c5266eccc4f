"""The sheet on which a station writes down how its own town reads the commonest name characters.

The rows come in the order of use in names; what the built-in laws expect is shown beside each
empty cell, so that an ear for the town only has to confirm or correct. A filled sheet, saved as
``readings.tsv`` beside a ``pack.toml``, is a sound pack.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from matchers.sounds.laws.categories import table_rows
from matchers.sounds.mandarin import numbered
from matchers.sounds.points import resolve
from matchers.sounds.reading import Readings

SIZE = 1500
_COLUMNS = ("char", "pinyin", "ipa", "tone", "layer", "expected")


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One line to fill: the character, its standard reading, and what the laws expect there."""

    char: str
    pinyin: str
    expected: str


def template(point: str, known: Readings, *, size: int = SIZE) -> tuple[SheetRow, ...]:
    """Give the ``size`` commonest name characters to be read aloud at ``point``.

    ``expected`` holds the readings of the point, or of the nearest point that ``known`` has,
    likeliest first (``tsaŋ55 tsɒŋ55``); empty where nothing is known.
    """
    near = point if point in known.points() else _nearest(point, known)
    return tuple(
        SheetRow(char, _pinyin(char), _expected(known, near, char))
        for char in [row["char"] for row in table_rows("name_characters.tsv")][:size]
    )


def template_tsv(rows: Iterable[SheetRow]) -> str:
    """Write a sheet as tab-separated text, header first, ``ipa`` and ``tone`` left empty."""
    lines = ["\t".join(_COLUMNS)]
    lines += ["\t".join((row.char, row.pinyin, "", "", "", row.expected)) for row in rows]
    return "\n".join(lines) + "\n"


def _nearest(point: str, known: Readings) -> str:
    return next((near for near in resolve(point).points if near in known.points()), "")


def _pinyin(char: str) -> str:
    return next(iter(numbered(char)), "").replace("v", "ü")


def _expected(known: Readings, near: str, char: str) -> str:
    if not near:
        return ""
    readings = known.readings(near, char, surname=False)
    return " ".join(dict.fromkeys(reading.ipa + reading.tone for reading in readings))
