"""Names and villages of real towns: the built-in laws, the Cantonese dictionary, rare readings."""

from __future__ import annotations

import csv
import random
from pathlib import Path

import numpy as np
import pytest

from benchmarks.simulated import simulated
from benchmarks.sound_speed import synthetic
from matchers.sounds import Hearing, Hypothesis, NameTable, SoundEngine, rank
from matchers.sounds.laws import LawReadings
from matchers.sounds.laws.categories import table_rows
from matchers.sounds.readings import CANTONESE, CantoneseReadings, Voices

NEAR = [
    "竹茂旸", "鸡毛窑", "土门垭", "初麻一", "苏茅角", "驷马垭", "土茂营", "赤缪一", "常峁墕",
    "吐木亚", "诸茂店", "朱麻营", "双庙垭", "黄猫垭", "石马垭", "初麻院", "珠玛日", "徐麻营",
    "苏苗塬", "拒马源", "德茂园",
]  # fmt: skip
"""Real villages that sound most like 朱马院 among 115,000 of three syllables."""
SURNAMES_READ_OTHERWISE = {
    "单": "善丹", "仇": "求愁", "解": "谢姐", "曾": "增层", "任": "人认", "区": "欧屈",
    "盖": "葛丐", "查": "渣茶", "翟": "宅敌", "乐": "月勒", "缪": "妙谋", "覃": "秦谈",
    "朴": "瓢普", "尉": "卫玉", "华": "画滑",
}  # fmt: skip


@pytest.fixture(scope="module")
def towns() -> SoundEngine:
    return SoundEngine.standard(LawReadings.load())


@pytest.fixture(scope="module")
def crowd(engine: SoundEngine) -> NameTable:
    """40,000 people among whom the bearers of odd surnames and of Hong Kong spellings stand."""
    names = [*odd_surnames(), *hongkong(), *synthetic(40_000, np.random.default_rng(2))]
    return engine.table(list(dict.fromkeys(names)))


def odd_surnames() -> dict[str, tuple[str, str]]:
    """Name -> the name written in either reading of its surname, by homophones."""
    chooser = random.Random(9)
    given = "国秀英伟洋静志强敏金菊杰丽涛红"
    found = {}
    for surname, written in SURNAMES_READ_OTHERWISE.items():
        for _ in range(2):
            rest = "".join(chooser.sample(given, 2))
            found[surname + rest] = (written[0] + rest, written[1] + rest)
    return found


def hongkong(count: int = 120) -> dict[str, str]:
    """Name -> its Hong Kong spelling, put together from `hongkong.csv`."""
    with Path(__file__).with_name("hongkong.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    parts = {
        part: [(row["character"], row["spelling"]) for row in rows if row["part"] == part]
        for part in ("surname", "given")
    }
    chooser = random.Random(7)
    found: dict[str, str] = {}
    while len(found) < count:
        used = [chooser.choice(parts["surname"]), *chooser.sample(parts["given"], 2)]
        found["".join(char for char, _ in used)] = " ".join(spelt for _, spelt in used)
    return found


def recalls(table: NameTable, heard: list[tuple[Hearing, str]]) -> list[float]:
    """Recall at 1, 10 and 100 in per cent."""
    places = {name: place for place, name in enumerate(table.names)}
    ranks = [rank(table.score([hearing]).nats, places[name]) for hearing, name in heard]
    return [100 * float(np.mean([r.recall(k) for r in ranks])) for k in (1, 10, 100)]


@pytest.mark.parametrize("dialect", ["诸城", None])
@pytest.mark.parametrize("written", ["主猫鸭", "祖玛雅"])
def test_a_village_of_zhucheng_is_found_from_what_two_listeners_wrote(
    towns: SoundEngine, written: str, dialect: str | None
) -> None:
    chooser = random.Random(4)
    used = [row["char"] for row in table_rows("name_characters.tsv") if row["place"] == "1"][:250]
    decoys = {"".join(chooser.choices(used, k=3)) for _ in range(8000)} - {"朱马院"}
    table = towns.place_table(["朱马院", *NEAR, *sorted(decoys)])
    scores = table.score([Hearing(written, dialect=dialect)], ways_said=[Hypothesis.FULL])
    found = rank(scores.nats, 0)
    assert found.better + found.equal <= (3 if dialect else 5)
    assert table.align(Hearing(written, dialect=dialect), 0).dialect == "诸城"


def test_two_listeners_of_a_village_need_no_dialect(towns: SoundEngine) -> None:
    table = towns.place_table(["朱马院", *NEAR])
    both = [Hearing("主猫鸭"), Hearing("祖玛雅")]
    found = rank(table.score(both, ways_said=[Hypothesis.FULL]).nats, 0)
    assert found.better + found.equal == 1


def test_surnames_with_two_readings_are_found_by_either(crowd: NameTable) -> None:
    heard = [(Hearing(text), name) for name, both in odd_surnames().items() for text in both]
    first, tenth, hundredth = recalls(crowd, heard)
    assert first >= 85
    assert tenth == hundredth == 100


@pytest.mark.parametrize(
    ("common", "rare"), [("冯国英", "平国英"), ("石国英", "淡国英"), ("丁国英", "征国英")]
)
def test_a_reading_that_nobody_uses_does_not_outweigh_the_usual_one(
    engine: SoundEngine, common: str, rare: str
) -> None:
    table = engine.table([common, rare])
    as_rare = table.score([Hearing(rare)])
    assert table.names[int(as_rare.best(1)[0])] == rare
    assert as_rare.nats[0] - as_rare.nats[1] > 1.5


def test_hong_kong_spellings_find_their_bearers(crowd: NameTable) -> None:
    spelt = hongkong()
    known = [(Hearing(latin=text, dialect="香港"), name) for name, text in spelt.items()]
    assert all(
        found >= wanted for found, wanted in zip(recalls(crowd, known), (60, 90, 97), strict=True)
    )


def test_the_cantonese_dictionary_speaks_before_the_laws_and_behind_packs() -> None:
    laws = LawReadings.load()
    voices = Voices.standard(laws)
    sources = voices.by_point[CANTONESE]
    assert isinstance(sources[0], CantoneseReadings)
    assert sources[1] is laws
    assert voices.by_point["梅县"] == (laws,)


def test_simulated_hearings_stand_apart_from_the_matcher() -> None:
    heard = simulated(28, 300, 3)
    assert len(heard.people) == 300
    assert heard == simulated(28, 300, 3)
    assert {town for _text, _place, town in heard.probes} <= set(LawReadings.load().points())
    assert sum(text == heard.people[place] for text, place, _town in heard.probes) < 14


def test_a_million_names_of_the_benchmark_are_distinct() -> None:
    names = synthetic(3000, np.random.default_rng(1))
    assert len(set(names)) == len(names) == 3000
    assert {len(name) for name in names} == {2, 3}
