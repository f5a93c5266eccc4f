"""Where a county lies, within some kilometres: from GeoNames, by name and province."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

from matchers.places.build_links import Row, depth
from matchers.places.stems import Suffixes

PROVINCES = {
    "01": "34", "02": "33", "03": "36", "04": "32", "05": "22", "06": "63", "07": "35",
    "08": "23", "09": "41", "10": "13", "11": "43", "12": "42", "13": "65", "14": "54",
    "15": "62", "16": "45", "18": "52", "19": "21", "20": "15", "21": "64", "22": "11",
    "23": "31", "24": "14", "25": "37", "26": "61", "28": "12", "29": "53", "30": "44",
    "31": "46", "32": "51", "33": "50",
}  # fmt: skip
"""FIPS 10-4 first-level codes used by GeoNames → GB/T 2260 province."""
TOWNS_NEEDED = 2
FARTHEST = 1.2
"""Degrees between a seat found by name and the middle of the towns before it is doubted."""

Point = tuple[float, float]


def positions(
    rows: Sequence[Row], newest: int, suffixes: Suffixes, places: Path, streets: Path
) -> Iterator[str]:
    """Lines of `positions.tsv`: code, latitude, longitude, basis (seat, towns or counties)."""
    named = _named(places)
    towns = _of_towns(named, streets)
    today = [row for row in rows if row.last == newest]
    found: dict[str, tuple[Point, str]] = {}
    for row in today:
        if depth(row.code) == 2:
            placed = _county(row, suffixes.stem(row.name), named, towns)
            if placed is not None:
                found[row.code] = placed
    for width in (4, 2):
        groups: defaultdict[str, list[Point]] = defaultdict(list)
        for code, (point, _) in found.items():
            groups[code[:width].ljust(6, "0")].append(point)
        for row in today:
            if row.code in groups and row.code not in found:
                found[row.code] = (_middle(groups[row.code]), "counties")
    yield "code\tlat\tlon\tbasis"
    for code in sorted(found):
        (lat, lon), basis = found[code]
        yield f"{code}\t{lat:.2f}\t{lon:.2f}\t{basis}"


def _named(path: Path) -> dict[tuple[str, str], list[Point]]:
    """(province, Chinese name) → points of GeoNames."""
    table: defaultdict[tuple[str, str], list[Point]] = defaultdict(list)
    for place in json.loads(path.read_text(encoding="utf-8")).values():
        if place["countrycode"] == "CN" and place["admin1code"] in PROVINCES:
            province = PROVINCES[place["admin1code"]]
            for name in set(place["alternatenames"]):
                table[province, name].append((place["latitude"], place["longitude"]))
    return table


def _of_towns(
    named: dict[tuple[str, str], list[Point]], streets: Path
) -> defaultdict[str, list[Point]]:
    """County → points of its towns whose full name stands once in the province in both sources."""
    counties: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    with streets.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if row["name"].endswith(("镇", "乡")):
                counties[row["code"][:2], row["name"]].append(row["areaCode"])
    found: defaultdict[str, list[Point]] = defaultdict(list)
    for key, codes in counties.items():
        points = named.get(key, [])
        if len(codes) == 1 and len(points) == 1:
            found[codes[0]].append(points[0])
    return found


def _county(
    row: Row,
    stem: str,
    named: dict[tuple[str, str], list[Point]],
    towns: dict[str, list[Point]],
) -> tuple[Point, str] | None:
    """The seat where it is named and plausible, else the middle of its towns.

    GeoNames knows many seats under an older class word, and some by the stem alone: the stem counts
    only near the towns, or where it stands once in the province.
    """
    own = towns.get(row.code, [])
    middle = _middle(own) if len(own) >= TOWNS_NEEDED else None
    province = row.code[:2]
    for name in dict.fromkeys((row.name, *(stem + unit for unit in "县市区旗"), stem)):
        points = named.get((province, name), [])
        if middle is not None:
            points = [point for point in points if _degrees(point, middle) <= FARTHEST]
        if len(points) == 1 or (points and (middle is not None or name != stem)):
            return points[0], "seat"
    return None if middle is None else (middle, "towns")


def _degrees(one: Point, other: Point) -> float:
    """The larger of the differences in latitude and longitude."""
    return max(abs(one[0] - other[0]), abs(one[1] - other[1]))


def _middle(points: Sequence[Point]) -> Point:
    """Median latitude and longitude."""
    return median(lat for lat, _ in points), median(lon for _, lon in points)
