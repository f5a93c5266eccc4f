"""How good prints and curves are: open-set search, verification, and the cost of the bits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matchers.faces.calibration import Calibration
from matchers.faces.centring import Cohort, centred_against, cohort_means
from matchers.faces.contract import Prints
from matchers.faces.fitting import CENTRES, Floats, Ints, Pairs

Weighed = tuple[Floats, Floats]
"""Counts of pairs, and the bits each got; float64 [cells × bins] both."""
FPIR = (0.1, 0.01, 0.003)


@dataclass(frozen=True, slots=True)
class OpenSet:
    """Best candidates of one split.

    For mated probes `true` float32 [m] is the distance of the right person and `rank` int64 [m]
    how many stand before; `others` float32 [o] is the best distance of each probe of a person who
    is not enrolled, `outside` float32 [u] that of probes of other origin, with `groups` [u].
    """

    true: NDArray[np.float32]
    rank: Ints
    others: NDArray[np.float32]
    outside: NDArray[np.float32]
    groups: NDArray[np.str_]


def gallery_distances(
    gallery: Prints, owners: Ints, probes: Prints, distance: str
) -> NDArray[np.float32]:
    """Distances float32 [q, N]: centred (the gallery is its own cohort), chord or euclidean."""
    if distance == "centred":
        cohort = Cohort(0, gallery, owners)
        return centred_against(
            probes, gallery, cohort_means(probes, cohort), cohort_means(gallery, cohort, owners)
        )
    if distance == "chord":
        zero, none = np.zeros(len(probes), np.float32), np.zeros(len(gallery), np.float32)
        return centred_against(probes, gallery, zero, none)
    a, b = probes.vectors.astype(np.float64), gallery.vectors.astype(np.float64)
    square = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1)[None] - 2 * a @ b.T
    euclidean: NDArray[np.float32] = np.sqrt(np.maximum(0, square)).astype(np.float32)
    return euclidean


def split(
    emb: Prints, owners: Ints, outside: Prints | None, groups: NDArray[np.str_], seed: int,
    *, distance: str = "centred",
) -> OpenSet:  # fmt: skip
    """Half of the people enrolled with their first print, beside half of the outside people."""
    rng = np.random.default_rng(seed)
    people = rng.permutation(np.unique(owners))
    enrolled = set(people[: len(people) // 2].tolist())
    first: dict[int, int] = {}
    mated, absent = [], []
    for row, owner in enumerate(owners.tolist()):
        if owner not in enrolled:
            absent.append(row)
        elif owner not in first:
            first[owner] = row
        else:
            mated.append(row)
    others = np.zeros((0, emb.vectors.shape[1]), np.float32) if outside is None else outside.vectors
    order = rng.permutation(len(others))
    inside, probing = order[: len(order) // 2], order[len(order) // 2 :]
    gallery = np.concatenate([emb.vectors[list(first.values())], others[inside]])
    numbers = np.concatenate([np.array(list(first), np.int64), -1 - inside])
    probes = np.concatenate([emb.vectors[mated], emb.vectors[absent], others[probing]])
    distances = gallery_distances(
        Prints(emb.recipe, gallery), numbers, Prints(emb.recipe, probes), distance
    )
    place = {owner: column for column, owner in enumerate(first)}
    columns = np.array([place[int(owners[row])] for row in mated], np.int64)
    true = distances[np.arange(len(mated)), columns]
    rank = (distances[: len(mated)] < true[:, None]).sum(axis=1)
    best = distances.min(axis=1)
    known = len(mated) + len(absent)
    return OpenSet(true, rank, best[len(mated) : known], best[known:], groups[probing])


def open_set(run: OpenSet) -> dict[str, float | dict[str, float]]:
    """rank1, rank10, fnir@f for each f of FPIR, and fpir by group at the threshold of 1 %."""
    row: dict[str, float | dict[str, float]] = {
        "rank1": float((run.rank == 0).mean()),
        "rank10": float((run.rank < 10).mean()),
    }
    for rate in FPIR:
        threshold = np.quantile(run.others, rate)
        row[f"fnir@{rate:g}"] = float(1 - ((run.rank == 0) & (run.true <= threshold)).mean())
        if rate == 0.01:
            row["fpir"] = {
                str(group): float((run.outside[run.groups == group] <= threshold).mean())
                for group in np.unique(run.groups)
                if (run.groups == group).sum() >= 15
            }
    return row


def tar_at(genuine: Weighed, impostor: Weighed, rate: float) -> float:
    """Share of pairs of one person accepted when `rate` of impostor pairs are, by distance."""
    counts = impostor[0].reshape(-1, len(CENTRES)).sum(axis=0)
    accepted = np.cumsum(counts) / counts.sum() <= rate
    same = genuine[0].reshape(-1, len(CENTRES)).sum(axis=0)
    return float(same[accepted].sum() / same.sum())


def cllr(genuine: Weighed, impostor: Weighed) -> float:
    """Cost of log-likelihood-ratio (Brümmer & du Preez 2006)."""
    same = (genuine[0] * np.log2(1 + np.exp2(-genuine[1]))).sum() / genuine[0].sum()
    other = (impostor[0] * np.log2(1 + np.exp2(impostor[1]))).sum() / impostor[0].sum()
    return float((same + other) / 2)


def shares(counts: Floats, bits: Floats, claims: tuple[int, ...] = (2, 4, 6)) -> dict[str, float]:
    """Share of impostor pairs that get at least b bits; it may be 2^-b at most."""
    total = counts.sum()
    return {str(b): round(float(counts[bits >= b].sum() / total), 5) for b in claims}


def reliability(genuine: Weighed, impostor: Weighed) -> list[dict[str, float]]:
    """Claimed against observed bits, in steps of two: the table behind the reliability picture."""
    rows = []
    for low in range(-6, 12, 2):
        same, other = (
            c[(b >= low) & (b < low + 2)].sum() / c.sum() for c, b in (genuine, impostor)
        )
        if same > 0 and other > 0:
            observed = float(np.log2(same / other))
            rows.append({"claimed": low + 1.0, "observed": round(observed, 2)})
    return rows


def report(
    calibration: Calibration, pairs: Pairs, strangers_of: str | None = None
) -> dict[str, object]:
    """What the curves do on pairs they were not fitted on: Cllr, TAR, shares and bits by group.

    Every pair is weighed by the curve of its cell. Pairs of one person are set against strangers of
    the same ages without a gap, of the group `strangers_of` or of all; those under three years,
    who get no bits, are left out.
    """

    def weighed(counts: Floats, age: int, gap: int) -> tuple[Floats, Floats]:
        bits = calibration.bits(CENTRES, calibration.age_bands[age], calibration.gap_bands[gap])
        return counts, np.nan_to_num(bits)

    same = _joined([weighed(c, age, gap) for (age, gap), c in pairs.genuine.items() if age])
    other = _joined(
        [
            weighed(c, age, gap)
            for (age, gap, group), c in pairs.impostor.items()
            if age and gap == 0 and strangers_of in (None, group)
        ]
    )
    by_group: dict[str, list[tuple[Floats, Floats]]] = {}
    for (age, gap, group), counts in sorted(pairs.impostor.items()):
        name = f"{group}:{calibration.age_bands[age]}+"
        by_group.setdefault(name, []).append(weighed(counts, age, gap))
    groups = {name: _joined(cells) for name, cells in by_group.items()}
    return {
        "pairs": {"genuine": int(same[0].sum()), "impostor": int(other[0].sum())},
        "cllr": round(cllr(same, other), 4),
        "tar": {f"{r:g}": round(tar_at(same, other, r), 3) for r in (1e-2, 1e-3, 1e-4)},
        "genuine_bits": round(float((same[0] * same[1]).sum() / same[0].sum()), 2),
        "impostor_bits": {
            name: round(float((c * b).sum() / c.sum()), 2) for name, (c, b) in groups.items()
        },
        "impostor_share": {name: shares(*cells) for name, cells in groups.items()},
        "reliability": reliability(same, other),
    }


def _joined(cells: list[tuple[Floats, Floats]]) -> Weighed:
    counts, bits = zip(*cells, strict=True)
    return np.concatenate(counts), np.concatenate(bits)
