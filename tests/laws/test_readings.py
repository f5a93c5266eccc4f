"""What the built-in laws make of names."""

import unicodedata
from importlib.resources import files

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from matchers.sounds.features import Articulation
from matchers.sounds.laws import LawReadings
from matchers.sounds.laws.categories import positions_of, table_rows
from matchers.sounds.laws.rules import law
from matchers.sounds.laws.syllables import halves, spelled
from matchers.sounds.laws.towns import all_points

WANTED = (
    "常州 无锡 苏州 上海 温州 扬州 南京 合肥 泉州 厦门 福州 潮州 广州 梅县 长沙 双峰 南昌 成都 "
    "重庆 武汉 贵阳 昆明 郑州 济南 烟台 诸城 西安 太原 沈阳 哈尔滨"
)
NAMES = [row["char"] for row in table_rows("name_characters.tsv")]


@pytest.fixture(scope="module")
def laws() -> LawReadings:
    return LawReadings.load()


def sounds(laws: LawReadings, point: str, name: str) -> list[set[str]]:
    """For each character all syllables it may have, the first character as a surname."""
    return [
        {reading.ipa for reading in laws.readings(point, char, surname=not place)}
        for place, char in enumerate(name)
    ]


def test_every_wanted_town_has_a_table_with_its_source(laws: LawReadings) -> None:
    assert set(WANTED.split()) <= set(laws.points())
    assert all(point.sources and point.confidence for point in all_points().values())


@pytest.mark.parametrize(
    ("point", "name", "said"),
    [
        ("常州", "陈高", ["dzəɲ", "kaɤ"]),
        ("常州", "潘海", ["pʰɤ", "xæ"]),
        ("无锡", "周山", ["tsei", "sɛ"]),
        ("苏州", "周高", ["tsøy", "kæ"]),
        ("扬州", "马田", ["mɑ", "tʰɪ̃"]),
        ("泉州", "许居", ["kʰɔ", "kɯ"]),
        ("厦门", "陈火", ["tan", "he"]),
        ("广州", "张云", ["tʃœŋ", "uɐn"]),
        ("梅县", "林花", ["lim", "fa"]),
        ("长沙", "黄久", ["fan", "tɕiɤu"]),
        ("成都", "敬武", ["tɕin", "vu"]),
        ("济南", "荣宽", ["luŋ", "kʰuã"]),
        ("合肥", "鸡", ["tsɿ"]),
        ("沈阳", "任热", ["in", "iɛ"]),
        ("烟台", "赵", ["tɕiau"]),
        ("福州", "敬", ["keiŋ"]),
    ],
)
def test_a_name_is_read_as_its_town_reads_it(
    laws: LawReadings, point: str, name: str, said: list[str]
) -> None:
    for expected, possible in zip(said, sounds(laws, point, name), strict=True):
        assert unicodedata.normalize("NFD", expected) in possible


def test_the_village_of_zhu_ma_yuan_is_heard_without_its_ending(laws: LawReadings) -> None:
    first, second, third = (laws.readings("诸城", char, surname=False)[0].ipa for char in "朱马院")
    assert first.startswith("tʃ")
    assert second == "ma"
    assert third == "ya\u0303"


def test_surnames_of_real_cases_are_known(laws: LawReadings) -> None:
    assert "tɕioŋ" in sounds(laws, "重庆", "龚")[0]
    assert "ɕiæ\u0303" in sounds(laws, "扬州", "韩")[0]
    everyday = laws.readings("重庆", "龚", surname=False)
    assert all(reading.ipa != "tɕioŋ" for reading in everyday)


def test_a_surname_is_read_otherwise_than_the_same_character_elsewhere(laws: LawReadings) -> None:
    assert laws.readings("济南", "单", surname=True)[0].ipa == "ʂa\u0303"
    assert laws.readings("济南", "单", surname=False)[0].ipa == "ta\u0303"


def test_simplified_and_traditional_spellings_sound_alike(laws: LawReadings) -> None:
    for simplified, traditional in ("陈陳", "刘劉", "赵趙", "龙龍", "韩韓", "吴吳", "黄黃"):
        for point in ("常州", "广州", "厦门"):
            assert laws.readings(point, simplified, surname=True) == laws.readings(
                point, traditional, surname=True
            )


def test_a_neighbours_doublet_stays_one(laws: LawReadings) -> None:
    assert {reading.layer for reading in laws.readings("常州", "江", surname=True)} == {"文", "白"}


def test_an_unknown_character_and_an_unknown_town_are_told_apart(laws: LawReadings) -> None:
    assert laws.readings("常州", "☃", surname=False) == ()
    with pytest.raises(KeyError):
        laws.readings("火星", "陈", surname=True)


@example("颜", "常州", False)  # the colloquial reading has driven the literary one out
@settings(deadline=None)  # the first reading of a point loads its table
@given(st.sampled_from(NAMES), st.sampled_from(WANTED.split()), st.booleans())
def test_every_reading_is_a_syllable_and_weights_sum_to_one(
    char: str, point: str, surname: bool
) -> None:
    readings = LawReadings.load().readings(point, char, surname=surname)
    assert readings
    assert sum(reading.weight for reading in readings) == pytest.approx(1.0)
    for reading in readings:
        assert spelled(reading.ipa) == reading.ipa
        assert "".join(halves(reading.ipa)) == reading.ipa
        assert set(reading.tone) <= set("12345")
        assert 0 < reading.weight <= 1


def test_the_engine_can_parse_every_sound_a_law_gives() -> None:
    articulation = Articulation.load()
    onsets, finals = set(), set()
    for point in all_points().values():
        for row in table_rows(f"{point.table}.tsv"):
            one = law(row)
            if one.part == "聲" and one.gives != "＝":
                onsets.add(one.gives)
            elif one.part in ("韻", "變") and one.gives != "＝":
                finals.add(one.gives)
    unknown = {onset for onset in onsets if onset and onset not in articulation.consonants}
    assert not unknown
    assert all(articulation.syllable(final).vowels for final in finals)


def test_hardly_any_name_character_lacks_a_middle_chinese_position() -> None:
    lacking = [char for char in NAMES if not positions_of(char)]
    assert len(lacking) < len(NAMES) / 100


def test_the_packaged_tables_stay_small_and_say_where_they_come_from() -> None:
    folder = files("matchers.sounds.laws") / "tables"
    assert sum(len(entry.read_bytes()) for entry in folder.iterdir()) < 2_000_000
    for point in all_points().values():
        assert all(row["source"] for row in table_rows(f"{point.table}.tsv"))
        text = (folder / f"{point.table}.tsv").read_text("utf-8")
        assert text.startswith(f"# {point.name}")
