"""A face's quality in words that a station worker can act on."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from matchers.faces.contract import Box, Picture, Point, Quality

# rows and columns of an aligned face (padding 0.25), as parts of its side
_FACE = (0.15, 0.90, 0.18, 0.82)
_EYES = (0.22, 0.46, 0.18, 0.82)
_MOUTH = (0.60, 0.84, 0.26, 0.74)
_BLACK, _WHITE = 8, 247
_NOTHING, _TELLING_LEAST = 0.02, 0.2
# waves shorter than 1 / 0.12 pixels, in rings of 0.02
_FINEST, _RING = 0.12, 0.02


def judge(
    chip: Picture, box: Box, turned: float, limits: Mapping[str, float], *, hard: bool
) -> Quality:
    """Quality of the face whose aligned picture is `chip` uint8 [s, s, 3].

    `turned` comes from `turn`; `limits` is the table [quality] of detection.toml. `hard` says that
    only the last-resort detector saw the face: one that looks straight is then taken for covered.
    """
    grey = _grey(chip)
    face = _part(grey, _FACE)
    size = max(0, min(box[2] - box[0], box[3] - box[1]))
    bright, sharp = float(face.mean()), sharpness(face)
    words = []
    if size < limits["size_min"]:
        words.append("too_small")
    if sharp < limits["sharpness_min"]:
        words.append("blurred")
    if bright < limits["brightness_min"]:
        words.append("dark")
    if bright > limits["brightness_max"]:
        words.append("glare")
    if abs(turned) > limits["turn_max"]:
        words.append("turned")
    elif hard or mouth_detail(grey) < limits["covered_texture_min"]:
        words.append("covered")
    # a mask is as flat as paint
    drawn = "covered" not in words and sharp >= limits["drawing_sharpness_min"]
    if drawn and flatness(face) > limits["drawing_flatness_max"]:
        words.append("drawing")
    elif (
        size >= limits["size_min"]
        and sharp >= limits["screen_sharpness_min"]
        and raster(face) > limits["screen_raster_max"]
    ):
        words.append("screen")
    return Quality(tuple(words), size, sharp, bright, turned)


def sharpness(grey: NDArray[np.float32]) -> float:
    """Fine detail over coarse detail of a grey picture float32 [h, w]; falls with blur.

    Ratio of the mean squared second difference to the variance: light and contrast cancel.
    """
    across = grey[:, 2:] - 2 * grey[:, 1:-1] + grey[:, :-2]
    down = grey[2:] - 2 * grey[1:-1] + grey[:-2]
    fine = float((across**2).mean() + (down**2).mean())
    return fine / (float(grey.var()) + 1.0)


def flatness(grey: NDArray[np.float32]) -> float:
    """Share of places of a grey picture float32 [h, w] where nothing changes, 0 to 1.

    Skin photographed is never flat, paper and painted areas are. What counts as nothing goes with
    the contrast, and places burnt out or black tell nothing; 0 where all are.
    """
    across = np.abs(np.diff(grey, axis=1))[:-1]
    down = np.abs(np.diff(grey, axis=0))[:, :-1]
    light = grey[:-1, :-1]
    telling = (light > _BLACK) & (light < _WHITE)
    if telling.mean() < _TELLING_LEAST:
        return 0.0
    nothing = _NOTHING * float(light[telling].std())
    return float(((across <= nothing) & (down <= nothing))[telling].mean())


def raster(grey: NDArray[np.float32]) -> float:
    """How far the strongest fine wave of a grey picture float32 [h, w] stands out among its like.

    Power of the strongest wave over the median power of waves of the same length: the dots of a
    screen or of print, and the moiré they make, repeat; nothing in a face does.
    """
    height, width = grey.shape
    window = np.hanning(height)[:, None] * np.hanning(width)[None]
    power = np.abs(np.fft.fft2((grey - grey.mean()) * window)) ** 2
    length = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width)[None])
    rings = ((length - _FINEST) / _RING).astype(np.int64)
    strongest = 0.0
    for ring in range(int((0.5 - _FINEST) / _RING)):
        here = power[(rings == ring) & (length >= _FINEST)]
        strongest = max(strongest, float(here.max() / (np.median(here) + 1e-9)))
    return strongest


def mouth_detail(grey: NDArray[np.float32]) -> float:
    """Detail around the mouth over detail around the eyes; a mask or scarf makes it small."""
    mouth, eyes = (_contrast(_part(grey, where)) for where in (_MOUTH, _EYES))
    return mouth / (eyes + 1.0)


def turn(right: Point, left: Point, nose: Point) -> float:
    """How far the head is turned, from -1 to 1, 0 looking straight.

    Place of the nose between the eyes (or their outer corners) along the line through them.
    """
    start, end, tip = (np.asarray(point, np.float64) for point in (right, left, nose))
    axis = end - start
    length = float(axis @ axis)
    if length == 0:
        return 0.0
    along = float((tip - start) @ axis) / length
    return float(np.clip(2 * along - 1, -1, 1))


def _grey(chip: Picture) -> NDArray[np.float32]:
    """The green channel: nearly all of the light, without the sums."""
    return chip[:, :, 1].astype(np.float32)


def _part(grey: NDArray[np.float32], where: tuple[float, ...]) -> NDArray[np.float32]:
    side = grey.shape[0]
    top, bottom, left, right = (round(part * side) for part in where)
    return grey[top:bottom, left:right]


def _contrast(grey: NDArray[np.float32]) -> float:
    across, down = np.diff(grey, axis=1), np.diff(grey, axis=0)
    return float(np.abs(across).mean() + np.abs(down).mean())
