"""Which encoder is used: the default, or an operator's own networks (see `models_file`)."""

from __future__ import annotations

from pathlib import Path

from matchers.faces.arcface import ArcFaceOnnx, Embedding
from matchers.faces.contract import Encoder
from matchers.faces.detection import Finder
from matchers.faces.dlib_onnx import DlibOnnx
from matchers.faces.models_file import DetectorRow, EmbedderRow, ModelsFile
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
    named = ModelsFile.read(models)
    finder = _finder(named.detector)
    row = named.embedder
    if row is None:
        return DlibOnnx(cache, finder=finder)
    if row.style == "dlib":
        weights = (row.pinned.path, row.pinned.sha256, f"{row.recipe}-mirror")
        return DlibOnnx(cache, finder=finder, weights=weights)
    model = checked(row.pinned.path, row.pinned.sha256).read_bytes()
    return ArcFaceOnnx(Network(model), _embedding(row), finder)


def _embedding(row: EmbedderRow) -> Embedding:
    usual = Embedding(row.recipe)
    return Embedding(
        row.recipe,
        scale=usual.scale if row.scale is None else row.scale,
        shift=usual.shift if row.shift is None else row.shift,
        bgr=row.bgr,
    )


def _finder(row: DetectorRow | None) -> Finder | None:
    if row is None:
        return None
    network = Network(checked(row.pinned.path, row.pinned.sha256).read_bytes())
    name = f"{row.pinned.path.stem}-{row.pinned.sha256[:8]}"
    return NetworkFinder(network, row.style, name, row.score_min)
