"""What to ask next: the question that is expected to tell most, in bits of the posterior.

Names said aloud are leading questions, and a confused or obliging person says yes to all of them.
So two false names of similar sound, real places far from everything likely, are mixed in, and a
yes counts only where they were refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matchers.places.atlas import Atlas
from matchers.places.echoes import PlaceSounds
from matchers.places.joining import Joint
from matchers.places.locating import Ask, NameAloud, PlaceLevel, Question
from matchers.sounds import MANDARIN, Hearing

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Asking:
    """Chooses questions for one posterior."""

    atlas: Atlas
    sounds: PlaceSounds
    numbers: Mapping[str, float]

    def asks(self, question: Question, joint: Joint) -> tuple[Ask, ...]:
        """Questions worth asking, the most telling first; none when nothing is left to tell."""
        shares = joint.counties / max(float(joint.counties.sum()), 1e-300)
        left = _entropy(shares)
        found = [
            self._aloud(joint, shares),
            self._staple(shares),
            *self._levels(question, joint, left),
            self._again(joint, left),
        ]
        told = [ask for ask in found if ask is not None and ask.bits >= self.numbers["least"]]
        return tuple(sorted(told, key=lambda ask: -ask.bits))

    def _aloud(self, joint: Joint, shares: Doubles) -> Ask | None:
        """Four names, two of them the likeliest counties that do not sound alike."""
        order = np.argsort(-shares, kind="stable")[:20].tolist()
        first = order[0]
        second = next((c for c in order[1:] if self._stem(c) != self._stem(first)), None)
        if second is None or shares[second] <= 0:
            return None
        decoys = self._decoys(joint, shares, (first, second))
        if not decoys:
            return None
        right = self.numbers["answers_right"]
        bits = _told([shares[first], shares[second], 1 - shares[first] - shares[second]], right)
        names = [NameAloud(self._stem(c), self.atlas.counties[c], False) for c in (first, second)]
        names += [NameAloud(self._stem(c), self.atlas.counties[c], True) for c in decoys]
        # an order that does not give away which are meant, and is the same when asked again
        names.sort(key=lambda name: (sum(map(ord, name.name)) * 7919) % 997)
        between = (self.atlas.counties[first], self.atlas.counties[second])
        return Ask("say_aloud", bits, tuple(names), between=between)

    def _decoys(self, joint: Joint, shares: Doubles, meant: tuple[int, int]) -> list[int]:
        """For each name one that sounds like it and lies nowhere near; never what was heard."""
        codes, of = self.atlas.provinces
        near = np.bincount(of, weights=shares)
        far = {code for code, share in zip(codes, near, strict=True) if share < self.numbers["far"]}
        fits = np.zeros(len(self.atlas.upper))
        for version in (version for group in joint.groups for version in group):
            fits = np.maximum(fits, version.echo.upper[: len(fits)].max(axis=1))
        chosen: list[int] = []
        for county in meant:
            stem = self._stem(county)
            hearing = self.sounds.heard(Hearing(stem))[0]
            rows = self.sounds.rows(hearing.slots, (MANDARIN,))
            nats = self.sounds.more.costs(rows, self.sounds.edits)[0][self.sounds.more_of]
            own = float(nats.min())
            best, lowest = None, np.inf
            for place, named in enumerate(self.atlas.upper):
                if named.level != "county" or named.old or len(named.stem) != len(stem):
                    continue
                apart = nats[place] - own
                if (
                    named.division.code[:2] in far
                    and fits[place] < 1.0
                    and self.numbers["apart"] <= apart < lowest
                    and named.county not in chosen
                ):
                    best, lowest = named.county, float(apart)
            if best is None:
                return []
            chosen.append(best)
        return chosen

    def _staple(self, shares: Doubles) -> Ask | None:
        """Rice or noodles: the line of the 秦岭 and the 淮河 lies near 33 degrees north."""
        likely = np.argsort(-shares, kind="stable")[: int(self.numbers["looked_at"])]
        north = south = 0.0
        sides: dict[bool, str] = {}
        for county in likely.tolist():
            position = self.atlas.divisions.position(self.atlas.counties[county])
            if position is None:
                continue
            wheat = position.lat > self.numbers["rice_line"]
            north, south = north + shares[county] * wheat, south + shares[county] * (not wheat)
            sides.setdefault(wheat, self.atlas.counties[county])
        if len(sides) < 2:
            return None
        bits = _told([north, south], self.numbers["staple_right"])
        return Ask("staple", bits, between=(sides[True], sides[False]))

    def _levels(self, question: Question, joint: Joint, left: float) -> list[Ask]:
        """Levels of which nothing was heard yet."""
        heard = {
            level
            for group in joint.groups
            for version in group
            for level in ("village", "town", "county")
            if version.said.shares.of(level) >= self.numbers["counts_as_heard"]
        }
        levels: tuple[PlaceLevel, ...] = ("county", "town", "village")
        asks = [
            Ask("level", min(self.numbers["most"] * left, self.numbers[level]), level=level)
            for level in levels
            if level not in heard
        ]
        if not question.province:
            asks.append(Ask("level", min(self._province_entropy(joint), left), level="province"))
        return asks

    def _province_entropy(self, joint: Joint) -> float:
        known = np.bincount(self.atlas.provinces[1], weights=joint.counties)
        return _entropy(known / max(known.sum(), 1e-300)) * self.numbers["knows_province"]

    def _again(self, joint: Joint, left: float) -> Ask | None:
        """A second listener for the fragment that has told least so far."""
        heard = [version for group in joint.groups for version in group if version.said.number >= 0]
        if not heard:
            return None
        told = [float(version.counties.max() / version.counties.mean()) for version in heard]
        worst = heard[int(np.argmin(told))]
        bits = min(self.numbers["again"] * left, self.numbers["again_most"])
        return Ask("another_hearing", bits, fragment=worst.said.number)

    def _stem(self, county: int) -> str:
        for place in self.atlas.upper_of[county]:
            if self.atlas.upper[place].level == "county":
                return self.atlas.upper[place].stem
        return self.atlas.county_name(county)


def _entropy(shares: Doubles) -> float:
    known = shares[shares > 0]
    return float(-(known * np.log2(known)).sum())


def _told(shares: list[float], right: float) -> float:
    """Mutual information of which part it is and an answer that names it rightly so often."""
    parts = np.maximum(np.array(shares, np.float64), 0.0)
    parts /= max(parts.sum(), 1e-300)
    count = len(parts)
    answers = np.full((count, count), (1 - right) / (count - 1))
    np.fill_diagonal(answers, right)
    marginal = parts @ answers
    return _entropy(marginal) - float(
        sum(p * _entropy(row) for p, row in zip(parts, answers, strict=True))
    )
