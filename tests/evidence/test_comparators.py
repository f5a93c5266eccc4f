"""Cases from the field, one row each: what two records say, and the level they stand at."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from matchers.claims import PersonClaims
from matchers.evidence import Face, national_names
from matchers.evidence.names import Names
from matchers.evidence.numbers import check_character, in_eighteen
from matchers.evidence.relatives import with_household
from matchers.sounds import SoundEngine
from tests.evidence.conftest import Bench

Doc = dict[str, Any]


def born(earliest: str, latest: str | None = None, basis: str = "stated", **more: str) -> Doc:
    return {"birth": {"earliest": earliest, "latest": latest or earliest, "basis": basis}, **more}


def home(code: str | None = None, text: str | None = None, **more: Any) -> Doc:
    place = {"kind": "household", "code": code, "text": text, **more}
    return {"places": [{k: v for k, v in place.items() if v is not None}]}


def named(text: str | None = None, kind: str = "registered", **more: str) -> Doc:
    return {"names": [{"text": text, "kind": kind, **more}]}


def citizen(text: str, **more: Any) -> Doc:
    return {"numbers": [{"kind": "citizen", "text": text, **more}]}


def phone(text: str, **more: Any) -> Doc:
    return {"numbers": [{"kind": "phone", "text": text, **more}]}


def marked(*marks: tuple[str, str]) -> Doc:
    return {"marks": [{"site": site, "kind": kind} for site, kind in marks]}


def looked(*marks: tuple[str, str]) -> Doc:
    return {"marks": [{"site": site, "kind": kind, "absent": True} for site, kind in marks]}


def together(*docs: Doc) -> Doc:
    return {"marks": [mark for doc in docs for mark in doc["marks"]]}


MOLE, SCAR = ("right_eyebrow", "mole"), ("left_hand", "scar")
NUMBER = "11010519491231002X"

CASES: list[tuple[str, Doc, Doc, str]] = [
    ("sex", {"sex": "male"}, {"sex": "male"}, "same"),
    ("sex", {"sex": "male"}, {"sex": "female"}, "different"),
    ("sex", {"sex": "male"}, {"sex": "not_stated"}, "missing"),
    ("birth", born("1950-03-14"), born("1950-03-14"), "day_same"),
    ("birth", born("1950-03-14"), born("1950-04-13"), "day_lunar"),
    ("birth", born("1950-03-14"), born("1950-03-24"), "day_slip"),
    ("birth", born("1950-03-04"), born("1950-04-03"), "day_slip"),
    ("birth", born("1950-03-14"), born("1960-03-14"), "day_decade_slip"),
    ("birth", born("1950-03-14"), born("1972-08-01"), "day_over_10"),
    ("birth", born("1950-01-01"), born("1950-08-09"), "year_middle"),
    ("birth", born("1970-01-01"), born("1950-08-09"), "missing"),
    ("birth", born("1950-03-14", basis="assigned"), born("1950-03-14"), "missing"),
    (
        "birth",
        born("1950-01-01", "1950-12-31", "nominal_age", event_at="2026-05-01"),
        born("1951-10-02"),
        "year_middle",
    ),
    (
        "birth",
        born("1956-01-01", "1956-12-31", event_at="2026-05-01"),
        born("1958-02-02"),
        "year_inside",
    ),
    ("birth", born("1945-01-01", "1955-12-31", "apparent"), born("1950-06-01"), "look_middle"),
    ("birth", born("1945-01-01", "1955-12-31", "apparent"), born("1990-06-01"), "look_over_15"),
    ("places", home("440103"), home("440103"), "county_same.none"),
    ("places", home("440103"), home("440105"), "county_in_city.none"),
    ("places", home("440103"), home("441900"), "city_in_province.none"),
    ("places", home("440103"), home("44"), "province_same.none"),
    ("places", home("440103"), home("320402"), "county_apart.none"),
    ("places", home("320421"), home("320412"), "county_same.none"),
    ("places", home(text="江苏省武进县"), home("320412"), "county_same.none"),
    ("places", home("440103"), {"places": [{"kind": "found", "code": "440103"}]}, "missing"),
    ("marks", marked(("left_hand", "scar")), marked(("left_hand", "scar")), "same"),
    ("marks", marked(("left_hand", "scar")), marked(("right_hand", "scar")), "mirrored"),
    ("marks", marked(("left_hand", "scar")), marked(("right_hand", "mole")), "site_alike"),
    ("marks", marked(("left_hand", "missing")), marked(("neck", "mole")), "plain_absent"),
    ("marks", marked(("left_hand", "scar")), {}, "missing"),
    ("marks", looked(MOLE), marked(MOLE), "missing"),
    ("looked", looked(MOLE), marked(MOLE), "one_absent"),
    ("looked", looked(MOLE, SCAR), marked(MOLE, SCAR), "several_absent"),
    ("looked", looked(MOLE), marked(SCAR), "missing"),
    ("looked", marked(MOLE), marked(MOLE), "missing"),
    (
        "looked",
        together(looked(MOLE), marked(("left_eyebrow", "mole"))),
        marked(MOLE),
        "missing",
    ),
    ("numbers", citizen(NUMBER), citizen(NUMBER), "same_4"),
    ("numbers", citizen(NUMBER), citizen("11010519491231102X"), "slip_4"),
    ("numbers", citizen(NUMBER), citizen("11010519491230102X"), "slip_4"),
    ("numbers", citizen("110105491231002"), citizen(NUMBER), "same_4"),
    ("numbers", citizen("110105????????????"), citizen(NUMBER), "same_1"),
    ("numbers", citizen("002X"), citizen(NUMBER), "same_2"),
    ("numbers", citizen(NUMBER), citizen("320402198001011234"), "apart_4"),
    ("numbers", citizen(NUMBER, assigned=True), citizen(NUMBER), "missing"),
    ("numbers", citizen("1101051949?231002X"), citizen(NUMBER), "same_4"),
    ("sex", {"sex": "female"}, citizen(NUMBER), "same"),
    ("birth", born("1949-12-31"), citizen(NUMBER), "day_same"),
    ("birth", born("1949-12-31"), citizen("11010519491?31002X"), "day_same"),
    ("birth", born("1949-12-31"), citizen("110105194912??002X"), "missing"),
    ("birth", born("1949-01-01"), {**born("1949-01-01"), **citizen(NUMBER)}, "year_middle"),
    ("birth", born("1945-01-01", "1955-12-31", "nominal_age"), born("1950-06-01"), "look_middle"),
    (
        "places",
        home(text="广东省广州市荔湾区", kind="heard_home"),
        home("440103"),
        "county_same.none",
    ),
    ("phones", phone("13801234567", assigned=True), phone("13801234567"), "missing"),
    ("build", {"build": {"height_cm": [158, 165]}}, {"build": {"height_cm": [163, 170]}}, "within"),
    ("build", {"build": {"height_cm": [150, 152]}}, {"build": {"height_cm": 178}}, "over_15"),
    ("ethnicity", {"ethnicity": "11"}, {"ethnicity": "11"}, "same"),
    ("ethnicity", {"ethnicity": "01"}, {"ethnicity": "11"}, "different"),
    ("names", named("无名氏"), named("无名氏"), "missing"),
    ("names", named("王爱国", "given_by_station"), named("王爱国"), "missing"),
    ("names", named("王愛國"), named("王爱国"), "written_same"),
]


@pytest.mark.parametrize(("key", "probe", "person", "level"), CASES)
def test_two_records_stand_at_their_level(
    bench: Bench, key: str, probe: Doc, person: Doc, level: str
) -> None:
    assert bench.level(key, probe, person) == level


SYMMETRIC = [case for case in CASES if case[0] != "names"]


@pytest.mark.parametrize(("key", "probe", "person", "level"), SYMMETRIC)
def test_it_does_not_matter_who_asks(
    bench: Bench, key: str, probe: Doc, person: Doc, level: str
) -> None:
    assert bench.level(key, person, probe) == level


def seen(kind: str, code: str, at: str, event: str) -> Doc:
    return {"places": [{"kind": kind, "code": code, "at": at}], "event_at": event}


@pytest.mark.parametrize(
    ("lost", "found", "level"),
    [
        (("320412", "2026-03-01"), ("320412", "2026-03-02"), "adult_days_same"),
        (("320412", "2026-03-01"), ("650102", "2026-03-02"), "adult_days_far"),
        (("320412", "2010-03-01"), ("440103", "2026-03-02"), "adult_years_far"),
        (("320412", "2026-03-01"), ("320412", "2020-03-02"), "adult_before"),
    ],
)
def test_near_and_soon_is_told_from_years_and_provinces_away(
    bench: Bench, lost: tuple[str, str], found: tuple[str, str], level: str
) -> None:
    sought, aided = seen("last_seen", *lost, lost[1]), seen("found", *found, found[1])
    assert bench.level("movement", aided, sought) == level
    assert bench.level("movement", sought, aided) == level


def test_an_elder_found_near_home_and_soon(bench: Bench) -> None:
    age = {"birth": {"earliest": "1940-01-01", "latest": "1948-12-31", "basis": "apparent"}}
    sought = {**seen("last_seen", "320412", "2026-03-01", "2026-03-01"), **age}
    aided = {**seen("found", "320412", "2026-03-01", "2026-03-01"), **age}
    assert bench.level("movement", aided, sought) == "elder_days_same"


def rank_of(bench: Bench, key: str, probe: Doc, people: list[Doc], true: int) -> int:
    claims = [PersonClaims.from_document(doc) for doc in people]
    levels = bench.together(PersonClaims.from_document(probe), claims)[key]
    return int((levels > levels[true]).sum())


NAMES = [
    "王江",
    "王建国",
    "黄金国",
    "欧阳兰",
    "李秀英",
    "张伟",
    "王桂芳",
    "吴建华",
    "胡建华",
    "陈静",
]


@pytest.mark.parametrize(
    ("heard", "true"),
    [
        ({"text": "旺见过"}, "王建国"),
        ({"latin": "wong gin gwok"}, "王建国"),
        ({"text": "建国"}, "王建国"),
        ({"text": "欧阳大娘"}, "欧阳兰"),
        ({"text": "建国王"}, "王建国"),
        ({"text": "李绣鹰"}, "李秀英"),
    ],
)
def test_a_name_as_heard_finds_its_bearer(bench: Bench, heard: Doc, true: str) -> None:
    probe = {"names": [{"kind": "heard", **heard}]}
    people = [named(name) for name in NAMES]
    assert rank_of(bench, "names", probe, people, NAMES.index(true)) == 0


def test_a_county_as_heard_finds_it_within_the_stated_province(bench: Bench) -> None:
    codes = ["440103", "440106", "441882", "445102", "320412", "110105"]
    probe = {
        "places": [
            {"kind": "heard_home", "code": "44"},
            {"kind": "heard_home", "heard": "li wan"},
        ]
    }
    assert rank_of(bench, "places", probe, [home(code) for code in codes], 0) == 0


def test_in_a_gallery_of_three_a_name_heard_rightly_is_still_rare() -> None:
    names = Names(SoundEngine.standard(), national_names())
    prepared = names.prepare(("王建国", "李秀英", "张伟"))
    levels = names.levels_of(PersonClaims.from_document(named("望见过", "heard")), prepared)
    keys = [names.levels[int(level)].key for level in levels]
    assert int(keys[0].removeprefix("heard_sound_")) >= 10
    assert keys[1:] == ["heard_sound_1"] * 2


def test_an_alias_counts_as_much_as_the_registered_name(bench: Bench) -> None:
    person = {
        "names": [{"text": "陈静", "kind": "registered"}, {"text": "王小花", "kind": "alias"}]
    }
    probe = named("王小花", "stated")
    assert bench.level("names", probe, person) == bench.level("names", probe, named("王小花"))


def test_a_daughter_named_by_the_person_is_found_among_the_relatives(bench: Bench) -> None:
    probe = {
        "relatives": [{"relation": "daughter", "names": [{"text": "王小兰", "kind": "heard"}]}]
    }
    families = [
        {"relatives": [{"relation": r, "names": [{"text": n}]}]}
        for r, n in (
            ("daughter", "王晓兰"),
            ("daughter", "李静"),
            ("father", "王大山"),
            ("son", "陈建国"),
        )
    ]
    assert rank_of(bench, "relatives", probe, families, 0) == 0
    people = [PersonClaims.from_document(doc) for doc in (*families, {})]
    levels = bench.together(PersonClaims.from_document(probe), people)["relatives"]
    assert levels[0] > 0
    assert levels[-1] == 0


def test_people_of_one_household_are_relatives_of_unknown_relation() -> None:
    house = [
        PersonClaims.from_document({"id": n, "household": "h1", **named(n)})
        for n in ("王大山", "王小兰")
    ]
    alone = PersonClaims.from_document({"id": "x", **named("陈静")})
    together = with_household([*house, alone])
    assert [r.names[0].text for r in together[0].relatives] == ["王小兰"]
    assert together[0].relatives[0].relation is None
    assert together[2] == alone


def test_dialect_speaks_where_home_is_not_stated_more_closely(bench: Bench) -> None:
    speech = {"dialects": [{"name": "广州", "basis": "listener"}]}
    cantonese, hakka, wu = home("440103"), home("441402"), home("320412")
    assert bench.level("dialect", speech, cantonese) == "same_point"
    assert bench.level("dialect", speech, wu) == "other_group"
    within = {**speech, **home("44")}
    assert bench.level("dialect", within, cantonese) == "within_same_point"
    assert bench.level("dialect", within, hakka) == "within_other_group"
    assert bench.level("dialect", within, wu) == "missing"
    assert bench.level("dialect", {**speech, **home("4401")}, cantonese) == "missing"


def test_clothes_are_compared_within_days_only(bench: Bench) -> None:
    red = {"belongings": ["红色棉袄", "布鞋"], "event_at": "2026-03-01"}
    later = {"belongings": ["红棉袄"], "event_at": "2026-03-05"}
    assert bench.level("belongings", red, later) != "missing"
    assert bench.level("belongings", red, {**later, "event_at": "2026-06-01"}) == "missing"


def test_a_phone_remembered_in_part(bench: Bench) -> None:
    person = {"relatives": [{"relation": "son", "phone": "13801234567"}]}
    asked = {"numbers": [{"kind": "phone", "text": "138????4567"}]}
    assert bench.level("phones", asked, person) == "same_3"
    assert (
        bench.level("phones", {"numbers": [{"kind": "phone", "text": "4567"}]}, person) == "same_2"
    )


def test_check_characters_of_the_standard() -> None:
    assert check_character("11010519491231002") == "X"
    assert in_eighteen("110105491231002") == NUMBER


def test_refused_unknown_and_missing_are_three_things_and_no_evidence(bench: Bench) -> None:
    for status in ("unknown", "refused"):
        claims = PersonClaims.from_document({"names": [{"kind": "stated", "status": status}]})
        assert claims.names[0].status == status
        assert bench.using["names"].values(claims) == ()
    assert PersonClaims.from_document({}).names == ()


def test_faces_stand_at_the_bits_of_their_calibration() -> None:
    face = Face()
    levels = face.levels_of_bits(np.array([np.nan, -20.0, 0.0, 3.2, 99.0]))
    assert [face.bits_of_level(int(x)) for x in levels] == [0.0, -6.0, 0.0, 3.0, 16.0]
    assert levels[0] == 0


@pytest.mark.parametrize(
    ("asked", "kind", "on_record"),
    [
        ("阿宝", "heard", "阿宝"),
        ("妹妹", "nickname", "妹妹"),
        ("王大娘", "stated", "王大娘"),
        ("老高", "heard", "高建国"),
        ("高师傅", "heard", "高建国"),
    ],
)
def test_nicknames_and_titles_are_weak_evidence_only(asked: str, kind: str, on_record: str) -> None:
    names = Names(SoundEngine.standard(), national_names())
    probe = PersonClaims.from_document({"side": "found", **named(asked, kind)})
    level = int(names.levels_of(probe, names.prepare([on_record]))[0])
    weak = names.levels[level].key
    assert weak in {
        f"{side}_sound_{n}" for side in ("heard", "short", "written") for n in range(5, 11)
    }


def test_a_real_name_that_looks_like_a_nickname_stays_a_name() -> None:
    names = Names(SoundEngine.standard(), national_names())
    probe = PersonClaims.from_document({"side": "found", **named("王宝", "heard")})
    level = int(names.levels_of(probe, names.prepare(["王宝"]))[0])
    assert names.levels[level].key == "short_same"
