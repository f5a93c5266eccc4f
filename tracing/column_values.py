"""Distinct values of a column, kept as text: much less memory, and a form that files can hold."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
from numpy.typing import NDArray

from matchers.distinct import Distinct
from matchers.evidence.codecs import Codec


@dataclass(frozen=True, slots=True, eq=False)
class WrittenValues(Sequence[Hashable]):
    """Values as `codec` writes them, in the order of their codes."""

    codec: Codec
    texts: Distinct

    def __len__(self) -> int:
        return len(self.texts)

    @overload
    def __getitem__(self, code: int) -> Hashable: ...
    @overload
    def __getitem__(self, code: slice) -> tuple[Hashable, ...]: ...
    def __getitem__(self, code: int | slice) -> Hashable | tuple[Hashable, ...]:
        read = self.codec.read
        if isinstance(code, slice):
            return tuple(read(text) for text in self.texts[code])
        return read(self.texts[code])  # type: ignore[no-any-return]

    def __iter__(self) -> Iterator[Hashable]:
        return map(self.codec.read, self.texts)

    def coded(self, values: Sequence[Hashable]) -> tuple[WrittenValues, NDArray[np.int32]]:
        """With what is new of these behind the others, and the code of each: int32 [w]."""
        texts, codes = self.texts.joined([self.codec.written(value) for value in values])
        return WrittenValues(self.codec, texts), codes

    def taken(self, codes: NDArray[np.integer]) -> WrittenValues:
        """Some of them, in the order of `codes`."""
        return WrittenValues(self.codec, self.texts.taken(codes))

    def folded(self) -> WrittenValues:
        """The same values, none of them as Python strings."""
        return WrittenValues(self.codec, self.texts.folded())
