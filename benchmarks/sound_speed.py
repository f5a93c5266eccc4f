"""What a search by sound costs among many distinct names: `python -m benchmarks names --speed N`.

N synthetic distinct names (surnames and given-name characters by their share of use), all points.
CPU milliseconds are medians of one process; hearings are names of the gallery with one syllable
of each changed for another of the same final.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pypinyin import lazy_pinyin
from rapidfuzz import fuzz, process

from benchmarks import protocol
from indexes.names import NameIndex
from matchers.sounds import Hearing, Hypothesis, NameTable, SoundEngine
from matchers.sounds.laws.categories import table_rows
from matchers.sounds.vectors import NameVectors

FULL = (Hypothesis.FULL,)
TOP = 100
DIALECTS = ("常州", "扬州", "广州", "长沙", "成都", "济南", "梅县", "泉州")
_PEER_NAMES = 100_000


@dataclass(frozen=True, slots=True)
class Timed:
    """Median CPU milliseconds of one step, and what each round gave."""

    cpu_ms: float
    results: list[Any]


def speed(engine: SoundEngine, count: int, rounds: int, kept: int, seed: int) -> dict[str, Any]:
    """Time every step on `count` names; `kept` names of the index are re-ranked."""
    random = np.random.default_rng(seed)
    names = synthetic(count, random)
    built = _timed([names], engine.table)
    table: NameTable = built.results[0]
    heard = [Hearing(_misheard(names, random)) for _ in range(rounds)]
    where = [DIALECTS[i % len(DIALECTS)] for i in range(rounds)]
    known = [Hearing(h.text, dialect=point) for h, point in zip(heard, where, strict=True)]
    table.score(heard[:1])
    full = _timed(known, lambda h: table.full_name_pass(h, h.dialect or ""))
    exact = _timed(heard, lambda h: table.score([h], ways_said=FULL))
    found = _indexed(table, heard, kept, seed)
    return {
        "names": len(names),
        "points": len(engine.points),
        "table_build_s": round(built.cpu_ms / 1000, 2),
        "full_name_pass_ms": full.cpu_ms,
        "unknown_dialect_index_ms": found.cpu_ms,
        "unknown_dialect_exact_ms": exact.cpu_ms,
        "kept_of_exact_top_100": _kept(found.results, [s.best(TOP) for s in exact.results]),
        "known_dialect_exact_ms": _timed(known, lambda h: table.score([h], ways_said=FULL)).cpu_ms,
        "all_hypotheses_known_ms": _timed(known, lambda h: table.score([h])).cpu_ms,
        "all_hypotheses_unknown_ms": _timed(heard, lambda h: table.score([h])).cpu_ms,
        "rapidfuzz_ms": _rapidfuzz(names, heard),
    }


def synthetic(count: int, random: np.random.Generator) -> list[str]:
    """`count` distinct names: a surname, and one given character in ten names, else two."""
    rows = table_rows("name_characters.tsv")
    surnames, first = _shares(rows, "surname")
    given, second = _shares(rows, "given")
    names: dict[str, None] = {}
    while len(names) < count:
        size = count - len(names) + count // 8
        family = random.choice(surnames, size, p=first)
        one = random.choice(given, size, p=second)
        other = np.where(random.random(size) < 0.9, random.choice(given, size, p=second), "")
        names |= dict.fromkeys(
            np.char.add(np.char.add(family.astype(str), one), other.astype(str)).tolist()
        )
    return list(names)[:count]


def _shares(
    rows: Sequence[dict[str, str]], column: str
) -> tuple[NDArray[np.str_], NDArray[np.float64]]:
    used = [(row["char"], float(row[column] or 0)) for row in rows]
    used = [(char, share) for char, share in used if share]
    # the square root brings the rare names of a whole country into a million
    shares = np.sqrt(np.array([share for _char, share in used]))
    return np.array([char for char, _share in used]), shares / shares.sum()


def _misheard(names: Sequence[str], random: np.random.Generator) -> str:
    """One name of the gallery with one character of another name in place of its own."""
    name, other = (names[int(i)] for i in random.integers(len(names), size=2))
    at = int(random.integers(len(name)))
    return name[:at] + other[-1] + name[at + 1 :]


def _indexed(table: NameTable, heard: Sequence[Hearing], kept: int, seed: int) -> Timed:
    """Mixture query, index and exact re-rank: places of the best hundred of each hearing."""
    vectors = NameVectors.of(table, seed=seed)
    index = NameIndex.build(vectors.vectors())

    def best(hearing: Hearing) -> NDArray[np.intp]:
        found = np.sort(index.nearest(vectors.query(hearing), kept))
        nats = table.score_some([hearing], found, ways_said=FULL)
        return np.asarray(found[np.argsort(nats, kind="stable")][:TOP], np.intp)

    best(heard[0])
    return _timed(heard, best)


def _kept(found: Sequence[NDArray[np.intp]], exact: Sequence[NDArray[np.intp]]) -> float:
    shares = [len(np.intersect1d(a, b)) / len(b) for a, b in zip(found, exact, strict=True)]
    return round(float(np.mean(shares)), 4)


def _rapidfuzz(names: Sequence[str], heard: Sequence[Hearing]) -> float:
    """Ratio of toneless pinyin; timed on a part of the names and scaled to all."""
    part = names[:_PEER_NAMES]
    spelt = [" ".join(lazy_pinyin(name)) for name in part]
    asked = [" ".join(lazy_pinyin(hearing.text or "")) for hearing in heard[:5]]
    timed = _timed(
        asked, lambda text: process.cdist([text], spelt, scorer=fuzz.ratio, dtype=np.float32)
    )
    return round(timed.cpu_ms * len(names) / len(part), 2)


def _timed(inputs: Sequence[Any], step: Callable[[Any], Any]) -> Timed:
    spent, results = [], []
    for one in inputs:
        start = time.process_time()
        results.append(step(one))
        spent.append((time.process_time() - start) * 1000)
    return Timed(round(protocol.percentile(spent, 0.5), 2), results)
