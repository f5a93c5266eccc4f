"""What a single field of a record may hold: texts, days, moments, numbers, division codes.

Every check raises `PydanticCustomError` with a reason code and never with the value, so that
no log and no answer repeats what a person said.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

_FIRST_YEAR, _LAST_YEAR = 1850, 2100
_CODE_LENGTHS = frozenset({2, 4, 6, 9, 12})
_YEAR_OR_MONTH = re.compile(r"\d{4}(-(0[1-9]|1[0-2]))?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_BREAK = re.compile(r"[\t\n\r\x85\u2028\u2029]")


def _refuse(reason: str) -> PydanticCustomError:
    return PydanticCustomError(reason, "cannot be read")


def _plain(value: str) -> str:
    if _CONTROL.search(value):
        raise _refuse("control_character")
    return value


def _one_line(value: str) -> str:
    if _CONTROL.search(value) or _BREAK.search(value):
        raise _refuse("control_character")
    return value


def _day(value: str) -> str:
    if not _DAY.fullmatch(value):
        raise _refuse("not_a_day")
    try:
        parsed = date.fromisoformat(value)
    except ValueError:
        raise _refuse("not_a_day") from None
    if not _FIRST_YEAR <= parsed.year <= _LAST_YEAR:
        raise _refuse("year_out_of_range")
    return value


def _moment(value: str) -> str:
    if _DAY.fullmatch(value):
        return _day(value)
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        raise _refuse("not_a_moment") from None
    if not _FIRST_YEAR <= parsed.year <= _LAST_YEAR:
        raise _refuse("year_out_of_range")
    return value


def _about(value: str) -> str:
    if not _YEAR_OR_MONTH.fullmatch(value):
        return _day(value)
    if not _FIRST_YEAR <= int(value[:4]) <= _LAST_YEAR:
        raise _refuse("year_out_of_range")
    return value


def _division(value: str) -> str:
    if len(value) not in _CODE_LENGTHS or not (value.isascii() and value.isdigit()):
        raise _refuse("not_a_division_code")
    return value


Name = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_one_line)]
"""A name or a place name as said or written: one line of at most 200 characters."""
Word = Annotated[str, StringConstraints(min_length=1, max_length=100), AfterValidator(_one_line)]
"""A word that names a thing: a dialect, a site of the body, a source, an interviewer."""
Key = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_one_line)]
"""An id given elsewhere: external id, household id, file name."""
Story = Annotated[str, StringConstraints(min_length=1, max_length=10_000), AfterValidator(_plain)]
"""Free text of several lines, at most 10,000 characters."""
Day = Annotated[str, StringConstraints(max_length=10), AfterValidator(_day)]
"""`2026-03-01`."""
Moment = Annotated[str, StringConstraints(max_length=40), AfterValidator(_moment)]
"""`2026-03-01` or `2026-03-02T09:00:00+08:00`."""
About = Annotated[str, StringConstraints(max_length=10), AfterValidator(_about)]
"""`2019`, `2019-05` or `2019-05-01`: when a photo was taken, as far as known."""
Division = Annotated[str, AfterValidator(_division)]
"""Division code of GB/T 2260 or GB/T 10114: 2, 4, 6, 9 or 12 digits."""
Ethnicity = Annotated[str, StringConstraints(pattern=r"^[0-9]{2}$")]
"""Numeric code of GB/T 3304."""
Digits = Annotated[str, StringConstraints(pattern=r"^[0-9?Xx+ \-]{1,40}$")]
"""A number that may be remembered in part: `?` is a digit not remembered."""
Share = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]
Latitude = Annotated[float, Field(ge=-90.0, le=90.0, allow_inf_nan=False)]
Longitude = Annotated[float, Field(ge=-180.0, le=180.0, allow_inf_nan=False)]
Component = Annotated[float, Field(allow_inf_nan=False)]
