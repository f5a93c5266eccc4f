"""The channel: -log P(syllable heard | character said) for one point, in nats.

A reading is heard as a syllable with probability exp(-d**s)/Z, d the weighted distance of their
articulatory numbers, s the ear's sharpness, Z the sum over all syllables that a listener could
have written (those that names are made of count more), times the same for the tone where it is
known. A character's readings are mixed by weight, with a share for "said in Mandarin after all"
and a floor for hearings that say nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from matchers.sounds import packaged
from matchers.sounds.features import TONE, Articulation, Floats
from matchers.sounds.hearing import Sound
from matchers.sounds.mandarin import TONES, Mandarin
from matchers.sounds.reading import Reading
from matchers.sounds.recent import Key, Recent

KEPT_READINGS = 4
_UNSEEN = 5.0
_LEAST_SHARE = 0.004
_SEGMENTS = slice(0, TONE.start)


@dataclass(frozen=True, slots=True)
class Ear:
    """How a listener hears: weights float32 [26] divided by the temperature, and the shares."""

    weights: Floats
    sharpness: float
    tone_bias: tuple[float, ...]
    familiarity: float
    floor: float
    mandarin_escape: float
    other_character: float
    second_reading: float
    latin_share: float

    @classmethod
    def load(cls) -> Ear:
        """Read `weights.toml`."""
        table = packaged.document("weights")
        ear, channel = table["ear"], table["channel"]
        numbers = [x for part in ("onset", "medial", "nucleus", "coda") for x in ear[part]]
        weights = np.array([*(x / ear["temperature"] for x in numbers), *ear["tone"]], np.float32)
        return cls(
            weights,
            sharpness=ear["sharpness"],
            tone_bias=tuple(ear["tone_bias"]),
            familiarity=channel["familiarity"],
            floor=channel["floor"],
            mandarin_escape=channel["mandarin_escape"],
            other_character=channel["other_character"],
            second_reading=channel["second_reading"],
            latin_share=channel["latin_share"],
        )


@dataclass(frozen=True, slots=True)
class Perception:
    """What a listener can write.

    `inventory` float32 [n, 24] weighted, its IPA in `syllables`; `familiar` float32 [n] the log
    of how much likelier than others each syllable is to be written; `tones` float32 [4, 2].
    """

    ear: Ear
    syllables: tuple[str, ...]
    inventory: Floats
    familiar: Floats
    tones: Floats
    crowded: dict[str, float] = field(default_factory=dict)
    """log Z by IPA, already worked out: further tables of one listener share their sounds."""

    @classmethod
    def of(cls, ear: Ear, articulation: Articulation, mandarin: Mandarin) -> Perception:
        """The Mandarin syllables, all equally familiar, and its tones, as this ear weighs them."""
        syllables = tuple(dict.fromkeys(mandarin.syllables.values()))
        plain = articulation.matrix([(ipa, "") for ipa in syllables])
        tones = np.stack([articulation.features("a", TONES[digit])[TONE] for digit in "1234"])
        return cls(
            ear,
            syllables,
            plain[:, _SEGMENTS] * ear.weights[_SEGMENTS],
            np.zeros(len(plain), np.float32),
            (tones * ear.weights[TONE]).astype(np.float32),
        )

    def used_to(self, counts: Mapping[str, float]) -> Perception:
        """The same listener, used to names whose syllables (IPA) occur so often."""
        often = np.array([counts.get(ipa, 0.0) + _UNSEEN for ipa in self.syllables])
        familiar = self.ear.familiarity * np.log(often / often.mean())
        return replace(self, familiar=familiar.astype(np.float32), crowded={})

    def uniform(self) -> float:
        """Nats of a syllable that says nothing."""
        return float(np.log(len(self.inventory)))

    def nats(self, heard: Floats, said: Floats) -> Floats:
        """d**s float32 [n, m] of weighted rows [n, 24] heard and [m, 24] said."""
        return np.asarray(distances(heard, said) ** self.ear.sharpness, np.float32)

    def crowding(self, sounds: Sequence[str], said: Floats) -> Floats:
        """log Z float32 [n] of n syllables (IPA): how much else they may be taken for.

        `said` float32 [n, 24] are their weighted segments.
        """
        new = [place for place, sound in enumerate(sounds) if sound not in self.crowded]
        if new:
            nats = self.nats(self.inventory, said[new])
            log_z = np.log(np.exp(self.familiar[:, None] - nats).sum(0))
            self.crowded.update(zip((sounds[i] for i in new), log_z.tolist(), strict=True))
        return np.array([self.crowded[sound] for sound in sounds], np.float32)

    def tone_nats(self, readings: Floats, known: NDArray[np.bool_]) -> Floats:
        """-log P(tone written) float32 [5, n] beside even odds; row 0 is a tone not written."""
        spoken = readings[:, TONE] * self.ear.weights[TONE]
        distance = distances(self.tones, spoken) - np.array(self.ear.tone_bias)[:, None]
        nats = distance + np.log(np.exp(-distance).sum(0)) - np.log(4.0)
        nats = np.where(known, nats, 0.0)
        return np.concatenate([np.zeros((1, len(readings))), nats]).astype(np.float32)


def distances(left: Floats, right: Floats) -> Floats:
    """Euclidean distances float32 [n, m] of rows [n, d] and [m, d]."""
    squares = (left**2).sum(1)[:, None] + (right**2).sum(1) - 2 * left @ right.T
    return np.asarray(np.sqrt(np.maximum(squares, 1e-9)), np.float32)


@dataclass(frozen=True, slots=True)
class Spoken:
    """How T tokens are said at D points.

    `segments` float32 [q, 24] weighted and `log_z` [q] are all distinct syllables, tones apart;
    `segment_of` int [r] and `tone_nats` [5, r] all distinct sounds (a syllable with its tone);
    a class (tokens that are read alike) mixes some of them: the k-th of `mixing` holds the k-th
    sound, int [n], and its share, float32 [n], of the first n classes, which are those that mix
    more than k; `class_of` int [D, T] gives a token's class at a point.
    """

    segments: Floats
    log_z: Floats
    segment_of: NDArray[np.intp]
    tone_nats: Floats
    mixing: tuple[tuple[NDArray[np.intp], Floats], ...]
    class_of: NDArray[np.intp]
    by_token: NDArray[np.intp] = field(init=False, compare=False, repr=False)
    by_point: NDArray[np.intp] = field(init=False, compare=False, repr=False)
    recent: Recent = field(default_factory=Recent, compare=False, repr=False)
    """Nats by class of syllables heard."""
    least: Recent = field(default_factory=Recent, compare=False, repr=False)
    """Their least nats by token over all points, by what each point costs beside."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_token", np.ascontiguousarray(self.class_of.T))
        object.__setattr__(self, "by_point", np.ascontiguousarray(self.class_of))

    def taken(self, tokens: Sequence[int]) -> Spoken:
        """How some of the tokens are said, with the classes and sounds that they need alone."""
        return self._limited(self.class_of[:, list(tokens)])

    def at(self, point: int) -> Spoken:
        """How all tokens are said at one point alone, D = 1."""
        return self._limited(self.class_of[point : point + 1])

    def _limited(self, wanted: NDArray[np.intp]) -> Spoken:
        classes, class_of = np.unique(wanted, return_inverse=True)
        kept = [
            (members[here], shares[here])
            for k, (members, shares) in enumerate(self.mixing)
            if len(here := classes[: np.searchsorted(classes, len(members))]) or not k
        ]
        sounds, flat = np.unique(np.concatenate([m for m, _ in kept]), return_inverse=True)
        ends = np.cumsum([len(members) for members, _ in kept])
        segments, segment_of = np.unique(self.segment_of[sounds], return_inverse=True)
        return Spoken(
            self.segments[segments],
            self.log_z[segments],
            segment_of,
            self.tone_nats[:, sounds],
            tuple(
                (members, shares)
                for members, (_, shares) in zip(np.split(flat, ends[:-1]), kept, strict=True)
            ),
            class_of.reshape(wanted.shape),
        )


