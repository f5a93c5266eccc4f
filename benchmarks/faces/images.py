"""A folder of photos becomes prints, and the CPU each step takes is counted."""

from __future__ import annotations

import time
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.faces.data import PrintFile
from benchmarks.protocol import BenchmarkInputError
from matchers.faces.contract import Face, Prints, Vectors
from matchers.faces.dlib_onnx import MIRRORED, ONE_PASS, DlibOnnx
from tracing.photos.decoding import decode
from tracing.photos.formats import sniff

_PIXELS_MAX = 60_000_000


@dataclass(frozen=True, slots=True)
class Encoded:
    """Prints of a folder's photos, the photos, and CPU milliseconds: one file, one of 12 MP."""

    prints: PrintFile
    paths: list[Path]
    cpu: dict[str, float]


def encode(folder: Path, cache: Path, *, mirror: bool) -> Encoded:
    """Every `person/photo` of a folder; photos without a face are left out and counted.

    `mirror` chooses the product's recipe, else one pass, which files of prints hold.
    """
    paths = sorted(p for p in folder.glob("*/*") if p.suffix.lower() in {".jpg", ".jpeg", ".png"})
    if not paths:
        raise BenchmarkInputError("the folder has no person/photo.jpg")
    encoder = DlibOnnx(cache)
    vectors, people = [], []
    one(encoder, paths[0].read_bytes(), mirror=mirror)
    started = time.process_time()
    for path in paths:
        vector = one(encoder, path.read_bytes(), mirror=mirror)
        if vector is not None:
            vectors.append(vector)
            people.append(path.parent.name)
    spent = time.process_time() - started
    large = large_photo(paths[0])
    started = time.process_time()
    one(encoder, large, mirror=mirror)
    cpu = {
        "file_ms": round(1000 * spent / len(paths), 2),
        "file_12mp_ms": round(1000 * (time.process_time() - started), 1),
        "without_face": len(paths) - len(vectors),
    }
    _, owners = np.unique(people, return_inverse=True)
    count = len(vectors)
    prints = PrintFile(
        Prints(MIRRORED if mirror else ONE_PASS, np.stack(vectors)),
        owners.astype(np.int64),
        np.full(count, np.nan),
        np.full(count, "mated"),
        None,
    )
    return Encoded(prints, paths, cpu)


def one(encoder: DlibOnnx, data: bytes, *, mirror: bool) -> Vectors | None:
    """From a file's bytes to the print of the face nearest its middle, as intake does it."""
    decoded = decode(data, sniff(data), _PIXELS_MAX)
    faces = encoder.detect(decoded.rgb)
    if not faces:
        return None
    height, width = decoded.rgb.shape[:2]

    def off_centre(face: Face) -> float:
        left, top, right, bottom = face.box
        return float(abs((left + right) / 2 - width / 2) + abs((top + bottom) / 2 - height / 2))

    vector: Vectors = encoder.embed(decoded.rgb, [min(faces, key=off_centre)], mirror=mirror)[0]
    return vector


def large_photo(path: Path) -> bytes:
    """A 12-megapixel JPEG with the photo in its middle."""
    with Image.open(path) as small:
        sheet = Image.new("RGB", (4000, 3000), (90, 90, 90))
        sheet.paste(small.convert("RGB").resize((3000, 3000)), (500, 0))
    stream = BytesIO()
    sheet.save(stream, "JPEG", quality=90)
    return stream.getvalue()
