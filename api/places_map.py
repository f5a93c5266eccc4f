"""A drawing of where counties lie: a dot for each, no borders, no tiles from elsewhere."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from importlib.resources import files

from matchers.places import Divisions

WIDTH, HEIGHT = 500, 372
_WEST, _NORTH = 73.0, 54.2
_EAST_UNITS, _SOUTH_UNITS = 8.06, 10.0
"""Units of the drawing to a degree: 10 southward; cos 36.3° of that eastward, the middle."""
_GRID = 2


def place(lat: float, lon: float) -> tuple[int, int]:
    """Where a point lies in the drawing, in whole units from its upper left."""
    return round((lon - _WEST) * _EAST_UNITS), round((_NORTH - lat) * _SOUTH_UNITS)


def dots(divisions: Divisions) -> str:
    """One SVG path with a dot for every place of today that has a point of its own."""
    drawn: dict[tuple[int, int], None] = {}
    for lat, lon in _points(divisions):
        x, y = place(lat, lon)
        drawn[x // _GRID * _GRID, y // _GRID * _GRID] = None
    return "".join(f"M{x} {y}h0" for x, y in sorted(drawn))


def _points(divisions: Divisions) -> Iterator[tuple[float, float]]:
    """Counties and cities of the tables, and those of `map_points.csv`, which they do not hold."""
    for code in divisions:
        point = divisions.position(code) if divisions.stands(code) else None
        if point is not None and point.basis != "parent":
            yield point.lat, point.lon
    text = files("api").joinpath("map_points.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        yield float(row["lat"]), float(row["lon"])
