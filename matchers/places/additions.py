"""Places that no source holds: a few packaged, the others added by whoever runs an installation.

An operator's additions stand in `additions.tsv` in a folder of theirs, one line each: name, the
county (6 digits) or town (9 digits) it lies in, its level, and where this was learnt.
"""

from __future__ import annotations

import csv
import os
import tempfile
from dataclasses import dataclass
from importlib.resources import files
from io import StringIO
from pathlib import Path
from typing import Literal, get_args

from matchers.sounds.characters import is_han

FILENAME = "additions.tsv"
FIRST_NUMBER = 900
"""Villages added carry numbers from here on in their town: the register's end below."""
_COLUMNS = ("name", "within", "level", "source")
_MOST = 100
AddedLevel = Literal["village", "town"]


class AdditionError(ValueError):
    """A place cannot be added. Give its name in characters, where it lies, and the source."""

    code = "addition_invalid"


class AdditionKnown(AdditionError):
    """This place was added before, with the same name in the same county or town."""

    code = "addition_known"


class AdditionsFull(AdditionError):
    """There is room for 100 added villages in one county or town. Name the town, not the county."""

    code = "additions_full"


class AdditionsUnreadable(AdditionError):
    """`additions.tsv` has a line that cannot be read. Mend or remove that line."""

    code = "additions_unreadable"


@dataclass(frozen=True, slots=True)
class Addition:
    """A place to add: `within` is the code of its county (6 digits) or town (9 digits)."""

    name: str
    within: str
    level: AddedLevel
    source: str


@dataclass(frozen=True, slots=True)
class AddedPlace:
    """An addition with the code it goes by here: 9 digits for a town, 12 for a village."""

    addition: Addition
    code: str


def packaged_additions() -> tuple[Addition, ...]:
    """Those that come with the product."""
    return _read(files("matchers.places").joinpath(FILENAME).read_text(encoding="utf-8"))


def read_additions(folder: Path) -> tuple[Addition, ...]:
    """Those of an installation; none where there is no file. Raises AdditionsUnreadable."""
    path = folder / FILENAME
    try:
        return _read(path.read_text(encoding="utf-8")) if path.exists() else ()
    except UnicodeDecodeError as problem:
        raise AdditionsUnreadable(f"byte {problem.start}: UTF-8") from problem


def add_place(folder: Path, addition: Addition) -> AddedPlace:
    """Add one place to a folder's list, all or nothing, and give the code it goes by.

    A Locator opened afterwards finds it. Raises AdditionError and its kinds.
    """
    _checked(addition)
    packaged, own = packaged_additions(), read_additions(folder)
    if any((a.name, a.within) == (addition.name, addition.within) for a in packaged + own):
        raise AdditionKnown(addition.name)
    found = numbered((*packaged, *own, addition))[-1]
    folder.mkdir(parents=True, exist_ok=True)
    _replace(folder / FILENAME, _written((*own, addition)))
    return found


def numbered(additions: tuple[Addition, ...]) -> tuple[AddedPlace, ...]:
    """Codes in the order of the list: 900, 901 … in each town (000 where none is known)."""
    used: dict[tuple[str, str], int] = {}
    found = []
    for addition in additions:
        key = (addition.within, addition.level)
        number = FIRST_NUMBER + used.get(key, 0)
        if number >= FIRST_NUMBER + _MOST:
            raise AdditionsFull(addition.within)
        used[key] = used.get(key, 0) + 1
        above = addition.within if addition.level == "town" else addition.within.ljust(9, "0")
        found.append(AddedPlace(addition, f"{above}{number}"))
    return tuple(found)


def _checked(addition: Addition) -> None:
    texts = (addition.name, addition.within, addition.source)
    if any("\t" in text or "\n" in text or "\r" in text for text in texts):
        raise AdditionError("tab or line break")
    if not 2 <= len(addition.name) <= 40 or not any(is_han(char) for char in addition.name):
        raise AdditionError("name")
    widths = {"village": (6, 9), "town": (6,)}.get(addition.level, ())
    if len(addition.within) not in widths or not addition.within.isdecimal():
        raise AdditionError("within")
    if not addition.within.isascii() or not addition.source.strip():
        raise AdditionError("source")


def _read(text: str) -> tuple[Addition, ...]:
    rows = csv.DictReader(StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE)
    found = []
    try:
        lines = list(enumerate(rows, 2))
    except csv.Error as problem:
        raise AdditionsUnreadable(f"line {rows.line_num}: {problem}") from problem
    for number, row in lines:
        cells = [row.get(column) or "" for column in _COLUMNS]
        level = cells[2]
        if level not in get_args(AddedLevel):
            raise AdditionsUnreadable(f"line {number}: level")
        addition = Addition(
            cells[0], cells[1], "village" if level == "village" else "town", cells[3]
        )
        try:
            _checked(addition)
        except AdditionError as problem:
            raise AdditionsUnreadable(f"line {number}: {problem}") from problem
        found.append(addition)
    return tuple(found)


def _written(additions: tuple[Addition, ...]) -> str:
    lines = ["\t".join(_COLUMNS)]
    lines += ["\t".join((a.name, a.within, a.level, a.source)) for a in additions]
    return "\n".join(lines) + "\n"


def _replace(path: Path, text: str) -> None:
    """One rename: a crash leaves the old list or the new one."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".additions")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
