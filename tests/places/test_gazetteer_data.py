"""The packaged places: counted, mapped, damaged, added to."""

from __future__ import annotations

import shutil
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
import pytest

from matchers.places.additions import (
    Addition,
    AdditionError,
    AdditionKnown,
    AdditionsUnreadable,
    add_place,
    packaged_additions,
    read_additions,
)
from matchers.places.atlas import Atlas
from matchers.places.divisions import Divisions
from matchers.places.speech import Speech
from matchers.places.stems import Endings
from matchers.places.tree import ARRAYS, Tree, TreeDamaged
from matchers.places.weighing import Weights
from matchers.sounds.regions import Regions


@pytest.fixture(scope="module")
def atlas() -> Atlas:
    return Atlas.open()


def test_all_five_levels_of_today_are_held(atlas: Atlas) -> None:
    assert len(atlas.tree.village_stems) == 620_573
    assert len(atlas.tree.town_codes) == 41_352
    assert len(atlas.counties) == 2_978


def test_the_gazetteer_is_compact() -> None:
    with as_file(files("matchers.places") / "tree") as folder:
        assert sum(path.stat().st_size for path in folder.iterdir()) < 15_000_000


@pytest.mark.parametrize(
    ("code", "name", "town"),
    [
        ("110101001002", "银闸社区居委会", "东华门街道"),
        ("130208003003", "云华社区居民委员会", "浭阳街道"),
        ("659012503500", None, None),
    ],
)
def test_a_code_gives_the_name_of_the_register(
    atlas: Atlas, code: str, name: str | None, town: str | None
) -> None:
    village = atlas.village(code)
    if name is None:
        assert village is None
        return
    assert village is not None
    assert atlas.tree.village_name(village) == name
    assert atlas.tree.village_code(village) == code
    assert atlas.tree.town_name(atlas.tree.town_of(village)) == town


@pytest.mark.parametrize(
    ("registered", "spoken"),
    [
        ("朱马院村村民委员会", "朱马院"),
        ("李村委会", "李村"),
        ("华云社区居民委员会", "华云"),
        ("焦溪社区居委会（含焦溪村村委）", "焦溪"),
        ("乌兰图嘎查", "乌兰图"),
        ("沙县", "沙县"),
    ],
)
def test_what_the_register_adds_nobody_says(registered: str, spoken: str) -> None:
    assert Endings.load().spoken(registered) == spoken


def test_a_damaged_gazetteer_is_noticed_and_not_answered_from(tmp_path: Path) -> None:
    with as_file(files("matchers.places") / "tree") as folder:
        shutil.copytree(folder, tmp_path / "tree")
    Tree.open(tmp_path / "tree")
    for name in ARRAYS:
        path = tmp_path / "tree" / f"{name}.npy"
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
        with pytest.raises(TreeDamaged):
            Tree.open(tmp_path / "tree")
        path.write_bytes(whole)
    shorter = np.load(tmp_path / "tree" / "village_stems.npy")[:-1]
    np.save(tmp_path / "tree" / "village_stems.npy", shorter)
    with pytest.raises(TreeDamaged):
        Tree.open(tmp_path / "tree")


def test_a_place_added_is_there_the_next_time(tmp_path: Path) -> None:
    first = add_place(tmp_path, Addition("小湾里", "370782", "village", "家属电话"))
    second = add_place(tmp_path, Addition("大湾里", "370782100", "village", "家属电话"))
    assert first.code == "370782000901"  # 900 is a packaged one
    assert second.code == "370782100900"
    opened = Atlas.open(tmp_path)
    assert [extra.stem for extra in opened.extras] == ["朱马院", "小湾里", "大湾里"]
    assert opened.village(first.code) is not None


@pytest.mark.parametrize(
    "addition",
    [
        Addition("", "370782", "village", "x"),
        Addition("abc", "370782", "village", "x"),
        Addition("小湾里", "37", "village", "x"),
        Addition("小湾里", "370782100", "town", "x"),
        Addition("小湾里", "370782", "village", " "),
        Addition("小湾\t里", "370782", "village", "x"),
        Addition("小湾里", "３７０７８２", "village", "x"),
    ],
)
def test_a_place_that_cannot_be_added_leaves_the_list_alone(
    tmp_path: Path, addition: Addition
) -> None:
    add_place(tmp_path, Addition("大湾里", "370782", "village", "家属电话"))
    with pytest.raises(AdditionError):
        add_place(tmp_path, addition)
    assert [a.name for a in read_additions(tmp_path)] == ["大湾里"]


def test_a_place_is_added_once(tmp_path: Path) -> None:
    known = packaged_additions()[0]
    with pytest.raises(AdditionKnown):
        add_place(tmp_path, Addition(known.name, known.within, "village", "again"))


def test_a_broken_line_of_the_list_is_named(tmp_path: Path) -> None:
    (tmp_path / "additions.tsv").write_text(
        "name\twithin\tlevel\tsource\n湾里\t370782\tvillage\tx\n湾里\t37\tvillage\tx\n", "utf-8"
    )
    with pytest.raises(AdditionsUnreadable, match="line 3"):
        read_additions(tmp_path)


@pytest.mark.parametrize(
    ("county", "group", "cluster"),
    [
        ("320412", "吴语", "太湖"),
        ("321181", "吴语", "太湖"),  # 丹阳 speaks Wu in a Mandarin prefecture
        ("321183", "官话", "江淮"),
        ("360981", "赣语", "昌都"),
        ("350821", "客家", "粤台"),
        ("370782", "官话", "胶辽"),
    ],
)
def test_counties_speak_as_they_do_and_not_as_their_prefecture(
    atlas: Atlas, county: str, group: str, cluster: str
) -> None:
    speech = Speech.of(atlas.counties, Divisions.load(), Regions.load())
    spoken = speech.spoken[atlas.county_number[county]]
    assert (spoken.group, spoken.cluster) == (group, cluster)


def test_every_county_has_a_dialect_with_its_certainty(atlas: Atlas) -> None:
    speech = Speech.of(atlas.counties, Divisions.load(), Regions.load())
    assert all(one.group and one.confidence in "ABC" for one in speech.spoken)


def test_what_a_stated_dialect_says_of_homes_is_a_share_of_one(atlas: Atlas) -> None:
    speech = Speech.of(atlas.counties, Divisions.load(), Regions.load())
    base = np.full(len(atlas.counties), 1 / len(atlas.counties))
    shares = Weights.load().dialect
    for name in ("诸城", "无锡", "吴语", "四川话", "客家话", "东北话"):
        odds = speech.homes({name: 1.0}, base, shares)
        assert odds is not None, name
        assert float(odds @ base) == pytest.approx(1.0), name
        assert odds.min() > 0.1, name
    assert speech.homes({"火星话": 1.0}, base, shares) is None
