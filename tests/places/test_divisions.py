"""Codes, names, levels and history of divisions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchers.places import Divisions, full_code, level
from matchers.places.stems import Suffixes

DIVISIONS = Divisions.load()
CODES = st.sampled_from(sorted(DIVISIONS))


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("320412", "江苏省常州市武进区"),
        ("320421", "江苏省常州市武进县"),
        ("429004", "湖北省仙桃市"),
        ("110101", "北京市东城区"),
        ("500230", "重庆市丰都县"),
        ("152502", "内蒙古自治区锡林郭勒盟锡林浩特市"),
        ("44", "广东省"),
        ("320412001005", "江苏省常州市武进区"),
    ],
)
def test_full_names_leave_out_headings(code: str, name: str) -> None:
    assert DIVISIONS.full_name(code) == name


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("32", "province"),
        ("320000", "province"),
        ("3204", "city"),
        ("320400", "city"),
        ("320412", "county"),
        ("320412001", "town"),
        ("320412001005", "village"),
    ],
)
def test_levels_by_digits(code: str, expected: str) -> None:
    assert level(code) == expected


@pytest.mark.parametrize("code", ["", "3", "32041", "32041a", "3204120", "３２"])
def test_what_is_no_code_is_refused(code: str) -> None:
    with pytest.raises(ValueError, match="digits"):
        full_code(code)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("510212", "500106"),  # 沙坪坝: 重庆 left 四川 in 1997
        ("512324", "500230"),  # 丰都: by way of 涪陵市
        ("442201", "460200"),  # 三亚: 海南 left 广东 in 1988
        ("320421", "320412"),  # 武进县 → 武进市 → 武进区
        ("310119", "310115"),  # 南汇 merged into 浦东 in 2009
        ("320502", "320508"),  # 沧浪 merged into 姑苏 in 2012
        ("371202", "370116"),  # 莱城 with 莱芜 into 济南 in 2019
        ("330621", "330603"),  # 绍兴县 became 柯桥区
        ("420400", "421002"),  # 沙市市 became a district of 荆州
        ("612100", "610500"),  # 渭南地区 → 渭南市
        ("510200", "500000"),
    ],
)
def test_what_became_of_a_place(old: str, new: str) -> None:
    current = DIVISIONS.current(old)
    assert new in current
    assert all(DIVISIONS.stands(code) for code in current)


@pytest.mark.parametrize(
    ("one", "other", "common"),
    [
        ("320421", "320412", "county"),
        ("510212", "500106", "county"),
        ("512324", "517022", "county"),
        ("510212", "510104", "province"),
        ("320412", "320404", "city"),
        ("320412", "320506", "province"),
        ("320412", "330106", "none"),
        ("110101", "110229", "city"),
        ("429004", "429005", "province"),
        ("3204", "320412001005", "city"),
        ("32", "320412", "province"),
    ],
)
def test_where_two_places_meet(one: str, other: str, common: str) -> None:
    assert DIVISIONS.common_level(one, other) == common


@given(one=CODES, other=CODES)
def test_meeting_is_symmetric(one: str, other: str) -> None:
    assert DIVISIONS.common_level(one, other) == DIVISIONS.common_level(other, one)


@given(code=CODES)
def test_every_place_meets_itself_and_its_heirs_at_its_own_level(code: str) -> None:
    for heir in (code, *DIVISIONS.current(code)):
        assert DIVISIONS.common_level(code, heir) != "none"
    first, last = DIVISIONS.years(code)
    assert 1980 <= first <= (last or 2023) <= 2023
    assert DIVISIONS.stands(code) == (last is None)


@given(code=CODES)
def test_a_full_name_finds_its_place(code: str) -> None:
    found = [one.code for one in DIVISIONS.find(DIVISIONS.full_name(code))]
    reachable = {code, *DIVISIONS.heirs(code)}
    assert not found or reachable & set(found) or code.endswith("00")


@pytest.mark.parametrize(
    ("text", "code", "how"),
    [
        ("武进", "320412", "stem"),
        ("江苏省常州武进", "320412", "stem"),
        ("武进县", "320421", "old_name"),
        ("重庆沙坪坝", "500106", "stem"),
        ("四川省重庆市沙坪坝区", "510212", "old_name"),
        ("佳木斯郊区", "230811", "name"),
        ("前郭", "220721", "part"),
        ("北京 崇文", "110103", "old_stem"),
        ("延边", "222400", "stem"),
    ],
)
def test_what_people_say_finds_codes(text: str, code: str, how: str) -> None:
    assert (code, how) in DIVISIONS.find(text)


def test_a_bare_chaoyang_stays_open_and_liaoning_decides() -> None:
    assert len(DIVISIONS.find("朝阳")) > 2
    assert {one.code[:2] for one in DIVISIONS.find("辽宁朝阳")} == {"21"}


@pytest.mark.parametrize("text", ["", "县", "王家村", "abc", "?"])
def test_nothing_is_found_where_nothing_is_named(text: str) -> None:
    assert DIVISIONS.find(text) == []


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("武进县", "武进"),
        ("通县", "通县"),
        ("沙县区", "沙县"),
        ("新疆维吾尔自治区", "新疆"),
        ("双江拉祜族佤族布朗族傣族自治县", "双江"),
        ("朱马院村", "朱马院"),
        ("东乡族自治县", "东乡族"),
    ],
)
def test_stems_never_fall_below_two_syllables(name: str, stem: str) -> None:
    assert Suffixes.load().stem(name) == stem


@given(code=CODES)
def test_stems_are_beginnings(code: str) -> None:
    name = DIVISIONS.name(code)
    stem = DIVISIONS.suffixes.stem(name)
    assert name.startswith(stem)
    assert len(stem) >= 2


def test_positions_lie_in_the_right_part_of_china() -> None:
    for code, lat, lon in (
        ("320421", 31.8, 119.9),
        ("500106", 29.6, 106.4),
        ("110101", 39.9, 116.4),
    ):
        place = DIVISIONS.position(code)
        assert place is not None
        assert abs(place.lat - lat) < 0.5
        assert abs(place.lon - lon) < 0.5


def test_nearly_every_county_has_a_position() -> None:
    counties = DIVISIONS.today()
    assert 2_800 < len(counties) < 2_900
    assert sum(DIVISIONS.position(code) is not None for code in counties) > 0.99 * len(counties)
