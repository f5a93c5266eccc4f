"""Every town and village of today, mapped from the packaged arrays and never copied."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from matchers.sounds.parts import Parts

ARRAYS = (
    "stems",
    "town_codes",
    "town_stems",
    "town_endings",
    "town_villages",
    "village_numbers",
    "village_stems",
    "village_endings",
)


class TreeDamaged(ValueError):
    """The packaged gazetteer is damaged or of another version. Install xunqin anew."""

    code = "gazetteer_damaged"


@dataclass(frozen=True, slots=True)
class Tree:
    """T towns in the order of their codes and V villages behind one another under them.

    `stems` are all distinct stems by length: `lengths` gives (length, how many), `columns` their
    characters as places in `characters`. town_codes uint32 [T]; town_stems, village_stems uint32;
    town_villages uint32 [T + 1], where each town's villages begin; village_numbers uint16 [V],
    the last three digits of a code; town_endings, village_endings uint8 into `endings`. `odd` are
    full names that are not stem + ending; `zones` counties of the statistical code that are no
    divisions (development zones), with their names.
    """

    characters: str
    lengths: tuple[tuple[int, int], ...]
    endings: tuple[str, ...]
    odd: dict[str, str]
    zones: dict[str, str]
    stems: NDArray[np.uint16]
    town_codes: NDArray[np.uint32]
    town_stems: NDArray[np.uint32]
    town_endings: NDArray[np.uint8]
    town_villages: NDArray[np.uint32]
    village_numbers: NDArray[np.uint16]
    village_stems: NDArray[np.uint32]
    village_endings: NDArray[np.uint8]

    @classmethod
    def load(cls) -> Self:
        """The packaged tree, in some 20 ms. Raises TreeDamaged."""
        with as_file(files("matchers.places") / "tree") as folder:
            return cls.open(folder)

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Map the arrays of a folder. Raises TreeDamaged."""
        try:
            facts: dict[str, Any] = json.loads((folder / "tree.json").read_text(encoding="utf-8"))
            arrays: dict[str, Any] = {
                # mapped all the same, without the bookkeeping of memmap in every slice
                name: np.load(folder / f"{name}.npy", mmap_mode="r").view(np.ndarray)
                for name in ARRAYS
            }
            found = cls(
                characters=facts["characters"],
                lengths=tuple((length, count) for length, count in facts["lengths"]),
                endings=tuple(facts["endings"]),
                odd=facts["odd"],
                zones=facts["zones"],
                **arrays,
            )
        except (OSError, ValueError, KeyError, TypeError) as problem:
            raise TreeDamaged(str(problem)) from problem
        found._check()
        return found

    def _check(self) -> None:
        """Arrays that do not fit together would answer wrongly without a word."""
        towns, villages = len(self.town_codes), len(self.village_stems)
        fits = (
            len(self.town_villages) == towns + 1
            and int(self.town_villages[-1]) == villages == len(self.village_numbers)
            and sum(length * count for length, count in self.lengths) == len(self.stems)
            and int(self.village_stems.max(initial=0)) < self.stem_count
        )
        if not fits:
            raise TreeDamaged("the arrays do not fit together")

    @property
    def stem_count(self) -> int:
        """How many distinct stems."""
        return sum(count for _length, count in self.lengths)

    def blocks(self) -> Iterator[NDArray[np.uint16]]:
        """The stems of each length, shortest first: uint16 [length, how many]."""
        begin = 0
        for length, count in self.lengths:
            yield self.stems[begin : begin + length * count].reshape(length, count)
            begin += length * count

    def parts(self) -> Parts:
        """The stems as columns of places in `characters`, for the sound engine."""
        columns, starts, number = [], [], 0
        for block in self.blocks():
            columns.append(tuple(column.astype(np.intp) for column in block))
            starts.append(number)
            number += block.shape[1]
        return Parts(tuple(columns), tuple(starts), number)

    def stem(self, number: int) -> str:
        """The characters of one stem."""
        for block in self.blocks():
            if number < block.shape[1]:
                return "".join(self.characters[int(c)] for c in block[:, number])
            number -= block.shape[1]
        raise IndexError(number)

    def town_of(self, village: int) -> int:
        """The town of a village, both by number."""
        return int(np.searchsorted(self.town_villages, village, side="right")) - 1

    def village_code(self, village: int) -> str:
        """Twelve digits."""
        town = self.town_of(village)
        return f"{self.town_codes[town]:09d}{self.village_numbers[village]:03d}"

    def village_name(self, village: int) -> str:
        """The name as the register has it."""
        code = self.village_code(village)
        ending = self.endings[self.village_endings[village]]
        return self.odd.get(code) or self.stem(int(self.village_stems[village])) + ending

    def town_name(self, town: int) -> str:
        """The name as the register has it."""
        code = f"{self.town_codes[town]:09d}"
        ending = self.endings[self.town_endings[town]]
        return self.odd.get(code) or self.stem(int(self.town_stems[town])) + ending
