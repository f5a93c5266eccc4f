"""Places of numbers in a growing list, looked up without a search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int32]

ABSENT = -1
_WORD = 64


@dataclass(frozen=True, slots=True)
class Ranks:
    """A bit for each number up to the last, and how many stand before each word of 64 of them.

    words: uint64 [w]. before: int32 [w]. A lookup reads one of each, where a search in a million
    numbers would read twenty (rank over a bit vector; Jacobson 1989).
    """

    words: NDArray[np.uint64]
    before: NDArray[np.int32]
    count: int

    @classmethod
    def of(cls, numbers: Numbers) -> Self:
        """Of numbers int32 [count], each once, ascending, none negative."""
        size = int(numbers[-1]) // _WORD + 1 if len(numbers) else 0
        there = np.zeros(size * _WORD, np.bool_)
        there[numbers] = True
        words = np.packbits(there, bitorder="little").view("<u8").astype(np.uint64)
        held = np.cumsum(np.bitwise_count(words), dtype=np.int32)
        return cls(words, np.append(np.int32(0), held)[:-1].astype(np.int32), len(numbers))

    def places(self, asked: Numbers) -> Numbers:
        """Where each of the asked stands among the numbers: int32 [n], ABSENT where it does not."""
        if not len(self.words):
            return np.full(len(asked), ABSENT, np.int32)
        word = asked >> 6
        own = self.words.take(word, mode="clip")
        bit = (asked & (_WORD - 1)).astype(np.uint64)
        upto = own << (np.uint64(_WORD - 1) - bit)  # the asked bit comes to stand highest
        there = (upto >> np.uint64(_WORD - 1)).astype(np.bool_) & (word < len(self.words))
        place = self.before.take(word, mode="clip") + np.bitwise_count(upto) - np.int32(1)
        return np.where(there, place, ABSENT).astype(np.int32)
