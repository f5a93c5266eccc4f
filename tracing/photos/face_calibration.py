"""`xunqin calibrate faces DIR`: an operator's own photos become a calibration with its report."""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from matchers.faces.calibration import Calibration
from matchers.faces.contract import Prints
from matchers.faces.evaluation import report
from matchers.faces.fitting import Sample, counted, fit, fitting_table
from tracing.errors import PhotoError
from tracing.photos.intake import Examined, Intake

_PICTURES = {".jpg", ".jpeg", ".png", ".webp", ".heic"}


@dataclass(frozen=True, slots=True)
class Calibrated:
    """What a run made: the calibration, and how many photos served, were empty or unreadable."""

    calibration: Calibration
    photos: int
    without_face: int
    unreadable: int


def calibrate(
    folder: Path,
    intake: Intake,
    *,
    version: int,
    source: str,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Calibrated:
    """Fit on `folder` in the layout `person/photo.jpg`, with its report made on halves.

    A file `ages.tsv` with the columns `photo` (person/photo.jpg), `age` and perhaps `group` is used
    where it is present; a photo shows its largest face. Nothing but curves and counts is kept.
    ValueError when the folder holds too few people with several photos.
    """
    paths = sorted(p for p in folder.glob("*/*") if p.suffix.lower() in _PICTURES)
    told = dict(_ages(folder / "ages.tsv"))
    taken: list[tuple[Path, Examined]] = []
    unreadable = empty = 0
    for number, path in enumerate(paths, 1):
        try:
            examined = intake.examine(path.read_bytes())
        except PhotoError:
            unreadable += 1
            continue
        finally:
            progress(number, len(paths))
        if examined.faces:
            taken.append((path, examined))
        else:
            empty += 1
    if not taken:
        raise ValueError("no photo of the folder shows a face")
    return Calibrated(
        fitted_with_report(_sample(folder, taken, told), version, source),
        len(taken),
        empty,
        unreadable,
    )


def fitted_with_report(
    sample: Sample, version: int, source: str, strangers_of: str | None = None
) -> Calibration:
    """Curves fitted on everybody; their report is of a fit on half of the people, on the others.

    `strangers_of` is the group whose strangers the pairs of one person are set against there.
    """
    recipe = sample.prints.recipe
    curves = fit(sample, (recipe,), version, source)
    people = np.unique(sample.owners)
    half = np.isin(sample.owners, np.random.default_rng(0).permutation(people)[::2])
    try:
        trial = fit(sample.of(half), (recipe,), version, source)
        made = "fitted on half of the people, judged on the other half"
    except ValueError:
        trial, half = curves, np.zeros(len(sample.owners), np.bool_)
        made = "judged on the people it was fitted on, for there are few: too good"
    told = report(trial, counted(sample.of(~half), fitting_table()), strangers_of)
    whole: dict[str, Any] = {**told, "made": made, "people": len(people)}
    return dataclasses.replace(curves, report=whole)


def _ages(path: Path) -> Iterator[tuple[str, tuple[float, str]]]:
    if path.is_file():
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file, delimiter="\t"):
                yield row["photo"], (float(row.get("age") or "nan"), row.get("group") or "all")


def _sample(
    folder: Path, taken: list[tuple[Path, Examined]], told: dict[str, tuple[float, str]]
) -> Sample:
    facts = [told.get(p.relative_to(folder).as_posix(), (np.nan, "all")) for p, _ in taken]
    _, owners = np.unique([p.parent.name for p, _ in taken], return_inverse=True)
    return Sample(
        Prints(taken[0][1].recipe, np.stack([e.faces[0].vector for _, e in taken])),
        owners.astype(np.int64),
        np.array([age for age, _ in facts], np.float64),
        np.array([group for _, group in facts], np.str_),
    )
