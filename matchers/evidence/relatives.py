"""Relatives: names of father, children, spouse and others, as said, heard or recorded.

Each relative that the asking side names is compared with the relatives of the record by the same
measure as the person's own name (bits of likeness through the sound engine), where the relations
allow it: the same relation fits best, an unknown one (people of one household) fits any, two
different ones lose two bits. The sum over the relatives named makes the level; one relative who
is not in the record costs little, since records are incomplete, but another father costs more.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from matchers.claims import NameClaim, PersonClaims, RelativeClaim
from matchers.distinct import Distinct
from matchers.evidence.levels import Level, LevelCodes, ladder
from matchers.evidence.names import on_record, usable
from matchers.evidence.sounding import TAIL_LEAST, Heard, dialect_prior, hearing_of, texts
from matchers.sounds import SoundEngine

EDGES = (-2.5, -1.0, 0.5, 2.0, 4.0, 6.0, 8.0, 10.0, 13.0)
LEAST, MOST = -2.0, 13.0
"""What the likeness of one relative's name may cost and bring, in bits."""
ONLY_ONE = ("father", "mother", "spouse")
OTHER_RELATION = -2.0
UNKNOWN_RELATION = -0.5
_PART = 1 << 16
SPARES = -0.7
"""What an unlike name costs where one may have several such relatives."""


def _levels() -> tuple[Level, ...]:
    def words(step: int) -> str:
        return "亲属不符" if step <= 2 else "亲属(略近)" if step <= 5 else "亲属姓名"

    steps = range(1, len(EDGES) + 2)
    return ladder(*(Level(f"kin_{s}", words(s), contradiction=s == 1) for s in steps))


LEVELS = _levels()


