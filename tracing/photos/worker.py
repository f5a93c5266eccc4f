"""The process that opens pictures: started by `intake`, speaks over its standard streams.

It lives under a memory limit, may write no file once its models are open, and is killed when it
takes too long. Nothing it reads can reach the server but numbers and a fresh JPEG.
"""

from __future__ import annotations

import resource
import sys
import warnings
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from matchers.faces.boxes import overlap
from matchers.faces.choice import open_encoder
from matchers.faces.contract import Box, Encoder, Face, WeightsDamaged, WeightsMissing, upright
from tracing.errors import PhotoError, PhotoTooManyPixels
from tracing.photos.decoding import Decoded, crop, decode, encode
from tracing.photos.wire import Channel, ChannelClosed, pack

_PICTURE_SMALL = 200
_PICTURE_DARK = 40.0
_SAME_FACE = 0.6


def examine(encoder: Encoder, data: bytes, ask: Mapping[str, Any]) -> bytes:
    """Reply to "examine": the upright picture, its faces, their prints."""
    decoded = decode(data, ask["format"], ask["pixels_max"])
    box = ask.get("box")
    faces = (encoder.face_at(decoded.rgb, box),) if box else encoder.detect(decoded.rgb)
    prints = encoder.embed(decoded.rgb, faces)
    rotation = faces[0].rotation if faces else 0
    shown = upright(decoded.rgb, rotation)
    head = {
        "width": shown.shape[1],
        "height": shown.shape[0],
        "file_width": decoded.width,
        "file_height": decoded.height,
        "taken": decoded.taken.isoformat() if decoded.taken else None,
        "rotation": rotation,
        "recipe": encoder.model_id,
        "detector": encoder.detector_id,
        "dim": encoder.dim,
        "faces": [asdict(face) for face in faces],
        "advice": advice(decoded, faces),
    }
    return pack(head, (encode(shown), np.ascontiguousarray(prints, "<f4").tobytes()))


def encode_again(encoder: Encoder, data: bytes, ask: Mapping[str, Any]) -> bytes:
    """Reply to "encode": prints of the faces in known boxes of a picture we wrote ourselves."""
    decoded = decode(data, "JPEG", ask["pixels_max"])
    found = [face for face in encoder.detect(decoded.rgb) if not face.rotation]
    faces = []
    for left, top, right, bottom in ask["boxes"]:
        box: Box = (left, top, right, bottom)
        near = max(found, key=lambda face: overlap(face.box, box), default=None)
        again = near is not None and overlap(near.box, box) >= _SAME_FACE
        faces.append(near if near is not None and again else encoder.face_at(decoded.rgb, box))
    prints = encoder.embed(decoded.rgb, faces)
    return pack({"dim": encoder.dim}, (np.ascontiguousarray(prints, "<f4").tobytes(),))


def advice(decoded: Decoded, faces: tuple[Face, ...]) -> list[str]:
    """What to tell about the picture as a whole: codes that the pages put into words."""
    codes = []
    if not faces:
        codes.append("no_face")
        if max(decoded.rgb.shape[:2]) < _PICTURE_SMALL:
            codes.append("picture_small")
        if float(decoded.rgb.mean()) < _PICTURE_DARK:
            codes.append("picture_dark")
    if len(faces) > 1:
        codes.append("several_faces")
    if faces and faces[0].rotation:
        codes.append("picture_turned")
    return codes


def cut(data: bytes, ask: Mapping[str, Any]) -> bytes:
    """Reply to "crop": a square JPEG around a box of a picture we wrote ourselves."""
    decoded = decode(data, "JPEG", ask["pixels_max"])
    left, top, right, bottom = ask["box"]
    box: Box = (left, top, right, bottom)
    return pack({}, (crop(decoded.rgb, box, ask["size"]),))


def answer(encoder: Encoder, ask: Mapping[str, Any], data: bytes) -> bytes:
    """The reply to one message; what goes wrong with the picture is part of it."""
    try:
        if ask["do"] == "crop":
            return cut(data, ask)
        if ask["do"] == "encode":
            return encode_again(encoder, data, ask)
        return examine(encoder, data, ask)
    except PhotoError as error:
        return pack({"error": error.code, "facts": error.facts})
    except MemoryError:
        return pack({"error": PhotoTooManyPixels.code, "facts": {}})


def _unusable(error: Exception) -> str:
    """Why the models cannot be used, as a code that has a sentence."""
    if isinstance(error, WeightsMissing):
        return "weights_missing"
    return "weights_damaged" if isinstance(error, WeightsDamaged) else "models_invalid"


def limit(memory_mb: int) -> None:
    """Cap the memory of this process and let it leave no core dump with a photo inside."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_mb << 20, memory_mb << 20))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main(arguments: list[str]) -> int:
    """Serve until the other side closes; arguments: megabytes, cache folder, models file or ''."""
    memory_mb, cache, models = int(arguments[0]), Path(arguments[1]), arguments[2]
    limit(memory_mb)
    warnings.simplefilter("ignore")
    channel = Channel(sys.stdin.fileno(), sys.stdout.fileno())
    try:
        encoder = open_encoder(cache, Path(models) if models else None)
    except (WeightsMissing, WeightsDamaged, ValueError, OSError) as error:
        channel.send(pack({"error": _unusable(error), "detail": str(error)}))
        return 1
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    served = {"recipe": encoder.model_id, "dim": encoder.dim, "detector": encoder.detector_id}
    channel.send(pack(served))
    while True:
        try:
            ask, parts = channel.receive()
            channel.send(answer(encoder, ask, parts[0]))
        except ChannelClosed:
            return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
