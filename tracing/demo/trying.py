"""Three things to try in the demo, each with what one should see."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from tracing.demo.dice import Dice
from tracing.demo.hearing import Heard
from tracing.demo.people import Person
from tracing.demo.population import Entry, Population

LUCK = 20_240
"""Seed of the questions, apart from the world's own."""
RARE = 0.0005
SHOWN_GROUPS = frozenset({"wu", "southwest", "min", "xiang", "cantonese", "hakka", "jianghuai"})


@dataclass(frozen=True, slots=True)
class TryThis:
    """A thing to try. `record` is the question in the shape of docs/record.md, if it has words.

    kind: name, photo or nobody. expect_id: external id of who should come first, None for nobody.
    """

    kind: str
    title: str
    do: str
    expect: str
    record: dict[str, Any] | None
    photo: Path | None
    expect_id: str | None


def things_to_try(world: Population, photo: tuple[str, Path] | None = None) -> tuple[TryThis, ...]:
    """A name heard in dialect; a photo; somebody who is not there. The same for equal worlds.

    A world of a few dozen people may have nobody for the first.
    """
    tasks = (heard_name(world), of_photo(photo), nobody(world))
    return tuple(task for task in tasks if task is not None)


def heard_name(world: Population) -> TryThis | None:
    """Somebody on record whose name a listener got wrong; None in a very small world."""
    entry, document = next(_misheard(world), (None, {}))
    if entry is None:
        return None
    person = entry.person
    home = world.society.geography.name(person.county)
    return TryThis(
        kind="name",
        title="听到的名字",
        do="新来一人:" + in_words(document),
        expect=(
            f"第一位是 {person.name}({home})。打开看理由:名字按{person.dialect.point}话的读音"
            "逐字对齐,加上性别、年龄和家乡。"
        ),
        record=document,
        photo=None,
        expect_id=str(entry.document["id"]),
    )


def of_photo(photo: tuple[str, Path] | None) -> TryThis:
    """Another picture of somebody enrolled: from the folder given, else the shipped portrait."""
    if photo is None:
        shipped = Path(str(files("tracing.demo"))) / "pictures" / "collins-asked.jpg"
        return TryThis(
            kind="photo",
            title="照片",
            do=f"新来一人:只上传照片 {shipped}",
            expect="第一位是另一张照片上的同一人;理由只有人像一项。",
            record=None,
            photo=shipped,
            expect_id="portrait",
        )
    person, path = photo
    return TryThis(
        kind="photo",
        title="照片",
        do=f"新来一人:只上传照片 {path.parent.name}/{path.name}",
        expect=f"第一位(或前几位)是 {person} 的另一张照片;理由只有人像一项。",
        record=None,
        photo=path,
        expect_id=person,
    )


def nobody(world: Population) -> TryThis:
    """Somebody well described who has no record."""
    document = next(_strangers(world))
    return TryThis(
        kind="nobody",
        title="不在库中的人",
        do="新来一人:" + in_words(document),
        expect="第一行“可能不在库中”的份额最大;没有一个候选是“很可能”。",
        record=document,
        photo=None,
        expect_id=None,
    )


def _misheard(world: Population) -> Iterator[tuple[Entry | None, dict[str, Any]]]:
    """People of the world whose name is heard wrongly but whole, with the question about them."""
    dice = Dice(world.seed, LUCK)
    for entry in world.entries():
        person = entry.person
        fitting = entry.alone and entry.document["side"] != "found" and _grown(world, person)
        if not fitting or len(person.given) != 2 or person.dialect.group not in SHOWN_GROUPS:
            continue
        heard = world.clerk.ear.hear(
            dice, person.surname, person.given, person.dialect.group, person.sex, latin=1.0
        )
        right = sum(a == b for a, b in zip(heard.text or "", person.name, strict=False))
        if heard.shape == "full" and heard.text and right == 1:
            yield entry, _question(world, dice, person, heard)


def _strangers(world: Population) -> Iterator[dict[str, Any]]:
    """Questions about people without a record who bear a rare surname."""
    dice = Dice(world.seed, LUCK + 1)
    shares = world.society.surnames.shares
    for person in world.strangers(LUCK, 10_000):
        if _grown(world, person) and shares[person.surname] < RARE and len(person.given) == 2:
            heard = Heard(person.name, None, "full")
            yield _question(world, dice, person, heard)


def _grown(world: Population, person: Person) -> bool:
    """Between 25 and 85."""
    return 25 <= world.society.year - person.birth.year <= 85


def _question(world: Population, dice: Dice, person: Person, heard: Heard) -> dict[str, Any]:
    """Name as heard, sex, age about right, home county as heard."""
    geography = world.society.geography
    stem = geography.divisions.suffixes.stem(geography.divisions.name(person.county))
    place = world.clerk.ear.place(dice, stem, person.dialect.group)
    name = {"kind": "heard", "dialect": person.dialect.point, "listener": "mandarin"}
    name |= {key: text for key, text in (("text", heard.text), ("latin", heard.latin)) if text}
    year = person.birth.year + dice.between(-2, 2)
    return {
        "side": "found",
        "names": [name],
        "sex": person.sex,
        "birth": {
            "earliest": f"{year - 5}-01-01",
            "latest": f"{year + 5}-12-31",
            "basis": "apparent",
        },
        "dialects": [{"name": person.dialect.point, "basis": "listener"}],
        "places": [{"kind": "heard_home", "code": person.county[:2], "heard": place.text}],
    }


def in_words(document: dict[str, Any]) -> str:
    """The question as somebody would type it."""
    parts = []
    for name in document["names"]:
        heard = " / ".join(part for part in (name.get("text"), name.get("latin")) if part)
        accent = f"{name['dialect']}口音" if "dialect" in name else "口音不明"
        parts.append(f"名字听到“{heard}”({accent})")
    if "sex" in document:
        parts.append({"male": "男", "female": "女"}[document["sex"]])
    if "birth" in document:
        years = document["birth"]
        parts.append(f"约 {years['earliest'][:4]}–{years['latest'][:4]} 年生")
    parts += [
        f"家乡“{place.get('text') or place.get('heard') or place['code']}”"
        for place in document["places"]
        if place["kind"] == "heard_home"
    ]
    return ",".join(parts)
