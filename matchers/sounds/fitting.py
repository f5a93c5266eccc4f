"""Refitting the ear on confirmed pairs: how sharp it is, how much it hears tones and Mandarin.

Four numbers are fitted, each as a factor on the ear in force: the temperature of the articulatory
weights, the weight of tones, the share of syllables said in Mandarin after all, and the share of
hearings that say nothing. The score is the mean log2 of the posterior of the true name among the
true names and a sample of national ones. Coordinate steps on one part of the pairs; the factors
are drawn back towards 1 by how few pairs there are; the other part, of other names, then decides.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from matchers.sounds.channel import Ear
from matchers.sounds.engine import SoundEngine
from matchers.sounds.features import TONE
from matchers.sounds.hearing import HearingError
from matchers.sounds.pairs import ConfirmedPair
from matchers.sounds.ranks import rank
from matchers.sounds.reading import Readings

FEWEST_PAIRS = 50
_FEWEST_HELD_OUT = 10
_MOST_PAIRS = 250
"""More pairs than this in either part are thinned evenly: the answer no longer changes."""
_STRENGTH = 50.0
"""The ear in force counts for as many pairs as this."""
_STEPS = {"temperature": 1.15, "tone": 1.3, "escape": 1.4, "floor": 1.6}
_LONGEST_WALK = 4
_NUMBERS = 26


@dataclass(frozen=True, slots=True)
class Quality:
    """How an ear does on pairs: mean log2 posterior of the truth (0 is best), share in first 10."""

    bits: float
    recall10: float


@dataclass(frozen=True, slots=True)
class Fitted:
    """The outcome; `ear` differs from the one in force only when `reason` is None.

    `reason`: `too_few_pairs`, `too_few_names` or `not_better`.
    """

    ear: Ear
    pairs: int
    held_out: int
    factors: Mapping[str, float]
    before: Quality | None
    after: Quality | None
    reason: str | None


def fit(
    pairs: Sequence[ConfirmedPair], readings: Readings, sample: Sequence[str], ear: Ear
) -> Fitted:
    """Refit `ear`; the held-out part must not get worse in either number, else it is left alone."""
    whole = len(pairs)
    if whole < FEWEST_PAIRS:
        return Fitted(ear, whole, 0, {}, None, None, "too_few_pairs")
    held = [pair for pair in pairs if _held_out(pair.true)]
    kept = [pair for pair in pairs if not _held_out(pair.true)]
    if min(len(held), len(kept)) < _FEWEST_HELD_OUT:
        return Fitted(ear, whole, len(held), {}, None, None, "too_few_names")
    names = tuple(dict.fromkeys((*(pair.true for pair in pairs), *sample)))
    search = _Search(_thinned(kept), readings, names, ear)
    factors = {
        name: float(value ** (len(kept) / (len(kept) + _STRENGTH)))
        for name, value in search.walk().items()
    }
    better = tuned(ear, factors)
    checked = _thinned(held)
    before = quality(checked, readings, names, ear)
    after = quality(checked, readings, names, better)
    worse = after.bits <= before.bits or after.recall10 < before.recall10
    return Fitted(
        ear if worse else better,
        whole,
        len(held),
        factors,
        before,
        after,
        "not_better" if worse else None,
    )


def quality(
    pairs: Sequence[ConfirmedPair], readings: Readings, names: Sequence[str], ear: Ear
) -> Quality:
    """How the true names of the pairs fare among `names`, their dialects as stated."""
    found = [one for one in outcomes(pairs, readings, names, ear) if one is not None]
    if not found:
        return Quality(float("-inf"), 0.0)
    return Quality(
        float(np.mean([one.bits for one in found])), float(np.mean([one.recall10 for one in found]))
    )


def outcomes(
    pairs: Sequence[ConfirmedPair], readings: Readings, names: Sequence[str], ear: Ear
) -> list[Quality | None]:
    """`quality` of each pair by itself; None where what was heard cannot be read."""
    table = SoundEngine.of(readings, ear).table(names)
    places = {name: place for place, name in enumerate(names)}
    found: list[Quality | None] = []
    for pair in pairs:
        try:
            nats = table.score([pair.heard]).nats
        except HearingError:
            found.append(None)
            continue
        true, exact = places[pair.true], nats.astype(np.float64)
        least = exact.min()
        bits = (least - exact[true] - np.log(np.exp(least - exact).sum())) / np.log(2)
        found.append(Quality(float(bits), rank(nats, true).recall(10)))
    return found


def tuned(ear: Ear, factors: Mapping[str, float]) -> Ear:
    """The ear with its four numbers multiplied; shares stay shares."""
    weights = ear.weights.copy()
    weights[: TONE.start] /= np.float32(factors.get("temperature", 1.0))
    weights[TONE] *= np.float32(factors.get("tone", 1.0))
    return replace(
        ear,
        weights=weights,
        mandarin_escape=min(0.9, ear.mandarin_escape * factors.get("escape", 1.0)),
        floor=min(0.3, ear.floor * factors.get("floor", 1.0)),
    )


def ear_document(ear: Ear) -> dict[str, Any]:
    """The ear as JSON."""
    document = asdict(ear)
    document["weights"] = [round(float(weight), 5) for weight in ear.weights]
    document["tone_bias"] = list(ear.tone_bias)
    return document


def ear_from(document: Mapping[str, Any]) -> Ear:
    """The ear again; ValueError, KeyError or TypeError when the document is not one."""
    weights = np.array(document["weights"], np.float32)
    if weights.shape != (_NUMBERS,) or not np.isfinite(weights).all():
        raise ValueError("weights")
    numbers = {
        key: float(document[key]) for key in Ear.__slots__ if key not in ("weights", "tone_bias")
    }
    if not all(0 <= number < 100 for number in numbers.values()):
        raise ValueError("numbers")
    return Ear(weights=weights, tone_bias=tuple(map(float, document["tone_bias"])), **numbers)


@dataclass(frozen=True, slots=True)
class _Search:
    pairs: Sequence[ConfirmedPair]
    readings: Readings
    names: Sequence[str]
    ear: Ear

    def walk(self) -> dict[str, float]:
        """Factors after one walk along each number, up or down while it helps."""
        factors = dict.fromkeys(_STEPS, 1.0)
        best = self._bits(factors)
        for name, step in _STEPS.items():
            for direction in (step, 1 / step):
                moved = False
                for _ in range(_LONGEST_WALK):
                    tried = {**factors, name: factors[name] * direction}
                    bits = self._bits(tried)
                    if bits <= best:
                        break
                    factors, best, moved = tried, bits, True
                if moved:
                    break
        return factors

    def _bits(self, factors: Mapping[str, float]) -> float:
        return quality(self.pairs, self.readings, self.names, tuned(self.ear, factors)).bits


def _held_out(name: str) -> bool:
    """A third of the names, the same ones every time: no name is on both sides."""
    return zlib.crc32(name.encode()) % 3 == 0


def _thinned(pairs: Sequence[ConfirmedPair]) -> Sequence[ConfirmedPair]:
    step = -(-len(pairs) // _MOST_PAIRS)
    return pairs[::step]
