"""Ways in which a name may have been said: each one additive pass over surnames and given names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np

from matchers.sounds import packaged
from matchers.sounds.features import Floats
from matchers.sounds.hearing import Heard, Slot
from matchers.sounds.parts import Edits, Parts


class Hypothesis(IntEnum):
    """How the name was said; the number is what `NameScores.hypothesis` holds."""

    FULL = 0
    SURNAME_WILD = 1
    GIVEN_ONLY = 2
    SWAPPED = 3
    SURNAME_ONLY = 4
    NICKNAME = 5
    TITLE = 6


@dataclass(frozen=True, slots=True)
class Penalties:
    """Nats against each hypothesis, from `weights.toml`."""

    surname_wild: float
    given_only: float
    swapped: float
    missing: float
    extra: float
    surname_only: float
    nickname: float
    title: float

    @classmethod
    def load(cls) -> Penalties:
        """Read the packaged table."""
        return cls(**packaged.document("weights")["hypotheses"])

    def edits(self, uniform: float) -> Edits:
        """A syllable heard too many also had to be that one syllable."""
        return Edits(self.missing, self.extra + uniform)


@dataclass(frozen=True, slots=True)
class Pass:
    """One additive pass: a span of the slots for the surname, one for the given name.

    An empty span (a, a) matches empty parts only; None leaves the part out at `nats` in all.
    `single` takes the given name's best token instead of all of it.
    """

    hypothesis: Hypothesis
    surname: tuple[int, int] | None
    given: tuple[int, int] | None
    nats: float
    single: bool = False


@dataclass(frozen=True, slots=True)
class Address:
    """Forms of address: what stands before or behind a name and is no part of it."""

    prefixes: dict[str, str]
    suffixes: dict[str, str]

    @classmethod
    def load(cls) -> Address:
        """Read `address.csv`."""
        table = packaged.rows("address")
        return cls(
            {row["text"]: row["kind"] for row in table if row["position"] == "prefix"},
            {row["text"]: row["kind"] for row in table if row["position"] == "suffix"},
        )

    def is_form(self, name: str) -> bool:
        """Whether a name on record is a form of address: 阿宝, 老王, 妹妹, 王大娘.

        One-character suffixes (李娘, 王宝) are not enough: they are given names too.
        """
        if len(name) == 2 and (name[0] in self.prefixes or name[0] == name[1]):
            return True
        endings = (name[cut:] for cut in range(1, len(name)))
        return any(self.suffixes.get(ending) == "title" for ending in endings)

    def bare(self, slots: Sequence[Slot]) -> list[tuple[str, int, int]]:
        """(kind, first slot, end) of what is left without a form of address."""
        shown = [slot.shown for slot in slots]
        count, found = len(shown), []
        if count == 2 and shown[0] in self.prefixes:
            found.append((self.prefixes[shown[0]], 1, 2))
        if count == 2 and shown[0] == shown[1]:
            found.append(("nickname", 1, 2))
        for width in range(1, min(3, count - 1) + 1):
            kind = self.suffixes.get("".join(shown[count - width :]))
            if kind and (kind == "title" or count == 2):
                found.append((kind, 0, count - width))
        return found


def passes(
    heard: Heard, penalties: Penalties, address: Address, uniform: float, surname: int
) -> list[Pass]:
    """All passes for one hearing, the full name first; `surname` is the longest surname's length.

    `uniform` is the nats of a syllable that says nothing (a misheard surname's own syllable).
    """
    count = len(heard.slots)
    found = [Pass(Hypothesis.FULL, (0, cut), (cut, count), 0.0) for cut in _cuts(count, surname)]
    found.append(Pass(Hypothesis.FULL, (0, 0), (0, count), 0.0))
    found.append(Pass(Hypothesis.GIVEN_ONLY, None, (0, count), penalties.given_only))
    if count > 1:
        for cut in range(1, min(2, count - 1) + 1):
            nats = penalties.surname_wild + cut * uniform
            found.append(Pass(Hypothesis.SURNAME_WILD, None, (cut, count), nats))
            swapped = Pass(
                Hypothesis.SWAPPED, (count - cut, count), (0, count - cut), penalties.swapped
            )
            found.append(swapped)
    if count <= surname + 1:
        found.append(Pass(Hypothesis.SURNAME_ONLY, (0, count), None, penalties.surname_only))
    for kind, start, end in address.bare(heard.slots):
        found.extend(_addressed(kind, start, end, penalties))
    return found


@dataclass(frozen=True, slots=True)
class Spans:
    """What spans of a hearing cost as surnames and as given names: each worked out once.

    rows: float32 [m, tokens, P], of one point or of several at once.
    """

    rows: Floats
    surnames: Parts
    given: Parts
    edits: Edits
    first: dict[tuple[int, int], Floats] = field(default_factory=dict)
    second: dict[tuple[int, int, bool], Floats] = field(default_factory=dict)

    def costs(self, step: Pass) -> tuple[Floats | None, Floats | None]:
        """Nats of surnames float32 [S, P] and of given names [G, P]; None if left out."""
        return (
            None if step.surname is None else self._surname(*step.surname),
            None if step.given is None else self._given(*step.given, step.single),
        )

    def _surname(self, start: int, end: int) -> Floats:
        found = self.first.get((start, end))
        if found is None:
            found = self.surnames.costs_by_point(self.rows[start:end], self.edits)
            self.first[start, end] = found
        return found

    def _given(self, start: int, end: int, single: bool) -> Floats:
        found = self.second.get((start, end, single))
        if found is None:
            found = (
                self.given.nearest_by_point(self.rows[start])
                if single
                else self.given.costs_by_point(self.rows[start:end], self.edits)
            )
            self.second[start, end, single] = found
        return found


def _cuts(count: int, surname: int) -> list[int]:
    """Where the surname may end: after one syllable first, up to one more than the longest has."""
    return list(range(1, min(count, surname + 1) + 1))


def _addressed(kind: str, start: int, end: int, penalties: Penalties) -> list[Pass]:
    if kind == "title":
        return [Pass(Hypothesis.TITLE, (start, end), None, penalties.title)]
    split = float(np.log(2))
    return [
        Pass(Hypothesis.NICKNAME, None, (start, end), penalties.nickname + split, single=True),
        Pass(Hypothesis.NICKNAME, (start, end), None, penalties.nickname + split),
    ]
