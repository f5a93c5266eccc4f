"""Syllables heard beside the characters of a name, each pair with how far apart it sounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from matchers.sounds import packaged
from matchers.sounds.channel import distances
from matchers.sounds.features import TONE, Floats
from matchers.sounds.hearing import Slot
from matchers.sounds.hypotheses import Hypothesis
from matchers.sounds.readings import MANDARIN
from matchers.sounds.spelling import Spelling, Token
from matchers.sounds.vocabulary import Speech


@dataclass(frozen=True, slots=True)
class Pair:
    """One syllable heard and one character said; either may be "" when it stands alone.

    `distance` is 0 (the same sound) to 1 (nothing in common), `step` the same as 0-3, `word`
    one of same, close, loose, far, missing, extra. `reading` is the IPA that fits best at the
    alignment's point, `pinyin` the character's Mandarin.
    """

    heard: str
    heard_reading: str
    char: str
    reading: str
    pinyin: str
    distance: float
    step: int
    word: str


@dataclass(frozen=True, slots=True)
class Alignment:
    """Pairs in the order heard; unheard parts of the name stand behind."""

    pairs: tuple[Pair, ...]
    dialect: str
    hypothesis: Hypothesis


@dataclass(frozen=True, slots=True)
class Steps:
    """Upper ends of steps 0, 1 and 2 and the distance that counts as 1, in weighted units."""

    same: float
    close: float
    loose: float
    full: float

    @classmethod
    def load(cls) -> Steps:
        """Read `weights.toml`, [steps]."""
        return cls(**packaged.document("weights")["steps"])

    def step(self, distance: float) -> int:
        """0 to 3."""
        return sum(distance > end for end in (self.same, self.close, self.loose))


_WORDS = ("same", "close", "loose", "far")


@dataclass(frozen=True, slots=True)
class _Match:
    distance: float
    reading: str


def align(
    speech: Speech,
    slots: Sequence[Slot],
    spelling: Spelling,
    point: str,
    hypothesis: Hypothesis,
    steps: Steps,
) -> Alignment:
    """Align one cut of a hearing with one name, said at `point` in the way of `hypothesis`."""
    said, unsaid = _order(spelling, hypothesis)
    matches = [[_match(speech, slot, token, point, steps) for token in said] for slot in slots]
    pairs = []
    for place, number in _path(matches, len(slots), len(said), steps.full):
        if place is None:
            pairs.append(_alone(speech, said[number or 0]))
        elif number is None:
            shown = slots[place]
            pairs.append(Pair(shown.shown, _heard(shown), "", "", "", 1.0, 3, "extra"))
        else:
            match = matches[place][number]
            pairs.append(_pair(speech, slots[place], said[number], match, steps))
    pairs.extend(_alone(speech, token) for token in unsaid)
    return Alignment(tuple(pairs), point, hypothesis)


def _order(spelling: Spelling, hypothesis: Hypothesis) -> tuple[list[Token], list[Token]]:
    """Tokens in the order they were said, and those that were left out."""
    surname, given = list(spelling.surname), list(spelling.given)
    if hypothesis is Hypothesis.SWAPPED:
        return given + surname, []
    if hypothesis is Hypothesis.GIVEN_ONLY:
        return given, surname
    if hypothesis in (Hypothesis.SURNAME_ONLY, Hypothesis.TITLE):
        return surname, given
    return surname + given, []


def _match(speech: Speech, slot: Slot, token: Token, point: str, steps: Steps) -> _Match:
    readings = speech.readings(point, token)[:4] + speech.readings(MANDARIN, token)[:2]
    if not readings:
        return _Match(steps.full, "")
    weights = speech.perception.ear.weights[: TONE.start]
    said = speech.articulation.matrix([(r.ipa, r.tone) for r in readings])[:, : TONE.start]
    sounds = slot.spelt or slot.written
    heard: Floats = np.stack([sound.features for sound in sounds])[:, : TONE.start]
    charges = np.array([sound.charge for sound in sounds], np.float32)[:, None]
    both = distances(heard * weights, said * weights) + charges
    best = int(both.min(0).argmin())
    # two equal rows still differ by the root of rounding
    distance = float(both[:, best].min())
    return _Match(0.0 if distance < 0.05 else distance, readings[best].ipa)


def _path(
    matches: Sequence[Sequence[_Match]], heard: int, said: int, gap: float
) -> list[tuple[int | None, int | None]]:
    """The cheapest monotone alignment; a gap costs as much as two unlike syllables' half."""
    cost = np.zeros((heard + 1, said + 1))
    cost[:, 0], cost[0] = np.arange(heard + 1) * gap, np.arange(said + 1) * gap
    for i in range(1, heard + 1):
        for j in range(1, said + 1):
            together = cost[i - 1, j - 1] + min(matches[i - 1][j - 1].distance, 1.8 * gap)
            cost[i, j] = min(together, cost[i - 1, j] + gap, cost[i, j - 1] + gap)
    path: list[tuple[int | None, int | None]] = []
    i, j = heard, said
    while i or j:
        if i and j:
            together = cost[i - 1, j - 1] + min(matches[i - 1][j - 1].distance, 1.8 * gap)
            if together <= cost[i, j] + 1e-9:
                i, j = i - 1, j - 1
                path.append((i, j))
                continue
        if i and cost[i - 1, j] + gap <= cost[i, j] + 1e-9:
            i -= 1
            path.append((i, None))
        else:
            j -= 1
            path.append((None, j))
    return path[::-1]


def _pair(speech: Speech, slot: Slot, token: Token, match: _Match, steps: Steps) -> Pair:
    step = steps.step(match.distance)
    return Pair(
        slot.shown,
        _heard(slot),
        token[0].removeprefix("~"),
        match.reading,
        _pinyin(speech, token),
        min(1.0, match.distance / steps.full),
        step,
        _WORDS[step],
    )


def _alone(speech: Speech, token: Token) -> Pair:
    char = token[0].removeprefix("~")
    return Pair("", "", char, "", _pinyin(speech, token), 1.0, 3, "missing")


def _heard(slot: Slot) -> str:
    return slot.spelt[0].spelling if slot.spelt else slot.written[0].spelling


def _pinyin(speech: Speech, token: Token) -> str:
    return token[0][1:] if token[0].startswith("~") else speech.pinyin(*token)
