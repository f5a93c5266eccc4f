"""Nothing in the product holds a raw distance against a constant."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchers.faces.calibration import Calibration
from tests.searches.conftest import a_face
from tracing.face_gallery import FaceGallery
from tracing.face_templates import UNDATED, FaceRows
from tracing.photos.served import default_faces

ROOT = Path(__file__).resolve().parents[2]
ALIKE = re.compile(r"distance|cosine|chord|similarit|apart\b|euclid|tolerance", re.I)
ORDERED = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
FACES = (
    *(ROOT / "matchers" / "faces").glob("*.py"),
    *(ROOT / "tracing" / "photos").glob("*.py"),
    *(ROOT / "tracing").glob("face_*.py"),
    ROOT / "tracing" / "comparing.py",
    ROOT / "indexes" / "vectors.py",
    ROOT / "matchers" / "evidence" / "face.py",
)


def held_against_a_constant(source: str) -> Iterator[str]:
    """Comparisons of something named like a distance with a number that is written down."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Compare):
            continue
        sides = [node.left, *node.comparators]
        for op, left, right in zip(node.ops, sides, sides[1:], strict=False):
            pair = (left, right)
            if isinstance(op, ORDERED) and any(_written_down(side) for side in pair):
                text = " ".join(ast.unparse(side) for side in pair if not _written_down(side))
                if ALIKE.search(text):
                    yield ast.unparse(node)


def _written_down(node: ast.expr) -> bool:
    """A number, or a name in capitals, which stands for one."""
    if isinstance(node, ast.UnaryOp):
        return _written_down(node.operand)
    if isinstance(node, ast.Constant):
        return isinstance(node.value, int | float)
    return isinstance(node, ast.Name) and node.id.isupper()


@pytest.mark.parametrize(
    "line", ["if distance < 0.6: pass", "near = 0.4 >= face_distance[row]", "cosines > TOLERANCE"]
)
def test_the_usual_tolerance_would_be_seen(line: str) -> None:
    assert list(held_against_a_constant(line))


def test_no_face_module_compares_a_distance_with_a_number() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {text}"
        for path in FACES
        for text in held_against_a_constant(path.read_text("utf-8"))
    ]
    assert len(FACES) > 25
    assert found == []


@lru_cache(maxsize=2)
def gallery(around: float) -> FaceGallery:
    """400 strangers; the larger `around`, the more alike they all are, as children's faces are."""
    middle = np.array(a_face(1), np.float32)
    rows = []
    for seed in range(400):
        face = np.array(a_face(seed + 10), np.float32) + around * middle
        rows.append(FaceRows(seed, face / np.linalg.norm(face), UNDATED, 0))
    served = default_faces()
    return FaceGallery.empty(served.recipe, served.dim, Calibration.packaged()).changed({}, rows)


@settings(max_examples=8, deadline=None)
@given(apart=st.floats(0.7, 0.9), seed=st.integers(0, 399))
def test_one_raw_distance_weighs_less_where_strangers_look_alike(apart: float, seed: int) -> None:
    told = []
    for around in (0.0, 0.8):
        faces = gallery(around)
        true = faces.vectors[seed]
        across = np.array(a_face(9_999), np.float32)
        across -= (across @ true) * true
        across /= np.linalg.norm(across)
        probe = apart * true + np.sqrt(1 - apart**2) * across
        weighed = faces.weigh(probe.astype(np.float32), UNDATED, 400)
        told.append((float(weighed.distance[seed]), int(weighed.levels[seed])))
    (far_out, many), (crowded, few) = told
    assert crowded > far_out
    assert few <= many
