"""What every face encoder gives, whichever networks it runs.

Pictures are uint8 [h, w, 3], RGB, rows from the top. Prints of different recipes are never
compared: `Prints` carries the recipe, and `same_recipe` refuses a mixture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Vectors = NDArray[np.float32]
Box = tuple[int, int, int, int]
Point = tuple[int, int]


class WeightsMissing(Exception):
    """A weights file is not where it should be. Install face_recognition_models or set the path."""


class WeightsDamaged(Exception):
    """A weights file is not the one that was agreed on (its hash differs). Install it again."""


class RecipeMismatch(TypeError):
    """Prints of two recipes were put side by side. Encode the photos again with one recipe."""


@dataclass(frozen=True, slots=True)
class Quality:
    """How far a face can be relied on.

    `words` are codes among too_small, blurred, dark, glare, turned, covered, drawing, screen, shown
    to people as advice; the numbers behind them are kept for the record: `size` in pixels of the
    box's shorter side, `sharpness` and `brightness` of the aligned face, `turn` from -1 to 1 (0
    looks straight).
    """

    words: tuple[str, ...]
    size: int
    sharpness: float
    brightness: float
    turn: float

    @property
    def good(self) -> bool:
        """True when there is nothing to advise."""
        return not self.words


@dataclass(frozen=True, slots=True)
class Face:
    """One face in a picture.

    `rotation` is by how many degrees clockwise the picture had to be turned for the face to stand
    upright; `box` (left, top, right, bottom) and `landmarks5` are pixels of the picture *so
    turned* (see `upright`). `score` is the detector's own and compares only within `detector`.
    """

    box: Box
    score: float
    rotation: int
    landmarks5: tuple[Point, ...]
    quality: Quality
    detector: str

    @property
    def area(self) -> int:
        """Pixels inside the box."""
        left, top, right, bottom = self.box
        return max(0, right - left) * max(0, bottom - top)


@dataclass(frozen=True, slots=True)
class Prints:
    """Prints float32 [n, d] of one recipe; the type that comparison takes."""

    recipe: str
    vectors: Vectors

    def __len__(self) -> int:
        """How many prints."""
        return len(self.vectors)


class Encoder(Protocol):
    """Finds faces and makes prints."""

    @property
    def model_id(self) -> str:
        """Name of the recipe of `embed` with its defaults; stored beside each print."""
        ...

    @property
    def dim(self) -> int:
        """Length of a print."""
        ...

    @property
    def detector_id(self) -> str:
        """Name of what finds the faces; another one when it finds them otherwise."""
        ...

    def detect(self, rgb: Picture) -> tuple[Face, ...]:
        """All faces, largest first; empty when there is none."""
        ...

    def face_at(self, rgb: Picture, box: Box) -> Face:
        """The face in a box drawn by hand."""
        ...

    def align(self, rgb: Picture, face: Face) -> Picture:
        """The face upright and scaled as the network wants it, uint8 [s, s, 3]."""
        ...

    def embed(self, rgb: Picture, faces: Sequence[Face], *, mirror: bool = True) -> Vectors:
        """One print per face, float32 [n, dim]; with `mirror` of unit length."""
        ...


def upright(rgb: Picture, rotation: int) -> Picture:
    """The picture turned clockwise by `rotation` degrees (0, 90, 180 or 270), contiguous."""
    if rotation % 90:
        raise ValueError("rotation must be a multiple of 90")
    return np.ascontiguousarray(np.rot90(rgb, k=-(rotation // 90) % 4))


def same_recipe(*prints: Prints) -> str:
    """The one recipe all of `prints` were made with; RecipeMismatch when there are two."""
    recipes = {p.recipe for p in prints}
    if len(recipes) != 1:
        raise RecipeMismatch("prints of different recipes: " + ", ".join(sorted(recipes)))
    return recipes.pop()


def unit(vectors: Vectors) -> Vectors:
    """Rows scaled to unit length, float32 [n, d]; a zero row stays zero."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return (vectors / np.where(length > 0, length, 1)).astype(np.float32)
