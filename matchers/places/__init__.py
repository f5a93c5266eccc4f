"""Places: divisions of China with their history, and the way from a text to a code."""

from matchers.places.divisions import (
    Change,
    Common,
    Division,
    Divisions,
    Level,
    Lineage,
    Position,
    full_code,
    level,
)
from matchers.places.gazetteer import Found, Gazetteer
from matchers.places.stems import Suffixes

__all__ = [
    "Change",
    "Common",
    "Division",
    "Divisions",
    "Found",
    "Gazetteer",
    "Level",
    "Lineage",
    "Position",
    "Suffixes",
    "full_code",
    "level",
]
