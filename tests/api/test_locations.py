"""Where home may be, through the JSON door and the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import pytest
from click.testing import CliRunner

from api.cli import main
from api.cli.locating import fragment
from api.language import Languages
from api.pages.locating_sheet import safe
from api.pages.locating_view import plain_name
from api.places_map import HEIGHT, WIDTH, dots, place
from api.v1.location_models import QUESTION_EXAMPLE
from matchers.places import Divisions
from matchers.places.locating import AskKind, CallAnswer, PlaceLevel, ReasonKind, VillageFound
from tests.api.house import House


def locate(house: House, **question: Any) -> Any:
    answer = house.with_key("search").post("/v1/locations", json=question)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("heard", ["主猫鸭", "祖玛雅"])
def test_a_village_heard_in_zhucheng_speech_is_found_in_zhucheng(house: House, heard: str) -> None:
    found = locate(house, fragments=[{"text": heard, "level": "village"}], dialect="诸城")
    first = found["counties"][0]
    assert first["path"] == "山东省潍坊市诸城市"
    assert "朱马院" in [village["name"] for village in first["villages"]]
    assert sum(reason["bits"] for reason in first["reasons"]) == pytest.approx(first["bits"])


def test_the_example_in_the_reference_is_answered(house: House) -> None:
    found = locate(house, **QUESTION_EXAMPLE)
    assert len(found["counties"]) <= QUESTION_EXAMPLE["counties"]
    assert sum(p["probability"] for p in found["provinces"]) + found["elsewhere"] <= 1.001
    shown = house.client().get("/openapi.json").json()["paths"]["/v1/locations"]["post"]
    assert shown["requestBody"]["content"]["application/json"]["example"] == QUESTION_EXAMPLE


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        ({}, "location_empty"),
        ({"fragments": [{"text": "主猫鸭"}], "province": "火星"}, "location_province_unknown"),
        (
            {"fragments": [{"text": "主猫鸭"}], "calls": [{"code": "999999", "answer": "known"}]},
            "location_place_unknown",
        ),
    ],
)
def test_a_question_that_cannot_be_answered_says_why(
    house: House, question: dict[str, Any], reason: str
) -> None:
    answer = house.with_key("search").post("/v1/locations", json=question)
    assert (answer.status_code, answer.json()["code"]) == (422, "record_invalid")
    assert answer.json()["reason"] == reason
    assert "火星" not in answer.text


@pytest.mark.parametrize(
    "question",
    [
        {"fragments": [{"text": "村"}] * 13},
        {"fragments": [{"text": "村", "level": "hamlet"}]},
        {"fragments": [{"text": ""}]},
        {"votes": {"诸城": -1}},
        {"calls": [{"code": "37", "answer": "known"}]},
        {"whom": "居银江"},
    ],
)
def test_a_question_of_another_shape_is_refused(house: House, question: dict[str, Any]) -> None:
    assert house.with_key("search").post("/v1/locations", json=question).status_code == 422


@pytest.mark.parametrize("nonsense", ["😀😀", "x", "མི་རིགས", "主" * 60])
def test_nonsense_gets_a_sensible_answer(house: House, nonsense: str) -> None:
    found = locate(house, fragments=[{"text": nonsense}])
    assert found["unread"] == [0] or found["counties"]


def test_a_key_without_the_scope_asks_in_vain(house: House) -> None:
    answer = house.with_key("people.read").post("/v1/locations", json=QUESTION_EXAMPLE)
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("主猫鸭", ("主猫鸭", None, None)),
        ("镇:百吃河", ("百吃河", None, "town")),
        ("村：主猫鸭/zhu mao ya", ("主猫鸭", "zhu mao ya", "village")),
        ("zhu mao ya", (None, "zhu mao ya", None)),
        ("county: gaomi", (None, "gaomi", "county")),
    ],
)
def test_a_fragment_on_the_command_line(said: str, expected: tuple[str | None, ...]) -> None:
    read = fragment(said)
    assert (read.text, read.latin, read.level) == expected


def xunqin(folder: Path, *words: str) -> Any:
    result = CliRunner().invoke(main, ["--data", str(folder), *words, "--json"])
    return result.exit_code, json.loads(result.stdout.splitlines()[-1])


def test_a_place_is_added_with_one_command_and_found(tmp_path: Path) -> None:
    where = ("--within", "320412", "--source", "村里来的电话")
    code, added = xunqin(tmp_path, "places", "add", "木樨地坞", *where)
    assert (code, added["within"], added["code"][:6]) == (0, "320412", "320412")
    code, listed = xunqin(tmp_path, "places", "list")
    assert [place["name"] for place in listed] == ["木樨地坞"]
    code, refused = xunqin(tmp_path, "places", "add", "木樨地坞", *where)
    assert (code, refused["error"]["reason"]) == (1, "addition_known")
    code, refused = xunqin(
        tmp_path, "places", "add", "无此地", "--within", "999999", "--source", "x"
    )
    assert (code, refused["error"]["reason"]) == (1, "county_unknown")
    code, found = xunqin(
        tmp_path, "locate", "村:木樨地坞", "--dialect", "常州", "--province", "江苏"
    )
    first = found["counties"][0]
    assert (code, first["code"], first["villages"][0]["name"]) == (0, "320412", "木樨地坞")
    assert first["villages"][0]["source"] == "村里来的电话"


def test_a_list_of_added_places_spoilt_by_hand_says_which_line(tmp_path: Path) -> None:
    (tmp_path / "places").mkdir()
    spoilt = "name\twithin\tlevel\tsource\n木樨地坞\t320412\thamlet\tx\n"
    (tmp_path / "places" / "additions.tsv").write_text(spoilt, encoding="utf-8")
    for command in (("places", "list"), ("locate", "主猫鸭")):
        code, refused = xunqin(tmp_path, *command)
        assert (code, refused["error"]["reason"]) == (1, "additions_unreadable")
        assert "line 2" in refused["error"]["path"]


def test_a_spreadsheet_computes_nothing_from_what_was_heard() -> None:
    for risky in ("=1+1", "+86", "-1", "@SUM(1)", "＝1", " =1", "\t=1"):
        assert safe([risky]) == [f"'{risky}"]
    assert safe(["诸城市", "0536-6062114", ""]) == ["诸城市", "0536-6062114", ""]


@pytest.mark.parametrize(
    ("register", "said"),
    [
        ("东麦窑村村民委员会", "东麦窑村"),
        ("竹茂旸村委会", "竹茂旸村"),
        ("朱家洼社区居民委员会", "朱家洼社区"),
        ("星光社区居委会", "星光社区"),
        ("朱马院", "朱马院"),
        ("", "百尺河镇"),
    ],
)
def test_villages_are_named_as_people_name_them(register: str, said: str) -> None:
    village = VillageFound("370782111900", register, "370782111", "百尺河镇", 0.1, 1.0, ())
    assert plain_name(village) == said


def test_the_sketch_of_the_map_stays_in_its_frame() -> None:
    points = [dot.split("h")[0].split() for dot in dots(Divisions.load()).split("M")[1:]]
    assert len(points) > 1500
    assert all(0 <= int(x) <= WIDTH and 0 <= int(y) <= HEIGHT for x, y in points)
    taipei, weifang = place(25.05, 121.53), place(36.71, 119.1)
    for x, y in (taipei, weifang):
        assert any(abs(int(a) - x) <= 2 and abs(int(b) - y) <= 2 for a, b in points)


def test_every_word_of_the_engine_has_a_sentence() -> None:
    words = Languages()["en"]
    kinds = get_args(ReasonKind)
    needed = {f"locate.reason.{kind}" for kind in kinds} | {f"locate.kind.{kind}" for kind in kinds}
    needed |= {f"locate.level.{level}" for level in get_args(PlaceLevel)}
    needed |= {f"locate.ask.level.{level}" for level in get_args(PlaceLevel)}
    needed |= {f"locate.answer.{answer}" for answer in get_args(CallAnswer)}
    needed |= {f"locate.note.{note}" for note in ("transcription", "landmark_unmatched")}
    needed |= {"locate.note.province_moved", "locate.note.no_town"}
    asked = set(get_args(AskKind)) - {"say_aloud", "level"}
    needed |= {f"locate.ask.{kind}" for kind in asked}
    assert {key for key in needed if not words.has(key)} == set()
