"""Embedders an operator brings as ONNX files that look at 112 × 112 aligned faces.

SFace, AuraFace and the ArcFace family share the five places (eyes, nose, corners of the mouth)
that a face is moved to before (Deng et al. 2019).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import dlib
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from matchers.faces.contract import Box, Face, Picture, Point, Vectors, unit, upright
from matchers.faces.detection import LAST_RESORT, Finder, HogFinder
from matchers.faces.detection_rules import detection_table
from matchers.faces.quality import judge, turn
from matchers.faces.session import Network
from matchers.faces.weights import installed

SIDE = 112
_PLACES = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655],
     [70.7299, 92.2041]]
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Embedding:
    """What an embedder wants: `recipe` names its prints; colours times `scale` plus `shift`."""

    recipe: str
    scale: float = 1 / 127.5
    shift: float = -1.0
    bgr: bool = False


class ArcFaceOnnx:
    """An encoder around a 112 × 112 embedder."""

    def __init__(self, network: Network, embedding: Embedding, finder: Finder | None) -> None:
        """`finder` None: dlib's detectors. ValueError when the network is of another shape."""
        self._network, self._how = network, embedding
        self._finder = finder or HogFinder(lambda: installed("last_resort"))
        self._landmarks = dlib.shape_predictor(str(installed("landmarks")))
        self._limits = detection_table()["quality"]
        self.model_id = f"{embedding.recipe}-mirror"
        self.detector_id = self._finder.id
        try:
            probe = self._network(np.zeros((1, 3, SIDE, SIDE), np.float32))
        except Exception as error:
            raise ValueError("the embedder does not take 112 x 112 faces") from error
        self.dim = int(probe.reshape(1, -1).shape[1])

    def detect(self, rgb: Picture) -> tuple[Face, ...]:
        """All faces, largest first, in the one rotation that shows them best."""
        finds = self._finder.find(rgb)
        turned = upright(rgb, finds.rotation)
        faces = [
            self._face(turned, f.box, f.score, f.points, finds.rotation, finds.detector)
            for f in finds.finds
        ]
        return tuple(sorted(faces, key=lambda face: -face.area))

    def face_at(self, rgb: Picture, box: Box) -> Face:
        """The face in a box drawn by hand; score 0."""
        return self._face(np.ascontiguousarray(rgb), box, 0.0, (), 0, "hand")

    def align(self, rgb: Picture, face: Face) -> Picture:
        """The face moved to the common places, uint8 [112, 112, 3]."""
        return aligned(upright(rgb, face.rotation), face.landmarks5)

    def embed(self, rgb: Picture, faces: Sequence[Face], *, mirror: bool = True) -> Vectors:
        """Prints of unit length float32 [n, dim]; with mirror the mean with the mirrored face."""
        if not faces:
            return np.zeros((0, self.dim), np.float32)
        chips = np.stack([self.align(rgb, face) for face in faces]).astype(np.float32)
        planes = (chips * self._how.scale + self._how.shift).transpose(0, 3, 1, 2)
        if self._how.bgr:
            planes = planes[:, ::-1]
        # exported embedders often take one face at a time
        passes = [planes, planes[..., ::-1]] if mirror else [planes]
        sums = [
            np.sum([self._network(side[row : row + 1]).reshape(-1) for side in passes], axis=0)
            for row in range(len(faces))
        ]
        return unit(np.stack(sums).astype(np.float32))

    def _face(
        self, turned: Picture, box: Box, score: float, points: tuple[Point, ...], rotation: int,
        detector: str,
    ) -> Face:  # fmt: skip
        height, width = turned.shape[:2]
        left, top, right, bottom = box
        inside = (max(0, left), max(0, top), min(width, right), min(height, bottom))
        five = points or self._eyes(turned, inside)
        chip = aligned(turned, five)
        by = turn(five[0], five[1], five[2]) if len(five) > 2 else 0.0
        quality = judge(chip, inside, by, self._limits, hard=detector == LAST_RESORT)
        return Face(inside, score, rotation, five, quality, detector)

    def _eyes(self, turned: Picture, box: Box) -> tuple[Point, ...]:
        """Middle of each eye, from dlib's corners; two points fix where a face goes."""
        p = self._landmarks(turned, dlib.rectangle(*box)).parts()
        pairs = [(p[0], p[1]), (p[2], p[3])]
        eyes = sorted(((a.x + b.x) // 2, (a.y + b.y) // 2) for a, b in pairs)
        return tuple(eyes)


def aligned(rgb: Picture, points: Sequence[Point]) -> Picture:
    """The face whose first places (eyes; nose; mouth) are `points`, uint8 [112, 112, 3]."""
    back = similarity(_PLACES[: len(points)], np.asarray(points, np.float64))
    face = Image.fromarray(rgb).transform(
        (SIDE, SIDE), Image.Transform.AFFINE, back.reshape(-1).tolist(), Image.Resampling.BILINEAR
    )
    return np.asarray(face)


def similarity(source: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn, scale and shift [2, 3] that take points [n, 2] nearest to others (Umeyama 1991)."""
    a, b = source - source.mean(axis=0), target - target.mean(axis=0)
    # as complex numbers a turn with scale is one factor
    ours, theirs = a[:, 0] + 1j * a[:, 1], b[:, 0] + 1j * b[:, 1]
    power = float((np.abs(ours) ** 2).sum())
    factor = complex((theirs * ours.conj()).sum() / power) if power else 1 + 0j
    turning = np.array([[factor.real, -factor.imag], [factor.imag, factor.real]])
    shift = target.mean(axis=0) - turning @ source.mean(axis=0)
    return np.column_stack([turning, shift])
