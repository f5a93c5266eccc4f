"""Where home may be, in words and bars: provinces that heat up, a county with its reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from api import phrasing, places_map
from api.language import Words
from api.pages.reasons import Tile, sounds, tiles
from matchers.places import Divisions
from matchers.places.locating import CountyFound, Located, PlaceReason, VillageFound
from tracing.answers import SyllablePair
from tracing.locating_deeds import Call, Deed, State

HOT = ((0.5, 3), (0.15, 2), (0.03, 1))
SMALLEST_ROW = 0.005
FIRST_VILLAGES = 3
UNTOLD_BITS = 0.05
"""Terms that would be written as 0 are left out."""
PROVINCES_FIRST = 5
OF_VILLAGES = ("村民委员会", "村委会")
OFFICES = (*OF_VILLAGES, "社区居民委员会", "社区居委会")
WHOLE = ("村", "社区", "屯", "庄", "寨", "营")
"""Endings that already say what the place is."""
BIGGEST, LEAST = 15.0, 3.0
"""Radius of a place on the map in units, with all of the share and with none of it."""


@dataclass(frozen=True, slots=True)
class Heat:
    """A place in the heat list; `width` 0–100, `level` 0 (cool) to 3 (hot)."""

    code: str
    name: str
    hint: str
    share: str
    width: float
    level: int
    word: str
    here: bool = False
    open: bool = False
    below: tuple[Heat, ...] = ()


@dataclass(frozen=True, slots=True)
class Bubble:
    """A place on the map."""

    x: int
    y: int
    r: float
    title: str
    here: bool


@dataclass(frozen=True, slots=True)
class Term:
    """One reason: a sentence, its bits as a bar in a drawing 100 wide, and syllables if heard."""

    what: str
    hint: str
    signed: str
    side: str
    x: float
    w: float
    tiles: tuple[Tile, ...] = ()
    sounds: str = ""


@dataclass(frozen=True, slots=True)
class VillageRow:
    """A village to telephone."""

    code: str
    name: str
    town: str
    share: str
    was: str
    tiles: tuple[Tile, ...]
    accent: str
    source: str
    call: Deed | None


@dataclass(frozen=True, slots=True)
class CountyCard:
    """The county that is looked at."""

    rank: int
    code: str
    name: str
    path: str
    share: str
    word: str
    level: int
    speech: str
    was: tuple[str, ...]
    terms: tuple[Term, ...]
    axis: float
    total: str
    villages: tuple[VillageRow, ...]
    farther: tuple[VillageRow, ...]
    call: Deed | None


def hot(words: Words, share: float) -> tuple[int, str]:
    """How warm a share is, as a step and as a word."""
    level = next((step for least, step in HOT if share >= least), 0)
    return level, words(f"locate.heat.{level}")


def _heat(words: Words, code: str, name: str, share: float, hint: str = "") -> Heat:
    level, word = hot(words, share)
    percent = phrasing.share(words, share)
    return Heat(code, name, hint, percent, round(100 * share, 1), level, word)


def tree(words: Words, found: Located, here: str) -> tuple[Heat, ...]:
    """Provinces with the counties listed in them, warmest first, and one row for the rest."""
    kept = [
        province
        for rank, province in enumerate(found.provinces)
        if province.probability >= SMALLEST_ROW or rank < PROVINCES_FIRST
    ]
    rows = []
    for province in kept:
        own = [c for c in found.counties if c.code[:2] == province.code[:2]]
        row = _heat(words, province.code, province.name, province.probability)
        below = [_county(words, county, province.name, here) for county in own]
        left = province.probability - sum(county.probability for county in own)
        if own and left >= SMALLEST_ROW:
            below.append(_heat(words, "", words("locate.other_counties"), left))
        opened = any(county.code == here for county in own)
        rows.append(replace(row, open=opened, below=tuple(below)))
    others = found.provinces[len(kept) :]
    if others:
        name = words("locate.other_provinces", count=len(others))
        rows.append(_heat(words, "", name, sum(province.probability for province in others)))
    return tuple(rows)


def _county(words: Words, county: CountyFound, province: str, here: str) -> Heat:
    city = county.path.removesuffix(county.name).removeprefix(province)
    row = _heat(words, county.code, county.name, county.probability, city)
    return replace(row, here=county.code == here)


def bubbles(words: Words, found: Located, here: str) -> tuple[Bubble, ...]:
    """Counties on the map, the warmest drawn last and so on top."""
    drawn = []
    for county in reversed(found.counties):
        if county.lat is not None and county.lon is not None:
            x, y = places_map.place(county.lat, county.lon)
            r = LEAST + (BIGGEST - LEAST) * county.probability**0.5
            title = f"{county.path} {phrasing.share(words, county.probability)}"
            drawn.append(Bubble(x, y, round(r, 1), title, county.code == here))
    return tuple(drawn)


def card(
    words: Words,
    found: Located,
    county: CountyFound,
    divisions: Divisions,
    state: State,
    heard: Sequence[Deed],
) -> CountyCard:
    """One county with why, its old names and the villages to telephone."""
    terms, axis = _terms(words, county.reasons, heard)
    level, word = hot(words, county.probability)
    calls = last_calls(state)
    notable = sum(village.probability >= SMALLEST_ROW for village in county.villages)
    near = max(notable, FIRST_VILLAGES)
    return CountyCard(
        rank=1 + next(n for n, c in enumerate(found.counties) if c.code == county.code),
        code=county.code,
        name=county.name,
        path=county.path.removesuffix(county.name),
        share=phrasing.share(words, county.probability),
        word=word,
        level=level,
        speech=county.speech,
        was=old_names(words, divisions, county.code),
        terms=terms,
        axis=axis,
        total=phrasing.signed(county.bits),
        villages=tuple(_village(words, village, calls) for village in county.villages[:near]),
        farther=tuple(_village(words, village, calls) for village in county.villages[near:]),
        call=calls.get(county.code),
    )


def last_calls(state: State) -> dict[str, Deed]:
    """The latest call to each place, by its code."""
    return {deed.what.code: deed for deed in state.calls[::-1] if isinstance(deed.what, Call)}


def old_names(words: Words, divisions: Divisions, code: str) -> tuple[str, ...]:
    """Names that the place, and what went into it, no longer have; latest first."""
    if code not in divisions:
        return ()
    told: dict[str, tuple[int, str]] = {}
    waiting, seen = [code], set[str]()
    while waiting:
        one = waiting.pop()
        seen.add(one)
        for row in divisions.rows(one)[:-1]:
            told.setdefault(row.name, (row.last, "until"))
        for change in divisions.predecessors(one):
            if change.old not in seen and change.old in divisions:
                way = "joined" if change.basis == "merger" and one == code else "until"
                told.setdefault(divisions.name(change.old), (change.year, way))
                waiting.append(change.old)
    plain = {*divisions.suffixes.common, divisions.name(code)}
    return tuple(
        words(f"locate.{way}", name=name, year=year)
        for name, (year, way) in sorted(told.items(), key=lambda item: -item[1][0])
        if name not in plain
    )


def _village(words: Words, village: VillageFound, calls: Mapping[str, Deed]) -> VillageRow:
    best = _best_heard(village)
    pairs = _pairs(best) if best else ()
    return VillageRow(
        code=village.code,
        name=plain_name(village),
        town=village.town if village.name else "",
        share=phrasing.share(words, village.probability),
        was=_was(words, best) if best else "",
        tiles=tiles(words, pairs, best.dialect if best else None),
        accent=words("cands.accent", dialect=best.dialect) if best and best.dialect else "",
        source=village.source,
        call=calls.get(village.code),
    )


def plain_name(village: VillageFound) -> str:
    """A village as people call it: 东麦窑村 for 东麦窑村村民委员会; the town where only it fits."""
    name = village.name or village.town
    for office in OFFICES:
        bare = name.removesuffix(office)
        if bare != name and len(bare) > 1:
            if office in OF_VILLAGES:
                return bare if bare.endswith(WHOLE) else f"{bare}村"
            return f"{bare}社区"
    return name


def _best_heard(village: VillageFound) -> PlaceReason | None:
    heard = (r for r in village.reasons if r.kind == "sound" and r.pairs and r.bits > 0)
    return max(heard, key=lambda reason: reason.bits, default=None)


def was_called(words: Words, village: VillageFound) -> str:
    """The old name under which a village was found, in words; empty for a name of today."""
    best = _best_heard(village)
    return _was(words, best) if best is not None else ""


def _pairs(reason: PlaceReason) -> tuple[SyllablePair, ...]:
    return tuple(
        SyllablePair(p.heard, p.heard_reading, p.char, p.pinyin, p.step) for p in reason.pairs
    )


def _was(words: Words, reason: PlaceReason) -> str:
    """Which old name was heard and until when it was in use; empty for a name of today."""
    if not reason.old_name:
        return ""
    last = reason.years[1] if reason.years else None
    if last is None:
        return words("locate.old_name", name=reason.place)
    return words("locate.until", name=reason.place, year=last)


def _terms(
    words: Words, reasons: Sequence[PlaceReason], heard: Sequence[Deed]
) -> tuple[tuple[Term, ...], float]:
    told = [reason for reason in reasons if abs(reason.bits) >= UNTOLD_BITS]
    highest = max([reason.bits for reason in told] + [4.0])
    lowest = min([reason.bits for reason in told] + [-4.0])
    unit = 100.0 / (highest - lowest)
    axis = -lowest * unit
    drawn = []
    for reason in sorted(told, key=lambda item: -item.bits):
        width = abs(reason.bits) * unit
        pairs = _pairs(reason)
        drawn.append(
            Term(
                what=_what(words, reason),
                hint=_hint(words, reason, heard),
                signed=phrasing.signed(reason.bits),
                side="up" if reason.bits >= 0 else "dn",
                x=round(axis if reason.bits >= 0 else axis - width, 2),
                w=round(width, 2),
                tiles=tiles(words, pairs, reason.dialect),
                sounds=sounds(words, pairs, reason.dialect),
            )
        )
    return tuple(drawn), round(axis, 2)


def _what(words: Words, reason: PlaceReason) -> str:
    key = f"locate.reason.{reason.kind}"
    if reason.place and reason.kind in {"sound", "landmark"}:
        level = words(f"locate.level.{reason.level}") if reason.level else ""
        return words(f"{key}_as", said=reason.said, place=reason.place, level=level)
    return words(key, said=reason.said, place=reason.place).strip()


def _hint(words: Words, reason: PlaceReason, heard: Sequence[Deed]) -> str:
    parts = [_was(words, reason)]
    if reason.kind == "sound" and not reason.place and reason.bits <= 0:
        parts.append(words("locate.nothing_alike"))
    if 0 <= reason.fragment < len(heard):
        parts.append(heard[reason.fragment].by)
    return words("frame.comma").join(part for part in parts if part)
