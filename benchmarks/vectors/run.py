"""The run: segment and peers over one made gallery, each measured against the exact scan."""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from benchmarks.protocol import emit, parser
from benchmarks.vectors.made import Made
from indexes.contract import Entries
from indexes.filters import EVERYBODY, Between, Filter
from indexes.segments import Contents, Segment, SegmentFolder
from indexes.segments.memory import in_memory
from indexes.vectors import Ids, Prints, Vectors
from tracing.sealing.segment_cipher import SegmentCipher

MODEL = "made"
HUNDRED = 100
ABSENT = -1
HNSW_MOST = 1_000_000
MOST_LISTS = 4096
FLOAT_MOST = 2_000_000
"""Above so many rows the flat index holds half-precision numbers: the machine is shared."""
SHARED = Path("/dev/shm")  # noqa: S108  plain pages may lie in memory only
FILTERS = {
    0.5: Filter((Between("band", 0, 499),)),
    0.05: Filter((Between("band", 0, 49),)),
    0.001: Filter((Between("band", 0, 0),)),
}
Ask = Callable[[Vectors], Ids]
"""From one probe float32 [1, d] to rows int64 [≤ 100], best first."""


@dataclass(frozen=True, slots=True)
class Truth:
    """The 100 nearest rows of each probe by the exact scan, int64 [q, 100], -1 where fewer."""

    probes: Vectors
    who: Ids
    rows: Ids
    identity: Ids


def main(arguments: list[str]) -> int:
    """Run and print; 0."""
    options = parser("vectors", "find the nearest prints: segments beside flat, HNSW and IVF")
    options.add_argument("--n", type=int, required=True, help="prints in the gallery")
    options.add_argument("--dim", type=int, default=128, help="numbers of a print, even")
    options.add_argument("--probes", type=int, default=100)
    options.add_argument("--folder", type=Path, help="where the sealed segment is written")
    asked = options.parse_args(arguments)
    faiss.omp_set_num_threads(1)
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        result = _measured(Made(asked.n, asked.dim, asked.seed, asked.probes), Path(folder))
    emit("vectors", asked.seed, result)
    return 0


def _measured(made: Made, folder: Path) -> dict[str, Any]:
    memory = SHARED if in_memory(SHARED) else None
    cipher = SegmentCipher((os.urandom(32),))
    shelf = SegmentFolder(folder / "index", MODEL, made.dim, cipher, memory=memory)
    identity: list[Ids] = []
    with _clock() as build:
        built = shelf.publish(
            Contents(MODEL, made.dim, made.n, _entries(made, identity), ("band",))
        )
    _say(f"built in {build['cpu']:.1f} CPU s, recall@10 {built.manifest.recall10:.3f}")
    built.close()
    with _clock() as start:
        segment = shelf.open()
        first = segment.search(segment.vectors[:1].astype(np.float32), 1)
    _say(f"open and first answer {first.ids[0, 0]} in {start['wall']:.2f} s")
    bandwidth = _bandwidth()
    probes, who = made.probes()
    truth = _truth(segment, probes, who, np.concatenate(identity), EVERYBODY)
    rows = list(_rows(segment, truth, bandwidth))
    disk = shelf.state().disk_bytes
    segment.close()
    return {
        "n": made.n,
        "dim": made.dim,
        "probes": len(probes),
        "memory_bandwidth_gb_s": round(bandwidth / 1e9, 2),
        "build_cpu_s": round(build["cpu"], 2),
        "start_s": round(start["wall"], 3),
        "start_cpu_s": round(start["cpu"], 3),
        "disk_bytes": disk,
        "rows": rows,
    }


def _entries(made: Made, identity: list[Ids]) -> Iterator[Entries]:
    row = 0
    for batch in made.batches():
        ids = np.arange(row, row + len(batch.vectors), dtype=np.int64)
        row += len(ids)
        identity.append(batch.identity)
        yield Entries(ids, ids, ids, Prints(MODEL, batch.vectors), {"band": batch.band})


def _rows(segment: Segment, truth: Truth, bandwidth: float) -> Iterator[dict[str, Any]]:
    ram = sum(array.nbytes for array in segment.plain.arrays.values())

    def asking(where: Filter) -> Ask:
        return lambda probe: segment.search(probe, HUNDRED, where).ids[0]

    through = sum(len(codes) * codes.row_bytes for _, codes in segment.codes)
    scanned = segment.vectors.nbytes if segment.manifest.exact else through
    yield _row("segment", asking(EVERYBODY), truth, ram, scanned, bandwidth)
    for share, where in FILTERS.items():
        allowed = where.mask(segment.columns, len(segment))
        among = _truth(segment, truth.probes, truth.who, truth.identity, where)
        # only probes of people who may be found have a first place to reach
        there = np.isin(truth.who, truth.identity[allowed])
        among = replace(among, who=np.where(there, among.who, ABSENT))
        yield _row("segment", asking(where), among, ram, 0, bandwidth) | {"allowed": share}
    yield from _peers(segment, truth, bandwidth)


