"""Deadlines as data: rules with length, unit, source and trust, and the days that are worked."""

from __future__ import annotations

import calendar
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
    """One rule of `clocks.toml`; `warn` is in the rule's own unit, for months in calendar days.

    start, stop: the deeds that do; about: only for requests of these kinds. jurisdiction: leading
    digits of the division it holds in. valid_from, valid_until: the days it starts clocks on.
    """

    id: str
    version: int
    length: int
    unit: str
    warn: int
    actor: str
    source: str
    trust: str
    start: str = ""
    stop: str = ""
    about: tuple[str, ...] = ()
    escalate: str = ""
    jurisdiction: str = ""
    valid_from: date = date.min
    valid_until: date = date.max
    enabled: bool = True

    @property
    def stamp(self) -> str:
        """Id and version, as a running clock keeps them."""
        return f"{self.id}/{self.version}"

    def due(self, start: datetime) -> datetime:
        """When it is over: to the hour, or at the end of the last day in China."""
        return self._after(start, self.length)

    def warns(self, start: datetime) -> datetime:
        """From when on to warn."""
        if self.unit == "months":
            return self.due(start) - timedelta(days=self.warn)
        return self._after(start, max(self.length - self.warn, 0))

    def holds(self, at: datetime, division: str = "") -> bool:
        """Whether it starts clocks at that moment in that division."""
        day = at.astimezone(CHINA).date()
        within = self.valid_from <= day <= self.valid_until
        return self.enabled and within and division.startswith(self.jurisdiction)

    def _after(self, start: datetime, length: int) -> datetime:
        if self.unit == "hours":
            return start + timedelta(hours=length)
        day, left = start.astimezone(CHINA).date(), length
        if self.unit == "months":
            day, left = months_after(day, length), 0
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
    return {
        name: ClockRule(**{**given, "id": name, "about": tuple(given.get("about", ()))})
        for name, given in table.items()
    }


def rules_started(
    deed: str, at: datetime, *, kind: str = "", division: str = ""
) -> tuple[ClockRule, ...]:
    """Rules whose clocks a deed starts; `kind` is that of the request it was done about."""
    return tuple(
        rule
        for rule in clock_rules().values()
        if rule.start == deed and _concerns(rule, kind) and rule.holds(at, division)
    )


def rules_stopped(deed: str, kind: str = "") -> frozenset[str]:
    """Ids of the rules whose clocks a deed stops, in force today or not."""
    return frozenset(
        rule.id for rule in clock_rules().values() if rule.stop == deed and _concerns(rule, kind)
    )


def _concerns(rule: ClockRule, kind: str) -> bool:
    return not (rule.about and kind) or kind in rule.about


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or the last day of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


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
