"""From fragments of home to counties and villages."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchers.places.fragments import pieces
from matchers.places.locating import (
    Call,
    Fragment,
    Located,
    NothingToLocate,
    PlaceReason,
    Prompt,
    Question,
    TooManyFragments,
    UnknownPlace,
    UnknownProvince,
)
from matchers.places.locator import Locator
from matchers.sounds import SoundEngine
from matchers.sounds.laws import LawReadings

ZHUCHENG, WUJIN = "370782", "320412"


@pytest.fixture(scope="module")
def locator() -> Locator:
    return Locator.open(SoundEngine.standard(LawReadings.load()))


def heard(*texts: str, **more: object) -> Question:
    return Question(tuple(Fragment(text) for text in texts), dialect="诸城", **more)  # type: ignore[arg-type]


def villages(found: Located) -> list[str]:
    everywhere = [village for county in found.counties for village in county.villages]
    return [v.name for v in sorted(everywhere, key=lambda v: -v.probability)]


@pytest.mark.parametrize("said", ["主猫鸭", "祖玛雅"])
def test_a_village_written_down_by_ear_is_found_in_the_whole_country(
    locator: Locator, said: str
) -> None:
    nationwide = villages(locator.locate(heard(said)))
    assert "朱马院" in nationwide[:3]
    assert villages(locator.locate(heard(said, province="山东")))[0] == "朱马院"


def test_an_added_place_says_where_it_was_learnt(locator: Locator) -> None:
    village = locator.locate(heard("主猫鸭")).counties[0].villages[0]
    assert village.source
    assert village.code.startswith(ZHUCHENG)


def sound(reasons: tuple[PlaceReason, ...]) -> PlaceReason:
    return next(reason for reason in reasons if reason.kind == "sound")


@pytest.mark.parametrize(
    ("said", "today", "old"),
    [
        ("武进县", WUJIN, "武进县"),  # a city in 1995, a district in 2002
        ("崇文区", "110101", "崇文区"),  # merged into 东城区 in 2010
        ("诸城县", ZHUCHENG, "诸城县"),
    ],
)
def test_a_name_that_is_no_more_leads_to_what_became_of_it(
    locator: Locator, said: str, today: str, old: str
) -> None:
    found = locator.locate(Question((Fragment(said, level="county"),), dialect="诸城"))
    county = next(county for county in found.counties if county.code == today)
    reason = sound(county.reasons)
    assert (reason.place, reason.old_name) == (old, True)
    assert reason.years is not None
    assert reason.years[1] is not None


def test_chongqing_is_found_by_those_who_still_call_it_sichuan(locator: Locator) -> None:
    question = heard("涪陵", province="四川")
    found = locator.locate(question)
    assert found.counties[0].path == "重庆市涪陵区"
    assert "province_moved" in found.notes


@pytest.mark.parametrize("word", ["公社", "镇", "乡"])
def test_a_commune_is_a_town_of_today(locator: Locator, word: str) -> None:
    found = locator.locate(heard(f"昌城{word}"))
    assert found.counties[0].code == ZHUCHENG
    assert sound(found.counties[0].reasons).level == "town"


def test_a_brigade_is_a_village_of_today(locator: Locator) -> None:
    found = locator.locate(heard("朱马院大队"))
    assert sound(found.counties[0].reasons).level == "village"


def test_a_path_in_one_breath_is_taken_apart(locator: Locator) -> None:
    found = locator.locate(heard("山东省诸城县昌城公社"))
    reasons = [reason for reason in found.counties[0].reasons if reason.kind == "sound"]
    assert [reason.level for reason in reasons] == ["province", "county", "town"]
    assert {reason.fragment for reason in reasons} == {0}


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("新乡县城关镇", ["新乡县", "城关镇"]),
        ("江苏省武进县湖塘公社", ["江苏省", "武进县", "湖塘公社"]),
        ("主镇鸭村", ["主镇鸭村"]),
        ("萍乡市", ["萍乡市"]),
    ],
)
def test_only_a_path_that_begins_with_a_division_is_taken_apart(
    locator: Locator, text: str, parts: list[str]
) -> None:
    found = pieces((Fragment(text),), locator.atlas.names.__contains__)
    assert [fragment.text for _number, fragment in found] == parts


@settings(max_examples=10, deadline=None)
@given(st.lists(st.text(max_size=30), min_size=1, max_size=3))
def test_anything_typed_gives_shares_of_one(locator: Locator, texts: list[str]) -> None:
    heard = locator.posterior(Question(tuple(map(Fragment, texts)), dialect="诸城"))
    assert heard.joint.counties.sum() + heard.joint.elsewhere == pytest.approx(1.0)
    assert (heard.joint.counties >= 0).all()


QUESTIONS = (
    heard("主猫鸭"),
    heard("昌城", "主猫鸭", surname="王", landmarks=("潍河",)),
    heard("昌城", "不存在的地方呀", province="山东"),
    heard("主猫鸭", calls=(Call("370782000900", "unknown"), Call(ZHUCHENG, "known"))),
    heard("高密", prompts=(Prompt("370785", recognised=True, decoys_refused=True),)),
)


@pytest.mark.parametrize("question", QUESTIONS)
def test_reasons_add_up_and_are_the_odds(locator: Locator, question: Question) -> None:
    found = locator.locate(question)
    first = found.counties[0]
    for county in found.counties:
        assert county.bits == pytest.approx(sum(r.bits for r in county.reasons), abs=1e-9)
        apart = math.log2(first.probability / county.probability)
        assert first.bits - county.bits == pytest.approx(apart, abs=1e-6)
        for one, other in zip(county.villages, county.villages[1:], strict=False):
            apart = math.log2(one.probability / other.probability)
            assert one.bits - other.bits == pytest.approx(apart, abs=1e-6)
    joint = locator.posterior(question).joint
    assert joint.counties.sum() + joint.elsewhere == pytest.approx(1.0)
    below = joint.towns.sum() + joint.hit_share.sum()
    assert below == pytest.approx(joint.counties.sum())


def test_the_order_of_fragments_does_not_matter(locator: Locator) -> None:
    one = locator.posterior(heard("昌城", "主猫鸭")).joint
    other = locator.posterior(heard("主猫鸭", "昌城")).joint
    np.testing.assert_allclose(one.counties, other.counties, rtol=1e-4, atol=1e-12)


def test_contradictory_versions_are_alternatives_and_not_a_sum(locator: Locator) -> None:
    versions = Question(
        (Fragment("高密", group="a"), Fragment("诸城", group="a"), Fragment("主猫鸭")),
        dialect="诸城",
    )
    found = {county.code: county.probability for county in locator.locate(versions).counties[:2]}
    assert found.keys() == {ZHUCHENG, "370785"}
    assert sum(found.values()) > 0.9
    both = locator.posterior(heard("高密", "诸城", "主猫鸭")).joint
    number = locator.atlas.county_number[ZHUCHENG]
    assert found[ZHUCHENG] > both.counties[number]


def test_calls_move_the_list(locator: Locator) -> None:
    code = "370782000900"
    number = locator.atlas.county_number[ZHUCHENG]

    def share(*calls: Call) -> float:
        return float(locator.posterior(heard("主猫鸭", calls=calls)).joint.counties[number])

    assert share(Call(code, "no_answer")) == share()
    assert share(Call(code, "unknown")) < share() < share(Call(code, "known"))


def test_a_yes_counts_only_where_the_decoys_were_refused(locator: Locator) -> None:
    number = locator.atlas.county_number["370785"]

    def share(*prompts: Prompt) -> float:
        return float(locator.posterior(heard("主猫鸭", prompts=prompts)).joint.counties[number])

    assert share(Prompt("370785", recognised=True, decoys_refused=False)) == share()
    assert share(Prompt("370785", recognised=True, decoys_refused=True)) > share()
    assert share(Prompt("370785", recognised=False, decoys_refused=True)) < share()


def test_decoys_are_real_places_far_from_all_that_is_likely(locator: Locator) -> None:
    found = locator.locate(Question((Fragment("武进"),), dialect="常州"))
    aloud = next(ask for ask in found.asks if ask.kind == "say_aloud")
    decoys = [name for name in aloud.names if name.decoy]
    assert len(aloud.names) == 4
    assert len(decoys) == 2
    shares = {province.code: province.probability for province in found.provinces}
    assert all(shares.get(name.code[:2], 0.0) < 0.02 for name in decoys)
    assert {len(name.name) for name in aloud.names} == {2}


def test_a_stated_dialect_draws_home_but_is_no_filter(locator: Locator) -> None:
    said = Question((Fragment("武进"),), dialect="常州")
    assert locator.locate(said).counties[0].code == WUJIN
    elsewhere = locator.locate(Question((Fragment("涪陵区", level="county"),), dialect="常州"))
    assert elsewhere.counties[0].path == "重庆市涪陵区"


def test_letters_as_they_sounded_are_heard_too(locator: Locator) -> None:
    spelt = Fragment(latin="zhu ma ya", level="village")
    assert "朱马院" in villages(locator.locate(Question((spelt,), dialect="诸城")))[:3]


def test_a_mongolian_name_in_transcription_is_said_plainly(locator: Locator) -> None:
    found = locator.locate(heard("锡林浩特"))
    assert found.counties[0].path.endswith("锡林浩特市")
    assert "transcription" in found.notes


def test_what_cannot_be_read_is_named_and_the_rest_answered(locator: Locator) -> None:
    found = locator.locate(heard("🌾🌾", "诸城"))
    assert found.unread == (0,)
    assert found.counties[0].code == ZHUCHENG


@pytest.mark.parametrize(
    ("question", "error"),
    [
        (Question(), NothingToLocate),
        (Question(tuple(Fragment("诸城") for _ in range(13))), TooManyFragments),
        (heard("诸城", province="月亮"), UnknownProvince),
        (heard("诸城", province="3"), UnknownProvince),
        (heard("诸城", calls=(Call("999999", "known"),)), UnknownPlace),
        (heard("诸城", calls=(Call("x", "known"),)), UnknownPlace),
    ],
)
def test_a_question_that_cannot_be_answered_says_why(
    locator: Locator, question: Question, error: type[Exception]
) -> None:
    with pytest.raises(error):
        locator.locate(question)
