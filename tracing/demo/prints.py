"""Simulated face prints: unit vectors whose cosines behave like those of a recogniser's prints.

A person has a face of childhood and one of adulthood, drawn apart and blended up to twenty, then
drifting slowly; each photo adds noise by its quality. People of one sex, and children among each
other, are a little alike; families more; twins nearly the same. The numbers in `prints.toml` are
set so that the shares of `docs/faces.md` come out: rank-1 of adults among some two thousand, and
of childhood photos against adults among some eight hundred.
"""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from tracing.demo.packaged import table_text
from tracing.demo.people import Person

SIZE = 128
MODEL = "sim-128"

Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Prints:
    """Prints of synthetic people; equal seeds give equal faces."""

    seed: int
    table: dict[str, float]

    @classmethod
    def load(cls, seed: int, world: str) -> Self:
        """Of one world, `ordinary` or `hard`."""
        return cls(seed, tomllib.loads(table_text("prints.toml"))[world])

    def document(self, person: Person, age: int, photo: str) -> dict[str, Any]:
        """A print as docs/record.md has it; `photo` tells one photo from another."""
        vector = self.vector(person, age, photo)
        return {"model": MODEL, "vector": [round(float(x), 4) for x in vector], "age": age}

    def vector(self, person: Person, age: int, photo: str) -> Vector:
        """float32 [128], unit length: the face at this age in this photo."""
        shares = self.table
        noise = self._generator("photo", person.citizen, person.phone, photo)
        quality = shares["quality"] + shares["quality_spread"] * noise.standard_normal()
        quality = float(np.clip(quality, 0.15, 0.95))
        seen = self._face(person, age)
        return _unit(quality * seen + np.sqrt(1 - quality**2) * _direction(noise))

    def _face(self, person: Person, age: float) -> Vector:
        """The face at an age, unit length."""
        child, adult = (self._own(person, when) for when in ("child", "adult"))
        grown = float(np.clip(age / 20, self.table["grown_at_birth"], 1.0))
        drift = self.table["drift"] * max(age - 20, 0) / 10
        own = _unit(grown * adult + np.sqrt(1 - grown**2) * child)
        own = _unit(np.cos(drift) * own + np.sin(drift) * self._own(person, "old"))
        common = self.table["sex_alike"] * self._of("sex", person.sex)
        if age < 13:
            common = common + self.table["children_alike"] * self._of("children")
        return _unit(own + common)

    def _own(self, person: Person, when: str) -> Vector:
        """What is a person's own in their face, with what the family shares."""
        family = self._of("family", person.household, person.surname, when)
        if person.twin:
            key = (person.household, person.birth.isoformat())
        else:
            key = (person.citizen, person.phone)
        alone = self._of("own", *key, when)
        if person.twin:
            little = self._of("own", person.citizen, person.phone, when)
            alone = _unit(alone + self.table["twins_apart"] * little)
        share = self.table["family_alike"]
        return _unit(np.sqrt(share) * family + np.sqrt(1 - share) * alone)

    def _of(self, *words: str) -> Vector:
        return _direction(self._generator(*words))

    def _generator(self, *words: str) -> np.random.Generator:
        text = "\x1f".join((str(self.seed), *words)).encode()
        number = int.from_bytes(hashlib.blake2b(text, digest_size=16).digest(), "big")
        return np.random.Generator(np.random.PCG64(number))


def _direction(generator: np.random.Generator) -> Vector:
    return _unit(generator.standard_normal(SIZE))


def _unit(vector: NDArray[np.floating[Any]]) -> Vector:
    return (vector / np.linalg.norm(vector)).astype(np.float32)
