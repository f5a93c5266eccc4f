"""Birth: dates, years and ages as ranges of days, compared by how far apart they lie.

Three circumstances are told apart. *day*: both sides give one day from paper or memory; then a
slip of day, month, calendar (the lunar date lies 3 to 7 weeks before the solar one) or one digit
of the year is still close. *year*: at least one side gives a year or a range from a stated age.
*look*: at least one side is an age guessed from appearance, or a range so wide (over four years)
that it can only be a guess.

Nominal age (虚岁) counts the year of birth as one, so a birth year reckoned from it may be one or
two years too early: the range is widened to both. Ages are heaped at numbers ending in 0 and 5, so
a range of one year at such an age is read as two years wider at each end. The 1st of January of a
document often stands for an unknown day and is read as the whole year. Where a citizen number shows
its eight digits of birth, its day stands in for a birth that is missing or known less closely,
unless the two disagree. Dates that a station assigned are no evidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from matchers.claims import Birth, PersonClaims
from matchers.evidence.levels import Level, LevelCodes, ladder, positions
from matchers.evidence.numbers import birthday

YEAR = 365.2425
DAY, RANGE, LOOK = 0, 1, 2
GUESS = 4.1
"""Years of a range beyond which it is a guess, whatever its basis says."""
PLACEHOLDER_YEARS = (1, 1900, 1970)
"""Years whose 1 January is a computer's zero, not a birthday."""

LEVELS = ladder(
    Level("day_over_10", "出生年不符", "day", contradiction=True),
    Level("look_over_15", "年龄不符", "look", contradiction=True),
    Level("year_over_10", "出生年不符", "year", contradiction=True),
    Level("day_to_10", "出生年相差大", "day", contradiction=True),
    Level("look_to_15", "年龄相差大", "look", contradiction=True),
    Level("year_to_10", "出生年相差大", "year", contradiction=True),
    Level("day_to_5", "出生年", "day"),
    Level("year_to_5", "出生年", "year"),
    Level("look_to_10", "年龄", "look"),
    Level("look_to_5", "年龄", "look"),
    Level("day_to_2", "出生年(近)", "day"),
    Level("year_to_3", "出生年(近)", "year"),
    Level("look_to_2", "年龄(近)", "look"),
    Level("year_to_2", "出生年(近)", "year"),
    Level("look_inside", "年龄", "look"),
    Level("year_to_1", "出生年(近)", "year"),
    Level("look_middle", "年龄", "look"),
    Level("year_inside", "出生年", "year"),
    Level("day_same_year", "出生年", "day"),
    Level("year_middle", "出生年", "year"),
    Level("day_decade_slip", "生日(年份差一位)", "day"),
    Level("day_lunar", "生日(农历)", "day"),
    Level("day_slip", "生日(差一位)", "day"),
    Level("day_same", "生日", "day"),
)
AT = positions(LEVELS)


@dataclass(frozen=True, slots=True)
class Born:
    """A birth as days since 1 January of year 1: earliest, latest, and how it is known."""

    earliest: int
    latest: int
    known: int


@dataclass(frozen=True, slots=True)
class PreparedBirths:
    """Distinct births as arrays: int32 [V] days and int8 [V] how known."""

    earliest: NDArray[np.int32]
    latest: NDArray[np.int32]
    known: NDArray[np.int8]
    month_day: NDArray[np.int32]
    year: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class BirthDates:
    """Compare dates and years of birth and ages."""

    key: str = "birth"
    levels: tuple[Level, ...] = LEVELS

    def values(self, person: PersonClaims) -> tuple[Born, ...]:
        born = known_birth(person)
        return () if born is None else (born,)

    def prepare(self, values: Sequence[Born]) -> PreparedBirths:
        known = np.array([v.known for v in values], np.int8)
        days = [_split(v) for v in values]
        return PreparedBirths(
            earliest=np.array([v.earliest for v in values], np.int32),
            latest=np.array([v.latest for v in values], np.int32),
            known=known,
            month_day=np.array([d[1] for d in days], np.int32),
            year=np.array([d[0] for d in days], np.int32),
        )

    def levels_of(self, probe: PersonClaims, prepared: PreparedBirths) -> LevelCodes:
        born = known_birth(probe)
        if born is None:
            return np.zeros(len(prepared.known), np.int8)
        gap = _gap_days(born, prepared)
        known = np.maximum(prepared.known, born.known)
        levels: LevelCodes = _BY_GAP.take(np.minimum(gap, _FARTHEST) + _SECOND * (known == LOOK))
        meet = np.flatnonzero(gap == 0)
        meet = meet[_middles_meet(born, prepared, meet)]
        levels[meet] = np.where(known[meet] == LOOK, AT["look_middle"], AT["year_middle"])
        if born.known == DAY:
            both_days = np.flatnonzero(known == DAY)
            levels[both_days] = _days(born, prepared, gap / YEAR)[both_days]
        return levels

    def describe(self, person: PersonClaims) -> str:
        birth, born = person.birth, known_birth(person)
        if born is None:
            return ""
        if birth is None or born != read(birth, person.event_at):
            return str(date.fromordinal(born.earliest))
        ends = dict.fromkeys(str(d) for d in (birth.earliest, birth.latest) if d)
        return " – ".join(ends)


