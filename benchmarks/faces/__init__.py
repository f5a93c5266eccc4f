"""How well faces find their people, and how honest their bits are.

    python -m benchmarks faces --prints F.npz [--impostors U.npz] [--vs face_recognition]
    python -m benchmarks faces --images DIR [--impostors U.npz] [--vs face_recognition]

F.npz and U.npz hold `emb` float32 [n, d] and `id`, optionally `age`, `group`, `sex` and `young`;
DIR has the layout `person/photo.jpg` (encoded with the product's recipe, with one pass beside a
file of impostor prints). Open-set search over five splits: half of the people are enrolled with
their first photo beside half of the impostor people; the threshold is set on people who are not
enrolled. Bits come from curves fitted on one half of the people and are judged on the other, in
both directions. With `--write FILE` a calibration is fitted on everybody and written there.
"""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import protocol
from benchmarks.faces import bits, images, peer
from benchmarks.faces.data import PrintFile, read_prints, sample_of
from matchers.faces.centring import Cohort, centred_against, cohort_means
from matchers.faces.contract import Prints
from matchers.faces.dlib_onnx import MIRRORED, ONE_PASS
from matchers.faces.evaluation import open_set, split
from matchers.faces.fitting import Ints
from matchers.faces.templates import fused_by_person

SPLITS = 5
PEERS = ("face_recognition", "cosine")


def main(arguments: list[str]) -> int:
    """Run and print the figures."""
    parser = protocol.parser("faces", "open-set face search and calibrated bits")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--prints", type=Path, metavar="F.npz")
    source.add_argument("--images", type=Path, metavar="DIR")
    parser.add_argument("--impostors", type=Path, metavar="U.npz")
    parser.add_argument("--cache", type=Path, default=Path("var/models"), help="converted networks")
    parser.add_argument("--write", type=Path, metavar="FILE", help="fit on everybody, write here")
    parser.set_defaults(seed=0)  # that of the published protocol's splits
    asked = parser.parse_args(arguments)
    if unknown := set(asked.vs) - set(PEERS):
        parser.error(f"peers are {', '.join(PEERS)}, not {', '.join(sorted(unknown))}")
    try:
        result = run(asked)
    except (OSError, ValueError, RuntimeError) as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 2
    protocol.emit("faces", asked.seed, result)
    return 0


def run(asked: Namespace) -> dict[str, Any]:
    """All figures of one call."""
    result: dict[str, Any] = {}
    vs: dict[str, dict[str, Any]] = {name: {} for name in asked.vs}
    if asked.images:
        # files of prints are of one pass, and recipes are never mixed
        encoded = images.encode(asked.images, asked.cache, mirror=asked.impostors is None)
        prints, result["cpu"] = encoded.prints, encoded.cpu
        if "face_recognition" in vs:
            vs["face_recognition"]["cpu"] = peer.cpu(encoded.paths)
    else:
        prints = read_prints(asked.prints, ONE_PASS)
    others = read_prints(asked.impostors, prints.prints.recipe) if asked.impostors else None
    result["recipe"] = prints.prints.recipe
    result |= search(prints, others, "centred", asked.seed)
    if others is not None and others.sexes is not None:
        by_sex = search(prints, replace(others, labels=others.sexes), "centred", asked.seed)
        result["fpir_by_sex"] = by_sex["fpir"]
    for name in vs:
        vs[name] |= search(prints, others, "chord" if name == "cosine" else "euclidean", asked.seed)
    if "face_recognition" in vs:
        result["embedding_cpu_ms"], vs["face_recognition"]["embedding_cpu_ms"] = peer.embedding(
            asked.cache
        )
    everybody = sample_of(prints, others)
    result |= bits.judge(everybody, prints.labels, others.labels if others else None)
    result |= several(prints)
    if prints.young is not None:
        result |= grown_up(prints)
    if asked.write:
        made = bits.fitted(everybody, (ONE_PASS, MIRRORED))
        asked.write.write_text(json.dumps(made, ensure_ascii=False) + "\n", "utf-8")
    return result | ({"vs": vs} if vs else {})


def search(
    prints: PrintFile, others: PrintFile | None, distance: str, first: int
) -> dict[str, Any]:
    """Open-set figures, averaged over the splits."""
    groups = others.labels if others else np.zeros(0, np.str_)
    rows = [
        open_set(
            split(
                prints.prints, prints.owners, others.prints if others else None, groups, seed,
                distance=distance,
            )
        )
        for seed in range(first, first + SPLITS)
    ]  # fmt: skip
    return averaged(rows)


def averaged(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Mean of each key over the rows; of nested keys where they occur."""
    out: dict[str, Any] = {}
    for key in {key: None for row in rows for key in row}:
        values = [row[key] for row in rows if key in row]
        if isinstance(values[0], Mapping):
            out[key] = averaged(values)
        else:
            out[key] = round(float(np.mean(values)), 4)
    return out


def several(prints: PrintFile) -> dict[str, Any]:
    """Rank-1 with one and with three enrolled photos: people with four, probed by their last."""
    owners, counts = np.unique(prints.owners, return_counts=True)
    enough = owners[counts >= 4]
    if len(enough) < 20:
        return {}
    rows = {int(o): np.flatnonzero(prints.owners == o) for o in owners}
    probes = np.array([rows[int(o)][3] for o in enough])
    out = {}
    for name, most in (("rank1_one_photo", 1), ("rank1_three_photos", 3)):
        kept = np.concatenate([r[:most] if len(r) >= 4 else r[:1] for r in rows.values()])
        vectors = Prints(prints.prints.recipe, prints.prints.vectors[kept])
        gallery, people = fused_by_person(vectors, prints.owners[kept])
        out[name] = _rank(prints, gallery, people, probes)["rank1"]
    return out


def grown_up(prints: PrintFile) -> dict[str, Any]:
    """Young photo against a gallery of the same people grown up, one photo each."""
    assert prints.young is not None  # noqa: S101 the caller looked
    adult = np.flatnonzero(~prints.young)
    _, first = np.unique(prints.owners[adult], return_index=True)
    people = prints.owners[adult[first]]
    gallery = Prints(prints.prints.recipe, prints.prints.vectors[adult[first]])
    probes = np.flatnonzero(prints.young & np.isin(prints.owners, people))
    return {f"young_{key}": v for key, v in _rank(prints, gallery, people, probes).items()}


def _rank(prints: PrintFile, gallery: Prints, people: Ints, probes: Ints) -> dict[str, float]:
    """rank1, rank10, rank50 of probe rows in a gallery with one print per person."""
    asked = Prints(prints.prints.recipe, prints.prints.vectors[probes])
    cohort = Cohort(0, gallery, people)
    distances = centred_against(
        asked, gallery, cohort_means(asked, cohort), cohort_means(gallery, cohort, people)
    )
    column = np.searchsorted(people, prints.owners[probes])
    true = distances[np.arange(len(probes)), column]
    rank = (distances < true[:, None]).sum(axis=1)
    return {f"rank{k}": round(float((rank < k).mean()), 4) for k in (1, 10, 50)}
