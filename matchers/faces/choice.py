"""Which encoder is used: the default, or an operator's own ONNX files named in a models file.

A models file is TOML beside the files it names:

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
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matchers.faces.arcface import ArcFaceOnnx, Embedding
from matchers.faces.calibration import Calibration
from matchers.faces.contract import Encoder
from matchers.faces.detection import Finder
from matchers.faces.dlib_onnx import DlibOnnx
from matchers.faces.network_finder import NetworkFinder
from matchers.faces.session import Network
from matchers.faces.weights import checked


def open_encoder(cache: Path, models: Path | None = None) -> Encoder:
    """The default encoder, or the one a models file describes; `cache` holds converted networks.

    WeightsMissing and WeightsDamaged when a file is absent or not the pinned one; ValueError when
    the models file or a network is not what it should be.
    """
    if models is None:
        return DlibOnnx(cache)
    table = _read(models)
    finder = _finder(models.parent, table.get("detector"))
    embedder = table.get("embedder")
    if embedder is None:
        return DlibOnnx(cache, finder=finder)
    path, sha256, recipe = _pinned(models.parent, embedder, "recipe")
    if embedder.get("style") == "dlib":
        return DlibOnnx(cache, finder=finder, weights=(path, sha256, f"{recipe}-mirror"))
    if embedder.get("style") != "arcface":
        raise ValueError("embedder styles are arcface, dlib")
    defaults = Embedding(recipe)
    how = Embedding(
        recipe,
        scale=float(embedder.get("scale", defaults.scale)),
        shift=float(embedder.get("shift", defaults.shift)),
        bgr=bool(embedder.get("bgr", False)),
    )
    return ArcFaceOnnx(Network(checked(path, sha256).read_bytes()), how, finder)


def open_calibration(models: Path | None, own: Path | None = None) -> Calibration | None:
    """The calibration in force: the operator's `own`, the models file's, or the packaged one.

    None when a foreign embedder has none yet: then faces rank candidates but bring no bits.
    """
    if own is not None:
        return Calibration.load(own)
    embedder = None if models is None else _read(models).get("embedder")
    if models is None or embedder is None:
        return Calibration.packaged()
    named = embedder.get("calibration")
    return Calibration.load(models.parent / named) if named else None


def _read(models: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(models.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ValueError("the models file cannot be read") from error


def _pinned(folder: Path, row: Mapping[str, Any], name: str) -> tuple[Path, str, str]:
    """Path, hash and name of a file in a models table; a licence must be stated."""
    missing = [key for key in ("file", "sha256", "licence", name) if not row.get(key)]
    if missing:
        raise ValueError(f"the models file lacks {', '.join(missing)}")
    return folder / str(row["file"]), str(row["sha256"]), str(row[name])


def _finder(folder: Path, row: Mapping[str, Any] | None) -> Finder | None:
    if row is None:
        return None
    path, sha256, style = _pinned(folder, row, "style")
    network = Network(checked(path, sha256).read_bytes())
    return NetworkFinder(network, style, path.stem, float(row.get("score_min", 0.6)))
