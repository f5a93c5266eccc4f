"""The points that have laws: what each rests on, and what its laws make of a category."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from matchers.sounds.laws.categories import Category, package_text, table_rows
from matchers.sounds.laws.mandarin import Mandarin
from matchers.sounds.laws.rules import (
    COLLOQUIAL,
    SAME,
    SHARE,
    Law,
    LawTable,
    Standing,
    Syllable,
    head_of,
    law,
)
from matchers.sounds.reading import Reading

MANDARIN = "普通话"
LITERARY = "文"


@dataclass(frozen=True, slots=True)
class Point:
    """One town: its table, the neighbour it starts from, what it rests on and how surely.

    ``confidence`` is ``measured`` (induced from a survey of the town and checked against it),
    ``described`` (the neighbour's laws with a published description's differences written in)
    or ``sketched`` (the neighbour's laws with the best-known differences only). ``sources``
    name author, title and year; ``note`` says what is not known well.
    """

    name: str
    table: str
    base: str
    confidence: str
    read_by_hand: bool
    sources: tuple[str, ...]
    note: str


@cache
def all_points() -> Mapping[str, Point]:
    """Point name -> its description, in the order of the packaged list."""
    listed = tomllib.loads(package_text("points.toml"))["point"]
    return {
        row["name"]: Point(
            name=row["name"],
            table=row["table"],
            base=row.get("base", ""),
            confidence=row["confidence"],
            read_by_hand=row.get("read_by_hand", False),
            sources=tuple(row["sources"]),
            note=row.get("note", ""),
        )
        for row in listed
    }


@cache
def law_table(name: str) -> LawTable:
    """Read one packaged table of laws by its file name without ending."""
    return LawTable([law(row) for row in table_rows(f"{name}.tsv")])


def descent(position: str, reading: Mandarin) -> float:
    """Say how regularly a standard reading descends from a position: 0, ⅓, ⅔ or 1.

    Entering tones went any way in standard Mandarin, so their tone always counts as regular.
    """
    said = law_table("putonghua").syllable(Category(position, None, 1.0).attributes())
    if said is None:
        return 0.0
    same_tone = position.endswith("入") or said[2] == reading.tone
    return ((said[0] == reading.initial) + (said[1] == reading.final) + same_tone) / 3


@dataclass(frozen=True, slots=True)
class Spoken:
    """One syllable of a category at a point, its share of use, and the layer it belongs to."""

    syllable: Syllable
    weight: float
    layer: str

    @property
    def reading(self) -> Reading:
        """The same as a reading; a nasal that is the whole final has no such onset before it."""
        initial, final, tone = self.syllable
        onset = "" if final == initial + "\u0329" else initial
        return Reading(onset + final, tone, self.weight, self.layer)


def spoken(
    point: Point, values: Mapping[str, str], grounds: Sequence[Spoken] = ()
) -> tuple[Spoken, ...]:
    """Give what a category sounds like at a point: the main syllable, then its doublet if any.

    A table that starts from a neighbour is applied to each of the neighbour's syllables, so a
    doublet of the neighbour's stays one unless the table says otherwise. ``grounds`` stand in
    for the neighbour's syllables where an exception is listed there.
    """
    table = law_table(point.table)
    found: list[Spoken] = []
    for ground in grounds or _grounds(point, values):
        known = (
            {**values, **dict(zip(_BASE, ground.syllable, strict=True))} if point.base else values
        )
        found += applied(table, known, ground)
    return tuple(found)


def applied(
    table: LawTable, values: Mapping[str, str], ground: Spoken | None = None
) -> tuple[Spoken, ...]:
    """Give the main syllable by one table and its doublet if any; nothing where no law fits."""
    standing = table.at(values)
    main = standing.syllable()
    if main is None:
        return ()
    weight, layer = (ground.weight, ground.layer) if ground else (1.0, "")
    return _with_doublet(standing, Spoken(main, weight, layer))


_BASE = ("基聲", "基韻", "基調")
_NO_GROUND = (Spoken(("", "", ""), 1.0, ""),)


def _grounds(point: Point, values: Mapping[str, str]) -> tuple[Spoken, ...]:
    """What the laws of a point start from: its neighbour's syllables, or nothing."""
    if not point.base:
        return _NO_GROUND
    if point.base != MANDARIN:
        return spoken(all_points()[point.base], values)
    if not values.get("普韻"):
        return ()
    initial = values["普聲"]
    standard = Mandarin("" if initial == "零" else initial, values["普韻"], values["普調"])
    return (Spoken(standard.sounds, 1.0, ""),)


def _with_doublet(standing: Standing, main: Spoken) -> tuple[Spoken, ...]:
    share = standing.deciding(SHARE, COLLOQUIAL)
    part = float(share.gives) if share else 0.0
    second = _colloquial(standing, main.syllable) if part else main.syllable
    if second == main.syllable:
        return (main,)
    return (
        Spoken(main.syllable, main.weight * (1.0 - part), LITERARY),
        Spoken(second, main.weight * part, COLLOQUIAL),
    )


def _colloquial(standing: Standing, main: Syllable) -> Syllable:
    """Give the colloquial syllable; the main one where the two halves do not go together."""
    final = _changed(standing.deciding("韻", COLLOQUIAL), main[1])
    head = {"介": head_of(final)}
    initial = _changed(standing.deciding("聲", COLLOQUIAL, head), main[0])
    tone = _changed(standing.deciding("調", COLLOQUIAL, head), main[2])
    if "ɕ" in initial and head_of(final) not in ("i", "y"):
        return main
    return initial, final, tone


def _changed(deciding: Law | None, said: str) -> str:
    return said if deciding is None or deciding.gives == SAME else deciding.gives
