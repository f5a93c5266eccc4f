"""Galleries of millions, made column by column: no record is written or read.

A sample of the demo's world says who records what. It is repeated until there are N people. Each
repetition has names put together anew from the sample's surnames and given names, families of such
names in the sample's relations, numbers and phones of its own, and other days of birth and of
sightings, so that distinct values grow as they would. What is closed (sex, dialect, county of
home, marks, height, ethnic group) repeats.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexes.columns import Column, Slot
from indexes.growth import Growth
from matchers.claims import PersonClaims
from matchers.distinct import Distinct, Sorted, Strings
from matchers.evidence.codecs import CODECS
from matchers.evidence.levels import Comparator
from tracing.column_values import WrittenValues
from tracing.demo.population import Population
from tracing.face_gallery import FaceGallery
from tracing.gallery import SIDES, View
from tracing.gallery_ids import PersonIds
from tracing.households import Households, Settled

SAMPLE = 20_000
STRIDE = 7_919
"""Prime to ten: serial numbers times it, modulo a power of ten, stay apart."""
Vary = Callable[[Any, int, int], Any]
"""From a value of the sample, the repetition and the place in it, to the value there."""


@dataclass(frozen=True, slots=True)
class Words:
    """Surnames and given names of the sample, and a draw of both for every place."""

    surnames: Sequence[str]
    given: Sequence[str]
    draws: Sequence[tuple[int, int]]

    @classmethod
    def of(cls, people: Sequence[PersonClaims], seed: int) -> Words:
        """From the written names of a sample."""
        full = [c.text for p in people for c in p.names if c.text and 2 <= len(c.text) <= 3]
        draws = np.random.default_rng(seed).integers(0, len(full), (1 << 20, 2)).tolist()
        return cls([name[:1] for name in full], [name[1:] for name in full], draws)

    def name(self, number: int) -> str:
        """Some name; equal numbers give equal names."""
        turn, place = divmod(number, len(self.draws))
        first, second = self.draws[place]
        size = len(self.given)
        return self.surnames[(first + turn) % size] + self.given[(second + 31 * turn) % size]


def gallery(people: int, seed: int, comparators: Sequence[Comparator], faces: FaceGallery) -> View:
    """A view of `people` living rows, prepared, with these faces."""
    world = Population.of(SAMPLE, seed)
    documents = list(world.records())
    claims = [PersonClaims.from_document(document) for document in documents]
    words = Words.of(claims, seed)
    columns, prepared = {}, {}
    for comparator in comparators:
        sample = [comparator.values(person) for person in claims]
        vary = _varying(words).get(comparator.key)
        columns[comparator.key] = _column(comparator.key, sample, people, vary)
        values: Any = columns[comparator.key].values
        prepared[comparator.key] = comparator.prepare(values)
    sides = np.array([SIDES.index(str(d["side"])) for d in documents], np.int8)
    return View(
        faces=faces,
        columns=columns,
        prepared=prepared,
        ids=PersonIds.of(f"made{row:020d}" for row in range(people)),
        stations=Column(("0",), np.zeros(people, np.int32)),
        side=np.resize(sides, people),
        alive=np.ones(people, np.bool_),
        hidden=np.zeros(people, np.bool_),
        lent=np.full(people, -1, np.int16),
        households=_households(claims, people),
        seqs=Growth.of(np.arange(1, people + 1)),
        seq=people,
    )


def _varying(words: Words) -> dict[str, Vary]:
    """How values of the open columns differ from repetition to repetition, as plain lists."""

    def families(value: Any, turn: int, place: int) -> list[list[str]]:
        start = 5 * (turn * SAMPLE + place)
        members = value.members[:5]
        return sorted([kind, words.name(start + i)] for i, (kind, _) in enumerate(members))

    def serial(turn: int, place: int, digits: int) -> str:
        return f"{(turn * SAMPLE + place) * STRIDE % 10**digits:0{digits}d}"

    return {
        "names": lambda value, turn, place: words.name(turn * SAMPLE + place),
        "relatives": families,
        "numbers": lambda v, turn, place: [v.kind, v.text[:6] + serial(turn, place, 12)],
        "phones": lambda value, turn, place: "1" + serial(turn, place, 10),
        "birth": lambda v, turn, place: [
            v.earliest + 13 * turn % 3650, v.latest + 13 * turn % 3650, v.known
        ],
        "movement": lambda v, turn, place: [
            v.role, v.lat, v.lon, v.day and v.day + 11 * turn % 4000, v.who
        ],
    }  # fmt: skip


def _column(key: str, sample: Sequence[tuple[Any, ...]], people: int, vary: Vary | None) -> Column:
    """The sample's column repeated, its first values varied."""
    known = Column(WrittenValues(CODECS[key], Distinct.of()), np.empty(0, np.int32)).append(sample)
    turns = -(-people // len(sample))
    more = tuple(_repeated(slot, len(sample), turns, people) for slot in known.more)
    texts = [CODECS[key].written(value) for value in known.values]
    if vary is None:
        first = np.resize(known.first, people)
        return Column(WrittenValues(CODECS[key], Distinct.of(texts)), first, more)
    has = np.flatnonzero(np.resize(known.first >= 0, people))

    def told() -> Iterator[str]:
        yield from texts
        for row in has.tolist():
            turn, place = divmod(row, len(sample))
            value = vary(sample[place][0], turn, place)
            yield value if isinstance(value, str) else _json(value)

    values, codes = _distinct(Strings.of(told()))
    first = np.full(people, -1, np.int32)
    first[has] = codes[len(texts) :]
    moved = codes[: len(texts)]
    more = tuple(Slot(slot.rows, moved[slot.codes]) for slot in more)
    return Column(WrittenValues(CODECS[key], values), first, more)


def _distinct(texts: Strings) -> tuple[Distinct, NDArray[np.int32]]:
    """Each text once, and where each one went."""
    index = Sorted.of(texts)
    digests = np.empty(len(texts), np.uint64)
    digests[index.places] = index.digests
    _, first, codes = np.unique(digests, return_index=True, return_inverse=True)
    return Distinct(texts.taken(first), Sorted.over(digests[first])), codes.astype(np.int32)


def _repeated(slot: Slot, size: int, turns: int, people: int) -> Slot:
    rows = (slot.rows[None, :] + np.arange(turns)[:, None] * size).ravel()
    codes = np.tile(slot.codes, turns)
    inside = rows < people
    return Slot(rows[inside].astype(np.int32), codes[inside])


def _households(claims: Sequence[PersonClaims], people: int) -> Households:
    names = list(dict.fromkeys(p.household for p in claims if p.household))
    place = {name: i for i, name in enumerate(names)}
    own = np.array([place[p.household] if p.household else -1 for p in claims], np.int64)
    turns = -(-people // len(claims))
    every = np.where(own < 0, -1, own + np.arange(turns)[:, None] * len(names)).ravel()[:people]
    texts = Strings.of(f"0/{turn}-{name}" for turn in range(turns) for name in names)
    return Households(settled=Settled.over(Distinct(texts, Sorted.of(texts)), every.astype("i4")))


_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
