"""Sound packs: what a station adds, checked row by row."""

from pathlib import Path

import pytest

from matchers.sounds.laws import LawReadings
from matchers.sounds.packs import PackError, PackReadings, load_folder, load_pack, load_zihui
from matchers.sounds.reading import Readings
from matchers.sounds.sheets import template, template_tsv
from matchers.sounds.yardstick import Confirmed, better_source

NAMES = template("常州", LawReadings.load())
HEADER = 'format = 1\npoint = "宜兴"\nsource = "两位老人"\nlicence = "本站自有"\n'.encode()


def pack(*rows: str, header: bytes = HEADER) -> PackReadings:
    table = "char\tpinyin\tipa\ttone\tlayer\n" + "\n".join(rows) + "\n"
    return PackReadings(load_pack(header, table.encode()))


def test_a_filled_sheet_is_a_pack_that_speaks_for_its_town() -> None:
    readings = pack("陈\t\tdzəŋ\t13\t", "陳\t\t\t\t", "周\t\ttsei\t55\t")
    assert readings.points() == ("宜兴",)
    assert [r.ipa for r in readings.readings("宜兴", "陈", surname=True)] == ["dzəŋ"]
    assert readings.readings("宜兴", "李", surname=True) == ()
    assert isinstance(readings, Readings)


def test_affricates_written_as_one_letter_are_respelled() -> None:
    (reading,) = pack("周\t\tʦʰeː\t55\t").readings("宜兴", "周", surname=True)
    assert reading.ipa == "tsʰe"


def test_the_reading_of_the_surname_is_taken_where_the_pack_tells_them_apart() -> None:
    readings = pack("曾\tceng2\tzən\t13\t", "曾\tzeng1\ttsən\t55\t")
    assert readings.readings("宜兴", "曾", surname=True)[0].ipa == "tsən"


def test_a_pack_with_the_everyday_reading_only_leaves_the_surname_to_others() -> None:
    readings = pack("单\tdan1\ttæ\t55\t")
    assert readings.readings("宜兴", "单", surname=True) == ()
    assert readings.readings("宜兴", "单", surname=False)[0].ipa == "tæ"


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("陈陈\t\tdzəŋ\t13\t", "line 2: char must be one Han character"),
        ("A\t\tdzəŋ\t13\t", "line 2: char must be one Han character"),
        ("陈\t\tdz7\t13\t", "line 2: not a syllable"),
        ("陈\t\tdzəŋ\t阳平\t", "line 2: tone must be Chao digits"),
        ("陈\tchen\tdzəŋ\t13\t", "line 2: pinyin must carry its tone digit"),
        ("陈\t\tdzəŋ\t13\t老派", "line 2: layer must be"),
    ],
)
def test_a_bad_row_is_named_with_what_to_mend(row: str, complaint: str) -> None:
    with pytest.raises(PackError) as caught:
        pack(row)
    assert complaint in caught.value.problems[0]


@pytest.mark.parametrize(
    ("header", "complaint"),
    [
        (b"format = 2\n", "source must be a text"),
        (b'format = 9\nsource = "a"\nlicence = "b"\n', "format must be 1"),
        (b"format = ", "pack.toml:"),
        (b"\xff\xfe", "save the file as UTF-8"),
    ],
)
def test_a_bad_header_is_explained(header: bytes, complaint: str) -> None:
    with pytest.raises(PackError) as caught:
        pack("陈\t\tdzəŋ\t13\t", header=header)
    assert complaint in str(caught.value)


def test_an_empty_sheet_and_a_missing_file_are_explained(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="no row has a reading yet"):
        pack("陈\t\t\t\t")
    with pytest.raises(PackError, match=r"no file pack\.toml"):
        load_folder(tmp_path)


def test_a_pack_without_a_town_asks_for_one() -> None:
    header = b'format = 1\nsource = "a"\nlicence = "b"\n'
    with pytest.raises(PackError, match="no point"):
        pack("陈\t\tdzəŋ\t13\t", header=header)


def test_the_sheet_of_a_new_town_shows_what_its_neighbours_say() -> None:
    rows = template("宜兴", LawReadings.load())
    assert len(rows) == 1500
    assert rows[0].char in "王李张"
    assert all(row.expected for row in rows[:100])
    lines = template_tsv(rows).splitlines()
    assert len(lines) == 1501
    with pytest.raises(PackError, match="no row has a reading yet"):
        load_pack(HEADER, template_tsv(rows).encode())


def test_the_source_that_agrees_with_confirmed_cases_wins() -> None:
    laws = LawReadings.load()
    chars = "张王李赵陈周吴郑冯蒋沈韩杨朱秦许何吕施孔曹严金魏陶姜谢邹喻苏潘葛"
    truly = [laws.readings("苏州", char, surname=True)[0] for char in chars]
    yardstick = [
        Confirmed(char, said.ipa, said.tone, surname=True)
        for char, said in zip(chars, truly, strict=True)
    ]
    rows = [f"{char}\t\tma\t55\t" for char in chars]
    header = HEADER.replace("宜兴".encode(), "苏州".encode())
    wrong = pack(*rows, header=header)
    choice = better_source("苏州", wrong, laws, yardstick)
    assert choice.decided
    assert choice.better is laws
    assert choice.second_charge < choice.first_charge


def sheet_of(town: str, like: str, size: int) -> PackReadings:
    """A sheet filled with what another town says, as if by ear."""
    laws = LawReadings.load()
    said = [(row.char, laws.readings(like, row.char, surname=False)[0]) for row in NAMES[:size]]
    rows = "".join(f"{char}\t{one.ipa}\t{one.tone}\n" for char, one in said)
    header = HEADER.replace("宜兴".encode(), town.encode())
    return PackReadings.of(load_pack(header, ("char\tipa\ttone\n" + rows).encode()))


def test_a_long_sheet_teaches_the_laws_of_its_town_for_other_characters() -> None:
    town = sheet_of("某镇", "扬州", 900)
    later = [row.char for row in NAMES[1000:1100]]
    laws = LawReadings.load()
    right = 0
    for char in later:
        expected = laws.readings("扬州", char, surname=False)[0].ipa
        guessed = town.readings("某镇", char, surname=False)
        right += guessed[0].ipa == expected
        assert guessed[0].layer == "推"
    assert right > 85


def test_a_short_sheet_borrows_from_the_nearest_town() -> None:
    town = sheet_of("绵阳", "成都", 50)
    (first, *_) = town.readings("绵阳", NAMES[200].char, surname=True)
    expected = LawReadings.load().readings("成都", NAMES[200].char, surname=True)
    assert first.ipa == expected[0].ipa
    assert first.layer == "推"


def test_too_few_confirmed_cases_change_nothing() -> None:
    laws = LawReadings.load()
    first = pack("陈\t\tdzəŋ\t13\t")
    choice = better_source("宜兴", first, laws, [Confirmed("陈", "ma")])
    assert not choice.decided
    assert choice.better is first


def test_the_survey_of_1962_loads_with_its_nasal_vowels(shared_data: Path) -> None:
    folder = shared_data / "sounds" / "beidazihui"
    loaded = load_zihui(
        (folder / "characters.tsv").read_bytes(), (folder / "languages.csv").read_bytes()
    )
    readings = PackReadings(loaded)
    assert "武汉" in readings.points()
    assert loaded.licence == "CC-BY-4.0"
    assert readings.readings("济南", "人", surname=False)[0].ipa == "ʐe\u0303"
    assert readings.readings("广州", "山", surname=False)[0].ipa == "ʃan"
    assert readings.readings("广州", "人", surname=False)[0].ipa == "jɐn"
