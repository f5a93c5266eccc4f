"""Places of home: one comparison down the tree province, city, county, village.

Household, birthplace, living place and what was heard of home are compared with one another; any
of them may be the one that the person names. Where somebody was found or last seen is not home and
is compared elsewhere (movement). Codes (GB/T 2260) meet through renames, mergers and moved borders
since 1980. What was only heard ("lai wan") goes through the sound engine against the names of
county, city and village of each home; its closeness refines the step reached on the tree, so that
a village does not count again what its county has said.

Each level is a step on the tree together with how well the words fit: `none` (no words to compare),
`apart`, then 1 to 5, from a weak to a very close and rare likeness of sound.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from matchers.claims import PersonClaims, PlaceClaim
from matchers.distinct import Distinct
from matchers.evidence.levels import Level, LevelCodes, best_of, ladder, positions
from matchers.evidence.sounding import TAIL_LEAST, Heard, dialect_prior
from matchers.places import Divisions
from matchers.places.divisions import full_code
from matchers.sounds import Hearing, SoundEngine

HOMES = ("household", "birthplace", "living", "heard_home")
UNKNOWN, PROVINCE, CITY, COUNTY = range(4)
STEPS = {
    UNKNOWN: ("open",),
    PROVINCE: ("province_apart", "province_same"),
    CITY: ("city_apart", "city_in_province", "city_same"),
    COUNTY: ("county_apart", "county_in_province", "county_in_city", "county_same"),
}
"""Steps reached, by the finest division that both sides know."""
WORTH = {"apart": -5.0, "same": 9.0, "in_province": 2.5, "in_city": 5.0, "open": 0.0}
SAME = {"province": 3.5, "city": 7.0, "county": 9.0}
FITS = ("none", "apart", "1", "2", "3", "4", "5")
FIT_EDGES = (0.5, 2.5, 5.0, 7.5, 10.0)
FIT_WORTH = (0.0, -1.5, 1.5, 4.0, 6.0, 8.5, 11.0)
NO_NAME = -1
"""Reads the last of an array: what stands for no name is put there."""
LEAST, MOST = -3.0, 12.0
"""One hearing may cost or bring this many bits of likeness."""


def _worth(step: str) -> float:
    known, _, reached = step.partition("_")
    return SAME[known] if reached == "same" else WORTH.get(reached, 0.0)


def _words(step: str, fit: str) -> str:
    place = {"province_same": "省", "city_in_province": "省", "county_in_province": "省"}
    place |= {"city_same": "市", "county_in_city": "市", "county_same": "县"}
    reached = place.get(step, "")
    if fit in "345":
        return f"{reached}地名(音近)"
    return reached or (
        "地名(音近)" if fit in "12" else "家乡不符" if step != "open" else "地名不符"
    )


def _levels() -> tuple[Level, ...]:
    grid = [
        (worth + FIT_WORTH[f], known, step, fit)
        for known, steps in STEPS.items()
        for step in steps
        for f, fit in enumerate(FITS)
        if not (step == "open" and fit == "none")
        for worth in [_worth(step)]
    ]
    return ladder(
        *(
            Level(
                f"{step}.{fit}",
                _words(step, fit),
                f"{known}.{'code' if fit == 'none' else 'words'}",
                contradiction=step.endswith("apart") and fit in ("none", "apart"),
            )
            for _, known, step, fit in sorted(grid)
        )
    )


LEVELS = _levels()
AT = positions(LEVELS)


@dataclass(frozen=True, slots=True)
class Home:
    """One home: a six-digit code or "", and the words below the county."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class PreparedHomes:
    """Distinct homes ready for comparison.

    codes: int32 [V] into the C `distinct` codes. known: int8 [V], finest division known. by_part:
    positions of codes by province, city and county keys. words: sounds of the T distinct `names`.
    spoken: int32 [V, 3], village, county and city name of each home in `words`, -1 where none.
    base: how many homes were known for long.
    """

    codes: NDArray[np.int32]
    known: NDArray[np.int8]
    by_part: tuple[dict[str, list[int]], ...]
    distinct: Mapping[str, int]
    words: Heard
    names: Distinct
    spoken: NDArray[np.int32]
    base: int


