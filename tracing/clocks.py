"""Deadlines as data: rules with length, unit, source and trust, and the days that are worked."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from functools import lru_cache
from importlib.resources import files
from typing import Any

CHINA = timezone(timedelta(hours=8))
"""No summer time since 1991."""
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class ClockRule:
    """One rule of `clocks.toml`; `warn` is in the rule's own unit."""

    id: str
    version: int
    length: int
    unit: str
    warn: int
    actor: str
    source: str
    trust: str

    @property
    def stamp(self) -> str:
        """Id and version, as a running clock keeps them."""
        return f"{self.id}/{self.version}"

    def due(self, start: datetime) -> datetime:
        """When it is over: to the hour, or at the end of the last day in China."""
        return self._after(start, self.length)

    def warns(self, start: datetime) -> datetime:
        """From when on to warn."""
        return self._after(start, max(self.length - self.warn, 0))

    def _after(self, start: datetime, length: int) -> datetime:
        if self.unit == "hours":
            return start + timedelta(hours=length)
        day, left = start.astimezone(CHINA).date(), length
        while left > 0:
            day += timedelta(days=1)
            left -= self.unit == "calendar_days" or is_working_day(day)
        return datetime.combine(day + timedelta(days=1), time(), CHINA).astimezone(start.tzinfo)


@dataclass(frozen=True, slots=True)
class Workdays:
    """What differs from Monday to Friday."""

    off: frozenset[date]
    work: frozenset[date]


@lru_cache(maxsize=1)
def clock_rules() -> Mapping[str, ClockRule]:
    """The packaged rules by id; the same object every time."""
    table: dict[str, Any] = _read("clocks.toml")["rules"]
    return {name: ClockRule(id=name, **given) for name, given in table.items()}


@lru_cache(maxsize=1)
def workdays() -> Workdays:
    """The packaged holidays and make-up days; the same object every time."""
    off: set[date] = set()
    work: set[date] = set()
    for year in _read("workdays.toml")["years"].values():
        for span in year["off"]:
            first, _, last = span.partition("..")
            day = date.fromisoformat(first)
            while day <= date.fromisoformat(last or first):
                off.add(day)
                day += timedelta(days=1)
        work |= {date.fromisoformat(day) for day in year["work"]}
    return Workdays(frozenset(off), frozenset(work))


def is_working_day(day: date) -> bool:
    """Whether people work that day in China."""
    known = workdays()
    return day in known.work or (day.weekday() < _SATURDAY and day not in known.off)


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(files("tracing").joinpath(name).read_text("utf-8"))