def known_birth(person: PersonClaims) -> Born | None:
    """The closest that is known: what is claimed, or the day in the citizen number."""
    claimed = read(person.birth, person.event_at)
    shown = {found for claim in person.numbers if (found := birthday(claim)) is not None}
    if len(shown) != 1 or (claimed is not None and claimed.known == DAY):
        return claimed
    day = shown.pop().toordinal()
    if claimed is None or claimed.earliest <= day <= claimed.latest:
        return Born(day, day, DAY)
    return claimed


def read(birth: Birth | None, event_at: date | None) -> Born | None:
    """The range to compare, widened as the basis asks; None where nothing can be compared."""
    if birth is None or birth.basis == "assigned":
        return None
    earliest, latest = birth.earliest or birth.latest, birth.latest or birth.earliest
    if earliest is None or latest is None:
        return None
    if latest < earliest:
        earliest, latest = latest, earliest
    if earliest == latest and (earliest.month, earliest.day) == (1, 1):
        if earliest.year in PLACEHOLDER_YEARS:
            return None
        latest = date(earliest.year, 12, 31)
    first, last = earliest.toordinal(), latest.toordinal()
    if birth.basis == "apparent" or (birth.basis != "document" and last - first > GUESS * YEAR):
        return Born(first, last, LOOK)
    if first == last:
        return Born(first, last, DAY)
    if birth.basis == "nominal_age":
        last += round(2 * YEAR)
    elif birth.basis == "stated" and _heaped(first, last, event_at):
        first, last = first - round(2 * YEAR), last + round(2 * YEAR)
    return Born(first, last, RANGE)


def _heaped(first: int, last: int, event_at: date | None) -> bool:
    if event_at is None or last - first > 1.1 * YEAR:
        return False
    age = (event_at.toordinal() - (first + last) / 2) / YEAR
    return age >= 20 and round(age) % 5 == 0


def _split(born: Born) -> tuple[int, int]:
    day = date.fromordinal(born.earliest)
    return day.year, day.month * 32 + day.day


def _gap_days(born: Born, prepared: PreparedBirths) -> NDArray[np.int32]:
    """Days between the two ranges; 0 where they overlap."""
    after = prepared.earliest - np.int32(born.latest)
    before = np.int32(born.earliest) - prepared.latest
    apart: NDArray[np.int32] = np.maximum(np.maximum(after, before), 0)
    return apart


def _middles_meet(
    born: Born, prepared: PreparedBirths, rows: NDArray[np.intp]
) -> NDArray[np.bool_]:
    """Whether the middles of both ranges lie within a quarter of the joint width, at least 1 y."""
    earliest, latest = prepared.earliest[rows], prepared.latest[rows]
    apart = np.abs((earliest + latest) - (born.earliest + born.latest)) / 2
    width = (latest - earliest) + (born.latest - born.earliest)
    return np.asarray(apart <= np.maximum(width / 4, YEAR))


_FARTHEST = np.int32(16 * YEAR)
"""Days beyond which no gap is told from another."""
_SECOND = np.int32(_FARTHEST + 1)
"""Where in `_BY_GAP` the gaps between looks begin."""


def _by_gap() -> LevelCodes:
    """Level of each gap in days: int8 [2 * _SECOND], years known first, then looks."""
    gap = np.arange(_SECOND) / YEAR
    years = ["inside", "to_1", "to_2", "to_3", "to_5", "to_10", "over_10"]
    year = np.searchsorted([0.0, 1.05, 2.05, 3.05, 5.05, 10.05], gap)
    looks = ["inside", "to_2", "to_5", "to_10", "to_15", "over_15"]
    look = np.searchsorted([0.0, 2.5, 5.5, 10.5, 15.5], gap)
    return np.concatenate(
        [
            np.array([AT[f"year_{s}"] for s in years], np.int8)[year],
            np.array([AT[f"look_{s}"] for s in looks], np.int8)[look],
        ]
    )


_BY_GAP = _by_gap()


def _days(born: Born, prepared: PreparedBirths, gap: NDArray[np.float64]) -> NDArray[np.int_]:
    year, month_day = _split(born)
    years = np.abs(prepared.year - year)
    month, dom = np.divmod(prepared.month_day, 32)
    same_month_day = prepared.month_day == month_day
    apart = np.abs(prepared.earliest - born.earliest)
    one_part = (month == month_day // 32) | (dom == month_day % 32)
    swapped = (month == month_day % 32) & (dom == month_day // 32)
    near = (years <= 2) & same_month_day
    choices = [
        apart == 0,
        near | ((years == 0) & (one_part | swapped)),
        (apart >= 17) & (apart <= 52) & (years <= 1),
        same_month_day & (years % 10 == 0),
        years == 0,
        years <= 2,
        gap <= 5.05,
        gap <= 10.05,
    ]
    names = ["day_same", "day_slip", "day_lunar", "day_decade_slip", "day_same_year"]
    names += ["day_to_2", "day_to_5", "day_to_10"]
    return np.select(choices, [AT[n] for n in names], AT["day_over_10"])
