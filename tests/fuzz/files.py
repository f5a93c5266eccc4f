"""Picture files to spoil, and ways to spoil them."""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Callable
from io import BytesIO

import numpy as np
import pillow_heif
from PIL import Image

from tests.api.house import portrait

MAGIC = (
    b"\xff\xd8\xff\xe0",
    b"\x89PNG\r\n\x1a\n",
    b"RIFF\x10\0\0\0WEBPVP8 ",
    b"\0\0\0\x18ftypheic",
)
Spoil = Callable[[random.Random, bytes], bytes]


def seeds() -> tuple[bytes, ...]:
    """One small portrait in every format and mode that is read, and some that are not."""
    picture = Image.open(BytesIO(portrait())).convert("RGB").resize((160, 160))
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8769)[0x9003] = "2019:03:07 08:00:00"
    deep = Image.fromarray(np.asarray(picture.convert("L")).astype(np.uint16) << 8)
    clear = picture.convert("RGBA")
    clear.putpixel((0, 0), (1, 2, 3, 0))
    heif = BytesIO()
    pillow_heif.from_pillow(picture).save(heif, quality=70)
    more = [Image.new("RGB", picture.size, "white")]
    return (
        _saved(picture, "JPEG", quality=80, exif=exif),
        _saved(picture, "JPEG", quality=60, progressive=True),
        _saved(picture.convert("CMYK"), "JPEG"),
        _saved(picture.convert("L"), "JPEG"),
        _saved(picture, "PNG", exif=exif),
        _saved(deep, "PNG"),
        _saved(clear, "PNG"),
        _saved(picture.quantize(32), "PNG"),
        _saved(picture, "PNG", save_all=True, append_images=more),
        _saved(picture, "WEBP", quality=70, exif=exif),
        _saved(clear, "WEBP", lossless=True),
        _saved(picture, "WEBP", save_all=True, append_images=more),
        heif.getvalue(),
        _saved(picture, "GIF"),
        _saved(picture, "TIFF"),
        _saved(picture, "BMP"),
    )


def read_kinds() -> tuple[bytes, ...]:
    """Those of the seeds that are read."""
    others = (b"GIF8", b"II*\0", b"BM")
    return tuple(data for data in seeds() if not data.startswith(others))


def _saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    stream = BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


def flipped(dice: random.Random, data: bytes) -> bytes:
    """A few bits turned over, mostly near the start where the structure is."""
    out = bytearray(data)
    for _ in range(dice.choice((1, 2, 8, 64))):
        reach = len(out) if dice.random() < 0.4 else min(len(out), 600)
        out[dice.randrange(reach)] ^= 1 << dice.randrange(8)
    return bytes(out)


def cut(dice: random.Random, data: bytes) -> bytes:
    """The end missing."""
    return data[: dice.randrange(len(data))]


def lengthened(dice: random.Random, data: bytes) -> bytes:
    """A number replaced by one that lies: 0, the largest, or anything."""
    out, size = bytearray(data), dice.choice((1, 2, 4))
    at = dice.randrange(max(1, min(len(out), 2000) - size))
    value = dice.choice(
        (0, (1 << 8 * size) - 1, 1 << (8 * size - 1), dice.randrange(1 << 8 * size))
    )
    out[at : at + size] = value.to_bytes(size, dice.choice(("big", "little")))
    return bytes(out)


def doubled(dice: random.Random, data: bytes) -> bytes:
    """A stretch repeated, many times at times."""
    start = dice.randrange(len(data))
    piece = data[start : start + dice.choice((1, 16, 300))]
    return data[:start] + piece * dice.choice((2, 50, 3000)) + data[start:]


def renamed(dice: random.Random, data: bytes) -> bytes:
    """The head of one format on the body of another, or on noise."""
    body = data[dice.randrange(len(data)) :] if dice.random() < 0.7 else dice.randbytes(400)
    return dice.choice(MAGIC) + body


def bomb(dice: random.Random, data: bytes) -> bytes:
    """A PNG that promises far more pixels than it holds."""
    del data
    width, height = (dice.choice((1, 60_000, 2_000_000_000)) for _ in range(2))
    head = struct.pack(">IIBBBBB", width, height, dice.choice((1, 8, 16)), 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(bytes(100_000))), (b"IEND", b""))
    chunks = (struct.pack(">I", len(b)) + k + b + struct.pack(">I", zlib.crc32(k + b))
              for k, b in parts)  # fmt: skip
    return MAGIC[1] + b"".join(chunks)


SPOILS: tuple[Spoil, ...] = (flipped, flipped, cut, lengthened, lengthened, doubled, renamed, bomb)


def spoiled(dice: random.Random, originals: tuple[bytes, ...]) -> bytes:
    """One of the files, spoiled once or a few times."""
    data = dice.choice(originals)
    for _ in range(dice.choice((1, 1, 2, 4))):
        data = dice.choice(SPOILS)(dice, data) or b"\0"
    return data
