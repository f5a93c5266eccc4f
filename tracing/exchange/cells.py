"""What stands in the cells of a ledger: dates, ages, heights, numbers, words of a value map."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

Cell = str | float | int | bool | date | datetime | time | timedelta | None

_DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*(?:[-/.月]\s*(\d{1,2})\s*日?)?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_YEAR = re.compile(r"(\d{4})\s*年?")
_RANGE = re.compile(r"(\d{1,3})\s*(?:岁|厘米|cm|CM)?\s*(?:[-–—~～至到])\s*(\d{1,3})")
_ONE = re.compile(r"\d{1,3}")
_ABOUT = re.compile(r"约|左右|上下|大概|多|余|来|几|\?|？")
_TEENS = re.compile(r"([一二三四五六七八九]?)十([一二三四五六七八九]?)")
_CHINESE = {word: value for value, word in enumerate("零一二三四五六七八九")}
_FIRST_SERIAL, _LAST_SERIAL = 10_000, 80_000
_EPOCH = date(1899, 12, 30)
"""Day 0 of Excel's serial dates (1900 system, with its wrong leap day)."""


class CellUnreadable(ValueError):
    """A cell does not hold what its column is for; the argument is the reason code."""


def as_text(cell: Cell) -> str:
    """A cell as it is read: whole numbers without their point, dates in ISO form."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e17:
        return str(int(cell))
    if isinstance(cell, datetime) and cell.time() == time():
        return cell.date().isoformat()
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell).strip()


def as_days(cell: Cell) -> tuple[date, date]:
    """First and last day that a date, a month or a year in a cell may mean."""
    if isinstance(cell, datetime):
        return cell.date(), cell.date()
    if isinstance(cell, date):
        return cell, cell
    if isinstance(cell, int | float) and _FIRST_SERIAL < cell < _LAST_SERIAL:
        day = _EPOCH + timedelta(days=int(cell))
        return day, day
    text = as_text(cell)
    found = _DATE.match(text) or _COMPACT.fullmatch(text)
    try:
        if found is not None:
            year, month, day_text = int(found[1]), int(found[2]), found[3]
            if day_text:
                whole = date(year, month, int(day_text))
                return whole, whole
            after = date(year + month // 12, month % 12 + 1, 1)
            return date(year, month, 1), after - timedelta(days=1)
        if only := _YEAR.fullmatch(text):
            return date(int(only[1]), 1, 1), date(int(only[1]), 12, 31)
    except ValueError:
        raise CellUnreadable("not_a_day") from None
    raise CellUnreadable("not_a_day")


def as_day(cell: Cell) -> str:
    """One day."""
    first, last = as_days(cell)
    if first != last:
        raise CellUnreadable("not_a_day")
    return first.isoformat()


def as_span(cell: Cell, slack: int) -> tuple[int, int]:
    """A whole number or a range: `60`, `60-65岁`, `约60`, `六十多岁`; `about` widens by slack.

    A number with 多 or 余 means that or up to nine more.
    """
    text = as_text(cell)
    if both := _RANGE.search(text):
        low, high = sorted((int(both[1]), int(both[2])))
        return low, high
    number = _ONE.search(text)
    value = int(number[0]) if number else _chinese(text)
    if value is None:
        raise CellUnreadable("not_a_number")
    if "多" in text or "余" in text:
        return value, value + 9
    return (max(0, value - slack), value + slack) if _ABOUT.search(text) else (value, value)


def _chinese(text: str) -> int | None:
    """A number from 10 to 99 in Chinese; None when there is none."""
    found = _TEENS.search(text)
    if found is None:
        return None
    return _CHINESE.get(found[1], 1) * 10 + _CHINESE.get(found[2], 0)


def as_word(cell: Cell, values: Mapping[str, str]) -> str:
    """The code that stands for a word in the column's value map."""
    text = as_text(cell)
    code = values.get(text) or values.get(text.lower())
    if code is None:
        raise CellUnreadable("unknown_value")
    return code
