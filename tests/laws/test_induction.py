"""Laws read off a survey, and how far they carry to characters they have not seen."""

from pathlib import Path

from benchmarks import laws as benchmark
from matchers.sounds.laws.induce import Example, induced, main_laws, tsv
from matchers.sounds.laws.rules import LawTable, law
from matchers.sounds.laws.towns import all_points


def example(char: str, initial: str, truth: tuple[str, str, str]) -> Example:
    values = {
        "母": initial, "組": "見", "音": "牙", "清濁": "全清", "呼": "開", "等": "一", "類": "",
        "韻": "歌", "攝": "果", "聲": "平", "韻別": "陰", "普聲": "g", "普韻": "e", "普調": "1",
    }  # fmt: skip
    return Example(char, values, (truth,))


def test_a_general_law_and_its_exception_are_found_in_that_order() -> None:
    seen = [example(char, "見", ("k", "o", "55")) for char in "甲乙丙丁"]
    seen += [example(char, "溪", ("kʰ", "o", "55")) for char in "戊己庚"]
    table = LawTable(main_laws(seen))
    assert table.syllable(seen[0].values) == ("k", "o", "55")
    assert table.syllable(seen[-1].values) == ("kʰ", "o", "55")


def test_written_laws_are_read_back_alike() -> None:
    seen = [example(char, "見", ("k", "o", "55")) for char in "甲乙丙丁"]
    found = induced(seen, source="x")
    header, *lines = tsv(found).splitlines()
    names = header.split("\t")
    again = [law(dict(zip(names, line.split("\t"), strict=True))) for line in lines]
    assert again == found


def test_laws_carry_to_characters_they_have_not_seen(shared_data: Path) -> None:
    survey = benchmark.read_survey(shared_data / "sounds" / "beidazihui")
    examples = benchmark.examples_of(survey, "成都")
    fresh = benchmark.share_of(benchmark.held_out(examples, 2, 2.0), {})
    packaged = benchmark.share_of(benchmark.by_table(all_points()["成都"], examples), {})
    assert fresh.initial > 88
    assert fresh.syllable > 80
    assert packaged.syllable > fresh.syllable
