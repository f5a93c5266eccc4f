"""An operator's own face models, described in a TOML file that stands beside the files it names.

    [embedder]
    style = "arcface"          # or "dlib": a .dat of dlib's network with other weights
    recipe = "sface-2021"      # stored with each print; prints of two recipes never meet
    file = "sface.onnx"
    sha256 = "..."
    licence = "Apache-2.0"
    scale = 1.0                # colours 0-255 times scale plus shift (arcface)
    shift = 0.0
    bgr = false
    calibration = "sface-calibration.json"

    [detector]                 # left out: dlib's
    style = "yunet"            # or "scrfd"
    file = "yunet.onnx"
    sha256 = "..."
    licence = "MIT"
    score_min = 0.6

Reading it opens no network.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Pinned:
    """One file of a models file: where it lies, the hash it must have, its licence."""

    path: Path
    sha256: str
    licence: str


@dataclass(frozen=True, slots=True)
class EmbedderRow:
    """What makes prints; `scale`, `shift` and `bgr` are None where the style's own hold."""

    pinned: Pinned
    style: str
    recipe: str
    scale: float | None
    shift: float | None
    bgr: bool
    calibration: Path | None


@dataclass(frozen=True, slots=True)
class DetectorRow:
    """What finds faces."""

    pinned: Pinned
    style: str
    score_min: float


@dataclass(frozen=True, slots=True)
class ModelsFile:
    """A models file, read; None stands for dlib's."""

    embedder: EmbedderRow | None
    detector: DetectorRow | None

    @classmethod
    def read(cls, path: Path) -> Self:
        """ValueError when it is no TOML, names neither model, or lacks something."""
        try:
            table = tomllib.loads(path.read_text("utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise ValueError("the models file cannot be read") from error
        embedder, detector = table.get("embedder"), table.get("detector")
        if not isinstance(embedder or detector, Mapping):
            raise ValueError("the models file names neither an [embedder] nor a [detector]")
        return cls(
            _embedder(path.parent, embedder) if embedder else None,
            _detector(path.parent, detector) if detector else None,
        )


def _pinned(folder: Path, row: Mapping[str, Any], *more: str) -> Pinned:
    """The pinned file of a table; a licence must be stated."""
    missing = [key for key in ("file", "sha256", "licence", *more) if not row.get(key)]
    if missing:
        raise ValueError(f"the models file lacks {', '.join(missing)}")
    return Pinned(folder / str(row["file"]), str(row["sha256"]).lower(), str(row["licence"]))


def _embedder(folder: Path, row: Mapping[str, Any]) -> EmbedderRow:
    pinned = _pinned(folder, row, "recipe")
    if row.get("style") not in ("arcface", "dlib"):
        raise ValueError("embedder styles are arcface, dlib")
    named = row.get("calibration")
    return EmbedderRow(
        pinned,
        str(row["style"]),
        str(row["recipe"]),
        float(row["scale"]) if "scale" in row else None,
        float(row["shift"]) if "shift" in row else None,
        bool(row.get("bgr", False)),
        folder / str(named) if named else None,
    )


def _detector(folder: Path, row: Mapping[str, Any]) -> DetectorRow:
    pinned = _pinned(folder, row, "style")
    return DetectorRow(pinned, str(row["style"]), float(row.get("score_min", 0.6)))
