"""Confirmed pairs: what was heard and what the name truly was; a sheet of them, their syllables."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from matchers.sounds.engine import SoundEngine
from matchers.sounds.hearing import Hearing, HearingError, Slot
from matchers.sounds.mandarin import TONES
from matchers.sounds.spelling import Spelling
from matchers.sounds.yardstick import Confirmed

LISTENERS = ("", "mandarin", "local", "unknown")
MOST_PAIRS = 200_000
_REPORTED = 20


class PairsUnreadable(ValueError):
    """A sheet of pairs cannot be used; ``problems`` names every row that must be mended."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


@dataclass(frozen=True, slots=True)
class ConfirmedPair:
    """One hearing and the name that it turned out to be."""

    heard: Hearing
    true: str

    def __repr__(self) -> str:
        return "ConfirmedPair(…)"


def read_pairs(sheet: bytes) -> tuple[ConfirmedPair, ...]:
    """Read tab-separated rows ``heard true [dialect] [listener]`` with a header, UTF-8.

    Raises ``PairsUnreadable`` with up to 20 problems.
    """
    try:
        lines = csv.DictReader(
            io.StringIO(sheet.decode("utf-8-sig")), delimiter="\t", quoting=csv.QUOTE_NONE
        )
    except UnicodeDecodeError as problem:
        raise PairsUnreadable([f"save the file as UTF-8 (byte {problem.start})"]) from problem
    lacking = [name for name in ("heard", "true") if name not in (lines.fieldnames or ())]
    if lacking:
        raise PairsUnreadable([f"the header lacks the column {name}" for name in lacking])
    pairs: list[ConfirmedPair] = []
    problems: list[str] = []
    for number, row in enumerate(lines, 2):
        said = {key: (value or "").strip() for key, value in row.items() if isinstance(key, str)}
        listener = said.get("listener", "")
        if not said["heard"] or not said["true"]:
            problems.append(f"line {number}: heard and true must both be filled")
        elif listener not in LISTENERS:
            problems.append(f"line {number}: listener must be mandarin, local, unknown or empty")
        else:
            heard = Hearing(said["heard"], None, said.get("dialect") or None, listener or None)
            pairs.append(ConfirmedPair(heard, said["true"]))
        if len(problems) >= _REPORTED or len(pairs) > MOST_PAIRS:
            break
    if problems:
        raise PairsUnreadable(problems)
    return tuple(pairs)


def point_of(engine: SoundEngine, dialect: str | None) -> str | None:
    """The point that speaks exactly for a stated place; None where only neighbours do."""
    if not dialect:
        return None
    if dialect in engine.points:
        return dialect
    place = engine.regions.place(dialect)
    return place if place in engine.points else None


def syllables(
    engine: SoundEngine, pairs: Sequence[ConfirmedPair]
) -> dict[str, tuple[Confirmed, ...]]:
    """What was heard for each character of the true names, by point.

    Only pairs with as many syllables heard as the name has, at a point that has readings of its
    own. What a Mandarin ear wrote down stands for what was said: the same for every source.
    """
    found: dict[str, list[Confirmed]] = defaultdict(list)
    for pair in pairs:
        point = point_of(engine, pair.heard.dialect)
        if point is None:
            continue
        try:
            slots = engine.ears.heard(pair.heard)[0].slots
        except HearingError:
            continue
        found[point].extend(_aligned(engine, slots, engine.reader.spelling(pair.true)))
    return {point: tuple(heard) for point, heard in found.items()}


def _aligned(engine: SoundEngine, slots: Sequence[Slot], spelling: Spelling) -> Iterable[Confirmed]:
    tokens = (*spelling.surname, *spelling.given)
    if len(tokens) != len(slots):
        return
    for (char, surname), slot in zip(tokens, slots, strict=True):
        sound = (slot.written or slot.spelt)[0]
        ipa = engine.ears.mandarin.ipa(sound.spelling)
        if ipa is not None and not char.startswith("~"):
            yield Confirmed(char, ipa, TONES.get(str(sound.tone), ""), surname)
