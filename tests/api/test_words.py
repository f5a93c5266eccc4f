"""Every sentence exists in both languages, and none says what must never be said."""

from __future__ import annotations

import json
import re
import string
from importlib.resources import files
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st

import api.v1.people
import api.v1.photos
import api.visit
from api import phrasing
from api.choices import Choices
from api.language import Languages
from api.security import DOORS
from tracing.access import rules
from tracing.cases import case_rules
from tracing.errors import TracingError
from tracing.photos.views import album_rules

API = Path(api.visit.__file__).parent
CHINESE = Languages()["zh"]
BANDS = ("very", "well", "some", "even", "against", "clash")


def catalogue(code: str) -> dict[str, str]:
    source = files("api").joinpath("locales", code, "messages.po")
    with source.open("rb") as text:
        return {str(m.id): str(m.string) for m in read_po(text, locale=code) if m.id}


def places(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def every_error() -> set[str]:
    found, waiting = set(), [TracingError]
    while waiting:
        kind = waiting.pop()
        found.add(kind.code)
        waiting += kind.__subclasses__()
    return found


def evidence() -> list[str]:
    text = files("matchers.evidence").joinpath("model-1.json").read_text("utf-8")
    return list(json.loads(text)["evidence"])


def test_both_catalogues_hold_the_same_sentences_with_the_same_places() -> None:
    chinese, english = catalogue("zh"), catalogue("en")
    assert set(chinese) == set(english)
    assert [k for k, v in chinese.items() if not v.strip()] == []
    assert [k for k in chinese if places(chinese[k]) != places(english[k])] == []


def test_every_key_used_has_a_sentence() -> None:
    known = set(catalogue("zh"))
    used = set()
    for source in [*API.rglob("*.py"), *API.rglob("*.html")]:
        text = source.read_text("utf-8")
        used |= set(
            re.findall(r"""(?<![\w.])(?:t|words|visit\.words)\(\s*["']([\w.:]+)["']""", text)
        )
    assert len(used) > 250
    assert {key for key in used if not key.endswith(".")} - known == set()


def test_every_family_of_keys_is_complete() -> None:
    known = set(catalogue("zh"))
    needed = set(Choices().keys())
    needed |= {f"error.{code}" for code in every_error() - {"internal"}}
    needed |= {f"error.{code}.advice" for code in every_error()}
    needed |= {f"{family}.{key}" for key in evidence() for family in ("evidence", "missing")}
    needed |= {f"question.{key}" for key in evidence()}
    needed |= {f"band.any.{band}" for band in BANDS}
    needed |= {f"grade.{grade}" for grade in ("possible", "probable", "strong")}
    needed |= {f"step.{step}" for step in range(4)}
    needed |= {f"side.{side}" for side in ("found", "sought", "register")}
    needed |= {f"role.{role}" for role in rules().roles}
    needed |= {f"relation.{relation}" for relation in album_rules().relations}
    for family, values in json.loads(json.dumps(states())).items():
        needed |= {f"state.{family}.{value}" for value in values}
    assert needed - known == set()


def states() -> dict[str, list[str]]:
    import tomllib

    text = files("tracing").joinpath("cases.toml").read_text("utf-8")
    table = tomllib.loads(text)["states"]
    return {family: table[family] for family in ("identity", "stay", "result")}


def test_the_lists_people_choose_from_are_those_the_work_accepts() -> None:
    choices, cases = Choices(), case_rules()
    assert set(choices.values("purposes")) == cases.purposes
    assert set(choices.values("bases")) == cases.legal_bases
    assert set(choices.values("search_reasons")) <= cases.reasons
    assert set(choices.values("photo_roles")) <= album_rules().relations
    assert set(choices.values("scopes")) <= rules().scopes
    assert set(choices.values("roles")) <= set(rules().roles)
    assert {door.scope for door in DOORS} - {None} <= rules().scopes


@pytest.mark.parametrize("word", ["匹配成功", "命中", "就是他", "流浪汉", "乞丐", "痴呆"])
def test_words_that_must_never_be_said(word: str) -> None:
    assert [key for key, sentence in catalogue("zh").items() if word in sentence] == []


@pytest.mark.parametrize(
    "pattern", [r"(?<!If-)\bmatch", r"\bhits?\b", r"\bvagrant", r"\bidentified\b"]
)
def test_english_gives_no_verdict_either(pattern: str) -> None:
    english = catalogue("en")
    assert [k for k, v in english.items() if re.search(pattern, v, re.I)] == []


def test_the_language_is_the_persons_choice_then_the_browsers_then_chinese() -> None:
    languages = Languages()
    assert languages.choose("en", "zh").code == "en"
    assert languages.choose(None, "fr, en;q=0.5, zh;q=0.9").code == "zh"
    assert languages.choose("xx", "de;q=zz").code == "zh"


@given(st.floats(min_value=0, max_value=1))
def test_a_share_is_never_nothing_and_never_certain(probability: float) -> None:
    words = CHINESE
    assert phrasing.share(words, probability) not in {"约 0%", "约 100%"}


@given(st.integers(min_value=0, max_value=10**12))
def test_two_figures_stay_close(number: int) -> None:
    rounded = phrasing.two_figures(number)
    assert abs(rounded - number) <= max(number * 0.05, 0)


@pytest.mark.parametrize(
    ("latin", "dialect", "shown"),
    [
        ("zhu1", None, "zhū"),
        ("lü4", "诸城", "lǜ"),
        ("wong4", "广州", "wong4"),
        ("ʔuŋ", None, "ʔuŋ"),
    ],
)
def test_pinyin_wears_its_tone_as_a_mark(latin: str, dialect: str | None, shown: str) -> None:
    assert phrasing.toned(latin, dialect) == shown


def test_bits_carry_their_sign() -> None:
    assert [phrasing.signed(b) for b in (12.24, -3.46, 0.04, -0.04)] == ["+12.2", "−3.5", "0", "0"]


def test_numbers_in_chinese_count_by_ten_thousands() -> None:
    words = Languages()["zh"]
    assert phrasing.count(words, 5400) == "5,400"
    assert phrasing.count(words, 1_200_000) == "120 万"
    assert phrasing.rarity(words, 1.2) == ""
