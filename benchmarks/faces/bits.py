"""Are the bits honest? Curves fitted on one half of the people, judged on the other."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchers.faces.calibration import Calibration
from matchers.faces.centring import centred_against
from matchers.faces.contract import Prints
from matchers.faces.evaluation import report
from matchers.faces.fitting import Sample, counted, fit, fitting_table
from tracing.photos.face_calibration import fitted_with_report

_SOURCE = (
    "fitted on prints of Labeled Faces in the Wild (Huang et al. 2007; people with several photos) "
    "and, as strangers by age and origin, of UTKFace (Zhang et al. 2017); counts and curves only, "
    "no print is kept"
)


def judge(
    everybody: Sample, labels: NDArray[np.str_], more: NDArray[np.str_] | None
) -> dict[str, Any]:
    """Cllr and bits by group, from two fits, each on the people the other is judged on."""
    every = labels if more is None else np.concatenate([labels, more])
    people = np.unique(everybody.owners)
    chosen = np.random.default_rng(0).permutation(people)[: len(people) // 2]
    half = np.isin(everybody.owners, chosen)
    own = str(everybody.groups[0])
    rows = []
    for fitted_on, judged_on in ((half, ~half), (~half, half)):
        sample = everybody.of(judged_on)
        pairs = counted(sample, fitting_table())
        curves = fit(everybody.of(fitted_on), (sample.prints.recipe,), 0, "")
        shipped = report(Calibration.packaged(), pairs, own)
        told = report(curves, pairs, own)
        rows.append(
            {k: told[k] for k in ("cllr", "tar", "genuine_bits")}
            | by_label(curves, sample, pairs.means, every[judged_on])
            | {"shipped": {k: shipped[k] for k in ("cllr", "genuine_bits")}}
        )
    from benchmarks.faces import averaged  # noqa: PLC0415 the package imports this module

    return averaged(rows)


def by_label(
    curves: Calibration, sample: Sample, means: NDArray[np.float32], labels: NDArray[np.str_]
) -> dict[str, Any]:
    """Mean bits of strangers within each group, and the share of them that gets b bits or more."""
    bits: dict[str, float] = {}
    share: dict[str, dict[str, float]] = {}
    for label in np.unique(labels).tolist():
        rows = np.flatnonzero(labels == label)
        part = Prints(sample.prints.recipe, sample.prints.vectors[rows])
        if len(rows) < 15:
            continue
        a, b = np.triu_indices(len(rows), 1)
        strangers = sample.owners[rows][a] != sample.owners[rows][b]
        a, b = a[strangers], b[strangers]
        distance = centred_against(part, part, means[rows], means[rows])[a, b]
        ages = sample.ages[rows]
        found = np.nan_to_num(
            curves.bits(distance, np.minimum(ages[a], ages[b]), np.abs(ages[a] - ages[b]))
        )
        bits[label] = float(found.mean())
        share[label] = {str(k): float((found >= k).mean()) for k in (2, 4, 6)}
    return {"impostor_bits": bits, "impostor_share": share}


def fitted(everybody: Sample, recipes: tuple[str, ...]) -> dict[str, Any]:
    """The document of a calibration fitted on everybody, with its report made on halves."""
    made = fitted_with_report(everybody, 1, _SOURCE, str(everybody.groups[0]))
    return dataclasses.replace(made, recipes=recipes).document()
