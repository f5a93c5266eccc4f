"""Whole records against whole records: who is it, or is it nobody we hold?

    python -m benchmarks fused --gallery G.jsonl.gz --probes P.jsonl.gz
        [--face-pairs F.tsv.gz] [--pack DIR]... [--ranks OUT.tsv]
        [--vs splink nomenklatura rapidfuzz] [--narrowed N]
    python -m benchmarks fused --world ordinary|hard|varied --people N --questions M --seed S
        [--faces none|some|all] [--write DIR]

Gallery and probes are person records, one a line; a probe has `true_id`, the gallery id or null.
The whole gallery is scanned for every probe (no blocking), so first-stage recall is the share of
present people with anything comparable at all. Prints of model `sim-128` are weighed by a scale
from `--face-pairs` and from nothing else; other models are left out with a warning.
"""

from __future__ import annotations

import json
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.fused import worlds
from benchmarks.fused.face_pairs import PairScale
from benchmarks.fused.figures import Answer, figures, strata
from benchmarks.fused.kin import Kin
from benchmarks.fused.peers import NAMES as PEERS
from benchmarks.fused.peers import Task, compared
from benchmarks.names import sources
from benchmarks.protocol import emit, opened, parser
from indexes.columns import Column
from matchers.claims import PersonClaims
from matchers.evidence import Comparator, Face, comparators
from matchers.evidence.relatives import with_household
from matchers.fusion import Fused, Model, fuse
from matchers.places import Divisions
from matchers.sounds import SoundEngine
from tracing.gallery import lasting

SIMULATED = "sim-128"
IMPOSTORS = 4
THIN = 3
"""A pair with at most so many kinds of evidence on both sides is a thin one."""

Document = Mapping[str, Any]
Template = tuple[NDArray[np.float32], float]


def main(arguments: Sequence[str]) -> int:
    """Run the benchmark; exit code 0, or 2 when a file is not what it should be."""
    options = parser("fused", "whole records against whole records")
    add_arguments(options)
    args = options.parse_args(arguments)
    try:
        result = run(args)
    except (OSError, ValueError) as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 2
    emit("fused", args.seed, result)
    return 0


def add_arguments(parser: ArgumentParser) -> None:
    """Files and options of this benchmark."""
    parser.add_argument("--gallery", type=Path, help="person records, one a line")
    parser.add_argument("--probes", type=Path, help="the same with true_id")
    worlds.add_arguments(parser)
    parser.add_argument("--face-pairs", type=Path, help="cosine, same, age_a, age_b")
    parser.add_argument("--pack", type=Path, action="append", default=[], help="sound pack folder")
    parser.add_argument("--no-laws", action="store_true", help="without the built-in dialects")
    parser.add_argument("--model", type=Path, help="another model file")
    parser.add_argument("--ranks", type=Path, help="write ranks and probabilities of every probe")
    parser.add_argument("--peers-python", type=Path, help="interpreter that has the peers")
    parser.add_argument(
        "--narrowed", type=int, metavar="N", help="grow the gallery to N and put candidates beside"
    )
    parser.add_argument("--limit", type=int, help="only the first so many probes")


def run(args: Namespace) -> dict[str, Any]:
    """Scan the gallery for every probe; figures of the contract."""
    if unknown := set(args.vs) - set(PEERS):
        raise ValueError(
            f"no such peer: {', '.join(sorted(unknown))}; there are {', '.join(PEERS)}"
        )
    model = Model.load(args.model.read_bytes() if args.model else None)
    documents: Sequence[Document]
    probes: Sequence[Document]
    if args.world:
        world = worlds.asked_for(args)
        documents, probes, scale = world.gallery, world.probes, world.scale()
    elif args.gallery and args.probes:
        scale = PairScale.read(args.face_pairs) if args.face_pairs else None
        documents, probes = list(records(args.gallery)), list(records(args.probes))
    else:
        raise ValueError("give --gallery and --probes, or --world")
    probes = probes[: args.limit]
    started = time.process_time()
    using = comparators(engine_with(args.pack, laws=not args.no_laws), Divisions.load())
    with lasting(len(documents)):
        gallery = Gallery.of(documents, using)
    built = time.process_time() - started
    if scale is None and len(gallery.faces):
        print("prints are left out: no --face-pairs to weigh them with", file=sys.stderr)
    if args.narrowed:
        return {"build_cpu_s": built, **narrowed(gallery, model, probes, scale, args)}
    kin = Kin.of(documents)
    answers = [answered(gallery, model, probe, scale, kin) for probe in probes]
    if args.ranks:
        write_ranks(args.ranks, answers)
    vs = compared(args.vs, Task.of(documents, probes, args.peers_python)) if args.vs else {}
    return {
        **figures(answers),
        "vs": vs,
        "strata": strata(answers),
        "gallery": len(documents),
        "probes": len(probes),
        "model": model.hash,
        "build_cpu_s": built,
    }


def narrowed(
    gallery: Gallery,
    model: Model,
    probes: Sequence[Document],
    scale: PairScale | None,
    args: Namespace,
) -> dict[str, Any]:
    """The candidate stage beside the full scan, over the gallery grown as columns."""
    from benchmarks.fused.grown import grown  # noqa: PLC0415 - both import this module's gallery
    from benchmarks.fused.narrowed import beside  # noqa: PLC0415

    people = max(args.narrowed, len(gallery.people))
    if people > len(gallery.people):
        gallery = replace(gallery, compared=grown(gallery.compared, people, args.seed))
    return beside(gallery, people, model, probes, scale)


def records(path: Path) -> Iterator[Document]:
    """Person records of a JSON-lines file, packed or not."""
    with opened(path) as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)


