"""The language in which sound laws are written."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchers.sounds.laws.categories import categories_of, table_rows
from matchers.sounds.laws.rules import (
    COLLOQUIAL,
    LATER,
    SAME,
    SHARE,
    Condition,
    Decision,
    Law,
    LawTable,
    condition,
    head_of,
    law,
)
from matchers.sounds.laws.towns import all_points, descent, law_table

CHARACTERS = [row["char"] for row in table_rows("name_characters.tsv")]


def row(part: str, when: str, gives: str, layer: str = "") -> dict[str, str]:
    return {
        "part": part, "when": when, "gives": gives, "layer": layer, "examples": "", "source": "x",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("token", "attribute", "values", "denied"),
    [
        ("見溪母", "母", "見溪", False),
        ("非明母", "母", "明", True),
        ("牙喉音", "音", "牙喉", False),
        ("合口", "呼", "合", False),
        ("三四等", "等", "三四", False),
        ("東鍾韻", "韻", "東鍾", False),
        ("清母", "母", "清", False),
        ("平聲", "聲", "平", False),
        ("入尾", "韻別", "入", False),
    ],
)
def test_conditions_are_read_as_a_linguist_writes_them(
    token: str, attribute: str, values: str, denied: bool
) -> None:
    assert condition(token) == Condition(attribute, frozenset(values), denied)


def test_voicing_rounding_and_mandarin_conditions_are_read() -> None:
    assert condition("全清次清") == Condition("清濁", frozenset(("全清", "次清")))
    assert condition("無呼") == Condition("呼", frozenset(("",)))
    assert condition("普聲=zh,ch") == Condition("普聲", frozenset(("zh", "ch")))


@pytest.mark.parametrize("token", ["見溪", "x", "介", "普=zh"])
def test_a_condition_that_means_nothing_is_refused_by_name(token: str) -> None:
    with pytest.raises(ValueError, match="not a condition"):
        condition(token)


def test_the_first_law_that_fits_decides() -> None:
    table = LawTable(
        [
            law(row("韻", "", "i")),
            law(row("聲", "見母 介=i", "tɕ")),
            law(row("聲", "見母", "k")),
            law(row("調", "", "55")),
        ]
    )
    assert table.syllable({"母": "見"}) == ("tɕ", "i", "55")


def test_a_finished_syllable_may_change_its_final_once_more() -> None:
    table = LawTable(
        [
            law(row("韻", "", "iŋ")),
            law(row("聲", "", "p")),
            law(row("調", "去聲", "213")),
            law(row("調", "", "44")),
            law(row("變", "自調=213 自韻=iŋ", "eiŋ")),
        ]
    )
    assert table.syllable({"聲": "去"}) == ("p", "eiŋ", "213")
    assert table.syllable({"聲": "平"}) == ("p", "iŋ", "44")


def test_a_category_without_a_law_has_no_syllable() -> None:
    assert LawTable([law(row("韻", "東韻", "oŋ"))]).syllable({"韻": "歌"}) is None


_ATTRIBUTES = {"母": "見溪羣疑", "等": "一二三四", "聲": "平上去入"}


@st.composite
def laws(draw: st.DrawFn) -> list[Law]:
    conditions = st.builds(
        lambda name, take, denied: Condition(name, frozenset(_ATTRIBUTES[name][:take]), denied),
        st.sampled_from(sorted(_ATTRIBUTES)),
        st.integers(1, 3),
        st.booleans(),
    )
    whens = draw(st.lists(st.lists(conditions, max_size=3), max_size=12))
    return [Law("聲", tuple(when), str(n), "", "", "") for n, when in enumerate(whens)]


@given(laws(), st.fixed_dictionaries({k: st.sampled_from(v) for k, v in _ATTRIBUTES.items()}))
def test_bits_decide_as_reading_down_the_table_does(
    table: list[Law], values: dict[str, str]
) -> None:
    by_hand = next(
        (one for one in table if all(c.holds(values[c.attribute]) for c in one.when)), None
    )
    assert Decision(table).deciding(values) == by_hand


def first_that_fits(laws: Sequence[Law], part: str, layer: str, values: dict[str, str]) -> str:
    """The table read from top to bottom, as a linguist reads it."""
    for one in laws:
        if (one.part, one.layer) == (part, layer) and all(
            c.holds(values.get(c.attribute, "")) for c in one.when
        ):
            return one.gives
    return ""


def read_slowly(laws: Sequence[Law], values: dict[str, str]) -> tuple[str, str, str]:
    """A syllable of a table by the rules that `rules.py` states, without any index."""
    had = {"聲": values.get("基聲", ""), "韻": values.get("基韻", ""), "調": values.get("基調", "")}
    final = first_that_fits(laws, "韻", "", values).replace(SAME, had["韻"])
    known = {**values, "介": head_of(final)}
    initial = first_that_fits(laws, "聲", "", known).replace(SAME, had["聲"])
    tone = first_that_fits(laws, "調", "", known).replace(SAME, had["調"])
    own = {**values, "自聲": initial, "自韻": final, "自調": tone}
    return initial, first_that_fits(laws, LATER, "", own) or final, tone


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(CHARACTERS), st.sampled_from(("苏州", "福州", "济南", "潮州", "诸城")))
def test_the_index_of_a_table_answers_as_the_table_read_from_the_top(char: str, town: str) -> None:
    point = all_points()[town]
    table = law_table(point.table)
    for category in categories_of(char, surname=False, fit=descent):
        values = dict(category.attributes())
        if point.base and category.mandarin is not None:
            values |= zip(("基聲", "基韻", "基調"), category.mandarin.sounds, strict=True)
        assert table.syllable(values) == read_slowly(table.laws, values)
        for part in ("聲", "韻", "調", SHARE):
            found = table.deciding(part, COLLOQUIAL, values)
            slow = first_that_fits(table.laws, part, COLLOQUIAL, values)
            assert (found.gives if found else "") == slow
