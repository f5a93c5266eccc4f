"""Many strings in little memory, and distinct strings found again by a digest.

A Python string takes about 60 bytes beside its text and belongs to one process; here the text of
all of them is one array of bytes, which may lie in a file that several processes map.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.int32]
Digests = NDArray[np.uint64]
_NARROW = 1 << 32
_PART = 1 << 16


@dataclass(frozen=True, slots=True, eq=False)
class Strings(Sequence[str]):
    """n strings. data: uint8 [bytes], UTF-8. ends: uint32 or int64 [n], where each one ends."""

    data: NDArray[np.uint8]
    ends: NDArray[Any]

    @classmethod
    def of(cls, texts: Iterable[str]) -> Strings:
        """The strings in their order."""
        parts: list[NDArray[np.uint8]] = [np.empty(0, np.uint8)]
        sizes: list[NDArray[np.int64]] = [np.empty(0, np.int64)]
        source = iter(texts)
        while some := [text.encode() for text in islice(source, _PART)]:
            parts.append(np.frombuffer(b"".join(some), np.uint8))
            sizes.append(np.fromiter(map(len, some), np.int64, len(some)))
        return cls(np.concatenate(parts), _narrowed(np.cumsum(np.concatenate(sizes))))

    def __len__(self) -> int:
        return len(self.ends)

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[str, ...]: ...
    def __getitem__(self, place: int | slice) -> str | tuple[str, ...]:
        if isinstance(place, slice):
            return tuple(self[i] for i in range(*place.indices(len(self))))
        if not -len(self) <= place < len(self):
            raise IndexError(place)
        place %= len(self)
        start = int(self.ends[place - 1]) if place else 0
        return self.data[start : int(self.ends[place])].tobytes().decode()

    def __iter__(self) -> Iterator[str]:
        for low in range(0, len(self), _PART):
            ends = self.ends[low : low + _PART].astype(np.int64)
            first = int(self.ends[low - 1]) if low else 0
            part = self.data[first : int(ends[-1])].tobytes()
            starts = chain((0,), (ends - first).tolist())
            for start, end in zip(starts, (ends - first).tolist(), strict=False):
                yield part[start:end].decode()

    def taken(self, places: NDArray[np.integer]) -> Strings:
        """Some of them, in the order of `places` int [m]."""
        ends = self.ends.astype(np.int64)
        starts = np.concatenate([[0], ends[:-1]])[places] if len(ends) else ends
        sizes = ends[places] - starts
        last = np.cumsum(sizes)
        data = np.empty(int(last[-1]) if len(last) else 0, np.uint8)
        for low in range(0, len(places), _PART):
            span = slice(low, low + _PART)
            begun = last[span] - sizes[span]
            at = np.arange(int(begun[0]), int(last[span][-1]))
            data[at] = self.data[at + np.repeat(starts[span] - begun, sizes[span])]
        return Strings(data, _narrowed(last))

    def joined(self, other: Strings) -> Strings:
        """These and the others behind them."""
        ends = np.append(self.ends.astype(np.int64), other.ends.astype(np.int64) + len(self.data))
        return Strings(np.append(self.data, other.data), _narrowed(ends))


@dataclass(frozen=True, slots=True, eq=False)
class Sorted:
    """Where strings stand, by digest: uint64 [n] ascending, and their places int32 [n]."""

    digests: Digests
    places: Codes

    @classmethod
    def of(cls, texts: Iterable[str]) -> Sorted:
        """Over strings in their order."""
        return cls.over(digests(texts))

    @classmethod
    def over(cls, found: Digests) -> Sorted:
        """Over digests in the order of their strings."""
        places = np.argsort(found, kind="stable").astype(np.int32)
        return cls(found[places], places)

    def find(self, wanted: Sequence[str], among: Sequence[str]) -> Codes:
        """Places int32 [w] of strings among those it was made of; -1 where there is none."""
        out = np.full(len(wanted), -1, np.int32)
        if not len(self.digests) or not len(wanted):
            return out
        asked = digests(wanted)
        at = np.searchsorted(self.digests, asked)
        inside = np.minimum(at, len(self.digests) - 1)
        for i in np.flatnonzero(self.digests[inside] == asked).tolist():
            place = int(self.places[at[i]])
            if among[place] == wanted[i]:
                out[i] = place
        return out


@dataclass(frozen=True, slots=True, eq=False)
class Distinct(Sequence[str]):
    """Distinct strings in the order in which they came: many known for long, some since.

    Never changed: `joined` gives a longer one, which shares everything with this one.
    """

    base: Strings
    by_digest: Sorted
    tail: list[str] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)
    since: int = 0
    """How many of the tail are seen from here; a longer one may have put more behind."""

    @classmethod
    def of(cls, texts: Sequence[str] = ()) -> Distinct:
        """From strings that are distinct, all of them for long."""
        return cls(Strings.of(texts), Sorted.of(texts))

    def __len__(self) -> int:
        return len(self.base) + self.since

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[str, ...]: ...
    def __getitem__(self, place: int | slice) -> str | tuple[str, ...]:
        if isinstance(place, slice):
            return tuple(self[i] for i in range(*place.indices(len(self))))
        if not -len(self) <= place < len(self):
            raise IndexError(place)
        place %= len(self)
        old = len(self.base)
        return self.base[place] if place < old else self.tail[place - old]

    def __iter__(self) -> Iterator[str]:
        return chain(self.base, self.tail[: self.since])

    def joined(self, texts: Sequence[str]) -> tuple[Distinct, Codes]:
        """With what is new of these behind the others, and the place of each: int32 [w]."""
        own = self._ours()
        tail, places, old = own.tail, own.places, len(own.base)
        asked = [text for text in dict.fromkeys(texts) if text not in places]
        known = dict(zip(asked, own.by_digest.find(asked, own.base).tolist(), strict=True))
        found = np.empty(len(texts), np.int32)
        for i, text in enumerate(texts):
            place = known.get(text, -1)
            if place < 0:
                place = places.get(text, -1)
            if place < 0:
                place = places[text] = old + len(tail)
                tail.append(text)
            found[i] = place
        return Distinct(own.base, own.by_digest, tail, places, len(tail)), found

    def first(self, count: int) -> Distinct:
        """The first of them, not fewer than were known for long."""
        if not len(self.base) <= count <= len(self):
            raise ValueError(f"{count} of {len(self)}, {len(self.base)} of them for long")
        return Distinct(self.base, self.by_digest, self.tail, self.places, count - len(self.base))

    def place(self, text: str) -> int:
        """Where a string stands; -1 where it does not."""
        place = self.places.get(text, -1)
        if 0 <= place < len(self):
            return place
        return int(self.by_digest.find([text], self.base)[0])

    def folded(self) -> Distinct:
        """The same strings, all of them as those known for long."""
        if not self.since:
            return self
        late = self.tail[: self.since]
        earlier = np.empty(len(self.base), np.uint64)
        earlier[self.by_digest.places] = self.by_digest.digests
        index = Sorted.over(np.append(earlier, digests(late)))
        return Distinct(self.base.joined(Strings.of(late)), index)

    def taken(self, places: NDArray[np.integer]) -> Distinct:
        """Some of them, in the order of `places` int [m]."""
        whole = self.folded()
        earlier = np.empty(len(whole), np.uint64)
        earlier[whole.by_digest.places] = whole.by_digest.digests
        return Distinct(whole.base.taken(places), Sorted.over(earlier[places]))

    def _ours(self) -> Distinct:
        """Itself where nobody has put anything behind, else a copy to put more behind."""
        if len(self.tail) == self.since:
            return self
        tail = self.tail[: self.since]
        places = {text: len(self.base) + i for i, text in enumerate(tail)}
        return Distinct(self.base, self.by_digest, tail, places, self.since)


def digests(texts: Iterable[str]) -> Digests:
    """64 bits of BLAKE2b of each string: uint64 [n]."""
    blake = hashlib.blake2b
    found = b"".join([blake(text.encode(), digest_size=8).digest() for text in texts])
    return np.frombuffer(found, ">u8").astype(np.uint64)


def _narrowed(ends: NDArray[np.int64]) -> NDArray[Any]:
    return ends.astype(np.uint32) if not len(ends) or ends[-1] < _NARROW else ends
