"""Places and dialects as people name them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchers.sounds.laws.towns import MANDARIN, all_points
from matchers.sounds.points import resolve


@pytest.mark.parametrize(
    ("place", "likeliest", "exact"),
    [
        ("香港", "广州", False),
        ("無錫", "无锡", True),
        ("常州话", "常州", True),
        ("绵阳", "成都", False),
        ("江苏省常州市武进区", "常州", False),
        ("江苏省常州市武进区湖塘镇", "常州", False),
        ("山东省诸城县", "诸城", True),
        ("四川口音", "成都", False),
        ("汕头人", "潮州", False),
        ("普通话", "普通话", True),
    ],
)
def test_a_place_is_read_as_its_own_or_nearest_point(
    place: str, likeliest: str, exact: bool
) -> None:
    found = resolve(place)
    assert next(iter(found.points)) == likeliest
    assert found.exact is exact


def test_a_border_town_gets_both_sides() -> None:
    assert set(resolve("宜兴").points) == {"常州", "无锡"}
    assert set(resolve("東北話").points) == {"沈阳", "哈尔滨"}


def test_a_place_nobody_knows_leaves_every_point_open() -> None:
    found = resolve("火星")
    assert found.note == "unknown"
    assert set(found.points) == {MANDARIN, *all_points()}


@settings(deadline=None)  # the first place loads the tables
@given(st.text(max_size=12))
def test_any_text_resolves_to_known_points_that_sum_to_one(text: str) -> None:
    found = resolve(text)
    assert sum(found.points.values()) == pytest.approx(1.0)
    assert set(found.points) <= {MANDARIN, *all_points()}
