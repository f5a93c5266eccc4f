"""The error process: what listeners write, by dialect, and that it is no table of the matcher's."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tracing.demo
from tracing.demo.dice import Dice
from tracing.demo.hearing import INITIALS, Ear, _joined, _split
from tracing.demo.names import GivenNames, Surnames


@pytest.fixture(scope="module")
def ear() -> Ear:
    return Ear.load(Surnames.load().shares, GivenNames.load().characters())


def letters(ear: Ear, surname: str, given: str, group: str, count: int = 400) -> Counter[str]:
    """What is heard in letters, over many hearings."""
    dice = Dice(11)
    heard = (ear.hear(dice, surname, given, group, "male", latin=1.0) for _ in range(count))
    return Counter(one.latin for one in heard if one.latin and one.shape == "full")


@pytest.mark.parametrize(
    ("surname", "given", "group", "heard"),
    [
        ("李", "宁", "southwest", "li lin"),
        ("胡", "明", "xiang", "fu min"),
        ("黄", "发", "min", "huang ha"),
        ("荣", "军", "jiaoliao", "yong jun"),
        ("陈", "生", "jin", "cheng seng"),
        ("徐", "云", "hakka", "xi yin"),
    ],
)
def test_dialects_are_misheard_in_their_own_way(
    ear: Ear, surname: str, given: str, group: str, heard: str
) -> None:
    assert letters(ear, surname, given, group)[heard] > 0
    assert letters(ear, surname, given, "mandarin")[heard] < 5


def test_a_syllable_that_mandarin_lacks_is_not_written(ear: Ear) -> None:
    assert "yen" not in " ".join(letters(ear, "任", "军", "jiaoliao"))


def test_mandarin_is_mostly_heard_rightly(ear: Ear) -> None:
    counts = letters(ear, "王", "建国", "mandarin")
    assert counts["wang jian guo"] / counts.total() > 0.9


def test_every_shape_comes(ear: Ear) -> None:
    dice = Dice(2)
    shapes = Counter(
        ear.hear(dice, "张", "秀英", "wu", "female", latin=0.3).shape for _ in range(3_000)
    )
    assert set(shapes) == {
        "full", "order_swapped", "given_name_only", "nickname", "title", "syllable_lost",
    }  # fmt: skip
    assert shapes["full"] / 3_000 == pytest.approx(0.8, abs=0.04)


@given(seed=st.integers(0, 500), group=st.sampled_from(["wu", "min", "cantonese", "northwest"]))
def test_something_is_always_written(ear: Ear, seed: int, group: str) -> None:
    heard = ear.hear(Dice(seed), "欧阳", "娜", group, "female", latin=0.5)
    assert heard.text or heard.latin
    assert heard.text is None or all("一" <= character <= "鿿" for character in heard.text)


@pytest.mark.parametrize(
    ("sound", "parts"),
    [
        ("zhang", ("zh", "ang")),
        ("ju", ("j", "ü")),
        ("yuan", ("y", "üan")),
        ("you", ("y", "ou")),
        ("lv", ("l", "ü")),
        ("er", ("", "er")),
        ("wu", ("w", "u")),
    ],
)
def test_syllables_come_apart_and_together(sound: str, parts: tuple[str, str]) -> None:
    assert _split(sound) == parts
    assert _joined(*parts) == sound
    assert parts[0] in ("", *INITIALS)


def test_the_error_process_knows_nothing_of_the_matchers_sounds() -> None:
    for path in Path(tracing.demo.__file__).parent.glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        modules = [
            node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)
        ] + [
            alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.Import)
            for alias in node.names
        ]
        assert not any(module.startswith("matchers.sounds") for module in modules), path.name
