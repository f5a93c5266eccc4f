"""Filters over attribute columns: whom a search may find. What is unknown passes every filter.

A record without a recorded sex may be a man or a woman, so no filter on the sex leaves it out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Attribute = NDArray[np.int32]
Mask = NDArray[np.bool_]

_PART: Final = 65_536
UNKNOWN: Final = -1
"""The attribute of a record that says nothing."""


class NoSuchColumn(ValueError):
    """The filter names an attribute this index was built without; rebuild it with the column."""


@dataclass(frozen=True, slots=True)
class Between:
    """Attribute between `low` and `high`, both included and not negative, or unknown."""

    column: str
    low: int
    high: int

    def mask(self, values: Attribute) -> Mask:
        """bool [n] of int32 [n]."""
        return np.asarray((values == UNKNOWN) | ((values >= self.low) & (values <= self.high)))

    def expression(self) -> str:
        """The same as a Milvus boolean expression."""
        within = f"({self.column} >= {self.low} and {self.column} <= {self.high})"
        return f"({self.column} == {UNKNOWN} or {within})"


@dataclass(frozen=True, slots=True)
class Among:
    """Attribute one of `values` (not negative), or unknown."""

    column: str
    values: tuple[int, ...]

    def mask(self, values: Attribute) -> Mask:
        """bool [n] of int32 [n]."""
        return np.isin(values, (UNKNOWN, *self.values))

    def expression(self) -> str:
        """The same as a Milvus boolean expression."""
        return f"{self.column} in {[UNKNOWN, *map(int, self.values)]}"


Condition = Between | Among


@dataclass(frozen=True, slots=True)
class Filter:
    """Conditions that must all hold; without any, everybody passes."""

    conditions: tuple[Condition, ...] = ()

    def mask(self, columns: Mapping[str, Attribute], size: int) -> Mask:
        """Who passes: bool [size]; raises `NoSuchColumn`."""
        passing = np.ones(size, np.bool_)
        for condition in self.conditions:
            values = self._column(columns, condition.column)
            for start in range(0, size, _PART):  # so that what lies between stays in the cache
                passing[start : start + _PART] &= condition.mask(values[start : start + _PART])
        return passing

    def expression(self, known: frozenset[str]) -> str:
        """The same for Milvus, "" for everybody; raises `NoSuchColumn` outside `known`."""
        for condition in self.conditions:
            if condition.column not in known:
                raise NoSuchColumn(f"no attribute {condition.column!r}; there are {sorted(known)}")
        return " and ".join(condition.expression() for condition in self.conditions)

    @staticmethod
    def _column(columns: Mapping[str, Attribute], name: str) -> Attribute:
        try:
            return columns[name]
        except KeyError:
            raise NoSuchColumn(f"no attribute {name!r}; there are {sorted(columns)}") from None


EVERYBODY: Final = Filter()
