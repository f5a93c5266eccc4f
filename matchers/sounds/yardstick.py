"""Which of two sources speaks for a point better, told by measurement.

The yardstick is a list of syllables that are known to be right: what was heard for a character in
a confirmed case, or characters of a survey or a station's sheet that neither source has seen. Each
source is charged the articulatory distance of what it expects; the smaller mean charge wins when
the difference is larger than its standard error, otherwise the source preferred so far stays.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matchers.sounds.features import Articulation
from matchers.sounds.reading import Reading, Readings

FEWEST = 30
"""Below this many syllables that both sources can be asked about, nothing is decided."""
_TEMPERATURE = 0.2
_UNREAD = 2.0
"""Charge for a character a source does not know: about the distance of unlike syllables."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A character and a syllable it was truly said as: IPA, Chao tone (may be empty)."""

    char: str
    ipa: str
    tone: str = ""
    surname: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """The outcome at one point: mean charges, syllables used, and whether it is decided."""

    point: str
    better: Readings
    first_charge: float
    second_charge: float
    syllables: int
    decided: bool


def better_source(
    point: str, first: Readings, second: Readings, yardstick: Sequence[Confirmed]
) -> Choice:
    """Choose between two sources for one point; ``first`` is the one preferred so far."""
    articulation = Articulation.load()
    charges = np.array(
        [
            [_charge(articulation, source, point, one) for source in (first, second)]
            for one in yardstick
        ],
        np.float64,
    ).reshape(-1, 2)
    difference = charges[:, 0] - charges[:, 1]
    count = len(difference)
    mean = float(difference.mean()) if count else 0.0
    error = float(difference.std(ddof=1) / np.sqrt(count)) if count > 1 else float("inf")
    decided = count >= FEWEST and abs(mean) > error
    firsts, seconds = charges.mean(axis=0).tolist() if count else (0.0, 0.0)
    better = second if decided and mean > 0 else first
    return Choice(point, better, firsts, seconds, count, decided)


def _charge(articulation: Articulation, source: Readings, point: str, one: Confirmed) -> float:
    """Distance of the true syllable from what a source expects, likelier readings nearer."""
    if point not in source.points():
        return _UNREAD
    readings = source.readings(point, one.char, surname=one.surname)
    if not readings:
        return _UNREAD
    true = articulation.features(one.ipa, one.tone)
    terms = [
        reading.weight * np.exp(-_distance(articulation, reading, true) / _TEMPERATURE)
        for reading in readings
    ]
    return min(_UNREAD, float(-_TEMPERATURE * np.log(max(sum(terms), 1e-12))))


def _distance(articulation: Articulation, reading: Reading, true: NDArray[np.float32]) -> float:
    return float(np.linalg.norm(articulation.features(reading.ipa, reading.tone) - true))
