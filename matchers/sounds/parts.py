"""Distinct parts of names (surnames, given names) as token columns, and their additive costs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matchers.sounds.features import Floats

FAR = np.float32(60.0)
"""Nats of what this alignment cannot explain; finite, so that sums stay comparable."""

BLOCK = 32_768
"""Names or parts looked at together; fresh pages for a million cost more than their gathering."""

Codes = NDArray[np.intp]
Places = NDArray[np.int32]
"""Which part each of many names has; half the bytes of an index are read in half the time."""


_Said = Callable[[int, Codes], Floats]
"""Nats of the syllable heard at a place said as each token of a column."""


@dataclass(frozen=True, slots=True)
class Edits:
    """Nats for a syllable of the name that was not heard, and for one heard too many."""

    missing: float
    extra: float


@dataclass(frozen=True, slots=True)
class Postings:
    """Which names have a part: names int32 [V] by part, those of part p from starts[p] on."""

    names: Places
    starts: Codes

    @classmethod
    def of(cls, codes: Places, count: int) -> Postings:
        """Of the part that each name has, int32 [V], among `count` parts."""
        names = np.argsort(codes, kind="stable").astype(np.int32)
        return cls(names, np.searchsorted(codes[names], np.arange(count + 1)))

    def count(self, parts: Codes) -> int:
        """How many names have any of these parts."""
        return int((self.starts[parts + 1] - self.starts[parts]).sum())

    def having(self, parts: Codes) -> Places:
        """The names, int32 [n], that have any of these parts: part by part, ascending in each."""
        return self.names.take(self.at(parts)[0])

    def at(self, parts: Codes) -> tuple[Codes, Codes]:
        """Where these names stand in `names`, int64 [n], and how many have each part."""
        low = self.starts[parts]
        sizes = self.starts[parts + 1] - low
        at = np.arange(sizes.sum())
        at += np.repeat(low - (np.cumsum(sizes) - sizes), sizes)
        return at, sizes


@dataclass(frozen=True, slots=True)
class Parts:
    """Distinct token sequences sorted by length.

    `tokens[i]` is a tuple of int [n_i] columns, one for each place, all of one length;
    `starts[i]` the position of its first sequence.
    """

    tokens: tuple[tuple[Codes, ...], ...]
    starts: tuple[int, ...]
    count: int

    @classmethod
    def of(cls, sequences: Sequence[tuple[int, ...]]) -> tuple[Parts, Places]:
        """Parts of sequences of token numbers, and the int32 [n] place of each among them."""
        distinct = sorted(set(sequences), key=lambda sequence: (len(sequence), sequence))
        where = {sequence: place for place, sequence in enumerate(distinct)}
        codes = np.fromiter((where[s] for s in sequences), np.int32, len(sequences))
        tokens, starts = [], []
        for length in sorted({len(sequence) for sequence in distinct}):
            same = [sequence for sequence in distinct if len(sequence) == length]
            matrix = np.array(same, np.intp).reshape(len(same), length)
            starts.append(where[same[0]])
            tokens.append(tuple(np.ascontiguousarray(column) for column in matrix.T))
        # a length without columns still has its one (empty) sequence
        return cls(tuple(tokens), tuple(starts), len(distinct)), codes

    def take(self, chosen: Codes | Places) -> Parts:
        """The parts at ascending places `chosen`, renumbered from 0."""
        tokens, starts = [], []
        for columns, start, end in self._groups():
            low, high = np.searchsorted(chosen, (start, end))
            if low < high:
                inside = chosen[low:high] - start
                tokens.append(tuple(column[inside] for column in columns))
                starts.append(int(low))
        return Parts(tuple(tokens), tuple(starts), len(chosen))

    def renumbered(self, tokens: Codes) -> Parts:
        """The same parts, each token by its place in `tokens`, ascending, which holds them all."""
        place = np.zeros(int(tokens[-1]) + 1 if len(tokens) else 0, np.intp)
        place[tokens] = np.arange(len(tokens))
        columns = tuple(tuple(place[column] for column in part) for part in self.tokens)
        return Parts(columns, self.starts, self.count)

    def longest(self) -> int:
        """Tokens of the longest part."""
        return max((len(columns) for columns in self.tokens), default=0)

    def costs(self, rows: Floats, edits: Edits) -> Floats:
        """Nats float32 [..., count] of syllables heard `rows` [..., m, tokens] said as each part.

        At most one syllable may be missing or extra; what differs more costs FAR.
        """
        out = np.full((*rows.shape[:-2], self.count), FAR, np.float32)

        def said(place: int, column: Codes) -> Floats:
            return np.asarray(rows[..., place, :].take(column, axis=-1, mode="clip"))

        for low, high, nats in self._nats(said, rows.shape[-2], edits):
            out[..., low:high] = nats
        return out

    def costs_by_point(self, rows: Floats, edits: Edits) -> Floats:
        """The same at P points at once: float32 [count, P] of rows [m, tokens, P].

        The points of one token lie side by side, so that one step takes them all.
        """
        out = np.full((self.count, rows.shape[2]), FAR, np.float32)

        def said(place: int, column: Codes) -> Floats:
            return np.asarray(rows[place].take(column, axis=0, mode="clip"))

        for low, high, nats in self._nats(said, len(rows), edits):
            out[low:high] = nats
        return out

    def nearest_by_point(self, row: Floats) -> Floats:
        """Nats float32 [count, P] of one syllable [tokens, P], best token of each part."""
        out = np.full((self.count, row.shape[1]), FAR, np.float32)
        for columns, start, end in self._blocks():
            for column in columns:
                np.minimum(out[start:end], row.take(column, axis=0), out=out[start:end])
        return out

    def _nats(
        self, said: _Said, heard: int, edits: Edits
    ) -> Iterator[tuple[int, int, Floats | float]]:
        """Nats of the parts of about as many tokens as syllables were heard, block by block."""
        for columns, start, end in self._groups():
            if abs(len(columns) - heard) > 1 or (not heard and columns):
                continue
            for low in range(start, end, BLOCK):
                high = min(low + BLOCK, end)
                part = columns
                if high - low < end - start:
                    part = tuple(c[low - start : high - start] for c in columns)
                if len(part) == heard:
                    yield low, high, _straight(said, part)
                elif len(part) > heard:
                    yield low, high, _skipping_said(said, part, heard) + np.float32(edits.missing)
                elif part:
                    yield low, high, _skipping_heard(said, part) + np.float32(edits.extra)

    def nearest_token(self, row: Floats) -> Floats:
        """Nats float32 [..., count] of one syllable [..., tokens], best token of each part."""
        out = np.full((*row.shape[:-1], self.count), FAR, np.float32)
        for columns, start, end in self._blocks():
            for column in columns:
                part = out[..., start:end]
                np.minimum(part, row.take(column, axis=-1), out=part)
        return out

    def spelt(self, fitting: NDArray[np.bool_]) -> Codes:
        """Places of the parts of just m tokens, each fitting: `fitting` bool [m, tokens]."""
        for columns, start, end in self._groups():
            if len(columns) == len(fitting):
                rows = np.arange(end - start)
                for flags, column in zip(fitting, columns, strict=True):
                    rows = rows[flags.take(column if len(rows) == len(column) else column[rows])]
                return rows + start
        return np.zeros(0, np.intp)

    def lengths(self) -> NDArray[np.int8]:
        """Tokens of each part, int8 [count]."""
        out = np.zeros(self.count, np.int8)
        for columns, start, end in self._groups():
            out[start:end] = len(columns)
        return out

    def matrix(self, width: int, nothing: int) -> tuple[Codes, NDArray[np.int8]]:
        """Token numbers int [count, width] cut or filled with `nothing`, and all lengths."""
        out = np.full((self.count, width), nothing, np.intp)
        for columns, start, end in self._groups():
            for place, column in enumerate(columns[:width]):
                out[start:end, place] = column
        return out, self.lengths()

    def sequence(self, place: int) -> tuple[int, ...]:
        """The token numbers of one part."""
        for columns, start, end in self._groups():
            if start <= place < end:
                return tuple(int(column[place - start]) for column in columns)
        raise IndexError(place)

    def _blocks(self) -> Iterator[tuple[tuple[Codes, ...], int, int]]:
        """Groups cut into blocks: memory that stays near is what gathering costs least with."""
        for columns, start, end in self._groups():
            for low in range(start, end, BLOCK):
                high = min(low + BLOCK, end)
                yield tuple(c[low - start : high - start] for c in columns), low, high

    def _groups(self) -> list[tuple[tuple[Codes, ...], int, int]]:
        ends = (*self.starts[1:], self.count) if self.starts else ()
        return list(zip(self.tokens, self.starts, ends, strict=True))


def used(parts: Sequence[Parts]) -> Codes:
    """The tokens of several columns of parts, ascending, each once."""
    columns = [column for one in parts for part in one.tokens for column in part]
    seen = np.zeros(max((int(c.max()) + 1 for c in columns), default=0), np.bool_)
    for column in columns:
        seen[column] = True
    return np.flatnonzero(seen)


def _straight(said: _Said, columns: tuple[Codes, ...]) -> Floats | float:
    if not columns:
        return 0.0
    total = said(0, columns[0])
    for place, column in enumerate(columns[1:], 1):
        total += said(place, column)
    return total


def _skipping_said(said: _Said, columns: tuple[Codes, ...], heard: int) -> Floats:
    """The best alignment in which one token of the part was not heard."""
    return _best_skip(
        [said(i, columns[i]) for i in range(heard)],
        [said(i, columns[i + 1]) for i in range(heard)],
    )


def _skipping_heard(said: _Said, columns: tuple[Codes, ...]) -> Floats:
    """The best alignment in which one syllable heard is not in the part."""
    return _best_skip(
        [said(i, column) for i, column in enumerate(columns)],
        [said(i + 1, column) for i, column in enumerate(columns)],
    )


def _best_skip(before: list[Floats], behind: list[Floats]) -> Floats:
    """min over i of the sum of before[:i] and behind[i:]."""
    if len(before) == 1:
        return np.minimum(before[0], behind[0])
    tail = behind[0].copy()
    for right in behind[1:]:
        tail += right
    best: Floats = tail.copy()
    for left, right in zip(before, behind, strict=True):
        tail += left - right
        np.minimum(best, tail, out=best)
    return best
