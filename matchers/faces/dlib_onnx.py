"""The default encoder: dlib's detectors and recogniser, the recogniser run by ONNX Runtime."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import dlib
import numpy as np

from matchers.faces.contract import Box, Face, Picture, Vectors, unit, upright
from matchers.faces.converted import converted
from matchers.faces.detection import LAST_RESORT, Finder, HogFinder
from matchers.faces.detection_rules import detection_table
from matchers.faces.dlib_network import DIM, SIDE, as_onnx, read_tensors
from matchers.faces.quality import judge, turn
from matchers.faces.session import Network
from matchers.faces.weights import installed, installed_folder, known_weights

ONE_PASS = "dlib-resnet-v1"  # noqa: S105 a recipe, no password
MIRRORED = "dlib-resnet-v1-mirror"
_PADDING = 0.25
_BATCH = 16


class DlibOnnx:
    """dlib-resnet-v1: `embed` without mirror equals face_recognition.face_encodings(model="small").

    The product's recipe (`dlib-resnet-v1-mirror`) is the mean of the print and the print of the
    mirrored face, of unit length: nearly all that ten jittered passes gain, at twice the cost.
    """

    dim = DIM

    def __init__(
        self,
        models_dir: Path,
        *,
        finder: Finder | None = None,
        weights: tuple[Path, str, str] | None = None,
    ) -> None:
        """Open the weights; the converted network is kept in `models_dir`, made there if absent.

        `finder` replaces dlib's detectors; `weights` (path, sha256, recipe) dlib's own weights by
        others of the same network. WeightsMissing or WeightsDamaged when a file is not the agreed
        one.
        """
        agreed = known_weights()["recogniser"]
        own = (installed_folder() / agreed.file, agreed.sha256, MIRRORED)
        path, sha256, self.model_id = weights or own
        model = converted(path, sha256, models_dir, lambda b: as_onnx(read_tensors(b)))
        self._network = Network(model)
        self._landmarks = dlib.shape_predictor(str(installed("landmarks")))
        self._finder = finder or HogFinder(lambda: installed("last_resort"))
        self.detector_id = self._finder.id
        self._limits = detection_table()["quality"]

    def detect(self, rgb: Picture) -> tuple[Face, ...]:
        """All faces, largest first, in the one rotation that shows them best."""
        finds = self._finder.find(rgb)
        turned = upright(rgb, finds.rotation)
        faces = [
            self._face(turned, f.box, f.score, finds.rotation, finds.detector) for f in finds.finds
        ]
        return tuple(sorted(faces, key=lambda face: -face.area))

    def face_at(self, rgb: Picture, box: Box) -> Face:
        """The face in a box drawn by hand (left, top, right, bottom); score 0."""
        return self._face(np.ascontiguousarray(rgb), box, 0.0, 0, "hand")

    def align(self, rgb: Picture, face: Face) -> Picture:
        """The face upright at 150 × 150 with a quarter of padding, as the network was trained."""
        return self._chip(upright(rgb, face.rotation), face.box, face.landmarks5)

    def embed(self, rgb: Picture, faces: Sequence[Face], *, mirror: bool = True) -> Vectors:
        """Prints float32 [n, 128]: `model_id` with mirror, ONE_PASS (any length) without."""
        if not faces:
            return np.zeros((0, DIM), np.float32)
        return self.embed_chips(np.stack([self.align(rgb, face) for face in faces]), mirror=mirror)

    def embed_chips(self, chips: Picture, *, mirror: bool = True) -> Vectors:
        """Prints of aligned faces uint8 [n, 150, 150, 3], in batches."""
        parts = [self._passes(chips[i : i + _BATCH], mirror) for i in range(0, len(chips), _BATCH)]
        return np.concatenate(parts) if parts else np.zeros((0, DIM), np.float32)

    def _passes(self, chips: Picture, mirror: bool) -> Vectors:
        planes = chips.transpose(0, 3, 1, 2).astype(np.float32)
        if not mirror:
            return self._network(planes)
        both = self._network(np.concatenate([planes, planes[..., ::-1]]))
        return unit(both[: len(chips)] + both[len(chips) :])

    def _face(self, turned: Picture, box: Box, score: float, rotation: int, detector: str) -> Face:
        height, width = turned.shape[:2]
        left, top, right, bottom = box
        inside = (max(0, left), max(0, top), min(width, right), min(height, bottom))
        shape = self._landmarks(turned, dlib.rectangle(*inside))
        points = tuple((p.x, p.y) for p in shape.parts())
        chip = self._chip(turned, inside, points)
        turned_by = turn(points[0], points[2], points[4])
        quality = judge(chip, inside, turned_by, self._limits, hard=detector == LAST_RESORT)
        return Face(inside, score, rotation, points, quality, detector)

    def _chip(self, turned: Picture, box: Box, points: Sequence[tuple[int, int]]) -> Picture:
        shape = dlib.full_object_detection(dlib.rectangle(*box), [dlib.point(*p) for p in points])
        chip: Picture = dlib.get_face_chip(turned, shape, size=SIDE, padding=_PADDING)
        return chip
