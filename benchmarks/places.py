"""How often fragments of home lead to the right county and village: recall by rank, ties fair.

    python -m benchmarks places --probes P.tsv [--dialect known|unknown] [--pack DIR]... [--no-laws]
        [--level village|town|county|city|province] [--in-province] [--ranks OUT.tsv]
    python -m benchmarks places --simulated N [--survey DIR] [--kinds village,town+county ...] ...

P is tab-separated with a header: heard_fragments (separated by |, each in characters or Latin, its
level before it where one is stated, village:主猫鸭), true_code (12 digits a village, 9 a town, 6 a
county, 4 a city, 2 a province) and perhaps dialect (a place name), levels (separated by |),
province, surname. --level states one level for all fragments.
--in-province tells the true province. --simulated asks with N hearings for each of --kinds; see
`benchmarks/heard_places.py` for who says and hears them.
"""

from __future__ import annotations

import sys
import time
from argparse import Namespace
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import numpy as np

from benchmarks import protocol
from benchmarks.heard_places import KINDS, simulated
from benchmarks.names import sources
from matchers.places.joining import Joint
from matchers.places.locating import Fragment, PlaceLevel, Question, QuestionError
from matchers.places.locator import Locator
from matchers.sounds import Rank, SoundEngine
from matchers.sounds.characters import is_han

KS = (1, 3, 10, 100)


@dataclass(frozen=True, slots=True)
class Probe:
    """What was heard of one home and the code of where it is."""

    heard: tuple[str, ...]
    code: str
    dialect: str = ""
    levels: tuple[str, ...] = ()
    province: str = ""
    surname: str = ""
    kind: str = "all"


@dataclass(frozen=True, slots=True)
class Outcome:
    """Ranks of the true county and village (None where there is none) and CPU milliseconds."""

    probe: Probe
    county: Rank | None
    town: Rank | None
    village: Rank | None
    share: float
    cpu_ms: float


def main(arguments: Sequence[str]) -> int:
    """Run the benchmark; exit code 0, or 2 when a file is not what it should be."""
    options = _options(arguments)
    engine = SoundEngine.standard(*sources(options.pack, laws=not options.no_laws))
    locator = Locator.open(engine)
    try:
        probes = _asked(options, locator)
    except (OSError, ValueError, KeyError) as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 2
    start = time.process_time()
    locator.warm()
    warm = time.process_time() - start
    outcomes = [_outcome(locator, probe, options) for probe in probes]
    result = summary(outcomes) | {
        "dialect": options.dialect,
        "in_province": options.in_province,
        "points": list(engine.points),
        "readings_cpu_s": round(warm, 2),
    }
    if options.ranks:
        _write_ranks(options.ranks, outcomes)
    _print_table(result)
    protocol.emit("places", options.seed, result)
    return 0


def _asked(options: Namespace, locator: Locator) -> list[Probe]:
    if options.simulated:
        kinds = tuple(options.kinds.split(","))
        found = simulated(locator.atlas, options.simulated, kinds, options.seed, options.survey)
        return [Probe(h.fragments, h.code, h.dialect, h.levels, kind=h.kind) for h in found]
    rows = protocol.table(options.probes, ("heard_fragments", "true_code"))
    return [
        Probe(
            tuple(part.strip() for part in row["heard_fragments"].split("|") if part.strip()),
            row["true_code"].strip(),
            row.get("dialect", ""),
            tuple(row.get("levels", "").split("|")) if row.get("levels") else (),
            row.get("province", ""),
            row.get("surname", ""),
            row.get("kind") or "all",
        )
        for row in rows
    ]


def question(probe: Probe, options: Namespace) -> Question:
    """The question that a probe asks under these options."""
    fragments = []
    for place, written in enumerate(probe.heard):
        prefix, colon, rest = written.partition(":")
        heard = rest if colon and prefix in get_args(PlaceLevel) else written
        han = any(is_han(char) for char in heard)
        told = probe.levels[place] if place < len(probe.levels) and not options.no_levels else ""
        told = told or (prefix if heard != written and not options.no_levels else "")
        stated = next((level for level in get_args(PlaceLevel) if level == told), options.level)
        fragments.append(Fragment(heard if han else None, None if han else heard, stated))
    province = probe.code[:2] if options.in_province else probe.province
    return Question(
        tuple(fragments),
        dialect=(probe.dialect or None) if options.dialect == "known" else None,
        province=province or None,
        surname=probe.surname or None,
    )


def _outcome(locator: Locator, probe: Probe, options: Namespace) -> Outcome:
    start = time.process_time()
    try:
        joint = locator.posterior(question(probe, options)).joint
    except QuestionError:
        return Outcome(probe, None, None, None, 0.0, (time.process_time() - start) * 1000)
    spent = (time.process_time() - start) * 1000
    county, share = _county_rank(locator, joint, probe.code)
    town = _town_rank(locator, joint, probe.code)
    return Outcome(probe, county, town, _village_rank(locator, joint, probe.code), share, spent)