def spoken(
    perception: Perception,
    articulation: Articulation,
    local: Sequence[Sequence[Sequence[Reading]]],
    mandarin: Sequence[Sequence[Reading]],
) -> Spoken:
    """Sounds of tokens from their local readings [D][T] and their Mandarin ones [T]."""
    sounds: dict[tuple[str, str], int] = {}
    classes: dict[_Class, int] = {}
    class_of = np.zeros((len(local), len(mandarin)), np.intp)
    for point, readings in enumerate(local):
        for token, (here, standard) in enumerate(zip(readings, mandarin, strict=True)):
            mixture = _mixture(here, standard, perception.ear.mandarin_escape)
            key = tuple((sounds.setdefault(s, len(sounds)), share) for s, share in mixture.items())
            class_of[point, token] = classes.setdefault(key, len(classes))
    heard = list(sounds) or [("", "")]
    features = articulation.matrix(heard)
    places: dict[str, int] = {}
    segment_of = [places.setdefault(ipa, len(places)) for ipa, _tone in heard]
    plain = articulation.matrix([(ipa, "") for ipa in places])[:, _SEGMENTS]
    segments = np.asarray(plain * perception.ear.weights[_SEGMENTS], np.float32)
    widest = sorted(classes, key=len, reverse=True)
    place = {classes[key]: row for row, key in enumerate(widest)}
    renumbered = np.array([place[row] for row in range(len(classes))] or [0], np.intp)
    return Spoken(
        segments,
        perception.crowding(list(places), segments),
        np.array(segment_of, np.intp),
        perception.tone_nats(features, np.array([bool(tone) for _ipa, tone in heard])),
        _by_column(widest or [()]),
        np.asfortranarray(renumbered[class_of]),
    )


