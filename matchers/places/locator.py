"""Locate home: one object that holds the places and the ears, and answers questions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from matchers.places.asking import Asking
from matchers.places.atlas import Atlas
from matchers.places.divisions import Divisions
from matchers.places.echoes import PlaceSounds
from matchers.places.explaining import Explaining
from matchers.places.fragments import Said, landmark, pieces, said
from matchers.places.joining import Joint, Version, joined, over_places
from matchers.places.locating import (
    Fragment,
    Located,
    NothingToLocate,
    Question,
    TooManyFragments,
)
from matchers.places.posing import Background, factors
from matchers.places.speech import Speech
from matchers.places.weighing import Weights
from matchers.sounds import SoundEngine

MOST_FRAGMENTS = 12
MOST_LANDMARKS = 4
Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Heard:
    """A question as it was understood: the posterior, its points and what could not be read."""

    joint: Joint
    points: tuple[str, ...]
    unread: tuple[int, ...]
    landmarks_unmatched: bool


@dataclass(frozen=True, slots=True)
class Locator:
    """Open it once and pass it on: it is immutable but for readings it remembers; thread-safe.

    `open` takes under a second; the first question in a dialect reads five thousand characters
    aloud at its points (0.2 s of CPU each), later ones do not: `warm` does it beforehand.
    """

    atlas: Atlas
    sounds: PlaceSounds
    background: Background
    weights: Weights
    old: Doubles

    @classmethod
    def open(
        cls, engine: SoundEngine, folder: Path | None = None, divisions: Divisions | None = None
    ) -> Locator:
        """The packaged places and the additions in `folder`, heard by `engine`.

        Raises TreeDamaged and AdditionsUnreadable.
        """
        weights, atlas = Weights.load(), Atlas.open(folder, divisions)
        sounds = PlaceSounds.of(
            engine,
            atlas,
            weights.fragment["missing"],
            weights.fragment["extra"],
            int(weights.fragment["kept"]),
        )
        speech = Speech.of(atlas.counties, atlas.divisions, engine.regions)
        old = np.array([weights.fragment["old_name"] if n.old else 1.0 for n in atlas.upper])
        return cls(
            atlas, sounds, Background.of(atlas, speech, weights, engine.points), weights, old
        )

    def warm(self) -> None:
        """Read all places aloud at every point now: some five seconds of CPU, once."""
        self.sounds.read_aloud(self.sounds.engine.points)

    def locate(self, question: Question, counties: int = 10, villages: int = 8) -> Located:
        """Where home may be: the likeliest counties and in each the likeliest villages.

        Raises NothingToLocate, TooManyFragments, UnknownProvince, UnknownPlace.
        """
        heard = self.posterior(question)
        explaining = Explaining(self.atlas, self.sounds, self.background.speech, heard.points)
        found = explaining.counties(heard.joint, counties, villages)
        asking = Asking(self.atlas, self.sounds, self.weights.ask)
        return Located(
            counties=found,
            provinces=explaining.provinces(heard.joint),
            elsewhere=heard.joint.elsewhere,
            dialects=explaining.dialects(heard.joint, [county.code for county in found]),
            asks=asking.asks(question, heard.joint),
            unread=heard.unread,
            notes=explaining.notes(heard.joint, question, unmatched=heard.landmarks_unmatched),
        )

    def posterior(self, question: Question) -> Heard:
        """The whole posterior in numbers; what benchmarks and other evidence read."""
        _checked(question)
        votes = _votes(question)
        points, by_dialect = self._spoken(votes)
        groups: dict[str, list[Version]] = {}
        unread = []
        average = by_dialect.mean(axis=0).astype(np.float32)
        for place, (number, fragment) in enumerate(
            pieces(question.fragments, self.atlas.names.__contains__)
        ):
            version = self._version(number, fragment, points, average)
            if version is None:
                unread.append(number)
            else:
                groups.setdefault(fragment.group or f"#{place}", []).append(version)
        marks = [
            self._version(-1 - place, landmark(text), points, average, kind="landmark")
            for place, text in enumerate(question.landmarks)
        ]
        for place, mark in enumerate(marks):
            if mark is not None:
                groups[f"#landmark{place}"] = [mark]
        known = factors(question, votes, by_dialect, self.atlas, self.background, self.weights)
        joint = joined(list(groups.values()), known, self.atlas, self.weights.county["elsewhere"])
        unmatched = any(mark is None or not _matches(mark) for mark in marks)
        return Heard(joint, points, tuple(dict.fromkeys(unread)), unmatched)

    def _version(
        self,
        number: int,
        fragment: Fragment,
        points: tuple[str, ...],
        average: NDArray[np.float32],
        kind: str = "",
    ) -> Version | None:
        found: Said | None = said(
            number, fragment, self.sounds, points, self.atlas.endings, self.weights, kind=kind
        )
        if found is None:
            return None
        echo = self.sounds.echo(found.ways, average)
        return over_places(found, echo, self.atlas, self.old)

    def _spoken(self, votes: Mapping[str, float]) -> tuple[tuple[str, ...], Doubles]:
        """Points worth listening at, and P(point | county) float64 [C, D] or [1, D]."""
        points = self.sounds.engine.points
        speech = self.background.speech
        stated = speech.stated_prior(votes, points) if votes else None
        if stated is None:
            return points, self.background.kin
        kept = np.flatnonzero(stated >= self.weights.fragment["points"] * stated.max())
        prior = stated[kept] / stated[kept].sum()
        return tuple(points[int(i)] for i in kept), prior[None, :]


def _votes(question: Question) -> dict[str, float]:
    """The dialect stated counts as much as all votes together and once more."""
    votes = {name: float(v) for name, v in question.votes.items() if name.strip() and v > 0}
    if question.dialect and question.dialect.strip():
        stated = question.dialect.strip()
        votes[stated] = votes.get(stated, 0.0) + 1.0 + sum(votes.values())
    return votes


def _matches(version: Version) -> bool:
    """Whether some place bears this name about as it was said."""
    best = max(version.echo.odds.max(initial=0.0), version.echo.upper.max(initial=0.0))
    return bool(best >= 1000.0)


def _checked(question: Question) -> None:
    if len(question.fragments) > MOST_FRAGMENTS or len(question.landmarks) > MOST_LANDMARKS:
        raise TooManyFragments
    known = (question.fragments, question.dialect, question.votes, question.province)
    if not any(known) and not question.landmarks and not question.surname:
        raise NothingToLocate
