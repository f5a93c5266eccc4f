"""What a gallery that is kept in segments asks of the segments and of the records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from tracing.gallery_view import View
from tracing.person_files import GalleryRow


class Segments(Protocol):
    """Where states of the gallery are kept; see `gallery_segments`."""

    @property
    def memory_bytes(self) -> int: ...

    def open(self) -> View | None: ...

    def publish(self, view: View) -> View: ...

    def newer(self) -> bool: ...

    def set_aside(self, reason: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Records:
    """What a gallery in segments asks of the records.

    reread: some persons by id, as they are now. standing: of all records, erased ones too, with
    change numbers up to one: how many, and the sum of the numbers.
    """

    segments: Segments
    reread: Callable[[Sequence[str]], Iterable[GalleryRow]]
    standing: Callable[[int], tuple[int, int]]
    now: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class GalleryVerified:
    """What a check of the generation in force found; `whole` says that all is well.

    rows, expected: records in it and since, erased ones too, and how many there are.
    agreeing: how many of the sampled people's columns say what their records say.
    """

    whole: bool
    rows: int
    expected: int
    sampled: int
    agreeing: int


def nobody_stands(upto: int) -> tuple[int, int]:
    """Of a gallery that is not kept."""
    del upto
    return 0, 0


def utc_now() -> datetime:
    """The clock of a gallery that is not kept."""
    return datetime.now(UTC)


def no_records(person_ids: Sequence[str]) -> Iterable[GalleryRow]:
    """Of a gallery that is not kept."""
    del person_ids
    return ()
