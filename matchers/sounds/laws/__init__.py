"""Dialect readings by sound laws: from Middle Chinese to the speech of a town."""

from matchers.sounds.laws.readings import LawReadings

__all__ = ["LawReadings"]
