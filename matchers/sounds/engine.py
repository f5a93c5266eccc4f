"""The sound engine: readings, an ear and tables of names, put together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matchers.sounds.alignment import Steps
from matchers.sounds.channel import Ear, Perception
from matchers.sounds.characters import Characters
from matchers.sounds.features import Articulation, Floats
from matchers.sounds.hearing import Ears, Hearing
from matchers.sounds.hypotheses import Address, Penalties
from matchers.sounds.latin import LatinReader
from matchers.sounds.mandarin import Mandarin
from matchers.sounds.parts import Parts, Postings
from matchers.sounds.reading import Readings
from matchers.sounds.readings import MandarinReadings, Voices
from matchers.sounds.regions import Regions, combined
from matchers.sounds.spelling import NameReader, Spelling, Token
from matchers.sounds.table import NameTable
from matchers.sounds.vocabulary import Speech, Vocabulary


@dataclass(frozen=True, slots=True)
class SoundEngine:
    """Everything that compares what was heard with names or places; immutable, thread-safe.

    `of(readings)` builds one from any Readings; `standard(*first)` puts packs and laws in front
    of Mandarin, accented Mandarin and Cantonese.
    """

    ears: Ears
    speech: Speech
    reader: NameReader
    regions: Regions
    penalties: Penalties
    address: Address
    steps: Steps

    @classmethod
    def of(cls, readings: Readings, ear: Ear | None = None) -> SoundEngine:
        """An engine over the points of `readings`, among which Mandarin must be."""
        articulation, mandarin, characters = Articulation.load(), Mandarin.load(), Characters.load()
        latin = LatinReader.load(mandarin)
        perception = Perception.of(ear or Ear.load(), articulation, mandarin)
        standard = MandarinReadings.load()
        return cls(
            ears=Ears(articulation, mandarin, standard, latin, perception.ear.second_reading),
            speech=Speech(articulation, perception, readings, standard, latin, readings.points()),
            reader=NameReader.load(characters, latin),
            regions=Regions.load(),
            penalties=Penalties.load(),
            address=Address.load(),
            steps=Steps.load(),
        )

    @classmethod
    def standard(cls, *first: Readings) -> SoundEngine:
        """What every installation has, behind packs and laws in order of preference."""
        return cls.of(Voices.standard(*first))

    @property
    def points(self) -> tuple[str, ...]:
        """The dialects this engine knows; `NameScores.dialect` indexes them."""
        return self.speech.points

    @property
    def families(self) -> tuple[NDArray[np.intp], ...]:
        """The dialects that sound alike, as places among `points`."""
        return self.regions.families(self.points)

    def table(self, names: Sequence[str], listener: Perception | None = None) -> NameTable:
        """Names of people, ready to be scored; pass each distinct name once.

        `listener` is that of another table, else one who is used to just these names.
        """
        return self._table(names, [self.reader.spelling(name) for name in names], listener)

    def place_table(self, names: Sequence[str], listener: Perception | None = None) -> NameTable:
        """Names of places (stems without 省市县乡镇村), ready to be scored."""
        return self._table(names, [self.reader.place(name) for name in names], listener)

    def prior_nats(
        self, hearings: Sequence[Hearing], dialect_prior: Mapping[str, float] | None
    ) -> Floats:
        """-log P(point) float32 [D] from a given prior and the hearings' stated dialects."""
        stated = list(dict.fromkeys(h.dialect for h in hearings if h.dialect))
        priors: list[Mapping[str, float]] = [
            self.regions.prior(name, self.points) for name in stated
        ]
        if dialect_prior:
            priors.append(self.places_prior(dialect_prior))
        prior = combined(priors) if priors else self.regions.prior(None, self.points)
        return np.array([-np.log(max(prior[p], 1e-9)) for p in self.points], np.float32)

    def places_prior(self, votes: Mapping[str, float]) -> dict[str, float]:
        """P(point) from weighted place names (listeners' votes, hometowns), summing to 1."""
        total = sum(votes.values()) or 1.0
        prior = dict.fromkeys(self.points, 0.0)
        for name, weight in votes.items():
            for point, share in self.regions.prior(name, self.points).items():
                prior[point] += share * weight / total
        return prior

    def _table(
        self, names: Sequence[str], spellings: Sequence[Spelling], listener: Perception | None
    ) -> NameTable:
        numbers: dict[Token, int] = {}
        encoded = [
            [
                tuple(numbers.setdefault(t, len(numbers)) for t in part)
                for part in (s.surname, s.given)
            ]
            for s in spellings
        ]
        counts = Counter(number for pair in encoded for part in pair for number in part)
        surnames, surname_of = Parts.of([pair[0] for pair in encoded])
        given, given_of = Parts.of([pair[1] for pair in encoded])
        return NameTable(
            engine=self,
            names=tuple(names),
            vocabulary=Vocabulary.of(
                self.speech, {t: counts[n] for t, n in numbers.items()}, listener
            ),
            surnames=surnames,
            given=given,
            surname_of=surname_of,
            given_of=given_of,
            by_given=Postings.of(given_of, given.count),
        )
