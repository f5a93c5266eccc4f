"""The synthetic world: published shares, real codes, numbers of nobody, equal seeds."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchers.places import Divisions
from tracing.demo.dice import Dice
from tracing.demo.names import GivenNames, Surnames
from tracing.demo.numbers import check_character, citizen_number, in_part, is_synthetic
from tracing.demo.population import BLOCK, Entry, Population
from tracing.records import PersonRecord

DIVISIONS = Divisions.load()
SIZE = 12_000
MUCH = 0.25
"""Tolerance on shares of a tenth and less in a sample of this size, relative."""


@pytest.fixture(scope="module")
def world() -> Population:
    return Population.of(SIZE, 7, DIVISIONS)


@pytest.fixture(scope="module")
def entries(world: Population) -> list[Entry]:
    return list(world.entries())


def test_surname_shares_are_as_published() -> None:
    shares = Surnames.load().shares
    ranked = sorted(shares.values(), reverse=True)
    assert shares["王"] == pytest.approx(0.0725, rel=0.001)
    assert shares["李"] == pytest.approx(0.0719, rel=0.001)
    assert shares["张"] == pytest.approx(0.0683, rel=0.001)
    assert sum(ranked[:5]) == pytest.approx(0.308, abs=0.001)
    assert sum(ranked[:19]) == pytest.approx(0.5347, abs=0.003)
    assert sum(ranked[:100]) == pytest.approx(0.8477, abs=0.001)
    assert sum(ranked) == pytest.approx(1.0)


def test_surnames_are_drawn_at_their_national_shares(entries: list[Entry]) -> None:
    drawn = Counter(entry.person.surname for entry in entries)
    for surname, share in list(Surnames.load().shares.items())[:8]:
        assert drawn[surname] / SIZE == pytest.approx(share, rel=MUCH)


def test_provinces_follow_the_census(entries: list[Entry]) -> None:
    drawn = Counter(entry.person.county[:2] for entry in entries)
    people = {"44": 126_012_510, "37": 101_527_453, "41": 99_365_519, "32": 84_748_016}
    for province, count in people.items():
        assert drawn[province] / SIZE == pytest.approx(count / 1_409_778_724, rel=MUCH)
    assert len(drawn) == 31


def test_ages_are_those_of_a_people(entries: list[Entry]) -> None:
    ages = [2026 - entry.person.birth.year for entry in entries]
    for low, high, share in ((0, 14, 0.18), (15, 59, 0.634), (60, 120, 0.187)):
        assert sum(low <= age <= high for age in ages) / SIZE == pytest.approx(share, abs=0.08)


def test_every_record_is_a_record(entries: list[Entry]) -> None:
    for entry in entries[:2_000]:
        PersonRecord.model_validate(entry.document)
    assert len({entry.document["id"] for entry in entries}) == SIZE
    sides = Counter(entry.document["side"] for entry in entries)
    assert sides["register"] > sides["sought"] > sides["found"] > SIZE * 0.05


def test_codes_existed_in_their_year(entries: list[Entry]) -> None:
    for entry in entries[:3_000]:
        person = entry.person
        assert DIVISIONS.stands(person.county)
        first, last = DIVISIONS.years(person.citizen[:6])
        assert person.citizen[:6] in DIVISIONS
        assert first <= max(person.birth.year, 1984) or person.citizen[:6] == person.county
        assert last is None or last >= max(person.birth.year, 1984)


def test_no_citizen_number_was_ever_issued(entries: list[Entry]) -> None:
    for entry in entries:
        number = entry.person.citizen
        assert is_synthetic(number)
        assert number[-1] == check_character(number[:17])
        assert number[6:14] == f"{entry.person.birth:%Y%m%d}"
        assert int(number[16]) % 2 == (entry.person.sex == "male")
        assert entry.person.phone.startswith("12")
        assert len(entry.person.phone) == 11


@pytest.mark.parametrize("number", ["11010519491231002X", "440524188001010014"])
def test_the_standards_own_examples_are_not_synthetic_but_check(number: str) -> None:
    assert check_character(number[:17]) == number[-1]
    assert not is_synthetic(number)


def test_no_number_for_those_who_might_have_had_it() -> None:
    with pytest.raises(ValueError, match="real"):
        citizen_number(Dice(1), "320421", date(1920, 1, 1), "male")


@given(seed=st.integers(0, 10_000), known=st.floats(0.1, 0.9))
def test_a_number_in_part_keeps_its_length_and_digits(seed: int, known: float) -> None:
    whole = "32042119500304997X"
    part = in_part(Dice(seed), whole, known)
    assert len(part) == len(whole)
    assert all(seen in ("?", true) for seen, true in zip(part, whole, strict=True))


def test_equal_seeds_give_equal_worlds_and_small_worlds_begin_large_ones(
    entries: list[Entry],
) -> None:
    again = Population.of(BLOCK + 5, 7, DIVISIONS).records()
    assert list(again) == [entry.document for entry in entries[: BLOCK + 5]]
    other = next(iter(Population.of(10, 8, DIVISIONS).records()))
    assert other != entries[0].document


def test_the_hard_cases_are_there(entries: list[Entry]) -> None:
    documents = [entry.document for entry in entries]
    names = [name for document in documents for name in document["names"]]
    assert any(name.get("text") == "无名氏" for name in names)
    assert any(name.get("kind") == "nickname" for name in names)
    assert any(entry.person.twin for entry in entries)
    assert any(not entry.alone for entry in entries)
    assert any(document["birth"]["earliest"].endswith("-01-01") for document in documents)
    assert any(
        "?" in number["text"] for document in documents for number in document.get("numbers", ())
    )
    neighbours = Counter((entry.person.name, entry.person.county) for entry in entries)
    assert max(neighbours.values()) > 1


def test_sons_bear_their_fathers_surname(entries: list[Entry]) -> None:
    whole = [entry for entry in entries[: 4 * BLOCK] if entry.person.relatives]
    assert whole
    for entry in whole:
        fathers = [one for one in entry.person.relatives if one.relation == "father"]
        assert len(fathers) <= 1
        if fathers and entry.person.sex == "male":
            assert fathers[0].name[0] == entry.person.name[0]


def test_probes_are_about_the_world_and_half_about_strangers(
    world: Population, entries: list[Entry]
) -> None:
    by_id = {entry.document["id"]: entry for entry in entries}
    probes = list(world.probes(120, 3))
    assert probes == list(world.probes(120, 3))
    rights = [right for _, right in probes]
    assert rights.count(None) == 60
    for document, right in probes:
        PersonRecord.model_validate(document)
        assert document["side"] == "found"
        if right is not None:
            entry = by_id[right]
            assert entry.alone
            assert document.get("sex", entry.person.sex) == entry.person.sex


def test_probes_hide_the_name_but_not_beyond_finding(world: Population) -> None:
    kinds = Counter(
        name["kind"] for document, _ in world.probes(200, 4) for name in document["names"]
    )
    assert kinds["heard"] > 0.8 * kinds.total()


def test_given_names_belong_to_their_time() -> None:
    names, dice = GivenNames.load(), Dice(5)

    def share(names_of: Counter[str], *wanted: str) -> float:
        return sum(names_of[name] for name in wanted) / names_of.total()

    old = Counter(names.draw(dice, 1935, "female") for _ in range(4_000))
    new = Counter(names.draw(dice, 2015, "female") for _ in range(4_000))
    assert share(old, "秀英", "桂英") > 20 * share(new, "秀英", "桂英")
    assert share(new, "梓涵", "一诺") > 20 * share(old, "梓涵", "一诺")
    single = Counter(len(names.draw(dice, 1995, "male")) for _ in range(4_000))
    assert single[1] / 4_000 == pytest.approx(0.276, abs=0.03)
