"""A population of any size, seeded, and questions about it.

Records come in blocks of `BLOCK`, each with a chance of its own, so that any part of the world can
be made again without the rest. Equal size and seed give equal records on every machine; a larger
world of the same seed begins with the smaller one.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple, Self

from matchers.places import Divisions
from tracing.demo.dice import Dice
from tracing.demo.hardship import HardClerk, varied
from tracing.demo.hearing import Ear
from tracing.demo.packaged import table_text
from tracing.demo.people import Person, Society
from tracing.demo.writing import Clerk

WORLDS = ("ordinary", "hard", "varied")
"""`varied` is the hard world with every share of error drawn anew around its own by the seed."""
VARIED = 79
PHOTOGRAPHED = "photographed"
"""What the hard clerk notes beside a document that has a photo; no part of a record."""
SOURCE = "demo"
"""Where the records say they come from."""
BLOCK = 400
ABSENT_BLOCKS = 1 << 40
"""Blocks from here on hold people who are in no world's records."""
SPREAD = 4
"""Probes drawn from one block at most."""

Document = dict[str, Any]


class Question(NamedTuple):
    """A probe, the id of the right record or None, who it is about, and whether with a photo."""

    document: Document
    right: str | None
    person: Person
    photographed: bool = False


class Entry(NamedTuple):
    """A record of the world, who it is about, whether it is that person's only record, and whether
    the clerk had a photo (the ordinary one never says)."""

    document: Document
    person: Person
    alone: bool
    photographed: bool = False


@dataclass(frozen=True, slots=True)
class Population:
    """`size` records of synthetic people. Make it with `of()`; loading takes about 0.3 s."""

    size: int
    seed: int
    society: Society
    clerk: Clerk | HardClerk

    @classmethod
    def of(
        cls, size: int, seed: int, divisions: Divisions | None = None, world: str = "ordinary"
    ) -> Self:
        """A world of `WORLDS`; `divisions` are loaded where none are given.

        Raises:
            ValueError: there is no such world.
        """
        if world not in WORLDS:
            raise ValueError(f"no world {world!r}: {', '.join(WORLDS)}")
        society = Society.load(divisions or Divisions.load())
        hard = None if world == "ordinary" else tomllib.loads(table_text("hard.toml"))
        if hard and world == "varied":
            hard = varied(hard, Dice(seed, VARIED))
        ear = Ear.load(
            society.surnames.shares,
            society.given.characters(),
            society.geography.characters(),
            hard["hearing"] if hard else None,
        )
        if hard is None:
            return cls(size, seed, society, Clerk.of(society, ear))
        society = society.changed({name: hard[name] for name in ("households", "places")})
        return cls(size, seed, society, HardClerk.of(society, ear, hard))

    def records(self) -> Iterator[Document]:
        """All records in the shape of docs/record.md, ids `demo-SEED-0000000` and on."""
        return (entry.document for entry in self.entries())

    def entries(self) -> Iterator[Entry]:
        """All records with the truth behind them."""
        blocks = range((self.size + BLOCK - 1) // BLOCK)
        return islice((entry for block in blocks for entry in self._block(block)), self.size)

    @property
    def last_id(self) -> str:
        """Id of the last record."""
        return self._id(self.size - 1)

    def probes(
        self, count: int, seed: int, absent: float = 0.5
    ) -> Iterator[tuple[Document, str | None]]:
        """Questions about the world: (record on the found side, id of the right record or None).

        `absent` is the share that is about people who have no record. People with two records
        are left out, so that one id is right. `seed` is the questions' own.
        """
        for question in self.questions(count, seed, absent):
            yield question.document, question.right

    def questions(self, count: int, seed: int, absent: float = 0.5) -> Iterator[Question]:
        """Probes with the truth behind them; see `probes`."""
        dice = Dice(self.seed, seed, 1)
        present = round(count * (1 - absent))
        about: list[tuple[Person, Document | None]] = []
        while len(about) < present:
            about += self._asked(dice, min(SPREAD, present - len(about)))
        missing = count - present
        family = round(missing * self.clerk.absent_family)
        while len(about) < present + family:
            about += self._unrecorded(dice, min(SPREAD, present + family - len(about)))
        about += [(person, None) for person in self.strangers(seed, missing - family)]
        for number, at in enumerate(sorted(range(len(about)), key=lambda _: dice.unit())):
            person, record = about[at]
            document = self.clerk.probe(dice, person, record)
            photographed = document.pop(PHOTOGRAPHED, False)
            ready = {"id": f"probe-{seed}-{number:06d}", **document}
            yield Question(ready, record["id"] if record else None, person, photographed)

    def _id(self, number: int) -> str:
        return f"demo-{self.seed}-{number:07d}"

    def _asked(self, dice: Dice, most: int) -> list[tuple[Person, Document | None]]:
        """Up to `most` different people of one block."""
        first = dice.below((self.size + BLOCK - 1) // BLOCK)
        there = min(BLOCK, self.size - first * BLOCK)
        entries = [entry for entry in islice(self._block(first), there) if entry.alone]
        chosen: dict[int, Entry] = {}
        for _ in range(most):
            entry = dice.pick(entries)
            chosen[id(entry)] = entry
        return [(entry.person, entry.document) for entry in chosen.values()]

    def _unrecorded(self, dice: Dice, most: int) -> list[tuple[Person, Document | None]]:
        """Up to `most` people of one block without a record; of their families some have one."""
        first = dice.below((self.size + BLOCK - 1) // BLOCK)
        without = [person for person, entries in self._people(first) if not entries]
        chosen = {id(person): person for person in (dice.pick(without) for _ in range(most))}
        return [(person, None) for person in chosen.values()]

    def strangers(self, seed: int, count: int) -> Iterator[Person]:
        """People like those of the world who have no record in it."""
        dice = Dice(self.seed, ABSENT_BLOCKS + seed)
        households = self.society.households(dice, "absent-")
        return islice((household[0] for household in households), count)

    def _block(self, number: int) -> Iterator[Entry]:
        """The records of one block; the last household may be cut off."""
        at = number * BLOCK
        entries = (entry for _, entries in self._people(number) for entry in entries)
        for offset, (document, person, alone, _) in enumerate(islice(entries, BLOCK)):
            photographed = document.pop(PHOTOGRAPHED, False)
            ready = {"id": self._id(at + offset), "source": SOURCE, **document}
            yield Entry(ready, person, alone, photographed)

    def _people(self, number: int) -> Iterator[tuple[Person, list[Entry]]]:
        """The people of one block with their records, till the block is full."""
        dice = Dice(self.seed, number)
        made = 0
        for household in self.society.households(dice, f"h{number}-"):
            for person in household:
                if made >= BLOCK:
                    return
                entries = self._entries_of(dice, person)
                made += len(entries)
                yield person, entries

    def _entries_of(self, dice: Dice, person: Person) -> list[Entry]:
        """No record, one, or two visits of the same person."""
        side = self.clerk.side(dice, person)
        if side is None:
            return []
        first = self.clerk.record(dice, person, side)
        if side == "found" and dice.chance(self.clerk.repeat):
            again = self.clerk.record(dice, person, side)
            return [Entry(first, person, False), Entry(again, person, False)]
        return [Entry(first, person, True)]
