"""Names: as written, said or heard, against every name a record gives the person.

The measure is how much likelier the hearing is if this was the name than if it was anybody's,
through the sound engine (dialects, free Latin, homophones, swapped order, given name only,
nicknames). Its bits make the levels `sound_1` (no likeness) to `sound_18`; the very same
characters, traditional and variant forms counted alike, are a level above. A mere form of address
on record (阿宝, 王大娘) never stands above `sound_9`. *written* tells comparisons in which the
asking side has a name on paper or stated from those in which it was only *heard*. Several hearings
of one name are one hearing; an alias is a name of its own, and the best over a person's names
counts. *short* tells comparisons in which all that was heard is a nickname or one or two syllables:
half a name agrees with many and contradicts little. A name that a station gave, or a placeholder
(无名氏, 王某某), is no evidence.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matchers.claims import NameClaim, PersonClaims
from matchers.evidence.levels import Level, LevelCodes, best_of, ladder, positions
from matchers.evidence.sounding import Heard, dialect_prior, hearing_of, texts
from matchers.sounds import Likeness, SoundEngine

HEARD = "heard"
WRITTEN = "written"
SHORT = "short"
KINDS = (HEARD, WRITTEN, SHORT)
OWN = ("stated", "registered", "heard")
EDGES = (-3.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0, 13.5, 15.5)
"""Bits of likeness at which the next level begins."""

ADDRESS_MOST = 9
"""The highest level, about 5 bits, that a mere form of address on record (阿宝, 王大娘) reaches."""

PLACEHOLDER = re.compile(
    r"^(无名.*|不详|未知|不明|佚名|无|待查|未登记|.*某.*|.*[0-9A-Za-z#].*|.*号|[甲乙丙丁])$"
)


def _words(level: int) -> str:
    if level <= 4:
        return "姓名不符"
    return "姓名(略近)" if level <= 8 else "姓名(音近)"


def _levels() -> tuple[Level, ...]:
    steps = range(1, len(EDGES) + 2)
    levels = [
        Level(f"{kind}_sound_{s}", _words(s), kind, contradiction=s == 1 and kind != SHORT)
        for s in steps
        for kind in KINDS
    ]
    return ladder(*levels, *(Level(f"{k}_same", "姓名(同字)", k) for k in KINDS))


LEVELS = _levels()
AT = positions(LEVELS)
_BAND_OF_HALF = np.searchsorted(EDGES, np.arange(EDGES[0] - 1, EDGES[-1] + 0.5, 0.5), side="right")
_STEPS = {
    kind: np.array([AT[f"{kind}_sound_{s}"] for s in range(1, len(EDGES) + 2)], np.int8)
    for kind in KINDS
}


@dataclass(frozen=True, slots=True)
class Names:
    """Compare the person's own names.

    sample: national names that stand for the nation beside a small gallery.
    """

    engine: SoundEngine
    sample: tuple[str, ...] = ()
    key: str = "names"
    levels: tuple[Level, ...] = LEVELS

    def values(self, person: PersonClaims) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for c in person.names if (name := on_record(c))))

    def prepare(self, values: Sequence[str]) -> Heard:
        return self.grown(values, None)

    def grown(self, values: Sequence[str], known: Heard | None) -> Heard:
        return Heard.over_names(self.engine, values, self.sample, known)

    def veiled(self, prepared: Heard, unseen: NDArray[np.bool_]) -> Heard:
        return prepared.without(unseen)

    def levels_of(self, probe: PersonClaims, prepared: Heard) -> LevelCodes:
        prior = dialect_prior(probe, self.engine.regions)
        found = [_levels_of(claims, prior, prepared) for claims in one_name_each(probe)]
        return best_of(found, prepared.size)

    def describe(self, person: PersonClaims) -> str:
        return texts(c for c in person.names if usable(c))


def _levels_of(
    claims: Sequence[NameClaim], prior: Mapping[str, float] | None, prepared: Heard
) -> LevelCodes:
    kind = kind_of(claims)
    close = prepared.closeness([hearing_of(c) for c in claims], prior)
    if close is None:
        return np.zeros(prepared.size, np.int8)
    levels: LevelCodes = _STEPS[kind].take(banded(close.bits))
    levels[close.likeness == Likeness.IDENTICAL] = AT[f"{kind}_same"]
    most = np.int8(AT[f"{kind}_sound_{ADDRESS_MOST}"])
    return np.minimum(levels, most, out=levels, where=prepared.forms)


def kind_of(claims: Sequence[NameClaim]) -> str:
    """Written, heard, or short: nothing but nicknames or hearings of one or two syllables."""
    if all(c.kind == "nickname" or (c.kind == HEARD and _syllables(c) <= 2) for c in claims):
        return SHORT
    return HEARD if all(c.kind == HEARD for c in claims) else WRITTEN


def _syllables(claim: NameClaim) -> int:
    """How many syllables were heard; letters without a space count as many."""
    letters = len((claim.latin or "").split())
    if claim.text:
        return len(claim.text) if not claim.text.isascii() else max(letters, 3)
    return letters if letters > 1 else 3


def banded(bits: NDArray[np.float32]) -> NDArray[np.intp]:
    """Which band of likeness, 0 to 17: how many of the edges are no higher."""
    # edges are whole halves of bits, so that the half below decides
    half = np.floor(np.clip(bits, EDGES[0] - 1, EDGES[-1]) * 2) - 2 * (EDGES[0] - 1)
    return _BAND_OF_HALF.take(half.astype(np.intp))


def on_record(claim: NameClaim) -> str:
    """The characters of a claim that is evidence, or its letters where it has none; "" if none."""
    return (claim.text or claim.latin or "") if usable(claim) else ""


def usable(claim: NameClaim) -> bool:
    """Whether a claim holds a name that is evidence."""
    if claim.status is not None or claim.kind == "given_by_station":
        return False
    if claim.text:
        return PLACEHOLDER.match(claim.text) is None
    return bool(claim.latin)


def one_name_each(person: PersonClaims) -> list[list[NameClaim]]:
    """Claims grouped by the name they are of: the own name however often heard, and each alias."""
    usable_claims = [c for c in person.names if usable(c)]
    own = [c for c in usable_claims if c.kind in OWN]
    others = [[c] for c in usable_claims if c.kind not in OWN]
    return [own, *others] if own else others