def _county_rank(locator: Locator, joint: Joint, code: str) -> tuple[Rank | None, float]:
    """Rank and share of the county of a code (or of its city or province where it is no longer)."""
    counties = locator.atlas.counties
    shares = joint.counties
    if len(code) < 6:
        keys = [county[: len(code)] for county in counties]
        totals: dict[str, float] = defaultdict(float)
        for key, share in zip(keys, shares.tolist(), strict=True):
            totals[key] += share
        if code not in totals:
            return None, 0.0
        own = totals[code]
        return _rank(np.array(list(totals.values())), own), own
    found = _heirs(locator, code[:6])
    if not found:
        return None, 0.0
    own = max(float(shares[county]) for county in found)
    return _rank(shares, own), own


def _heirs(locator: Locator, code: str) -> list[int]:
    number = locator.atlas.county_number
    if code in number:
        return [number[code]]
    return [number[heir] for heir in locator.atlas.divisions.current(code) if heir in number]


def _town_rank(locator: Locator, joint: Joint, code: str) -> Rank | None:
    town = locator.atlas.town(code[:9]) if len(code) >= 9 else None
    if town is None:
        return None
    placed = joint.hits.town >= 0
    shares = joint.towns + np.bincount(
        joint.hits.town[placed], weights=joint.hit_share[placed], minlength=len(joint.towns)
    )
    return _rank(shares, float(shares[town]))


def _village_rank(locator: Locator, joint: Joint, code: str) -> Rank | None:
    village = locator.atlas.village(code) if len(code) == 12 else None
    if village is None:
        return None
    each = joint.towns / np.maximum(joint.left, 1.0)
    where = np.flatnonzero(joint.hits.village == village)
    if len(where):
        own = float(joint.hit_share[where[0]])
    else:
        own = float(each[locator.atlas.tree.town_of(village)])
    close = own * 1e-9
    better = int((joint.hit_share > own + close).sum()) + joint.left[each > own + close].sum()
    equal = int((abs(joint.hit_share - own) <= close).sum())
    equal += joint.left[abs(each - own) <= close].sum()
    return Rank(int(better), max(int(equal), 1))


def _rank(shares: np.ndarray[Any, Any], own: float) -> Rank:
    close = own * 1e-9
    better = int((shares > own + close).sum())
    return Rank(better, max(int((abs(shares - own) <= close).sum()), 1))


def summary(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The keys of the evaluation contract, overall and by kind of probe."""
    kinds: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        kinds[outcome.probe.kind].append(outcome)
    spent = [outcome.cpu_ms for outcome in outcomes]
    return {
        **_recalls(outcomes),
        "cpu_ms_median": round(protocol.percentile(spent, 0.5), 2),
        "cpu_ms_p99": round(protocol.percentile(spent, 0.99), 2),
        "probes": len(outcomes),
        "per_kind": {kind: _recalls(found) for kind, found in kinds.items()},
    }


def _recalls(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    levels: dict[str, list[Rank | None]] = {
        "county": [outcome.county for outcome in outcomes],
        "town": [outcome.town for outcome in outcomes if len(outcome.probe.code) >= 9],
        "village": [outcome.village for outcome in outcomes if len(outcome.probe.code) == 12],
    }
    found: dict[str, Any] = {
        level: {
            f"recall@{k}": round(sum(r.recall(k) for r in ranks if r) / max(len(ranks), 1), 4)
            for k in KS
        }
        for level, ranks in levels.items()
    }
    shares = [outcome.share for outcome in outcomes]
    found["log2_county"] = round(float(np.log2(np.maximum(shares, 1e-9)).mean()), 3)
    return found


def _write_ranks(path: Path, outcomes: Sequence[Outcome]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write("heard_fragments\ttrue_code\tcounty_better\tcounty_equal\tvillage_better\n")
        for o in outcomes:
            county = (o.county.better, o.county.equal) if o.county else ("", "")
            village = o.village.better if o.village else ""
            cells = ["|".join(o.probe.heard), o.probe.code, *map(str, county), str(village)]
            file.write("\t".join(cells) + "\n")


def _print_table(result: dict[str, Any]) -> None:
    for kind, row in {"all": result, **result["per_kind"]}.items():
        cells = [
            f"{level} " + "/".join(f"{100 * row[level][f'recall@{k}']:.0f}" for k in KS)
            for level in ("county", "town", "village")
        ]
        print(f"{kind:<22} {'   '.join(cells)}   log2 {row['log2_county']}")


def _options(arguments: Sequence[str]) -> Namespace:
    options = protocol.parser("places", __doc__ or "")
    options.add_argument("--probes", type=Path, required="--simulated" not in arguments)
    options.add_argument("--simulated", type=int, default=0, metavar="N")
    options.add_argument("--kinds", default=",".join(KINDS))
    options.add_argument("--survey", type=Path, help="a CLDF survey that says the simulated names")
    options.add_argument("--dialect", choices=("known", "unknown"), default="known")
    options.add_argument("--level", choices=get_args(PlaceLevel))
    options.add_argument("--no-levels", action="store_true", help="do not say simulated levels")
    options.add_argument("--in-province", action="store_true")
    options.add_argument("--pack", type=Path, action="append", default=[])
    options.add_argument("--no-laws", action="store_true", help="Mandarin and Cantonese only")
    options.add_argument("--ranks", type=Path)
    return options.parse_args(arguments)
