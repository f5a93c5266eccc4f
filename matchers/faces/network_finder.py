"""Detectors an operator brings as ONNX files: YuNet style and SCRFD style.

YuNet (Wu et al. 2023) gives for strides 8, 16, 32 the tensors cls, obj, bbox, kps, named
`cls_8` and so on; input BGR 0–255. SCRFD (Guo et al. 2021) gives scores, distances and points for
the same strides, two anchors a place, told apart by their last size; input RGB −1…1.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from matchers.faces.contract import Picture, Vectors, upright
from matchers.faces.detection import Find, Finds, distinct, shrunk
from matchers.faces.detection_rules import detection_table
from matchers.faces.session import Network

_STRIDES = (8, 16, 32)
_ANCHORS = 2
STYLES = ("yunet", "scrfd")
Rows = NDArray[np.float32]


class NetworkFinder:
    """A detector network; when it sees nobody, the other three rotations are tried."""

    def __init__(self, network: Network, style: str, name: str, score_min: float) -> None:
        """`style` is one of STYLES (ValueError otherwise), `name` goes on record with each face."""
        if style not in STYLES:
            raise ValueError(f"detector styles are {', '.join(STYLES)}")
        self._network, self._style, self._name = network, style, name
        self.id = f"{style}-{name}"
        self._score_min = score_min
        table = detection_table()
        self._overlap, self._longest = table["overlap_max"], int(table["last_resort_side"])

    def find(self, rgb: Picture) -> Finds:
        """All faces in a picture uint8 [h, w, 3], in the one rotation that shows them best."""
        plain = self._look(rgb, 0)
        if plain.finds:
            return plain
        turned = [self._look(rgb, quarter) for quarter in (90, 180, 270)]
        return max((plain, *turned), key=lambda finds: finds.best)

    def _look(self, rgb: Picture, rotation: int) -> Finds:
        turned = upright(rgb, rotation)
        planes, step = self._planes(turned)
        outputs = self._network.all(planes)
        rows = (
            self._yunet(outputs, planes) if self._style == "yunet" else self._scrfd(outputs, planes)
        )
        finds = (
            Find(
                (round(left), round(top), round(right), round(bottom)),
                float(score),
                tuple((round(x), round(y)) for x, y in points),
            )
            for score, box, points in rows
            for left, top, right, bottom in [(box * step).tolist()]
            for points in [(points * step).tolist()]
        )
        return Finds(distinct(finds, self._overlap), rotation, self._name)

    def _planes(self, rgb: Picture) -> tuple[Vectors, float]:
        """The picture in the upper left of the input, and by how much it was shrunk."""
        height, width = self._size(rgb)
        step = max(1.0, rgb.shape[0] / height, rgb.shape[1] / width)
        small = rgb if step == 1 else shrunk(rgb, step)
        sheet = np.zeros((height, width, 3), np.float32)
        sheet[: small.shape[0], : small.shape[1]] = small[:height, :width]
        seen = sheet[:, :, ::-1] if self._style == "yunet" else (sheet - 127.5) / 128
        return np.ascontiguousarray(seen.transpose(2, 0, 1)[None], np.float32), step

    def _size(self, rgb: Picture) -> tuple[int, int]:
        """Input height and width: the network's own, or the picture's in whole strides."""
        height, width = self._network.shape[-2:]
        if isinstance(height, int) and isinstance(width, int):
            return height, width
        step = max(1.0, max(rgb.shape[:2]) / self._longest)
        rows, columns = (int(np.ceil(side / step / 32)) * 32 for side in rgb.shape[:2])
        return rows, columns

    def _yunet(self, outputs: list[Vectors], planes: Vectors) -> Iterator[tuple[float, Rows, Rows]]:
        named = dict(zip(self._network.outputs, outputs, strict=True))
        for stride in _STRIDES:
            if f"cls_{stride}" not in named:
                continue
            places = _places(planes, stride, 1)
            cls, obj = (named[f"{kind}_{stride}"].reshape(-1) for kind in ("cls", "obj"))
            scores = np.sqrt(np.clip(cls, 0, 1) * np.clip(obj, 0, 1))
            bbox = named[f"bbox_{stride}"].reshape(-1, 4)
            points = named[f"kps_{stride}"].reshape(-1, 5, 2)
            for row in np.flatnonzero(scores >= self._score_min):
                middle = (places[row] + bbox[row, :2]) * stride
                half = np.exp(bbox[row, 2:]) * stride / 2
                box = np.concatenate([middle - half, middle + half])
                yield float(scores[row]), box, (places[row] + points[row]) * stride

    def _scrfd(self, outputs: list[Vectors], planes: Vectors) -> Iterator[tuple[float, Rows, Rows]]:
        by_size: dict[int, list[Rows]] = {1: [], 4: [], 10: []}
        for output in outputs:
            by_size[output.shape[-1]].append(output.reshape(-1, output.shape[-1]))
        for found in by_size.values():
            found.sort(key=len, reverse=True)
        for stride, scores, sides, points in zip(_STRIDES, *by_size.values(), strict=False):
            places = _places(planes, stride, _ANCHORS) * stride
            for row in np.flatnonzero(scores[:, 0] >= self._score_min):
                reach = sides[row] * stride
                box = np.concatenate([places[row] - reach[:2], places[row] + reach[2:]])
                yield float(scores[row, 0]), box, places[row] + points[row].reshape(5, 2) * stride


def _places(planes: Vectors, stride: int, anchors: int) -> Rows:
    """Column and row of each prediction, float32 [places × anchors, 2]."""
    rows, columns = planes.shape[2] // stride, planes.shape[3] // stride
    grid = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), axis=-1).reshape(-1, 2)
    return np.repeat(grid, anchors, axis=0).astype(np.float32)
