"""How often a name that was heard finds its bearer: recall by rank, ties counted fairly.

    python -m benchmarks names --gallery G.tsv.gz --probes P.tsv [--dialect known|unknown]
        [--pack DIR]... [--ranks OUT.tsv] [--no-laws] [--vs rapidfuzz]
    python -m benchmarks names --simulated N [--dialect known|unknown] [--pack DIR]... [--no-laws]
    python -m benchmarks names --speed N [--rounds R] [--kept K] [--pack DIR]... [--no-laws]

G has the columns id, name and perhaps count; P has heard (characters or Latin), true_id and
perhaps dialect (a Chinese place name) and listener. --simulated asks with N
hearings of the demo's error process among 60,000 of its people. --speed times N synthetic names.
"""

from __future__ import annotations

import sys
import time
from argparse import Namespace
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pypinyin import lazy_pinyin
from rapidfuzz import fuzz, process

from benchmarks import protocol, sound_speed
from benchmarks.simulated import simulated
from matchers.sounds import (
    Hearing,
    HearingError,
    NameTable,
    Rank,
    Readings,
    SoundEngine,
    rank,
)
from matchers.sounds.characters import is_han

_LISTENERS = {"standard": "mandarin", "jiangnan": "local", "mandarin": "mandarin", "local": "local"}

_SIMULATED_PEOPLE = 60_000

