"""An operator's own ONNX networks, proven with tiny ones made here."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, helper, numpy_helper
from PIL import Image

from matchers.faces.arcface import ArcFaceOnnx, aligned, similarity
from matchers.faces.choice import open_encoder
from matchers.faces.contract import WeightsDamaged, WeightsMissing
from matchers.faces.dlib_onnx import MIRRORED
from matchers.faces.weights import installed, known_weights
from tests.faces.conftest import saved
from tracing.photos.calibrations import calibration_in_force
from tracing.photos.intake import Intake
from tracing.settings import Settings

EYES_NOSE_MOUTH = np.array([[56, 60], [84, 60], [70, 76], [60, 92], [82, 92]], np.float32)


def model(
    nodes: Sequence[NodeProto], shape: list[str | int], outputs: Mapping[str, Sequence[str | int]]
) -> bytes:
    """A serialised network with one input."""
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in outputs.items()],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    return bytes(made.SerializeToString())


def constant(name: str, value: NDArray[np.float32]) -> NodeProto:
    """A node that always gives `value`."""
    return helper.make_node("Constant", [], [name], value=numpy_helper.from_array(value))


def tiny_embedder() -> bytes:
    """Mean colour of 8 × 8 fields: 192 numbers."""
    nodes = [
        helper.make_node("AveragePool", ["input"], ["p"], kernel_shape=[14, 14], strides=[14, 14]),
        helper.make_node("Flatten", ["p"], ["print"]),
    ]
    return model(nodes, ["n", 3, 112, 112], {"print": ["n", 192]})


def tiny_yunet() -> bytes:
    """Always one face, at columns and rows 40 to 104 of a 160 × 160 input."""
    places = 5 * 5
    cls = np.zeros((1, places, 1), np.float32)
    bbox, kps = np.zeros((1, places, 4), np.float32), np.zeros((1, places, 10), np.float32)
    row = 2 * 5 + 2
    cls[0, row] = 1
    bbox[0, row] = [0.25, 0.25, np.log(2), np.log(2)]
    kps[0, row] = (EYES_NOSE_MOUTH / 32 - 2).reshape(-1)
    values = {"cls_32": cls, "obj_32": cls, "bbox_32": bbox, "kps_32": kps}
    return model(
        [constant(name, value) for name, value in values.items()],
        [1, 3, 160, 160],
        {name: list(value.shape) for name, value in values.items()},
    )


def tiny_scrfd() -> bytes:
    """The same face from two anchors a place."""
    nodes: list[NodeProto] = []
    outputs: dict[str, Sequence[int]] = {}
    for stride in (8, 16, 32):
        places = (160 // stride) ** 2 * 2
        score, sides = np.zeros((places, 1), np.float32), np.zeros((places, 4), np.float32)
        points = np.zeros((places, 10), np.float32)
        if stride == 32:
            row = 2 * (2 * 5 + 2)
            score[row : row + 2] = [[0.9], [0.7]]
            sides[row : row + 2] = np.array([24, 24, 40, 40], np.float32) / 32
            points[row : row + 2] = ((EYES_NOSE_MOUTH - 64) / 32).reshape(-1)
        for kind, value in (("s", score), ("b", sides), ("k", points)):
            nodes.append(constant(f"{kind}{stride}", value))
            outputs[f"{kind}{stride}"] = list(value.shape)
    return model(nodes, [1, 3, "height", "width"], outputs)


def models_file(folder: Path, embedder: bytes, detector: bytes | None, style: str = "") -> Path:
    """A models file with its networks beside it."""
    (folder / "embedder.onnx").write_bytes(embedder)
    text = (
        '[embedder]\nstyle = "arcface"\nrecipe = "tiny-1"\nfile = "embedder.onnx"\n'
        f'sha256 = "{hashlib.sha256(embedder).hexdigest()}"\nlicence = "CC0-1.0"\n'
    )
    if detector is not None:
        (folder / "detector.onnx").write_bytes(detector)
        text += (
            f'[detector]\nstyle = "{style}"\nfile = "detector.onnx"\nlicence = "CC0-1.0"\n'
            f'sha256 = "{hashlib.sha256(detector).hexdigest()}"\nscore_min = 0.5\n'
        )
    path = folder / "models.toml"
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize(("style", "network"), [("yunet", tiny_yunet()), ("scrfd", tiny_scrfd())])
def test_an_operators_detector_and_embedder_are_used(
    tmp_path: Path, style: str, network: bytes
) -> None:
    encoder = open_encoder(tmp_path, models_file(tmp_path, tiny_embedder(), network, style))
    picture = np.random.default_rng(0).integers(0, 255, (160, 160, 3), np.uint8)
    faces = encoder.detect(picture)
    assert [face.box for face in faces] == [(40, 40, 104, 104)]
    assert faces[0].detector.startswith("detector-")
    assert np.abs(np.array(faces[0].landmarks5) - EYES_NOSE_MOUTH).max() <= 1
    prints = encoder.embed(picture, faces)
    assert (encoder.model_id, encoder.dim, prints.shape) == ("tiny-1-mirror", 192, (1, 192))
    assert np.linalg.norm(prints) == pytest.approx(1, abs=1e-5)
    if style == "scrfd":
        return  # its stand-in knows one size only
    twice = encoder.detect(np.repeat(np.repeat(picture, 2, axis=0), 2, axis=1))
    assert twice[0].box == (80, 80, 208, 208)


def test_an_embedder_works_behind_dlibs_detector_in_the_intake(
    tmp_path: Path, portrait: NDArray[np.uint8]
) -> None:
    models = models_file(tmp_path, tiny_embedder(), None)
    with Intake(Settings(data_dir=tmp_path, face_models=models)) as pool:
        got = pool.examine(saved(Image.fromarray(portrait), "PNG"))
    assert (got.recipe, got.faces[0].vector.shape) == ("tiny-1-mirror", (192,))


def test_other_weights_of_dlibs_network_are_converted_under_their_own_name(
    tmp_path: Path, portrait: NDArray[np.uint8]
) -> None:
    weights = known_weights()["recogniser"]
    (tmp_path / "own.dat").symlink_to(installed("recogniser"))
    (tmp_path / "models.toml").write_text(
        f'[embedder]\nstyle = "dlib"\nrecipe = "own-1"\nfile = "own.dat"\nlicence = "CC0-1.0"\n'
        f'sha256 = "{weights.sha256}"\n'
    )
    encoder = open_encoder(tmp_path, tmp_path / "models.toml")
    assert encoder.model_id == "own-1-mirror"
    assert encoder.embed(portrait, encoder.detect(portrait)).shape == (1, 128)


def test_without_its_own_calibration_a_foreign_embedder_brings_no_bits(tmp_path: Path) -> None:
    models = models_file(tmp_path, tiny_embedder(), None)
    own = Settings(data_dir=tmp_path, face_models=models)
    assert calibration_in_force(own, "tiny-1-mirror") is None
    packaged = calibration_in_force(Settings(data_dir=tmp_path), MIRRORED)
    assert packaged is not None
    assert packaged.for_recipe(MIRRORED) is packaged


def test_a_network_that_is_not_the_pinned_one_is_not_opened(tmp_path: Path) -> None:
    models = models_file(tmp_path, tiny_embedder(), None)
    (tmp_path / "embedder.onnx").write_bytes(tiny_embedder() + b" ")
    with pytest.raises(WeightsDamaged):
        open_encoder(tmp_path, models)
    (tmp_path / "embedder.onnx").unlink()
    with pytest.raises(WeightsMissing):
        open_encoder(tmp_path, models)
    models.write_text('[embedder]\nstyle = "arcface"\nfile = "x.onnx"\n')
    with pytest.raises(ValueError, match="sha256, licence, recipe"):
        open_encoder(tmp_path, models)


def test_an_embedder_of_another_shape_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="112"):
        open_encoder(tmp_path, models_file(tmp_path, tiny_yunet(), None))
    with pytest.raises(ValueError, match="no ONNX network"):
        open_encoder(tmp_path, models_file(tmp_path, b"not a network", None))


def test_a_face_is_moved_to_the_common_places() -> None:
    turn = np.array([[0.8, -0.6], [0.6, 0.8]])
    target = (EYES_NOSE_MOUTH.astype(np.float64) @ turn.T) * 1.7 + [5, 9]
    found = similarity(EYES_NOSE_MOUTH.astype(np.float64), target)
    moved = EYES_NOSE_MOUTH @ found[:, :2].T + found[:, 2]
    assert np.abs(moved - target).max() < 1e-6
    picture = np.zeros((160, 160, 3), np.uint8)
    picture[56:65, 52:61] = 255
    chip = aligned(picture, [(56, 60), (84, 60), (70, 76), (60, 92), (82, 92)])
    assert chip.shape == (112, 112, 3)
    assert chip[46:57, 33:44].mean() > 60
    assert ArcFaceOnnx.__doc__
