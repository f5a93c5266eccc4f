"""Calibrations of face models: those made here, those named by the operator, the packaged one."""

from __future__ import annotations

import json
import os
from pathlib import Path

import structlog

from matchers.faces.calibration import Calibration
from matchers.faces.models_file import ModelsFile
from matchers.faces.reliability import svg
from tracing.errors import FaceModelsUnusable
from tracing.settings import Settings

_NAMED = "calibration-{}.json"


def write(calibration: Calibration, path: Path) -> None:
    """Write the JSON document, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(f".{os.getpid()}.new")
    beside.write_text(json.dumps(calibration.document(), ensure_ascii=False) + "\n", "utf-8")
    beside.replace(path)


class FaceCalibrations:
    """Calibrations made here: numbered JSON files in the data folder, the newest in force."""

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir / "faces"

    def in_force(self, recipe: str) -> Calibration | None:
        """The newest one for prints of that recipe."""
        for path in sorted(self._folder.glob(_NAMED.format("*")), reverse=True):
            try:
                found = Calibration.load(path)
            except (ValueError, OSError):
                structlog.get_logger("xunqin").warning("calibration_unreadable", file=path.name)
                continue
            if recipe in found.recipes:
                return found
        return None

    def next_version(self) -> int:
        """One above the highest there is; the packaged one is version 1."""
        known = [int(path.stem[-4:]) for path in self._folder.glob(_NAMED.format("????"))]
        return max(known, default=1) + 1

    def keep(self, calibration: Calibration) -> Path:
        """Store it under its version, its reliability picture beside it; used after a restart."""
        path = self._folder / _NAMED.format(f"{calibration.version:04}")
        write(calibration, path)
        rows = calibration.report.get("reliability", ())
        path.with_suffix(".svg").write_text(svg(rows, f"面貌 {calibration.version}"), "utf-8")
        return path


def calibration_in_force(settings: Settings, recipe: str) -> Calibration | None:
    """The calibration for prints of `recipe`; None when there is none: then no face brings bits.

    In this order: the one the settings name, the newest made by `xunqin calibrate faces`, the one
    the models file names, the packaged one.

    Raises:
        FaceModelsUnusable: one that is named cannot be read or is of another recipe.
    """
    if settings.face_calibration is not None:
        return _named(settings.face_calibration, recipe)
    made = FaceCalibrations(settings.data_dir).in_force(recipe)
    if made is not None:
        return made
    if settings.face_models is not None:
        embedder = _read(settings.face_models).embedder
        if embedder is not None and embedder.calibration is not None:
            return _named(embedder.calibration, recipe)
    packaged = Calibration.packaged()
    return packaged if recipe in packaged.recipes else None


def _read(path: Path) -> ModelsFile:
    try:
        return ModelsFile.read(path)
    except ValueError as error:
        raise FaceModelsUnusable(reason="models_invalid", detail=str(error)) from error


def _named(path: Path, recipe: str) -> Calibration:
    try:
        found = Calibration.load(path)
    except (OSError, ValueError) as error:
        raise FaceModelsUnusable(reason="calibration_unreadable", detail=path.name) from error
    if recipe not in found.recipes:
        made_for = ", ".join(found.recipes)
        raise FaceModelsUnusable(
            reason="calibration_of_another_model", detail=f"{path.name}: {made_for}, not {recipe}"
        )
    return found