def _peers(segment: Segment, truth: Truth, bandwidth: float) -> Iterator[dict[str, Any]]:
    n, dim = segment.vectors.shape
    half = n > FLOAT_MOST
    name = "flat-fp16" if half else "flat"
    flat = faiss.index_factory(dim, "SQfp16" if half else "Flat", faiss.METRIC_INNER_PRODUCT)
    _fill(flat, segment)
    size = n * dim * (2 if half else 4)
    yield _row(name, partial(_asked, flat), truth, size, size, bandwidth)
    flat.reset()
    lists = min(MOST_LISTS, int(4 * n**0.5))
    ivf: Any = faiss.index_factory(dim, f"IVF{lists},PQ{dim // 2}x4fs", faiss.METRIC_INNER_PRODUCT)
    ivf.cp.niter = 8
    _fill(ivf, segment, sample=min(n, 40 * lists))
    ivf.nprobe = max(1, lists // 64)
    codes = n * (dim // 4 + 8)
    yield _row(
        f"ivf nprobe={ivf.nprobe}/{lists}",
        partial(_narrowed, ivf, segment),
        truth,
        codes,
        0,
        bandwidth,
    )
    ivf.reset()
    if n <= HNSW_MOST:
        hnsw: Any = faiss.index_factory(dim, "HNSW32", faiss.METRIC_INNER_PRODUCT)
        hnsw.hnsw.efConstruction = 64
        _fill(hnsw, segment)
        hnsw.hnsw.efSearch = 256
        size = n * (4 * dim + 4 * 66)
        yield _row("hnsw ef=256", partial(_asked, hnsw), truth, size, 0, bandwidth)


def _asked(index: Any, probe: Vectors) -> Ids:
    return np.asarray(index.search(probe, HUNDRED)[1][0])


def _narrowed(codes: Any, segment: Segment, probe: Vectors) -> Ids:
    """Codes of a few lists, then the same exact comparison as the segment's."""
    rows = codes.search(probe, segment.recipe.depth(len(segment), HUNDRED))[1][0]
    rows = rows[rows >= 0]
    return np.asarray(rows[np.argsort(-segment.cosines(probe[0], rows))[:HUNDRED]])


def _fill(index: Any, segment: Segment, sample: int = 0) -> None:
    if sample:
        chosen = np.sort(np.random.default_rng(0).choice(len(segment), sample, replace=False))
        index.train(segment.vectors[chosen].astype(np.float32))
    elif not index.is_trained:
        index.train(segment.vectors[:256].astype(np.float32))
    with _clock() as spent:
        for start in range(0, len(segment), 65_536):
            index.add(segment.vectors[start : start + 65_536].astype(np.float32))
    _say(f"{type(index).__name__} filled in {spent['cpu']:.1f} CPU s")


def _row(
    name: str, ask: Ask, truth: Truth, ram: int, scanned: int, bandwidth: float
) -> dict[str, Any]:
    ask(truth.probes[:1])
    spent, answers = [], []
    for at in range(len(truth.probes)):
        start = time.process_time()
        answers.append(ask(truth.probes[at : at + 1]))
        spent.append(time.process_time() - start)
    median = statistics.median(spent)
    found = {
        "index": name,
        "n": len(truth.identity),
        "cpu_ms_median": round(median * 1000, 3),
        "cpu_ms_least": round(min(spent) * 1000, 3),
        "rank1": _identified(answers, truth),
        "rank1_as_exact": _kept(answers, truth.rows, 1),
        "recall@10": _kept(answers, truth.rows, 10),
        "recall@100": _kept(answers, truth.rows, HUNDRED),
        "ram_bytes": ram,
    }
    if scanned:
        found["bandwidth_share"] = round(scanned / median / bandwidth, 3)
    _say(str(found))
    return found


def _identified(answers: list[Ids], truth: Truth) -> float:
    right = [
        len(a) > 0 and truth.identity[a[0]] == w
        for a, w in zip(answers, truth.who, strict=True)
        if w != ABSENT
    ]
    return round(float(np.mean(right)), 4) if right else 1.0


def _kept(answers: list[Ids], rows: Ids, k: int) -> float:
    shares = [
        np.isin(t[:k][t[:k] >= 0], a[:k]).mean()
        for a, t in zip(answers, rows, strict=True)
        if (t >= 0).any()
    ]
    return round(float(np.mean(shares)), 4)


def _truth(segment: Segment, probes: Vectors, who: Ids, identity: Ids, where: Filter) -> Truth:
    """The exact scan, over the vectors as they are kept."""
    allowed = np.flatnonzero(where.mask(segment.columns, len(segment)))
    near: NDArray[np.float32] = np.full((len(probes), HUNDRED), -np.inf, np.float32)
    rows = np.full((len(probes), HUNDRED), -1, np.int64)
    for start in range(0, len(allowed), 32_768):
        part = allowed[start : start + 32_768]
        cosines = probes @ segment.vectors[part].astype(np.float32).T
        near = np.concatenate([near, cosines], axis=1)
        rows = np.concatenate([rows, np.broadcast_to(part, cosines.shape)], axis=1)
        best = np.argpartition(-near, HUNDRED - 1, axis=1)[:, :HUNDRED]
        near, rows = np.take_along_axis(near, best, 1), np.take_along_axis(rows, best, 1)
    order = np.argsort(-near, axis=1, kind="stable")
    return Truth(probes, who, np.take_along_axis(rows, order, 1), identity)


def _bandwidth() -> float:
    """Bytes a second that one thread reads from memory: the best of seven passes over 256 MiB."""
    much = np.ones(1 << 25, np.float64)
    best = min(_timed(lambda: np.dot(much, much)) for _ in range(7))
    return much.nbytes / best


def _timed(work: Callable[[], object]) -> float:
    start = time.process_time()  # a shared machine: other people's turns do not count
    work()
    return time.process_time() - start


@contextmanager
def _clock() -> Iterator[dict[str, float]]:
    spent: dict[str, float] = {}
    cpu, wall = time.process_time(), time.perf_counter()
    yield spent
    spent["cpu"], spent["wall"] = time.process_time() - cpu, time.perf_counter() - wall


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
