"""The default encoder against the reference it replaces."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from matchers.faces.contract import WeightsDamaged, upright
from matchers.faces.dlib_network import read_tensors, tensor_lengths
from matchers.faces.dlib_onnx import DlibOnnx
from matchers.faces.weights import checked, installed_folder, known_weights

_REFERENCE = """
import json, sys
import numpy as np
import face_recognition
picture = np.load(sys.argv[1])
top_right_bottom_left = [tuple(json.loads(sys.argv[2]))]
got = face_recognition.face_encodings(picture, top_right_bottom_left, model="small")
print("vector", json.dumps([list(map(float, v)) for v in got]))
"""


def test_a_one_pass_print_equals_face_recognitions(
    encoder: DlibOnnx, portrait: NDArray[np.uint8], tmp_path: Path
) -> None:
    face = encoder.detect(portrait)[0]
    left, top, right, bottom = face.box
    np.save(tmp_path / "portrait.npy", portrait)
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _REFERENCE, tmp_path / "portrait.npy",
         json.dumps([top, right, bottom, left])],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    # it can quit with code 0 and say nothing: only what came back counts
    lines = [line for line in ran.stdout.splitlines() if line.startswith("vector ")]
    if not lines:
        pytest.fail(f"face_recognition gave no vector: {ran.stdout[-300:]}{ran.stderr[-300:]}")
    reference = np.array(json.loads(lines[0].removeprefix("vector ")))
    ours = encoder.embed(portrait, [face], mirror=False)
    assert reference.shape == ours.shape == (1, 128)
    assert np.abs(reference - ours).max() < 1e-5
    assert np.linalg.norm(ours) > 1.2, "dlib's prints are not of unit length"


def test_the_products_print_is_the_same_for_the_mirrored_face(
    encoder: DlibOnnx, portrait: NDArray[np.uint8]
) -> None:
    chip = encoder.align(portrait, encoder.detect(portrait)[0])
    both = encoder.embed_chips(np.stack([chip, chip[:, ::-1]]))
    assert encoder.model_id == "dlib-resnet-v1-mirror"
    assert np.abs(both[0] - both[1]).max() < 1e-5
    assert np.linalg.norm(both, axis=1) == pytest.approx(1, abs=1e-5)


def test_a_batch_gives_what_single_faces_give(
    encoder: DlibOnnx, portrait: NDArray[np.uint8]
) -> None:
    chip = encoder.align(portrait, encoder.detect(portrait)[0])
    many = encoder.embed_chips(np.repeat(chip[None], 18, axis=0), mirror=False)
    assert np.abs(many - encoder.embed_chips(chip[None], mirror=False)).max() < 1e-5
    assert encoder.embed(portrait, []).shape == (0, 128)


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_photo_on_its_side_is_turned_upright(
    encoder: DlibOnnx, portrait: NDArray[np.uint8], degrees: int
) -> None:
    straight = encoder.detect(portrait)[0]
    lying = upright(portrait, degrees)
    face = encoder.detect(lying)[0]
    assert face.rotation == 360 - degrees
    assert face.box == straight.box
    again, once = encoder.embed(lying, [face]), encoder.embed(portrait, [straight])
    assert float((again @ once.T)[0, 0]) > 0.999


def test_every_face_is_found_the_largest_first(
    encoder: DlibOnnx, portrait: NDArray[np.uint8]
) -> None:
    small = portrait[::2, ::2]
    wall = np.full((300, 650, 3), 90, np.uint8)
    wall[:, :300], wall[60:210, 400:550] = portrait, small
    faces = encoder.detect(wall)
    assert len(faces) == 2 or faces[0].area > 5000
    assert [f.area for f in faces] == sorted((f.area for f in faces), reverse=True)


def test_a_blank_wall_shows_nobody(encoder: DlibOnnx) -> None:
    assert encoder.detect(np.full((240, 320, 3), 128, np.uint8)) == ()


def test_a_box_drawn_by_hand_gives_the_same_person(
    encoder: DlibOnnx, portrait: NDArray[np.uint8]
) -> None:
    found = encoder.detect(portrait)[0]
    left, top, right, bottom = found.box
    drawn = encoder.face_at(portrait, (left + 3, top + 3, right + 3, bottom + 3))
    both = encoder.embed(portrait, [found, drawn])
    assert float(both[0] @ both[1]) > 0.97


@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        (lambda p: (p * 0.12).astype(np.uint8), "dark"),
        (lambda p: np.minimum(p.astype(int) * 2 + 190, 255).astype(np.uint8), "glare"),
    ],
)
def test_quality_is_said_in_words(
    encoder: DlibOnnx, portrait: NDArray[np.uint8], spoil: object, word: str
) -> None:
    box = encoder.detect(portrait)[0].box
    assert callable(spoil)
    assert word in encoder.face_at(spoil(portrait), box).quality.words
    assert encoder.face_at(portrait, box).quality.good


def test_a_drawing_and_a_screen_are_told_from_a_photo(
    encoder: DlibOnnx, portrait: NDArray[np.uint8]
) -> None:
    face = encoder.detect(portrait)[0]
    shades = (portrait // 64) * 64 + 32
    edges = np.abs(np.diff(portrait[..., 1].astype(int), axis=1, prepend=0)) > 30
    drawn = np.where(edges[..., None], 10, shades).astype(np.uint8)
    rows, columns = np.indices(portrait.shape[:2])
    dots = 1 - 0.35 * (np.cos(2 * np.pi * (columns + 0.2 * rows) / 3.3) > 0.3)
    shown = (portrait * dots[..., None]).astype(np.uint8)
    for picture, word in ((drawn, "drawing"), (shown, "screen")):
        assert word in encoder.face_at(picture, face.box).quality.words, word


def test_small_faces_beside_a_large_one_are_found(
    encoder: DlibOnnx, portrait: NDArray[np.uint8]
) -> None:
    group = np.full((700, 900, 3), 90, np.uint8)
    group[20:320, 20:320] = group[20:320, 560:860] = portrait
    small = np.asarray(Image.fromarray(portrait).resize((130, 130)))
    group[500:630, 100:230] = group[500:630, 600:730] = small
    assert len(encoder.detect(group)) == 4
    assert len(encoder.detect(portrait)) == 1


def test_the_converted_network_is_kept_and_a_damaged_one_made_anew(
    var: Path, encoder: DlibOnnx, portrait: NDArray[np.uint8], tmp_path: Path
) -> None:
    (kept,) = (var / "models").glob("*.onnx")
    spoiled = bytearray(kept.read_bytes())
    spoiled[len(spoiled) // 2] ^= 1
    (tmp_path / kept.name).write_bytes(spoiled)
    again = DlibOnnx(tmp_path)
    assert (tmp_path / kept.name).read_bytes() == kept.read_bytes()
    face = encoder.detect(portrait)[0]
    assert np.array_equal(again.embed(portrait, [face]), encoder.embed(portrait, [face]))


def test_weights_are_those_agreed_on_and_the_68_point_model_is_not_among_them() -> None:
    known = known_weights()
    assert not any("68" in weights.file for weights in known.values())
    for weights in known.values():
        checked(installed_folder() / weights.file, weights.sha256)
        assert weights.licence == "CC0-1.0"
    landmarks = installed_folder() / known["landmarks"].file
    with pytest.raises(WeightsDamaged):
        checked(landmarks, known["recogniser"].sha256)
    assert len(tensor_lengths()) == 59
    with pytest.raises(WeightsDamaged):
        read_tensors(b"\x01\x02 not a network")