@dataclass(frozen=True, slots=True)
class Family:
    """The relatives a record names: (relation, name) pairs, sorted."""

    members: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Members:
    """Families as one flat list of members.

    name: int32 [M], into the distinct names. relation: int16 [M], into the relations. start: int64
    [V], first member of each family in the flat list.
    """

    name: NDArray[np.int32]
    relation: NDArray[np.int16]
    start: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class PreparedFamilies:
    """Distinct families: those known for long and those that came since.

    heard: the D distinct `names` as sounds. relations: numbers of the relations.
    """

    heard: Heard
    names: Distinct
    relations: Mapping[str, int]
    parts: tuple[Members, ...]

    @property
    def size(self) -> int:
        """How many families."""
        return sum(len(part.start) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Relatives:
    """Compare named relatives."""

    engine: SoundEngine
    sample: tuple[str, ...] = ()
    key: str = "relatives"
    levels: tuple[Level, ...] = LEVELS

    def values(self, person: PersonClaims) -> tuple[Family, ...]:
        members = {
            (relative.relation or "", name)
            for relative in person.relatives
            for claim in relative.names
            if (name := on_record(claim))
        }
        return (Family(tuple(sorted(members))),) if members else ()

    def prepare(self, values: Sequence[Family]) -> PreparedFamilies:
        return self.grown(values, None)

    def grown(self, values: Sequence[Family], known: PreparedFamilies | None) -> PreparedFamilies:
        old = len(known.parts[0].start) if known else 0
        if known is None or len(values) - old > max(TAIL_LEAST, old // 4):
            known, old = None, 0
        earlier = known.parts[:1] if known else ()
        # names of the part that is made anew are numbered as when the whole is made at once
        base = known.names.first(known.heard.base) if known else Distinct.of()
        relations = dict(known.relations) if known else {"": 0}
        names, part = _members(values[old:], base, relations)
        names = names if known else names.folded()
        heard = Heard.over_names(self.engine, names, self.sample, known.heard if known else None)
        return PreparedFamilies(heard, names, relations, (*earlier, part))

    def veiled(self, prepared: PreparedFamilies, unseen: NDArray[np.bool_]) -> PreparedFamilies:
        apart = np.ones(prepared.heard.size, np.bool_)
        first = 0
        for part in prepared.parts:
            sizes = np.diff(part.start, append=len(part.name))
            seen = ~unseen[first : first + len(sizes)]
            apart[part.name[np.repeat(seen, sizes)]] = False
            first += len(sizes)
        return replace(prepared, heard=prepared.heard.without(apart))

    def levels_of(self, probe: PersonClaims, prepared: PreparedFamilies) -> LevelCodes:
        asked = [(r, claims) for r in probe.relatives if (claims := _named(r))]
        if not asked or not prepared.size:
            return np.zeros(prepared.size, np.int8)
        prior = dialect_prior(probe, self.engine.regions)
        bits = [
            (relative.relation or "", close.bits)
            for relative, claims in asked
            if (close := prepared.heard.closeness([hearing_of(c) for c in claims], prior))
        ]
        found = [_levels_of(bits, part, prepared.relations) for part in prepared.parts]
        return found[0] if len(found) == 1 else np.concatenate(found)

    def describe(self, person: PersonClaims) -> str:
        return texts(c for r in person.relatives for c in r.names if usable(c))


def _named(relative: RelativeClaim) -> list[NameClaim]:
    return [c for c in relative.names if usable(c)] if relative.status is None else []


def _members(
    values: Sequence[Family], names: Distinct, relations: dict[str, int]
) -> tuple[Distinct, Members]:
    """Families as a flat list; their new names join the others, new relations their numbers."""
    relation, sizes = array("h"), array("q")
    said: list[str] = []
    parts = [np.empty(0, np.int32)]
    for family in values:
        sizes.append(len(family.members))
        for kind, text in family.members:
            relation.append(relations.setdefault(kind, len(relations)))
            said.append(text)
        if len(said) >= _PART:
            names, codes = names.joined(said)
            parts.append(codes)
            said = []
    names, codes = names.joined(said)
    count = np.array(sizes, np.int64)
    flat = Members(
        np.concatenate([*parts, codes]), np.array(relation, np.int16), np.cumsum(count) - count
    )
    return names, flat


def _levels_of(
    asked: Sequence[tuple[str, NDArray[np.float32]]],
    part: Members,
    relations: Mapping[str, int],
) -> LevelCodes:
    """Level of each family by the bits float32 [D] of all names for each relative: int8 [V]."""
    total = np.zeros(len(part.start), np.float32)
    compared = np.zeros(len(part.start), np.bool_)
    for relation, bits in asked if len(part.start) else ():
        fits = _fitted(relation, bits[part.name], part.relation, relations)
        best = np.maximum.reduceat(fits, part.start)
        known = np.isfinite(best)
        total += np.where(known, best, 0)
        compared |= known
    levels = np.searchsorted(EDGES, total, side="right") + 1
    return np.where(compared, levels, 0).astype(np.int8)


def _fitted(
    relation: str,
    bits: NDArray[np.float32],
    theirs: NDArray[np.int16],
    relations: Mapping[str, int],
) -> NDArray[np.float32]:
    """Bits of each member for one asked relative: float32 [M]; -inf where not comparable."""
    same = theirs == relations.get(relation, -1)
    unknown = (theirs == 0) | (relation == "")
    least = LEAST if relation in ONLY_ONE else SPARES
    fitted = np.clip(bits, least, MOST)
    loose = np.clip(bits + np.where(unknown, UNKNOWN_RELATION, OTHER_RELATION), SPARES, MOST)
    # another relation is no disagreement: only a likeness of name is worth a word
    loose = np.where(unknown | (loose > 2.0), loose, -np.inf)
    return np.where(same & (relation != ""), fitted, loose).astype(np.float32)


def with_household(people: Sequence[PersonClaims]) -> list[PersonClaims]:
    """People with the others of their household as relatives of unknown relation."""
    houses: defaultdict[str, list[PersonClaims]] = defaultdict(list)
    for person in people:
        if person.household:
            houses[person.household].append(person)
    return [
        _joined(person, houses[person.household]) if person.household else person
        for person in people
    ]


def _joined(person: PersonClaims, house: Sequence[PersonClaims]) -> PersonClaims:
    known = {claim.text for relative in person.relatives for claim in relative.names}
    others = tuple(
        RelativeClaim(None, names)
        for other in house
        if other is not person
        and (names := tuple(c for c in other.names if c.text and c.text not in known))
    )
    return replace(person, relatives=(*person.relatives, *others)) if others else person
