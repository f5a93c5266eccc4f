"""One engine, one gazetteer and one set of comparators for all tests of evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from matchers.claims import PersonClaims
from matchers.evidence import Comparator, comparators
from matchers.evidence.levels import LevelCodes
from matchers.fusion import Model
from matchers.places import Divisions
from matchers.sounds import SoundEngine


@dataclass(frozen=True, slots=True)
class Bench:
    """Comparators at work on a few records, without an index."""

    using: Mapping[str, Comparator]

    def levels(self, key: str, probe: PersonClaims, people: Sequence[PersonClaims]) -> LevelCodes:
        """int8 [N]: best level over the values of each person, by the plainest loop."""
        comparator = self.using[key]
        out = np.zeros(len(people), np.int8)
        for i, person in enumerate(people):
            values = comparator.values(person)
            if values:
                prepared: Any = comparator.prepare(values)
                out[i] = comparator.levels_of(probe, prepared).max(initial=0)
        return out

    def level(self, key: str, probe: Mapping[str, Any], person: Mapping[str, Any]) -> str:
        """Key of the level of one pair of documents."""
        claims = [PersonClaims.from_document(doc) for doc in (probe, person)]
        code = self.levels(key, claims[0], claims[1:])[0]
        return str(self.using[key].levels[code].key)

    def together(
        self, probe: PersonClaims, people: Sequence[PersonClaims]
    ) -> dict[str, LevelCodes]:
        """All comparators over a gallery prepared in one piece."""
        found = {}
        for key, comparator in self.using.items():
            rows = [comparator.values(person) for person in people]
            values = list(dict.fromkeys(v for row in rows for v in row))
            levels = comparator.levels_of(probe, comparator.prepare(values))
            at = {v: levels[i] for i, v in enumerate(values)}
            best = [max((at[v] for v in row), default=0) for row in rows]
            found[key] = np.array(best, np.int8)
        return found


@pytest.fixture(scope="session")
def engine() -> SoundEngine:
    """Mandarin, accents and Cantonese: enough for these tests, and quick to open."""
    return SoundEngine.standard()


@pytest.fixture(scope="session")
def divisions() -> Divisions:
    return Divisions.load()


@pytest.fixture(scope="session")
def bench(divisions: Divisions) -> Bench:
    return Bench({c.key: c for c in comparators(SoundEngine.standard(), divisions, ())})


@pytest.fixture(scope="session")
def model() -> Model:
    return Model.load()