def engine_with(packs: Sequence[Path], *, laws: bool) -> SoundEngine:
    """The sound engine with these packs and, where wanted, the built-in laws in front."""
    return SoundEngine.standard(*sources(packs, laws=laws))


@dataclass(frozen=True, slots=True)
class Gallery:
    """A gallery in memory: columns per comparator, templates of faces with the ages in them."""

    ids: Mapping[str, int]
    people: tuple[PersonClaims, ...]
    compared: tuple[tuple[Comparator, Column, Any], ...]
    faces: NDArray[np.float32]
    face_rows: NDArray[np.int64]
    face_ages: NDArray[np.float32]

    @classmethod
    def of(cls, documents: Sequence[Document], using: Sequence[Comparator]) -> Gallery:
        people = tuple(with_household([PersonClaims.from_document(d) for d in documents]))
        compared = []
        for comparator in using:
            column = Column.build([comparator.values(person) for person in people])
            compared.append((comparator, column, comparator.prepare(tuple(column.values))))
        prints = [(i, t) for i, d in enumerate(documents) if (t := template(d)) is not None]
        return cls(
            ids={str(d.get("id")): i for i, d in enumerate(documents)},
            people=people,
            compared=tuple(compared),
            faces=np.stack([t[0] for _, t in prints]) if prints else np.empty((0, 1), np.float32),
            face_rows=np.array([i for i, _ in prints], np.int64),
            face_ages=np.array([t[1] for _, t in prints], np.float32),
        )

    def search(
        self, model: Model, probe: PersonClaims, asked: Template | None, scale: PairScale | None
    ) -> tuple[Fused, NDArray[np.float64] | None]:
        """The full scan of one probe, and the cosines float64 [N] where a face was compared."""
        levels = {
            comparator.key: column.gather(comparator.levels_of(probe, prepared))
            for comparator, column, prepared in self.compared
        }
        cosines = None
        if asked is not None and scale is not None and len(self.face_rows):
            size = len(self.compared[0][1])
            cosines = np.full(size, np.nan)
            alike = self.faces @ asked[0]
            cosines[self.face_rows] = alike
            bits = np.full(size, np.nan)
            bits[self.face_rows] = scale.bits(alike, asked[1], self.face_ages)
            levels["face"] = Face().levels_of_bits(bits)
        return fuse(model, levels), cosines


def template(document: Document) -> Template | None:
    """The renormalised mean of a record's simulated prints and the age in them; None if none."""
    prints = [p for p in document.get("prints") or () if p.get("model") == SIMULATED]
    if not prints:
        return None
    mean = np.mean([p["vector"] for p in prints], axis=0)
    ages = [p["age"] for p in prints if p.get("age") is not None]
    age = float(np.mean(ages)) if ages else float("nan")
    return (mean / np.linalg.norm(mean)).astype(np.float32), age


def answered(
    gallery: Gallery,
    model: Model,
    document: Document,
    scale: PairScale | None,
    kin: Kin | None = None,
) -> Answer:
    """One probe: claims are read, the gallery scanned and the posterior taken under the clock."""
    asked = template(document)
    started = time.process_time()
    probe = PersonClaims.from_document(document)
    fused, cosines = gallery.search(model, probe, asked, scale)
    top = fused.top(IMPOSTORS + 1, cosines)
    seconds = time.process_time() - started
    truth = document.get("true_id")
    row = gallery.ids.get(str(truth)) if truth is not None else None
    better, equal = ranked(fused, cosines, row) if row is not None else (-1, 0)
    near = [] if kin is None or row is None else kin.rows(row)
    chosen = sorted(near, key=lambda r: -fused.bits[r]) if row is not None else top.tolist()
    hard = [(float(fused.probability[r]), False) for r in chosen if r != row][:IMPOSTORS]
    if row is not None:
        hard.append((float(fused.probability[row]), True))
    return Answer(
        present=row is not None,
        listed=row is not None and bool(fused.listed[row]),
        better=better,
        equal=equal,
        first_probability=float(fused.probability[top[0]]) if len(top) else 0.0,
        first_is_true=bool(len(top)) and int(top[0]) == row,
        nobody=fused.nobody,
        seconds=seconds,
        pieces=sum(bool(codes.any()) for codes in fused.levels.values()),
        face=face_compared(fused, row),
        thin=row is not None and comparable(fused, row) <= THIN,
        hard=tuple(hard),
    )


def comparable(fused: Fused, row: int) -> int:
    """How many kinds of evidence are recorded on both sides."""
    return sum(bool(codes[row]) for codes in fused.levels.values())


def face_compared(fused: Fused, row: int | None) -> bool:
    """Whether both sides have a face; of absent people, whether the asking side has one."""
    codes = fused.levels.get("face")
    return codes is not None and bool(codes.any() if row is None else codes[row])


def ranked(fused: Fused, cosines: NDArray[np.float64] | None, row: int) -> tuple[int, int]:
    """How many listed records stand before the truth, and how many beside it (itself counted)."""
    bits = fused.bits[fused.listed]
    ahead, beside = bits > fused.bits[row] + 1e-9, np.abs(bits - fused.bits[row]) <= 1e-9
    if cosines is not None:
        alike = np.nan_to_num(cosines, nan=-1.0)
        closer = alike[fused.listed] > alike[row]
        ahead |= beside & closer
        beside &= alike[fused.listed] == alike[row]
    return int(ahead.sum()), int(beside.sum())


def write_ranks(path: Path, answers: Sequence[Answer]) -> None:
    """better, equal, probability_first, first_is_true and nobody of every probe."""
    lines = ["better\tequal\tprobability_first\tfirst_is_true\tnobody"]
    lines += [
        f"{a.better}\t{a.equal}\t{a.first_probability:.6f}\t{int(a.first_is_true)}\t{a.nobody:.6f}"
        for a in answers
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
