"""Finding every face: plainly first, then enlarged, in four rotations, and by a network at last."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import dlib
import numpy as np
from PIL import Image

from matchers.faces.boxes import overlap
from matchers.faces.contract import Box, Picture, Point, upright
from matchers.faces.detection_rules import detection_table, dlib_finder_id

HOG = "dlib-hog"
LAST_RESORT = "dlib-mmod"
_QUARTERS = (0, 90, 180, 270)


@dataclass(frozen=True, slots=True)
class Find:
    """A face found: box and score as in `contract.Face`.

    `points` are the eyes, the tip of the nose and the corners of the mouth (the picture's left one
    first) where the detector gives them, else empty.
    """

    box: Box
    score: float
    points: tuple[Point, ...] = ()


@dataclass(frozen=True, slots=True)
class Finds:
    """What a look at a picture brought: all finds stand in the picture turned by `rotation`."""

    finds: tuple[Find, ...]
    rotation: int
    detector: str

    @property
    def best(self) -> float:
        """The best score, or minus infinity."""
        return max((f.score for f in self.finds), default=-np.inf)


class Finder(Protocol):
    """Finds faces."""

    @property
    def id(self) -> str:
        """Name and version; pictures without a face are looked at again when it changes."""
        ...

    def find(self, rgb: Picture) -> Finds:
        """All faces in a picture uint8 [h, w, 3], in the one rotation that shows them best."""
        ...


class HogFinder:
    """dlib's frontal HOG detector, and its network (given as a path) as a last resort.

    The network is opened when it is first needed: it takes 40 times as long.
    """

    def __init__(self, last_resort: Callable[[], Path] | None = None) -> None:
        """`last_resort` gives the checked path of the network's weights; None: do without it."""
        self._hog = dlib.get_frontal_face_detector()
        self._locate = last_resort
        self._network: Any = None
        self._table = detection_table()
        self.id = dlib_finder_id()

    def find(self, rgb: Picture) -> Finds:
        """All faces in a picture uint8 [h, w, 3], in the one rotation that shows them best."""
        # the detector sees hardly any colour: same finds, a sixth less work
        grey = np.asarray(Image.fromarray(rgb).convert("L"))
        best = self._look(grey, 0, 0)
        if best.best >= self._table["doubtful_score"]:
            return self._with_small(best, grey)
        # a sideways face never looks like one, an upside-down face at times does
        others = _QUARTERS[2:3] if best.finds else _QUARTERS[1:]
        best = self._best([best], grey, others, 0)
        for times in range(1, self._enlargements(rgb) + 1):
            if self._believed(best):
                return best
            small = grey.size * 4**times <= self._table["enlarged_pixels_max"]
            best = self._best([best], grey, _QUARTERS if small else _QUARTERS[:1], times)
        if self._believed(best) or self._locate is None:
            return self._plausible(best)
        network = self._last_resort(rgb, self._locate)
        return network if network.finds else self._plausible(best)

    def _with_small(self, plain: Finds, grey: Picture) -> Finds:
        """The finds and, where they are a crowd, the smaller faces beside them."""
        largest = max(min(f.box[2] - f.box[0], f.box[3] - f.box[1]) for f in plain.finds)
        alone = len(plain.finds) == 1
        if alone and largest >= self._table["crowd_face_max"] * min(grey.shape):
            return plain
        if grey.size * 4 > self._table["enlarged_upright_pixels_max"]:
            return plain
        closer = self._look(grey, 0, 1).finds
        small = [f for f in closer if f.score >= self._table["crowd_score_min"]]
        return Finds(distinct((*plain.finds, *small), self._table["overlap_max"]), 0, HOG)

    def _believed(self, finds: Finds) -> bool:
        """A weak find counts when it stands upright; sideways or upside down it must be clear."""
        if finds.rotation == 0:
            return bool(finds.finds)
        return finds.best >= float(self._table["doubtful_score"])

    def _plausible(self, finds: Finds) -> Finds:
        """The finds, or none when they are turned and so weak that they are chins and curtains."""
        if finds.rotation == 0 or finds.best >= self._table["turned_score_min"]:
            return finds
        return Finds((), 0, HOG)

    def _best(
        self, looks: list[Finds], grey: Picture, quarters: Sequence[int], times: int
    ) -> Finds:
        """The best of the looks already taken and those at `quarters`."""
        looks += [self._look(grey, quarter, times) for quarter in quarters]
        return max(looks, key=lambda finds: finds.best)

    def _look(self, grey: Picture, rotation: int, times: int) -> Finds:
        rectangles, scores, _ = self._hog.run(upright(grey, rotation), times, 0.0)
        finds = (
            Find((r.left(), r.top(), r.right(), r.bottom()), float(score))
            for r, score in zip(rectangles, scores, strict=True)
        )
        return Finds(distinct(finds, self._table["overlap_max"]), rotation, HOG)

    def _enlargements(self, rgb: Picture) -> int:
        """How many doublings are affordable and of use."""
        height, width = rgb.shape[:2]
        limit = self._table["enlarged_upright_pixels_max"]
        times = 0
        while times < 2 and height * width * 4 ** (times + 1) <= limit:
            times += 1
            if min(height, width) >= self._table["tiny_side"]:
                break
        return times

    def _last_resort(self, rgb: Picture, locate: Callable[[], Path]) -> Finds:
        if self._network is None:
            self._network = dlib.cnn_face_detection_model_v1(str(locate()))
        height, width = rgb.shape[:2]
        by_side = max(height, width) / self._table["last_resort_side"]
        by_area = (height * width / self._table["last_resort_pixels_max"]) ** 0.5
        step = max(1.0, by_side, by_area)
        small = rgb if step == 1 else shrunk(rgb, step)
        finds = (
            Find(
                tuple(round(v * step) for v in (r.left(), r.top(), r.right(), r.bottom())),
                float(found.confidence),
            )
            for found in self._network(small, 0)
            if (r := found.rect) and found.confidence >= self._table["last_resort_score"]
        )
        return Finds(distinct(finds, self._table["overlap_max"]), 0, LAST_RESORT)


def shrunk(rgb: Picture, step: float) -> Picture:
    """The picture with both sides divided by `step` (≥ 1)."""
    height, width = (max(1, int(side / step)) for side in rgb.shape[:2])
    return np.ascontiguousarray(dlib.resize_image(rgb, rows=height, cols=width))


def distinct(finds: Iterable[Find], overlap_max: float) -> tuple[Find, ...]:
    """The finds without doubles: of two that overlap too much the better score stays."""
    kept: list[Find] = []
    for find in sorted(finds, key=lambda f: -f.score):
        if all(overlap(find.box, other.box) <= overlap_max for other in kept):
            kept.append(find)
    return tuple(kept)
