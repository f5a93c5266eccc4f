"""One fragment against the names of all places: how likely it was heard from each, by dialect."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from matchers.places.atlas import Atlas
from matchers.sounds import MANDARIN, Hearing, Readings, SoundEngine, Voices
from matchers.sounds.characters import is_han
from matchers.sounds.features import Floats
from matchers.sounds.hearing import Heard, Slot
from matchers.sounds.parts import Edits, Parts
from matchers.sounds.spelling import Token
from matchers.sounds.vocabulary import Vocabulary

MOST_WAYS = 3
"""Ways to cut letters into syllables that are followed up."""


@dataclass(frozen=True, slots=True)
class Way:
    """Syllables heard of a name's stem, and nats against hearing it so."""

    slots: tuple[Slot, ...]
    nats: float


@dataclass(frozen=True, slots=True)
class Echo:
    """How one fragment fits names, beside a name at random (1 says nothing).

    `row_of` int32 [S] leads from a stem of the tree to a row of `odds` float32 [n + 1, D], the
    last row, of zeros, where it cannot be that name. `upper` float32 [U, D] holds the other stems.
    """

    row_of: NDArray[np.int32]
    odds: Floats
    upper: Floats
    ways: tuple[Way, ...]

    def stems(self, least: float) -> NDArray[np.bool_]:
        """Which stems of the tree get at least these odds at some point: bool [S]."""
        good = np.append(self.odds[:-1].max(axis=1, initial=0.0) >= least, False)
        return np.asarray(good[self.row_of], np.bool_)


