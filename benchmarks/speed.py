"""What one search costs, evidence by evidence, and how many questions a CPU second answers.

    python -m benchmarks speed [--people N] [--questions M] [--repeats R] [--seed S]

The gallery is the product's own, over an ordinary world made on the spot, with all evidence and
simulated prints weighed by the packaged curve (for the work of it: right or wrong is not asked
here, `benchmarks fused` does that). Times are CPU of one thread. Each question is asked R times:
`first` is the first of them, `best` the least, which other work on the machine disturbs least.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from statistics import median
from typing import Any, TypeVar

import numpy as np

from benchmarks.fused import SIMULATED, engine_with, template
from benchmarks.fused.worlds import World
from benchmarks.protocol import emit, parser
from matchers.claims import PersonClaims
from matchers.evidence import Comparator, comparators
from matchers.evidence.levels import LevelCodes
from matchers.evidence.names import one_name_each
from matchers.evidence.sounding import SPEECH_HOMES
from matchers.faces.calibration import Calibration
from matchers.fusion import Model, fuse
from matchers.places import Divisions
from tracing.comparing import Probe, compare, compare_many
from tracing.face_gallery import FaceGallery
from tracing.gallery import Gallery, View
from tracing.person_files import GalleryPrint, GalleryRow

DIM = 128
LISTED = 50
BATCH = 64

Document = Mapping[str, Any]
T = TypeVar("T")


def main(arguments: Sequence[str]) -> int:
    """Run the benchmark; exit code 0."""
    options = parser("speed", "CPU of one search and of many")
    options.add_argument("--people", type=int, default=100_000)
    options.add_argument("--questions", type=int, default=100)
    options.add_argument("--repeats", type=int, default=3)
    args = options.parse_args(arguments)
    world = World.made("ordinary", args.people, args.questions, args.seed)
    gallery, built = _gallery(world.gallery)
    probes = [_probe(document) for document in world.probes]
    known = [p for p in probes if _one_hearing(p) and p.claims.names[0].dialect]
    unknown = [_unspoken(p) for p in known]
    emit(
        "speed",
        args.seed,
        {
            "gallery": args.people,
            "build_cpu_s": built,
            "known_dialect": _searches(gallery, known, args.repeats),
            "unknown_dialect": _searches(gallery, unknown, args.repeats),
            "evidence_ms": _by_evidence(gallery, known, args.repeats),
            "names_and_prints": _throughput(gallery, probes),
        },
    )
    return 0


def _gallery(documents: Sequence[Document]) -> tuple[Gallery, float]:
    """The product's gallery of these records, and CPU seconds to read it."""
    using = comparators(engine_with([], laws=True), Divisions.load())
    curve = replace(Calibration.packaged(), recipes=(SIMULATED,))
    rows = [_row(place, document) for place, document in enumerate(documents, 1)]
    gallery = Gallery(using, FaceGallery.empty(SIMULATED, DIM, curve), lambda _: rows)
    started = time.process_time()
    gallery.follow()
    return gallery, time.process_time() - started


def _row(seq: int, document: Document) -> GalleryRow:
    prints = tuple(
        GalleryPrint(
            f"{seq}-{i}", SIMULATED, np.array(p["vector"], np.float32), None, None, None, None,
            p.get("age"), None, None,
        )
        for i, p in enumerate(document.get("prints") or ())
    )  # fmt: skip
    claims = {key: value for key, value in document.items() if key != "prints"}
    side = str(document.get("side", "register"))
    return GalleryRow(
        str(document["id"]), side, "s", "0", "s", "s", seq, 1, claims, prints, None,
        erased=False, protected=False,
    )  # fmt: skip


def _probe(document: Document) -> Probe:
    asked = template(document)
    claims = PersonClaims.from_document(document)
    return Probe("found", claims, None if asked is None else asked[0])


def _one_hearing(probe: Probe) -> bool:
    names = one_name_each(probe.claims)
    return len(names) == 1 and len(names[0]) == 1


def _unspoken(probe: Probe) -> Probe:
    """The same question without a word on the speaker's dialect or where it was learned."""
    names = tuple(replace(claim, dialect=None) for claim in probe.claims.names)
    places = tuple(p for p in probe.claims.places if p.kind not in SPEECH_HOMES)
    return replace(probe, claims=replace(probe.claims, names=names, dialects=(), places=places))


def _searches(gallery: Gallery, probes: Sequence[Probe], repeats: int) -> dict[str, float]:
    """Median CPU milliseconds of whole searches."""
    view, model = gallery.view, Model.load(None)
    allowed = view.allowed("found")
    times = [
        [compare(view, gallery.comparators, model, p, allowed, LISTED).cpu_ms for p in probes]
        for _ in range(repeats)
    ]
    if not probes:
        return {"questions": 0}
    return {
        "questions": len(probes),
        "first_ms": median(times[0]),
        "best_ms": median(np.min(times, axis=0).tolist()),
    }


def _by_evidence(gallery: Gallery, probes: Sequence[Probe], repeats: int) -> dict[str, float]:
    """Mean CPU milliseconds a question by evidence, the least of the repeats; and of fusion."""
    view, model = gallery.view, Model.load(None)
    allowed = view.allowed("found")
    spent: dict[str, float] = {}
    for probe in probes:
        levels = {}
        for comparator in gallery.comparators:
            spread = partial(_levels, view, comparator, probe)
            levels[comparator.key] = _timed(spent, comparator.key, spread, repeats)
        if probe.template is not None:
            weigh = partial(view.faces.weigh, probe.template, probe.times, len(view.ids))
            levels["face"] = _timed(spent, "face", weigh, repeats).levels
        _timed(spent, "fusion", partial(fuse, model, levels, allowed), repeats)
    return {key: value / len(probes) for key, value in spent.items()}


def _levels(view: View, comparator: Comparator, probe: Probe) -> LevelCodes:
    codes = comparator.levels_of(probe.claims, view.prepared[comparator.key])
    return view.columns[comparator.key].gather(codes)


def _timed(spent: dict[str, float], key: str, work: Callable[[], T], repeats: int) -> T:
    """What the work gives; the least of its times is added to what the key has spent."""
    times = []
    for _ in range(repeats):
        started = time.thread_time()
        result = work()
        times.append((time.thread_time() - started) * 1000)
    spent[key] = spent.get(key, 0.0) + min(times)
    return result


def _throughput(gallery: Gallery, probes: Sequence[Probe]) -> dict[str, float]:
    """Questions a CPU second with names and ready-made prints alone, one by one and together."""
    view, model = gallery.view, Model.load(None)
    allowed = view.allowed("found")
    asked = [
        replace(p, claims=PersonClaims(names=p.claims.names))
        for p in probes
        if p.template is not None and p.claims.names
    ][:BATCH]
    if not asked:
        return {"questions": 0}
    alone = time.process_time()
    for probe in asked:
        compare(view, gallery.comparators, model, probe, allowed, LISTED)
    together = time.process_time()
    for _ in compare_many(
        view, gallery.comparators, model, [(probe, allowed) for probe in asked], LISTED
    ):
        pass
    ended = time.process_time()
    return {
        "questions": len(asked),
        "one_by_one_per_cpu_s": len(asked) / (together - alone),
        "together_per_cpu_s": len(asked) / (ended - together),
    }
