"""Made prints in batches: the same for the same seed, without ever holding all of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from indexes.vectors import Ids, Vectors

CLUSTERS = 24
SAMPLES = 6
_PEOPLE = 20_000
# of real prints (dlib's network, Labeled Faces in the Wild): variances along the principal axes
# fall as k^-0.55 exp(-(k / 60)^2) of 128, strangers stand at a cosine of about .84, two photos of
# one person at about .95
_DECAY = 0.55
_END = 60 / 128
_COMMON = 2.9
_APART = 0.5
_NOISE = 0.62


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of the gallery: vectors float32 [n, d], identity int64 [n], band int32 [n] of 1000."""

    vectors: Vectors
    identity: Ids
    band: NDArray[np.int32]


@dataclass(slots=True)
class Made:
    """A gallery of n prints; `probes` are there once it has been read to the end."""

    n: int
    dim: int
    seed: int
    probe_count: int
    _probes: list[Vectors] = field(default_factory=list)
    _asked: list[Ids] = field(default_factory=list)

    def batches(self) -> Iterator[Batch]:
        """All rows, in batches of some ten thousand."""
        rng = np.random.default_rng(self.seed)
        spread = _spread(rng, self.dim)
        common = _unit(rng.normal(size=(1, self.dim)).astype(np.float32))
        centres = _COMMON * common + _APART * _drawn(rng, CLUSTERS, spread)
        wanted = -(-self.probe_count * _PEOPLE * (SAMPLES + 1) // (2 * self.n))
        row = person = 0
        self._probes, self._asked = [], []
        while row < self.n:
            people = centres[rng.integers(0, CLUSTERS, _PEOPLE)] + _drawn(rng, _PEOPLE, spread)
            who = np.repeat(np.arange(_PEOPLE), rng.integers(1, SAMPLES + 1, _PEOPLE))
            who = who[: self.n - row]
            vectors = _unit(people[who] + _NOISE * _drawn(rng, len(who), spread))
            chosen = rng.choice(int(who[-1]) + 1, min(wanted, int(who[-1]) + 1), replace=False)
            self._probes.append(_unit(people[chosen] + _NOISE * _drawn(rng, len(chosen), spread)))
            self._asked.append(person + chosen)
            band = rng.integers(0, 1000, len(who)).astype(np.int32)
            yield Batch(vectors, (person + who).astype(np.int64), band)
            row += len(who)
            person += _PEOPLE

    def probes(self) -> tuple[Vectors, Ids]:
        """Probes float32 [q, d] and who they are, int64 [q], spread over the whole gallery."""
        vectors, who = np.concatenate(self._probes), np.concatenate(self._asked)
        chosen = np.random.default_rng(self.seed).permutation(len(who))[: self.probe_count]
        return vectors[chosen], who[chosen]


def _spread(rng: np.random.Generator, dim: int) -> Vectors:
    """A random basis with falling weights, float32 [d, d], whose draws have length 1 on average."""
    axis = 1 + np.arange(dim)
    fall = np.sqrt(axis**-_DECAY * np.exp(-((axis / (_END * dim)) ** 2)))
    basis, _ = np.linalg.qr(rng.normal(size=(dim, dim)))
    return np.asarray((fall / np.linalg.norm(fall))[:, None] * basis, np.float32)


def _drawn(rng: np.random.Generator, count: int, spread: Vectors) -> Vectors:
    return np.asarray(rng.standard_normal((count, len(spread)), np.float32) @ spread)


def _unit(vectors: Vectors) -> Vectors:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)