@dataclass(frozen=True, slots=True)
class PlaceSounds:
    """The stems of all places as an engine hears them.

    Token numbers are places in `characters`; `often` is how many stems have each; `tree` are the
    stems of the tree, `more` those of counties and above and of additions, with `more_of` giving
    the place of each in turn.
    """

    engine: SoundEngine
    characters: str
    often: dict[Token, int]
    by_char: dict[str, int]
    alone: dict[str, tuple[int, ...]]
    tree: Parts
    of_towns: NDArray[np.bool_]
    more: Parts
    more_of: NDArray[np.int32]
    edits: Edits
    kept: int
    voices: dict[str, Vocabulary] = field(default_factory=dict)
    """Vocabularies by point, made when a point is first asked for."""

    @classmethod
    def of(
        cls, engine: SoundEngine, atlas: Atlas, missing: float, extra: float, kept: int
    ) -> PlaceSounds:
        """Tokens of all stems; reading them aloud is left until a dialect is asked for."""
        tree, more = atlas.tree, [named.stem for named in atlas.upper]
        more += [extra_.stem for extra_ in atlas.extras]
        characters = tree.characters + "".join(
            sorted({c for stem in more for c in stem if is_han(c)} - set(tree.characters))
        )
        by_char = {char: number for number, char in enumerate(characters)}
        counts = np.bincount(tree.stems, minlength=len(characters)).tolist()
        sequences = [tuple(by_char[c] for c in stem if c in by_char)[:12] for stem in more]
        parts, more_of = Parts.of(sequences)
        of_towns = np.zeros(tree.stem_count, bool)
        of_towns[tree.town_stems] = True
        uniform = engine.speech.perception.uniform()
        edits = Edits(missing, extra + uniform)
        return cls(
            engine,
            characters,
            {(char, False): n for char, n in zip(characters, counts, strict=True)},
            by_char,
            {char: (number,) for char, number in by_char.items()},
            tree.parts(),
            of_towns,
            parts,
            more_of,
            edits,
            kept,
        )

    def heard(self, hearing: Hearing) -> tuple[Heard, ...]:
        """Ways to cut a fragment. Raises HearingError and its kinds."""
        return self.engine.ears.heard(hearing)[:MOST_WAYS]

    def rows(self, slots: Sequence[Slot], points: Sequence[str]) -> Floats:
        """Nats float32 [D, m, T] of slots heard, each said as each token at each point."""
        canonical = [self.engine.reader.canonical(slot.char) for slot in slots]
        return np.concatenate([self._voice(p).heard(slots, canonical).all() for p in points])

    def word(self, rows: Floats, words: Sequence[str]) -> float:
        """Nats of the best of some words of one length heard at the end of `rows`, any point."""
        best = np.inf
        for word in words:
            tokens = [self.by_char.get(char) for char in word]
            if None not in tokens and len(word) < rows.shape[1]:
                ending = rows[:, rows.shape[1] - len(word) :]
                said = sum(ending[:, i, token] for i, token in enumerate(tokens))
                best = min(best, float(np.min(np.asarray(said))))
        return best

    def echo(self, ways: Sequence[tuple[Way, Floats]], prior: Floats) -> Echo:
        """Odds of the fragment heard in these ways (each with its rows); `prior` float32 [D]."""
        bound = np.full(self.tree.count, np.inf, np.float32)
        for way, rows in ways:
            costs = self.tree.costs(rows.min(axis=0), self.edits)
            costs += np.float32(way.nats)
            np.minimum(bound, costs, out=bound)
        chosen = self._closest(bound)
        nats = self._exact(self.tree.take(chosen), ways)
        likely = np.exp(-nats)
        average = float((prior @ likely).sum()) / self.tree.count
        upper = np.exp(-self._exact(self.more, ways))
        row_of = np.full(self.tree.count, len(chosen), np.int32)
        row_of[chosen] = np.arange(len(chosen), dtype=np.int32)
        odds = np.concatenate([likely.T / average, np.zeros((1, len(prior)), np.float32)])
        return Echo(
            row_of,
            odds.astype(np.float32),
            np.ascontiguousarray(upper.T[self.more_of] / average, np.float32),
            tuple(way for way, _rows in ways),
        )

    def read_aloud(self, points: Sequence[str]) -> None:
        """Make the vocabularies of some points now."""
        for point in points:
            self._voice(point)

    def tokens(self, stem: str) -> tuple[Token, ...]:
        """The stem as tokens for an alignment."""
        return tuple((char, False) for char in stem if char in self.by_char)

    def _closest(self, bound: Floats) -> NDArray[np.intp]:
        """The stems that may be meant: the best of all and the best of the towns, ascending."""
        few = min(self.kept, len(bound)) - 1
        limit = np.partition(bound, few)[few]
        towns = bound[self.of_towns]
        near = min(self.kept // 2, len(towns)) - 1
        town_limit = np.partition(towns, near)[near]
        return np.flatnonzero((bound <= limit) | (self.of_towns & (bound <= town_limit)))

    def _exact(self, parts: Parts, ways: Sequence[tuple[Way, Floats]]) -> Floats:
        """Nats float32 [D, n]."""
        best: Floats | None = None
        for way, rows in ways:
            costs = parts.costs(rows, self.edits) + np.float32(way.nats)
            best = costs if best is None else np.minimum(best, costs, out=best)
        if best is None:
            raise ValueError("a fragment is heard in one way at least")
        return best

    def _voice(self, point: str) -> Vocabulary:
        found = self.voices.get(point)
        if found is None:
            voices, listener = self.engine.speech.voices, None
            if point != MANDARIN:
                listener = self._voice(MANDARIN).perception
                voices = _forgetful(voices)
            speech = replace(self.engine.speech, points=(point,), voices=voices)
            made = Vocabulary.of(speech, self.often, listener)
            found = self.voices[point] = replace(made, alike={}, by_char=self.alone)
        return found


def _forgetful(voices: Readings) -> Readings:
    """The same voices, remembering Mandarin alone: a point's five thousand are asked for once."""
    if not isinstance(voices, Voices):
        return voices
    known = {key: found for key, found in voices.known.items() if key[0] == MANDARIN}
    return replace(voices, known=known)