_Class = tuple[tuple[int, float], ...]


def _by_column(classes: Sequence[_Class]) -> tuple[tuple[NDArray[np.intp], Floats], ...]:
    """The k-th sounds and shares of the classes, widest first, that have so many."""
    columns = []
    for k in range(max(len(classes[0]), 1)):
        # a token that nobody can read still has a class: of one sound, without a share
        here = [key[k] if key else (0, 0.0) for key in classes if len(key) > k or not k]
        columns.append((np.array([i for i, _ in here], np.intp), _float32([x for _, x in here])))
    return tuple(columns)


def _float32(values: Sequence[float]) -> Floats:
    return np.array(values, np.float32)


def _mixture(
    here: Sequence[Reading], standard: Sequence[Reading], escape: float
) -> dict[tuple[str, str], float]:
    """Shares of the sounds of one character; Mandarin alone where the point does not know it."""
    mixture: dict[tuple[str, str], float] = {}
    for readings, share in ((here, 1 - escape), (standard, escape if here else 1.0)):
        kept = readings[:KEPT_READINGS]
        total = sum(reading.weight for reading in kept)
        for reading in kept:
            sound = (reading.ipa, reading.tone)
            mixture[sound] = mixture.get(sound, 0.0) + share * reading.weight / total
    return {sound: round(share, 3) for sound, share in mixture.items() if share >= _LEAST_SHARE}


def _mixed(likely: Floats, said: Spoken) -> Floats:
    """Likelihood float32 [c] of each class; most mix only one or two sounds."""
    (members, shares), *further = said.mixing
    mixed = likely.take(members)
    mixed *= shares
    for members, shares in further:
        mixed[: len(members)] += likely.take(members) * shares
    return mixed


def class_nats(perception: Perception, said: Spoken, sounds: Sequence[Sound]) -> tuple[Key, Floats]:
    """Nats float32 [c] of one slot, its likeliest sound counting, said as each class; and a key.

    What follows from the same key is the same.
    """
    key = tuple((sound.features.tobytes(), sound.tone, sound.charge) for sound in sounds)
    found = said.recent.get(key)
    if found is None:
        found = _worked_out(perception, said, sounds)
        said.recent.keep(key, found)
    return key, found


def _worked_out(perception: Perception, said: Spoken, sounds: Sequence[Sound]) -> Floats:
    heard = np.stack([sound.features for sound in sounds])[:, _SEGMENTS]
    heard = heard * perception.ear.weights[_SEGMENTS]
    tones = np.array([sound.tone for sound in sounds])
    charges = np.array([sound.charge for sound in sounds], np.float32)[:, None]
    segments = perception.nats(heard, said.segments) + said.log_z + charges
    nats = segments.take(said.segment_of, axis=1) + said.tone_nats[tones]
    likely = np.exp(-nats.min(0))
    mixed = _mixed(likely, said)
    floor = perception.ear.floor
    quiet = floor / len(perception.inventory)
    return np.asarray(-np.log((1 - floor) * mixed + quiet), np.float32)
