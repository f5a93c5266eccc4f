"""The posterior in words: counties, their villages, and reasons in bits that add up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from matchers.places.atlas import Atlas
from matchers.places.divisions import Division
from matchers.places.echoes import PlaceSounds
from matchers.places.joining import (
    Joint,
    Version,
    hit_product,
    own_odds,
    town_product,
)
from matchers.places.locating import (
    CountyFound,
    PlaceLevel,
    PlaceReason,
    ProvinceShare,
    Question,
    ReasonKind,
    VillageFound,
)
from matchers.places.speech import Speech
from matchers.sounds import Hypothesis, Pair
from matchers.sounds.alignment import align
from matchers.sounds.parts import Parts
from matchers.sounds.spelling import Spelling

Doubles = NDArray[np.float64]
WORTH_NAMING = 1.5
"""A village or town is listed where its own name makes it so many times likelier."""
TRANSCRIBED = ("15", "54", "63", "65")
"""Provinces where many names are Mongolian, Tibetan or Uyghur in Han transcription."""
_LEAST_SHARE = 1e-4


@dataclass(frozen=True, slots=True)
class _Home:
    """Where in a county somebody may be from: a village among the hits, a town, or neither."""

    hit: int
    town: int


@dataclass(frozen=True, slots=True)
class Explaining:
    """Puts one posterior into words; `pairs` and `masses` are remembered for this one answer."""

    atlas: Atlas
    sounds: PlaceSounds
    speech: Speech
    points: tuple[str, ...]
    pairs: dict[tuple[int, str, str], tuple[Pair, ...]] = field(default_factory=dict)
    masses: dict[int, Doubles] = field(default_factory=dict)

    def counties(self, joint: Joint, count: int, villages: int) -> tuple[CountyFound, ...]:
        """The likeliest counties, best first, ties in the order of their codes."""
        order = np.argsort(-joint.counties, kind="stable")[:count]
        return tuple(
            self._county(joint, int(county), villages)
            for county in order
            if joint.counties[county] > 0
        )

    def provinces(self, joint: Joint) -> tuple[ProvinceShare, ...]:
        """Provinces that hold a share worth showing, the likeliest first."""
        codes, of = self.atlas.provinces
        shares = np.bincount(of, weights=joint.counties)
        return tuple(
            ProvinceShare(codes[int(i)], self.atlas.divisions.name(codes[int(i)]), float(shares[i]))
            for i in np.argsort(-shares, kind="stable")
            if shares[i] >= _LEAST_SHARE
        )

    def dialects(self, joint: Joint, counties: Sequence[str]) -> tuple[tuple[str, float], ...]:
        """Points whose readings fit, with shares, as the likeliest counties have it."""
        total = np.zeros(len(self.points))
        for code in counties:
            county = self.atlas.county_number[code]
            by_point = self._masses(joint, county)[-1]
            total += joint.counties[county] * by_point / max(by_point.sum(), 1e-300)
        total /= max(total.sum(), 1e-300)
        order = np.argsort(-total, kind="stable")[:5]
        return tuple((self.points[int(i)], float(total[i])) for i in order if total[i] >= 0.01)

    def notes(self, joint: Joint, question: Question, *, unmatched: bool) -> tuple[str, ...]:
        """What must be said plainly of this answer."""
        likely = np.argsort(-joint.counties)[:10]
        codes = [self.atlas.counties[int(i)] for i in likely]
        found = []
        if any(code.startswith(TRANSCRIBED) for code in codes[:3]):
            found.append("transcription")
        if unmatched:
            found.append("landmark_unmatched")
        if (question.province or "").startswith(("四川", "51")) and any(
            code.startswith("50") for code in codes
        ):
            found.append("province_moved")
        below = any(
            v.said.shares.village + v.said.shares.town > 0.2 for g in joint.groups for v in g
        )
        if not below:
            found.append("no_town")
        return tuple(found)

    def _county(self, joint: Joint, county: int, villages: int) -> CountyFound:
        factors = joint.factors
        share = float(joint.counties[county])
        home, steps = self._home(joint, county), self._steps(joint, county)
        prior = _log2(factors.base[county] * len(self.atlas.counties)) + steps[0]
        reasons = [PlaceReason("prior", prior)]
        reasons += [PlaceReason(t.kind, _log2(t.odds[county]), said=t.said) for t in factors.told]
        reasons += self._heard(joint, county, home, steps)
        position = self.atlas.divisions.position(self.atlas.counties[county])
        spoken = self.speech.spoken[county]
        reasons = [reason for reason in reasons if abs(reason.bits) > 1e-12 or reason.fragment >= 0]
        return CountyFound(
            code=self.atlas.counties[county],
            name=self.atlas.county_name(county),
            path=self.atlas.path(county),
            probability=share,
            bits=sum(reason.bits for reason in reasons),
            reasons=tuple(reasons),
            villages=self._villages(joint, county, villages),
            lat=position.lat if position else None,
            lon=position.lon if position else None,
            speech=f"{spoken.group}/{spoken.cluster}",
            speech_source=f"{spoken.place} {spoken.confidence}",
        )

    # -- how much each fragment told -------------------------------------------------------------

    def _masses(self, joint: Joint, county: int) -> Doubles:
        """Mean over a county's villages of P(fragments | village, D) P(D), float64 [F + 2, D].

        Row f knows the first f fragments; the last one also what calls, prompts and the surname say
        of its towns and villages.
        """
        if county not in self.masses:
            part = slice(*(int(n) for n in self.atlas.town_first[county : county + 2]))
            hits = joint.hits.at(np.flatnonzero(joint.hits.county == county))
            points = joint.factors.by_dialect.shape[1]
            towns = np.repeat(joint.left[part][:, None], points, axis=1)
            villages = np.ones((len(hits.village), points))
            rows = [towns.sum(axis=0) + villages.sum(axis=0)]
            for group in joint.groups:
                towns *= town_product([group], part, points)
                villages *= hit_product([group], self.atlas, hits, points)
                rows.append(towns.sum(axis=0) + villages.sum(axis=0))
            own = own_odds(joint.factors, self.atlas, hits)
            if joint.factors.towns is not None:
                towns *= joint.factors.towns[part][:, None]
                own *= np.where(hits.town >= 0, joint.factors.towns[hits.town], 1.0)
            rows.append(towns.sum(axis=0) + (own[:, None] * villages).sum(axis=0))
            spoken = joint.factors.spoken(np.array([county]))[0]
            self.masses[county] = np.stack(rows) * spoken / self.atlas.villages[county]
        return self.masses[county]

    def _steps(self, joint: Joint, county: int) -> list[float]:
        """Bits of its places beside the register's, of each group in turn, of single places."""
        masses = self._masses(joint, county).sum(axis=1).tolist()
        # additions stand beside the places that the register counts
        return [_log2(masses[0])] + [_log2(after / before) for before, after in pairwise(masses)]

    def _village_steps(self, joint: Joint, home: _Home, county: int) -> list[float]:
        spoken = joint.factors.spoken(np.array([county]))[0]
        chosen = joint.hits.at(np.array([home.hit])) if home.hit >= 0 else None
        part = slice(home.town, home.town + 1)
        masses = []
        for upto in range(len(joint.groups) + 1):
            groups = joint.groups[:upto]
            if chosen is None:
                product = town_product(groups, part, len(spoken))
            else:
                product = hit_product(groups, self.atlas, chosen, len(spoken))
            masses.append(float((product[0] * spoken).sum()))
        own = 1.0 if chosen is None else float(own_odds(joint.factors, self.atlas, chosen)[0])
        if joint.factors.towns is not None and home.town >= 0:
            own *= float(joint.factors.towns[home.town])
        return [
            0.0,
            *(_log2(after / before) for before, after in pairwise(masses)),
            _log2(own),
        ]

    def _heard(
        self, joint: Joint, county: int, home: _Home, steps: list[float]
    ) -> list[PlaceReason]:
        reasons = []
        rest = steps[-1]
        for group, bits in zip(joint.groups, steps[1:-1], strict=True):
            reasons.append(self._reason(joint, county, home, group, bits))
        if abs(rest) > 1e-12:
            called = joint.factors.villages or joint.factors.towns is not None
            reasons.append(PlaceReason("call" if called else "surname", rest))
        return reasons

    # -- which place a fragment was taken for ----------------------------------------------------

    def _home(self, joint: Joint, county: int) -> _Home:
        """The likeliest home in a county."""
        first, end = (int(n) for n in self.atlas.town_first[county : county + 2])
        inside = np.flatnonzero(joint.hits.county == county)
        town = first + int(np.argmax(joint.towns[first:end]))
        best = int(inside[np.argmax(joint.hit_share[inside])]) if len(inside) else -1
        left = max(float(joint.left[town]), 1.0)
        if best >= 0 and joint.hit_share[best] >= joint.towns[town] / left:
            return _Home(best, int(joint.hits.town[best]))
        return _Home(-1, town)

    def _reason(
        self, joint: Joint, county: int, home: _Home, group: Sequence[Version], bits: float
    ) -> PlaceReason:
        found = [self._taken_for(joint, county, home, version) for version in group]
        best = max(range(len(group)), key=lambda i: found[i][0])
        version, (odds, level, stem, division, point) = group[best], found[best]
        fragment = version.said.fragment
        number = version.said.number
        said = " ".join(part for part in (fragment.text, fragment.latin) if part)
        kind: ReasonKind = "sound" if number >= 0 else "landmark"
        number = max(number, -1)
        if odds <= version.said.shares.noise:
            return PlaceReason(kind, bits, number, said)
        if division is not None:
            division = self._as_said(county, level, stem, division, fragment.text or "")
        name, code = self._named(joint, home, level, division)
        return PlaceReason(
            kind=kind,
            bits=bits,
            fragment=number,
            said=said,
            place=name,
            code=code,
            level=level,
            old_name=division is not None and self._is_old(division, county, level),
            years=self._years(division),
            pairs=self._pairs(version, stem, point),
            dialect=self.points[point],
        )

    def _taken_for(
        self, joint: Joint, county: int, home: _Home, version: Version
    ) -> tuple[float, PlaceLevel, str, Division | None, int]:
        """(what it adds, level, stem, division above the town, point) of the best reading."""
        spoken = joint.factors.spoken(np.array([county]))[0]
        shares, echo, tree = version.said.shares, version.echo, self.atlas.tree
        best: tuple[float, PlaceLevel, str, Division | None, int] = (0.0, "county", "", None, 0)

        def offer(odds: Doubles, level: PlaceLevel, stem: str, division: Division | None) -> None:
            nonlocal best
            by_point = shares.of(level) * odds * spoken
            if by_point.sum() > best[0]:
                best = (float(by_point.sum()), level, stem, division, int(by_point.argmax()))

        for place in self.atlas.upper_of.get(county, ()):
            named = self.atlas.upper[place]
            offer(echo.upper[place], named.level, named.stem, named.division)
        if home.town >= 0:
            number = int(tree.town_stems[home.town])
            offer(echo.odds[echo.row_of[number]], "town", tree.stem(number), None)
        village = int(joint.hits.village[home.hit]) if home.hit >= 0 else -1
        if 0 <= village < len(tree.village_stems):
            number = int(tree.village_stems[village])
            offer(echo.odds[echo.row_of[number]], "village", tree.stem(number), None)
        elif village >= 0:
            added = village - len(tree.village_stems)
            extra = self.atlas.extras[added]
            odds = echo.upper[len(self.atlas.upper) + added]
            offer(odds, extra.place.addition.level, extra.stem, None)
        return best

    def _named(
        self, joint: Joint, home: _Home, level: PlaceLevel, division: Division | None
    ) -> tuple[str, str]:
        """Full name and code of the place."""
        if division is not None:
            return division.name, division.code
        if level == "town" and home.town >= 0:
            return self.atlas.tree.town_name(home.town), self._town_code(home.town)
        return self._village(int(joint.hits.village[home.hit]))[:2]

    def _village(self, village: int) -> tuple[str, str, str]:
        """Name, code and source (of an addition) of a village."""
        tree = self.atlas.tree
        if village < len(tree.village_stems):
            return tree.village_name(village), tree.village_code(village), ""
        place = self.atlas.extras[village - len(tree.village_stems)].place
        return place.addition.name, place.code, place.addition.source

    def _town_code(self, town: int) -> str:
        return f"{self.atlas.tree.town_codes[town]:09d}" if town >= 0 else ""

    def _as_said(
        self, county: int, level: PlaceLevel, stem: str, division: Division, text: str
    ) -> Division:
        """Of the names with one stem the one that was written down in full: 武进县, not 武进区."""
        names = [self.atlas.upper[place] for place in self.atlas.upper_of[county]]
        same = [n.division for n in names if (n.level, n.stem) == (level, stem)]
        return next((one for one in same if one.name in (text, text[-len(one.name) :])), division)

    def _is_old(self, division: Division, county: int, level: PlaceLevel) -> bool:
        return any(
            named.old and named.division == division and named.level == level
            for named in (self.atlas.upper[p] for p in self.atlas.upper_of[county])
        )

    def _years(self, division: Division | None) -> tuple[int, int | None] | None:
        if division is None:
            return None
        standing = division.last == self.atlas.divisions.newest
        return division.first, None if standing else division.last

    def _pairs(self, version: Version, stem: str, point: int) -> tuple[Pair, ...]:
        """Syllables of the fragment beside those of a name, said at a point."""
        key = (version.said.number, stem, self.points[point])
        if key not in self.pairs:
            tokens = self.sounds.tokens(stem)
            codes = [tuple(self.sounds.by_char[char] for char, _surname in tokens)]
            parts, _of = Parts.of(codes)
            edits = self.sounds.edits
            nats = [
                float(parts.costs(rows[point : point + 1], edits)[0, 0]) + way.nats
                for way, rows in version.said.ways
            ]
            way = version.said.ways[int(np.argmin(nats))][0]
            engine = self.sounds.engine
            found = align(
                engine.speech,
                way.slots,
                Spelling((), tokens),
                self.points[point],
                Hypothesis.FULL,
                engine.steps,
            )
            self.pairs[key] = found.pairs
        return self.pairs[key]

    # -- villages --------------------------------------------------------------------------------

    def _villages(self, joint: Joint, county: int, count: int) -> tuple[VillageFound, ...]:
        first, end = (int(n) for n in self.atlas.town_first[county : county + 2])
        inside = np.flatnonzero(joint.hits.county == county)
        left = np.maximum(joint.left[first:end], 1.0)
        each = joint.towns[first:end] / left
        usual = float(np.median(each)) if len(each) else 0.0
        homes: list[tuple[float, float, _Home]] = []
        for hit in inside.tolist():
            town = int(joint.hits.town[hit])
            beside = each[town - first] if town >= 0 else usual
            if joint.hit_share[hit] > WORTH_NAMING * beside:
                share = float(joint.hit_share[hit])
                homes.append((share, share, _Home(hit, town)))
        for place, share in enumerate(each.tolist()):
            if share > WORTH_NAMING * usual:
                whole = float(joint.towns[first + place])
                homes.append((whole, share, _Home(-1, first + place)))
        homes.sort(key=lambda home: -home[0])
        return tuple(self._found(joint, county, whole, home) for whole, _one, home in homes[:count])

    def _found(self, joint: Joint, county: int, share: float, home: _Home) -> VillageFound:
        factors, atlas = joint.factors, self.atlas
        places = float(atlas.villages.sum())
        prior = _log2(factors.base[county] / atlas.villages[county] * places)
        if home.hit < 0:
            prior += _log2(max(float(joint.left[home.town]), 1.0))
        reasons = [PlaceReason("prior", prior)]
        reasons += [PlaceReason(t.kind, _log2(t.odds[county]), said=t.said) for t in factors.told]
        reasons += self._heard(joint, county, home, self._village_steps(joint, home, county))
        reasons = [reason for reason in reasons if abs(reason.bits) > 1e-12 or reason.fragment >= 0]
        name, code, source = "", self._town_code(home.town), ""
        if home.hit >= 0:
            name, code, source = self._village(int(joint.hits.village[home.hit]))
        return VillageFound(
            code=code,
            name=name,
            town_code=self._town_code(home.town),
            town=atlas.tree.town_name(home.town) if home.town >= 0 else "",
            probability=share,
            bits=sum(reason.bits for reason in reasons),
            reasons=tuple(reasons),
            source=source,
        )


def _log2(odds: float) -> float:
    return float(np.log2(max(odds, 1e-300)))
