"""A station adds how its own town reads names; confirmed cases choose the better source."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from api.cli import main
from matchers.evidence import national_names
from matchers.sounds import Hearing, Reading, SoundEngine
from matchers.sounds.channel import Ear
from matchers.sounds.laws import LawReadings
from matchers.sounds.pairs import ConfirmedPair, PairsUnreadable, read_pairs, syllables
from tracing.errors import Conflict, SoundPackInvalid, SoundPackUnknown
from tracing.sound_packs import LAWS, SoundPacks, composed

SAMPLE = national_names()[:300]
HEADER = 'format = 1\npoint = "宜兴"\nsource = "两位老人"\nlicence = "本站自有"\n'
ROWS = "char\tipa\ttone\n陈\tdzəŋ\t13\n周\ttsei\t55\n李\t\t\n"


def folder(place: Path, *, header: str = HEADER, rows: str = ROWS) -> Path:
    place.mkdir(parents=True)
    (place / "pack.toml").write_text(header, "utf-8")
    (place / "readings.tsv").write_text(rows, "utf-8")
    return place


def xunqin(data: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["--data", str(data), *words])


def value(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout.splitlines()[-1])


def test_a_pack_is_added_listed_used_and_removed(tmp_path: Path) -> None:
    data, pack = tmp_path / "data", folder(tmp_path / "yixing")
    checked = value(xunqin(data, "sounds", "check", str(pack), "--json"))
    assert [point["point"] for point in checked["points"]] == ["宜兴"]
    assert value(xunqin(data, "sounds", "add", str(pack), "--json"))["points"] == {"宜兴": 2}
    listed = value(xunqin(data, "sounds", "list", "--json"))
    assert [row["name"] for row in listed["packs"]] == ["yixing"]
    assert "常州" in listed["built_in"]
    engine = SoundEngine.standard(*SoundPacks(data).readings())
    assert "宜兴" in engine.points
    assert "两位老人" in xunqin(data, "sounds", "list").output
    assert value(xunqin(data, "sounds", "remove", "yixing", "--json"))["removed"]
    assert SoundPacks(data).listed() == ()


def test_a_faulty_pack_is_told_in_both_languages_and_not_kept(tmp_path: Path) -> None:
    data = tmp_path / "data"
    bad = folder(tmp_path / "bad", rows="char\tipa\ttone\n陈陈\tdz\t13\n")
    refused = xunqin(data, "sounds", "add", str(bad))
    assert refused.exit_code == 1
    assert "方音包不能用" in refused.stderr
    assert "cannot be used" in refused.stderr
    assert "line 2" in refused.stderr
    assert SoundPacks(data).listed() == ()
    packs = SoundPacks(data)
    with pytest.raises(SoundPackInvalid):
        packs.add(folder(tmp_path / "good"), "../elsewhere")
    packs.add(tmp_path / "good")
    with pytest.raises(Conflict):
        packs.add(tmp_path / "good")
    with pytest.raises(SoundPackUnknown):
        packs.remove("..")


def test_a_pack_damaged_later_is_left_out_and_the_service_still_speaks(tmp_path: Path) -> None:
    packs = SoundPacks(tmp_path / "data")
    packs.add(folder(tmp_path / "yixing"))
    (tmp_path / "data/sounds/packs/yixing/readings.tsv").write_bytes(b"\xff\xfe")
    assert packs.listed()[0].problem
    assert list(packs.sources()) == [LAWS]


def test_the_sheet_of_a_town_shows_what_the_laws_expect(tmp_path: Path) -> None:
    out = tmp_path / "readings.tsv"
    done = xunqin(tmp_path, "sounds", "template", "常州", "--size", "20", "--out", str(out))
    assert done.exit_code == 0
    lines = out.read_text("utf-8").splitlines()
    assert lines[0].startswith("char\tpinyin\tipa\ttone")
    assert len(lines) == 21
    rows = value(xunqin(tmp_path, "sounds", "template", "常州", "--size", "5", "--json"))["rows"]
    assert all(row["expected"] for row in rows)


def test_the_survey_is_taken_in_as_it_is_published(tmp_path: Path, shared_data: Path) -> None:
    packs = SoundPacks(tmp_path)
    added = packs.add(shared_data / "sounds" / "beidazihui", "zihui")
    assert len(added.points) == 18
    assert added.licence == "CC-BY-4.0"
    assert packs.readings()[0].points() == tuple(added.points)


class Town:
    """Reads every character as one syllable."""

    def __init__(self, ipa: str) -> None:
        self.ipa = ipa

    def points(self) -> tuple[str, ...]:
        return ("宜兴", "溧阳")

    def readings(self, point: str, char: str, *, surname: bool) -> tuple[Reading, ...]:
        del char, surname
        return (Reading(self.ipa + point[0], "", 1.0, ""),)


def test_the_source_that_won_at_a_point_leads_there_and_nowhere_else() -> None:
    pack, laws = Town("p"), Town("l")
    order = composed({"pack": pack, LAWS: laws}, {"溧阳": LAWS, "宜兴": "gone"})
    first = {p: next(s for s in order if p in s.points()) for p in ("宜兴", "溧阳")}
    assert first["宜兴"].readings("宜兴", "陈", surname=True)[0].ipa == "p宜"
    assert first["溧阳"].readings("溧阳", "陈", surname=True)[0].ipa == "l溧"


def test_confirmed_pairs_choose_the_source_that_fits_what_was_heard(tmp_path: Path) -> None:
    laws = LawReadings.load()
    chars = "王李张刘陈杨黄周吴建国英华芳"
    shifted = zip(chars, chars[1:] + chars[0], strict=True)
    spoken = [(c, laws.readings("成都", other, surname=False)[0]) for c, other in shifted]
    wrong = "".join(f"{char}\t{reading.ipa}\t{reading.tone}\n" for char, reading in spoken)
    header = HEADER.replace("宜兴", "成都")
    packs = SoundPacks(tmp_path / "data")
    packs.add(folder(tmp_path / "x", header=header, rows="char\tipa\ttone\n" + wrong), "wrong")
    names = [f"{s}{g}" for s in "王李张刘陈" for g in ("建国", "英华", "国芳")]
    pairs = [ConfirmedPair(Hearing(name, None, "成都"), name) for name in names]
    assert packs.readings()[0].points() == ("成都",)
    (choice,) = packs.choose(pairs, Ear.load(), SAMPLE)
    assert (choice.source, choice.decided, choice.syllables) == (LAWS, True, 45)
    assert packs.choices() == (choice,)
    led = packs.readings()[0]
    assert led.points() == ("成都",)
    expected = laws.readings("成都", "王", surname=True)
    assert led.readings("成都", "王", surname=True) == expected
    assert packs.choose(pairs[:3], Ear.load(), SAMPLE)[0].decided is False


def test_pairs_at_neighbours_or_of_other_lengths_measure_nothing() -> None:
    engine = SoundEngine.standard(LawReadings.load())
    told = [("王建国", "王建国", "盐城"), ("王国", "王建国", "成都"), ("王建国", "王建国", None)]
    pairs = [ConfirmedPair(Hearing(h, None, d), t) for h, t, d in told]
    assert {p: s for p, s in syllables(engine, pairs).items() if s} == {}


def test_a_sheet_of_pairs_names_its_faults() -> None:
    sheet = "heard\ttrue\tdialect\n居银江\t朱仁江\t诸城\n".encode()
    (pair,) = read_pairs(sheet)
    assert (pair.heard.dialect, pair.true) == ("诸城", "朱仁江")
    for bad in (b"\xff", b"a\tb\n", b"heard\ttrue\n\tx\n", b"heard\ttrue\tlistener\na\tb\tme\n"):
        with pytest.raises(PairsUnreadable):
            read_pairs(bad)