Scorer = Callable[["Probe"], NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Gallery:
    """Distinct names, how many people bear each, and where each id's name stands."""

    names: tuple[str, ...]
    counts: NDArray[np.float32]
    place_of: dict[str, int]


@dataclass(frozen=True, slots=True)
class Probe:
    """One hearing and the place of its true name in the gallery, None when it is not there."""

    heard: str
    truth: int | None
    dialect: str
    listener: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """Rank (None for an unreadable probe or an absent truth) and CPU milliseconds."""

    probe: Probe
    rank: Rank | None
    cpu_ms: float


def main(arguments: Sequence[str]) -> int:
    """Run the benchmark; exit code 0, or 2 when a file is not what it should be."""
    options = _options(arguments)
    if options.speed:
        return _speed(options)
    try:
        gallery, probes = _asked(options)
    except (OSError, protocol.BenchmarkInputError) as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 2
    engine = SoundEngine.standard(*sources(options.pack, laws=not options.no_laws))
    table = engine.table(gallery.names)
    known = options.dialect == "known"
    if known:
        _say_fallbacks(engine, probes)
    outcomes = run(probes, lambda probe: sound_scores(table, probe, known=known), gallery.counts)
    result = summary(outcomes)
    result |= {
        "dialect": options.dialect,
        "points": list(engine.points),
        "gallery": len(gallery.names),
    }
    result["vs"] = {name: summary(_peer(name, gallery, probes)) for name in options.vs}
    if options.ranks:
        write_ranks(options.ranks, outcomes)
    _print_table(result)
    protocol.emit("names", options.seed, result)
    return 0


def _asked(options: Namespace) -> tuple[Gallery, list[Probe]]:
    if not options.simulated:
        gallery = read_gallery(options.gallery)
        return gallery, read_probes(options.probes, gallery)
    heard = simulated(options.simulated, _SIMULATED_PEOPLE, options.seed)
    counts = Counter(heard.people)
    place = {name: number for number, name in enumerate(counts)}
    gallery = Gallery(tuple(counts), np.array(list(counts.values()), np.float32), {})
    return gallery, [
        Probe(text, place[heard.people[who]], town, "") for text, who, town in heard.probes
    ]


def _speed(options: Namespace) -> int:
    engine = SoundEngine.standard(*sources(options.pack, laws=not options.no_laws))
    result = sound_speed.speed(engine, options.speed, options.rounds, options.kept, options.seed)
    for name, value in result.items():
        print(f"{name:<28} {value}")
    protocol.emit("names", options.seed, result)
    return 0


def sources(packs: Sequence[Path], *, laws: bool) -> list[Readings]:
    """Sound packs in the order given, then the built-in laws."""
    found: list[Readings] = []
    if packs:
        from matchers.sounds.packs import PackReadings  # noqa: PLC0415

        found.extend(PackReadings.load(folder) for folder in packs)
    if laws:
        from matchers.sounds.laws import LawReadings  # noqa: PLC0415

        found.append(LawReadings.load())
    return found


def read_gallery(path: Path) -> Gallery:
    """Read G; the same name under several ids is one distinct name borne by several people."""
    counts: Counter[str] = Counter()
    name_of: dict[str, str] = {}
    for row in protocol.table(path, ("id", "name")):
        name_of[row["id"]] = row["name"]
        counts[row["name"]] += int(row.get("count") or 1)
    place = {name: number for number, name in enumerate(counts)}
    return Gallery(
        tuple(counts),
        np.array(list(counts.values()), np.float32),
        {key: place[name] for key, name in name_of.items()},
    )


def read_probes(path: Path, gallery: Gallery) -> list[Probe]:
    """Read P."""
    return [
        Probe(
            row["heard"],
            gallery.place_of.get(row["true_id"]),
            row.get("dialect", ""),
            row.get("listener", ""),
        )
        for row in protocol.table(path, ("heard", "true_id"))
    ]


def sound_scores(table: NameTable, probe: Probe, *, known: bool) -> NDArray[np.float32]:
    """Nats of all names for one probe; its dialect is told to the engine only when `known`."""
    han = any(is_han(char) for char in probe.heard)
    hearing = Hearing(
        text=probe.heard if han else None,
        latin=None if han else probe.heard,
        dialect=(probe.dialect or None) if known else None,
        listener=_LISTENERS.get(probe.listener),
    )
    return table.score([hearing]).nats


def run(probes: Sequence[Probe], score: Scorer, counts: NDArray[np.float32]) -> list[Outcome]:
    """Score and rank every probe; an unreadable one is an outcome without a rank."""
    outcomes = []
    for probe in probes:
        start = time.process_time()
        try:
            nats = score(probe)
        except HearingError:
            outcomes.append(Outcome(probe, None, (time.process_time() - start) * 1000))
            continue
        spent = (time.process_time() - start) * 1000
        found = None if probe.truth is None else rank(nats, probe.truth, counts)
        outcomes.append(Outcome(probe, found, spent))
    return outcomes


def summary(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The keys of the evaluation contract, overall and per dialect."""
    by_dialect: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        by_dialect[outcome.probe.dialect].append(outcome)
    spent = [outcome.cpu_ms for outcome in outcomes]
    return {
        **_recalls(outcomes),
        "cpu_ms_median": round(protocol.percentile(spent, 0.5), 3),
        "cpu_ms_p99": round(protocol.percentile(spent, 0.99), 3),
        "probes": len(outcomes),
        "per_dialect": {name: _recalls(found) for name, found in sorted(by_dialect.items())},
    }


def write_ranks(path: Path, outcomes: Sequence[Outcome]) -> None:
    """One line a probe: heard, dialect, better, equal (empty where there is no rank)."""
    with path.open("w", encoding="utf-8") as file:
        file.write("heard\tdialect\tbetter\tequal\n")
        for outcome in outcomes:
            better, equal = (
                ("", "") if outcome.rank is None else (outcome.rank.better, outcome.rank.equal)
            )
            file.write(f"{outcome.probe.heard}\t{outcome.probe.dialect}\t{better}\t{equal}\n")


def _recalls(outcomes: Sequence[Outcome]) -> dict[str, float]:
    ranks = [outcome.rank for outcome in outcomes]
    count = max(len(ranks), 1)
    found = {
        f"recall@{k}": round(sum(r.recall(k) for r in ranks if r) / count, 4) for k in (1, 10, 100)
    }
    return found | {"mrr": round(sum(r.reciprocal() for r in ranks if r) / count, 4)}


def _peer(name: str, gallery: Gallery, probes: Sequence[Probe]) -> list[Outcome]:
    """rapidfuzz: ratio of toneless pinyin."""
    if name != "rapidfuzz":
        raise SystemExit(f"no such peer: {name} (there is rapidfuzz)")
    spelt = [" ".join(lazy_pinyin(text)) for text in gallery.names]

    def score(probe: Probe) -> NDArray[np.float32]:
        heard = " ".join(lazy_pinyin(probe.heard))
        found = process.cdist([heard], spelt, scorer=fuzz.ratio, workers=1, dtype=np.float32)
        return np.asarray(-found[0], np.float32)

    return run(probes, score, gallery.counts)


def _say_fallbacks(engine: SoundEngine, probes: Sequence[Probe]) -> None:
    for name in sorted({probe.dialect for probe in probes if probe.dialect}):
        used = engine.regions.fallback(name, engine.points)
        if used != name:
            print(f"{name}: no readings of its own, taken as {used}")


def _print_table(result: Mapping[str, Any]) -> None:
    rows = {"all": result, **result["per_dialect"]}
    for peer, found in result["vs"].items():
        rows |= {
            f"{peer} {name}": row for name, row in {"all": found, **found["per_dialect"]}.items()
        }
    for name, row in rows.items():
        cells = "  ".join(f"{100 * row[f'recall@{k}']:5.1f}" for k in (1, 10, 100))
        print(f"{name:<24} {cells}  mrr {row['mrr']:.3f}")


def _options(arguments: Sequence[str]) -> Namespace:
    options = protocol.parser("names", __doc__ or "")
    files = not {"--speed", "--simulated"} & set(arguments)
    options.add_argument("--gallery", type=Path, required=files)
    options.add_argument("--probes", type=Path, required=files)
    options.add_argument("--simulated", type=int, default=0, metavar="N")
    options.add_argument("--speed", type=int, default=0, metavar="N")
    options.add_argument("--rounds", type=int, default=15, help="hearings timed by --speed")
    options.add_argument("--kept", type=int, default=2000, help="names of the index re-ranked")
    options.add_argument("--dialect", choices=("known", "unknown"), default="known")
    options.add_argument("--pack", type=Path, action="append", default=[])
    options.add_argument("--no-laws", action="store_true", help="Mandarin and Cantonese only")
    options.add_argument("--ranks", type=Path)
    return options.parse_args(arguments)
