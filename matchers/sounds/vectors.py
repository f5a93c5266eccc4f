"""Names as vectors: one shared token embedding, the dialect in the query only.

Cost rows of syllables heard, under every point and under their mixture, are decomposed (SVD over
tokens, weighted by how often names use them). A name is its first four tokens' coordinates and
its length; a query holds the same row coordinates, so that the inner product is minus the
approximate nats. What comes back from an index is re-ranked with `NameTable.score_some`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from matchers.sounds.features import Floats
from matchers.sounds.hearing import Hearing, Slot, Sound
from matchers.sounds.table import NameTable

SLOTS = 4
_CEILING = 9.0
"""Nats above which one unlike syllable is as unlike as another: keeps the rank low."""
_SAMPLED_SYLLABLES = 120


@dataclass(frozen=True, slots=True)
class NameVectors:
    """`basis` float32 [T + 1, rank], the last row for "no token"; `weights` float32 [T]."""

    table: NameTable
    basis: Floats
    weights: Floats

    @classmethod
    def of(cls, table: NameTable, rank: int = 16, seed: int = 0) -> NameVectors:
        """Decompose cost rows of sampled syllables; deterministic for one seed."""
        weights = _frequencies(table)
        rows = _sampled_rows(table, np.random.default_rng(seed))
        scaled = (rows - _means(rows, weights)[:, None]) * np.sqrt(weights)
        values, left = np.linalg.eigh(scaled @ scaled.T)
        order = np.argsort(values)[::-1][:rank]
        kept = np.sqrt(np.maximum(values[order], 1e-9))
        basis = (scaled.T @ left[:, order]) / kept / np.sqrt(weights)[:, None]
        padded = np.concatenate([basis, np.zeros((1, basis.shape[1]))])
        return cls(table, padded.astype(np.float32), weights)

    @property
    def size(self) -> int:
        """Numbers in one vector: four slots of `rank`, one for each length 0 to 4, and noughts.

        A multiple of 8, which half-precision arithmetic needs to be fast.
        """
        return -(-(SLOTS * int(self.basis.shape[1]) + SLOTS + 1) // 8) * 8

    def vectors(self) -> Floats:
        """float32 [V, size] in the order of the table."""
        tokens = _token_matrix(self.table)
        lengths = np.minimum((tokens < len(self.weights)).sum(1), SLOTS)
        marks = np.eye(SLOTS + 1, dtype=np.float32)[lengths]
        slots = [self.basis[tokens[:, slot]] for slot in range(SLOTS)]
        out = np.zeros((len(tokens), self.size), np.float32)
        np.concatenate([*slots, marks], axis=1, out=out[:, : SLOTS * (self.basis.shape[1] + 1) + 1])
        return out

    def query(self, hearing: Hearing, dialect_prior: Mapping[str, float] | None = None) -> Floats:
        """float32 [size]: the full name under the mixture of all dialects by their prior."""
        engine = self.table.engine
        nats = engine.prior_nats([hearing], dialect_prior)
        rows = self.table.heard_rows(engine.ears.heard(hearing)[0]).all()[:, :SLOTS]
        mixed = np.minimum(_mixture(rows, nats), _CEILING)
        means = _means(mixed, self.weights)
        rank = self.basis.shape[1]
        query = np.zeros(self.size, np.float32)
        for slot, row in enumerate(mixed):
            coordinates = self.basis[:-1].T @ ((row - means[slot]) * self.weights)
            query[slot * rank : (slot + 1) * rank] = -coordinates
        heard, penalties = len(mixed), engine.penalties
        for length in range(SLOTS + 1):
            said = float(means[:length].sum()) if length <= heard else float(means.sum())
            unheard = max(length - heard, 0) * penalties.missing
            unsaid = max(heard - length, 0) * penalties.extra
            query[SLOTS * rank + length] = -said - unheard - unsaid
        return query


def _mixture(rows: Floats, prior: Floats) -> Floats:
    """-log of the prior-weighted mean over points: float32 [m, T] of [D, m, T]."""
    weighted = np.exp(-(rows + prior[:, None, None]))
    return np.asarray(-np.log(np.maximum(weighted.sum(0), 1e-12)), np.float32)


def _means(rows: Floats, weights: Floats) -> Floats:
    return np.asarray(rows @ weights, np.float32)


def _frequencies(table: NameTable) -> Floats:
    """Share of each token among all tokens of the table, summing to 1."""
    tokens = _token_matrix(table).ravel()
    count = np.bincount(tokens, minlength=table.vocabulary.size + 1)[:-1] + 0.5
    return np.asarray(count / count.sum(), np.float32)


def _token_matrix(table: NameTable) -> np.ndarray[tuple[int, int], np.dtype[np.intp]]:
    """The first four tokens of every name, int [V, 4], filled with T."""
    nothing = table.vocabulary.size
    out = np.full((len(table.names), SLOTS), nothing, np.intp)
    first, surname_length = table.surnames.matrix(SLOTS, nothing)
    second, _length = table.given.matrix(SLOTS, nothing)
    lengths = surname_length[table.surname_of]
    for length in range(SLOTS + 1):
        rows = np.flatnonzero(lengths == length)
        out[rows, :length] = first[table.surname_of[rows], :length]
        out[rows, length:] = second[table.given_of[rows], : SLOTS - length]
    return out


def _sampled_rows(table: NameTable, random: np.random.Generator) -> Floats:
    """Clipped cost rows float32 [n, T]: mixtures of all points, and points by themselves."""
    ears = table.engine.ears
    every = list(ears.mandarin.syllables)
    chosen = random.choice(len(every), min(_SAMPLED_SYLLABLES, len(every)), replace=False)
    prior = table.engine.prior_nats([], None)
    found = []
    for batch in np.array_split(chosen, max(1, len(chosen) // 12)):
        slots = [
            _slot(ears.articulation.features(ears.mandarin.syllables[every[i]])) for i in batch
        ]
        rows = table.vocabulary.heard(slots, [""] * len(slots)).all()
        found.append(_mixture(rows, prior))
        alone = random.choice(len(rows), min(2, len(rows)), replace=False)
        found.append(rows[alone].reshape(-1, rows.shape[2]))
    return np.minimum(np.concatenate(found), _CEILING)


def _slot(features: Floats) -> Slot:
    return Slot("", (), (Sound(features, 0, 0.0, ""),))
