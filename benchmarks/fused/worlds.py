"""Worlds to test in: synthetic galleries and probes of any size, in memory or written to files.

    python -m benchmarks fused --world ordinary|hard|varied --people N --questions M --seed S
        [--faces none|some|all] [--write DIR]

Made by `tracing.demo` (its `SOURCES.md` says from what), with simulated prints beside the records.
Written files are what `--gallery`, `--probes` and `--face-pairs` read.
"""

from __future__ import annotations

import gzip
import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.fused.face_pairs import PairScale
from matchers.places import Divisions
from tracing.demo.dice import Dice
from tracing.demo.people import Person
from tracing.demo.population import WORLDS, Population
from tracing.demo.prints import Prints

PHOTOGRAPHED = {"ordinary": (0.5, 0.8), "hard": (0.0, 0.0), "varied": (0.0, 0.0)}
"""Shares of records and of probes with a print, where the clerk does not say so himself."""
NOBODY, EVERYBODY = (-1.0, -1.0), (1.0, 1.0)
FACES = ("none", "some", "all")
PAIRS = 20_000
OLDER_PHOTO = 8
"""Years by which a photo on record may be older than the record."""

Document = dict[str, Any]
Pair = tuple[float, bool, int, int]
Told = tuple[Document, Person, bool, bool]
"""A document, who it is about, whether with a photo, and whether that may be older than it."""


@dataclass(frozen=True, slots=True)
class World:
    """Records, probes with `true_id`, and pairs (cosine, same, age, age) of simulated prints."""

    gallery: list[Document]
    probes: list[Document]
    pairs: list[Pair]

    @classmethod
    def made(cls, kind: str, people: int, probes: int, seed: int, *, faces: str = "some") -> World:
        """A world of one kind; equal numbers and seed give an equal world.

        faces: `none`, `some` (shares of the world) or `all` (everybody has a print).
        """
        population = Population.of(people, seed, Divisions.load(), kind)
        prints = Prints.load(seed, "ordinary" if kind == "ordinary" else "hard")
        at_record, at_probe = {"none": NOBODY, "some": PHOTOGRAPHED[kind], "all": EVERYBODY}[faces]
        dice = Dice(seed, 77)
        gallery = [
            _with_print(dice, told, population, prints, at_record)
            for e in population.entries()
            for told in [(e.document, e.person, e.photographed, True)]
        ]
        asked = [
            _with_print(dice, told, population, prints, at_probe)
            for q in population.questions(probes, seed + 1)
            for told in [({**q.document, "true_id": q.right}, q.person, q.photographed, False)]
        ]
        return cls(gallery, asked, list(pairs(population, prints, seed)) if faces != "none" else [])

    def scale(self) -> PairScale | None:
        """The scale of cosines that its pairs give; None where it has no prints."""
        if not self.pairs:
            return None
        cosines, same, ages, others = np.array(self.pairs, np.float64).T
        return PairScale.fit(cosines, same == 1, ages, others)

    def write(self, folder: Path) -> None:
        """`gallery.jsonl.gz`, `probes.jsonl.gz` and `face-pairs.tsv.gz`."""
        folder.mkdir(parents=True, exist_ok=True)
        _write_lines(folder / "gallery.jsonl.gz", map(_json, self.gallery))
        _write_lines(folder / "probes.jsonl.gz", map(_json, self.probes))
        rows = (f"{c:.5f}\t{int(same)}\t{a}\t{b}" for c, same, a, b in self.pairs)
        _write_lines(folder / "face-pairs.tsv.gz", ["cosine\tsame\tage_a\tage_b", *rows])


def add_arguments(parser: ArgumentParser) -> None:
    """Options of a made world."""
    parser.add_argument("--world", choices=WORLDS, help="a synthetic world in place of files")
    parser.add_argument("--people", type=int, default=20_000, help="records in its gallery")
    parser.add_argument("--questions", type=int, default=400, help="probes, half of them absent")
    parser.add_argument("--faces", choices=FACES, default="some", help="who has a print")
    parser.add_argument("--write", type=Path, help="write the world to this folder too")


def asked_for(args: Namespace) -> World:
    """The world of the options, written where they say so."""
    world = World.made(args.world, args.people, args.questions, args.seed, faces=args.faces)
    if args.write:
        world.write(args.write)
    return world


def pairs(population: Population, faces: Prints, seed: int) -> Iterator[Pair]:
    """Labelled pairs of people who are in no gallery: a quarter of them one person twice.

    A third of the pairs has a photo from any earlier age, so that children grown up are among them.
    """
    dice = Dice(seed, 78)
    people = list(population.strangers(seed + 2, PAIRS // 8))
    for number in range(PAIRS):
        one, other = dice.pick(people), dice.pick(people)
        same = number % 4 == 0
        other = one if same else other
        early, late = _age(dice, one, population, older=True), _age(dice, other, population)
        if dice.chance(0.33):
            early = int(early * dice.unit())
        prints = (faces.vector(one, early, f"{number}a"), faces.vector(other, late, f"{number}b"))
        yield float(np.dot(*prints)), same, early, late


def _with_print(
    dice: Dice, told: Told, population: Population, faces: Prints, share: float
) -> Document:
    """The document with a print, where the clerk says so or by this chance."""
    document, person, photographed, older = told
    if share < 0 or not (photographed or dice.chance(share)):
        return document
    age = _age(dice, person, population, older=older, year=str(document.get("event_at", ""))[:4])
    return {**document, "prints": [faces.document(person, age, str(document["id"]))]}


def _age(
    dice: Dice, person: Person, population: Population, *, older: bool = False, year: str = ""
) -> int:
    """Age in a photo taken in the year (that of the world if none), or up to some years before."""
    back = int(OLDER_PHOTO * dice.unit() ** 2) if older else 0
    return max(0, int(year or population.society.year) - back - person.birth.year)


def _json(document: Document) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def _write_lines(path: Path, lines: Iterable[str]) -> None:
    with gzip.open(path, "wt", encoding="utf-8", compresslevel=4) as file:
        file.writelines(f"{line}\n" for line in lines)
