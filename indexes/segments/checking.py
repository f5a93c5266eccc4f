"""Does a generation hold what it says, and find whom it holds? Asked before each publication."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from indexes.segments.blocks import checksum
from indexes.segments.errors import SegmentDamaged
from indexes.segments.manifest import Manifest
from indexes.segments.segment import Segment
from indexes.vectors import Vectors

_PART = 16_384
_NOISE = 0.25
_TEN = 10


@dataclass(frozen=True, slots=True)
class Measured:
    """Shares, 0-1: prints that find themselves first; probes near a print, against the exact scan.

    A probe is a stored print turned a quarter of its length in a random direction, as another
    photo of the person would be.
    """

    self_recall: float
    rank1: float
    recall10: float


def check_files(folder: Path, manifest: Manifest) -> None:
    """Compare every file on the disk with its checksum; raises `SegmentDamaged`."""
    for name, facts in manifest.files.items():
        if checksum(folder / name) != facts.blake2b:
            raise SegmentDamaged(f"{name} is not as it was written")


def check_counts(segment: Segment) -> None:
    """Every array has one entry for each row; raises `SegmentDamaged`."""
    rows = segment.manifest.rows
    lengths = [len(segment.ids), len(segment.owners), len(segment.seqs), len(segment.vectors)]
    lengths += [len(values) for values in segment.columns.values()]
    lengths += [sum(len(codes) for _, codes in segment.codes)] if segment.codes else []
    if any(length != rows for length in lengths):
        raise SegmentDamaged(f"arrays of {sorted(set(lengths))} entries for {rows} rows")


def measure(segment: Segment, probes: int, seed: int = 1) -> Measured:
    """Sampled searches against the exact scan of the segment's own vectors."""
    size = min(probes, len(segment))
    if not size:
        return Measured(1.0, 1.0, 1.0)
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.choice(len(segment), size, replace=False))
    own = segment.vectors[rows].astype(np.float32)
    turned = own + _NOISE * _unit(rng.normal(size=own.shape).astype(np.float32))
    asked = _unit(turned)
    themselves = segment.search(_unit(own), 1)
    # an equal print of somebody else is no fault
    back = themselves.cosines[:, 0] >= np.einsum("ij,ij->i", own, _unit(own)) - 1e-3
    found = segment.search(asked, _TEN)
    best = _exact_owners(segment, asked)
    first = [bool(f[0] == t[0]) for f, t in zip(found.owners, best, strict=True)]
    both = [np.isin(t[t >= 0], f).mean() for f, t in zip(found.owners, best, strict=True)]
    return Measured(float(back.mean()), float(np.mean(first)), float(np.mean(both)))


def _exact_owners(
    segment: Segment, asked: Vectors
) -> list[np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """The ten nearest people of each probe by reading every row, best first."""
    many = 8 * _TEN
    near = np.full((len(asked), 0), -np.inf, np.float32)
    rows = np.zeros((len(asked), 0), np.int64)
    for start in range(0, len(segment), _PART):
        part = asked @ segment.vectors[start : start + _PART].astype(np.float32).T
        near = np.concatenate([near, part], axis=1)
        here = np.broadcast_to(np.arange(start, start + part.shape[1]), part.shape)
        rows = np.concatenate([rows, here], axis=1)
        if near.shape[1] > many:
            best = np.argpartition(-near, many, axis=1)[:, :many]
            near = np.take_along_axis(near, best, axis=1)
            rows = np.take_along_axis(rows, best, axis=1)
    order = np.take_along_axis(rows, np.argsort(-near, axis=1, kind="stable"), axis=1)
    return [_people(segment.owners[row])[:_TEN] for row in order]


def _people(
    owners: np.ndarray[tuple[int], np.dtype[np.int64]],
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Each owner once, in the order of first appearance."""
    _, first = np.unique(owners, return_index=True)
    return owners[np.sort(first)]


def _unit(vectors: Vectors) -> Vectors:
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(length, 1e-12), np.float32)
