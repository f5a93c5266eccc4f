"""What the syllables of a hearing cost said as each token at each point, as far as it is asked for.

A table has thousands of tokens at dozens of points; a question needs all of them only for bounds,
and those are the same whenever a syllable is heard again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matchers.sounds.channel import Perception, Spoken, class_nats
from matchers.sounds.features import Floats
from matchers.sounds.hearing import Slot
from matchers.sounds.parts import Codes
from matchers.sounds.recent import Key


@dataclass(frozen=True, slots=True)
class _Syllable:
    """One slot: nats float32 [c] by class of tokens, and what is added beside them by token.

    key: what the nats follow from. beside: float32 [T], None where nothing is added.
    """

    key: tuple[Key, ...]
    nats: Floats
    beside: Floats | None

    def added(self, rows: Floats, tokens: Codes | slice) -> Floats:
        """To rows [..., t] of these tokens, what is added beside."""
        if self.beside is not None:
            rows += self.beside[tokens]
        return rows


@dataclass(frozen=True, slots=True)
class Rows:
    """m slots heard, said as T tokens at D points; nats."""

    said: Spoken
    syllables: tuple[_Syllable, ...]

    @classmethod
    def of(
        cls,
        perception: Perception,
        said: Spoken,
        slots: Sequence[Slot],
        written: Sequence[Sequence[int] | None],
    ) -> Rows:
        """`written`: of each slot, the tokens of its character; None where it has none."""
        return cls(
            said,
            tuple(
                _syllable(perception, said, slot, same)
                for slot, same in zip(slots, written, strict=True)
            ),
        )

    def __len__(self) -> int:
        """How many slots: m."""
        return len(self.syllables)

    def all(self) -> Floats:
        """Everything, float32 [D, m, T]; in memory the points of one token lie side by side."""
        return self.by_point(slice(None), slice(None)).transpose(2, 0, 1)

    def by_point(self, tokens: Codes | slice, points: NDArray[np.intp] | slice) -> Floats:
        """Of t tokens at P points, float32 [m, t, P]."""
        classes = self.said.by_token[tokens]
        if not isinstance(points, slice):
            classes = classes.take(points, axis=1)
        out = np.empty((len(self), *classes.shape), np.float32)
        for rows, syllable in zip(out, self.syllables, strict=True):
            syllable.nats.take(classes, out=rows, mode="clip")
            syllable.added(rows.T, tokens)
        return out

    def lowest(self, extra: Floats) -> Floats:
        """Least nats float32 [m, T] over all points, `extra` [D] for each syllable."""
        return np.stack([self._lowest(syllable, extra) for syllable in self.syllables])

    def _lowest(self, syllable: _Syllable, extra: Floats) -> Floats:
        key = (*syllable.key, extra.tobytes())
        found = self.said.least.get(key)
        if found is None:
            nats = syllable.nats.take(self.said.by_point, mode="clip")
            nats += extra[:, None]
            found = nats.min(axis=0)
            self.said.least.keep(key, found)
        return found if syllable.beside is None else found + syllable.beside


def _syllable(
    perception: Perception, said: Spoken, slot: Slot, same: Sequence[int] | None
) -> _Syllable:
    parts = [
        class_nats(perception, said, sounds) for sounds in (slot.written, slot.spelt) if sounds
    ]
    nats = parts[0][1]
    if len(parts) == 2:
        share = np.float32(perception.ear.latin_share)
        nats = (1 - share) * nats + share * parts[1][1]
    beside = None
    if same is not None:
        beside = np.full(len(said.by_token), perception.ear.other_character, np.float32)
        beside[list(same)] = 0
    return _Syllable(tuple(key for key, _ in parts), nats, beside)