@dataclass(frozen=True, slots=True)
class Places:
    """Compare places of home.

    sample: stems of counties that stand for the nation beside a small gallery.
    """

    divisions: Divisions
    engine: SoundEngine
    sample: tuple[str, ...] = ()
    key: str = "places"
    levels: tuple[Level, ...] = LEVELS
    known: dict[PlaceClaim, Home] = field(default_factory=dict, compare=False, repr=False)
    """Homes already read, until they are forgotten: many people share few places."""

    def values(self, person: PersonClaims) -> tuple[Home, ...]:
        homes = (self._known(claim) for claim in person.places if claim.kind in HOMES)
        return tuple(dict.fromkeys(home for home in homes if home.code or home.detail))

    def prepare(self, values: Sequence[Home]) -> PreparedHomes:
        return self.grown(values, None)

    def grown(self, values: Sequence[Home], before: PreparedHomes | None) -> PreparedHomes:
        old = before.base if before else 0
        if before is None or len(values) - old > max(TAIL_LEAST, old // 4):
            before, old = None, 0
        late = list(values[old:])
        codes = dict(before.distinct) if before else {}
        parts = tuple(dict(part) for part in before.by_part) if before else ({}, {}, {})
        for code in dict.fromkeys(home.code for home in late):
            if code not in codes:
                codes[code] = len(codes)
                self._placed(code, codes[code], parts)
        names = before.names.first(before.words.base) if before else Distinct.of()
        said = [tuple(islice(self._names(home), 3)) for home in late]
        names, flat = names.joined([name for found in said for name in found])
        words = Heard.over_places(self.engine, names, self.sample, before.words if before else None)
        spoken = np.full((len(late), 3), NO_NAME, np.int32)
        sizes = np.fromiter(map(len, said), np.int64, len(said))
        spoken[np.arange(3) < sizes[:, None]] = flat
        coded = np.array([codes[home.code] for home in late], np.int32)
        finest = np.array([known(home.code) for home in late], np.int8)
        if before:
            coded = np.append(before.codes[:old], coded)
            finest = np.append(before.known[:old], finest)
            spoken = np.concatenate([before.spoken[:old], spoken])
        return PreparedHomes(
            codes=coded,
            known=finest,
            by_part=parts,
            distinct=codes,
            words=words,
            names=names if before else names.folded(),
            spoken=spoken,
            base=old or len(values),
        )

    def _placed(self, code: str, place: int, parts: tuple[dict[str, list[int]], ...]) -> None:
        """Note the place of a code under its provinces, cities and counties."""
        if not code:
            return
        line = self.divisions.lineage(code)
        for part, keys in zip(parts, (line.provinces, line.cities, line.counties), strict=True):
            for key in keys:
                part[key] = [*part.get(key, ()), place]

    def forget(self) -> None:
        """What was read is in the column now, and goes when its people go."""
        self.known.clear()

    def veiled(self, prepared: PreparedHomes, unseen: NDArray[np.bool_]) -> PreparedHomes:
        apart = np.ones(prepared.words.size + 1, np.bool_)  # the last: NO_NAME
        apart[prepared.spoken[~unseen]] = False
        return replace(prepared, words=prepared.words.without(apart[:-1]))

    def levels_of(self, probe: PersonClaims, prepared: PreparedHomes) -> LevelCodes:
        claims = [claim for claim in probe.places if claim.kind in HOMES]
        homes = [self._home(claim) for claim in claims]
        coded = dict.fromkeys(home.code for home in homes if home.code)
        hearings = [
            hearing
            for claim, home in zip(claims, homes, strict=True)
            if (hearing := _hearing(claim, home)) is not None
        ]
        fits = _fits(hearings, dialect_prior(probe, self.engine.regions), prepared)
        return best_of(
            [self._along(code, fits, prepared) for code in coded or ("",)], len(prepared.codes)
        )

    def describe(self, person: PersonClaims) -> str:
        said = (
            claim.text
            or claim.heard
            or (self.divisions.full_name(claim.code) if claim.code else "")
            for claim in person.places
            if claim.kind in HOMES and claim.status is None
        )
        return "、".join(dict.fromkeys(s for s in said if s))

    def _along(self, code: str, fits: NDArray[np.int8], prepared: PreparedHomes) -> LevelCodes:
        """Levels of one division code (or none) with the words' fits: int8 [V]."""
        reached = np.zeros(len(prepared.distinct), np.int8)
        if code:
            line = self.divisions.lineage(code)
            for depth, keys in enumerate((line.provinces, line.cities, line.counties), 1):
                for key in keys:
                    reached[prepared.by_part[depth - 1].get(key, [])] = depth
        both = np.minimum(prepared.known, known(code))
        step = np.minimum(reached[prepared.codes], both)
        return _GRID[both, step, fits]

    def _known(self, claim: PlaceClaim) -> Home:
        home = self.known.get(claim)
        if home is None:
            home = self.known[claim] = self._home(claim)
        return home

    def _home(self, claim: PlaceClaim) -> Home:
        """Code and remaining words of a claim; what was only heard resolves no further than a
        province, since a misheard county is often the name of another, unless its province
        stands before it."""
        if claim.status is not None:
            return Home("", "")
        code = _six(claim.code)
        text = (claim.text or "").strip()
        if claim.heard and not claim.heard.isascii() and not text:
            text = claim.heard
        if not code and text:
            heard = claim.kind == "heard_home"
            code = self._resolved(text, heard=heard)
        return Home(code, self._below(text, code))

    def _resolved(self, text: str, *, heard: bool) -> str:
        found = self.divisions.find(text)
        if not found or found[0].how == "part":
            return ""
        if not heard or (len(found) == 1 and self._led_by_province(text, found[0].code)):
            same = {f.code[:2] for f in found}
            return found[0].code if len(found) == 1 else _province(same)
        named = [f.code for f in found if known(f.code) == PROVINCE]
        return named[0] if named else ""

    def _led_by_province(self, text: str, code: str) -> bool:
        """Whether the text begins with the province: no mishearing agrees on both by chance."""
        named = {row.name for row in self.divisions.rows(f"{code[:2]}0000")}
        stems = {self.divisions.suffixes.stem(name) for name in named}
        return known(code) > PROVINCE and text.startswith((*named, *stems))

    def _below(self, text: str, code: str) -> str:
        """What the text says beyond the names of its code."""
        if not text:
            return ""
        for part in (*reversed(self.divisions.parents(code)), code) if code else ():
            for row in self.divisions.rows(part):
                stem = self.divisions.suffixes.stem(row.name)
                for name in (row.name, stem):
                    if text.startswith(name):
                        text = text[len(name) :]
                        break
        stem = self.divisions.suffixes.stem(text) if len(text) > 1 else ""
        return stem if len(stem) > 1 else ""

    def _names(self, home: Home) -> Iterable[str]:
        """Names that somebody from this home may say: village, county, city, without suffixes."""
        if home.detail:
            yield home.detail
        if home.code:
            for code in (home.code, *self.divisions.parents(home.code)):
                if known(code) >= CITY and code in self.divisions:
                    yield self.divisions.suffixes.stem(self.divisions.name(code))


def _hearing(claim: PlaceClaim, home: Home) -> Hearing | None:
    """What of a claim is left for the ear: nothing where its county is known by code already."""
    heard = claim.heard or ""
    if known(home.code) == COUNTY:
        heard = ""
    latin = heard if heard.isascii() else ""
    text = home.detail or ("" if heard.isascii() else heard)
    return Hearing(text or None, latin or None) if text or latin else None


def _fits(
    hearings: Sequence[Hearing], prior: Mapping[str, float] | None, prepared: PreparedHomes
) -> NDArray[np.int8]:
    """How well what was said or heard of home fits the names of each home: int8 [V]."""
    size = len(prepared.codes)
    if not hearings or not prepared.words.size:
        return np.zeros(size, np.int8)
    total = np.zeros(size, np.float32)
    closenesses = [prepared.words.closeness([hearing], prior) for hearing in hearings]
    if not any(closenesses):
        return np.zeros(size, np.int8)
    for close in closenesses:
        if close is not None:
            by_name = np.append(close.bits, np.float32(-np.inf))
            total += np.clip(by_name[prepared.spoken].max(axis=1), LEAST, MOST)
    fits = np.searchsorted(FIT_EDGES, total, side="right") + 1
    return np.where(prepared.spoken[:, 0] == NO_NAME, 0, fits).astype(np.int8)


def known(code: str) -> int:
    """The finest division a six-digit code names."""
    if not code:
        return UNKNOWN
    return PROVINCE if code.endswith("0000") else CITY if code.endswith("00") else COUNTY


def _six(code: str | None) -> str:
    try:
        return full_code(code) if code else ""
    except ValueError:
        return ""


def _province(provinces: set[str]) -> str:
    return f"{next(iter(provinces))}0000" if len(provinces) == 1 else ""


def _grid() -> NDArray[np.int8]:
    """int8 [known, reached, fit] -> level."""
    grid = np.zeros((4, 4, len(FITS)), np.int8)
    for both, steps in STEPS.items():
        for reached in range(both + 1):
            for f, fit in enumerate(FITS):
                grid[both, reached, f] = AT.get(f"{steps[min(reached, len(steps) - 1)]}.{fit}", 0)
    return grid


_GRID = _grid()
