"""Opening a picture file somebody sent, whatever is in it. Runs in a worker process only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tracing.errors import PhotoError, PhotoTooManyPixels, PhotoTooSmall, PhotoUnreadable

LONGEST = 1600
_SHORTEST = 24
_JPEG_QUALITY = 90
_ORIENTATION, _EXIF_FOLDER, _CHANGED, _TAKEN, _DIGITISED = 0x0112, 0x8769, 0x0132, 0x9003, 0x9004
_TURNS: Mapping[int, Image.Transpose] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True, slots=True)
class Decoded:
    """An opened picture: `rgb` uint8 [h, w, 3] at most 1600 pixels long, without metadata.

    `width` and `height` are those of the file as stored; `taken` is what the camera wrote.
    """

    rgb: NDArray[np.uint8]
    width: int
    height: int
    taken: date | None


def decode(data: bytes, kind: str, pixels_max: int) -> Decoded:
    """Open a file of format `kind` (see `formats.sniff`).

    Only the first picture of an animation is read; EXIF rotation is applied and forgotten;
    transparent parts become white. PhotoTooManyPixels before anything is unpacked,
    PhotoTooSmall, PhotoUnreadable.
    """
    try:
        return _decode(data, kind, pixels_max)
    except PhotoError:
        raise
    except (MemoryError, Image.DecompressionBombError) as error:
        raise PhotoTooManyPixels() from error
    except Exception as error:  # a damaged file makes decoders raise anything at all
        raise PhotoUnreadable() from error


def _decode(data: bytes, kind: str, pixels_max: int) -> Decoded:
    image = _opened(data, kind)
    width, height = image.size
    if width * height > pixels_max:
        raise PhotoTooManyPixels(width=width, height=height, most=pixels_max)
    if min(width, height) < _SHORTEST:
        raise PhotoTooSmall(width=width, height=height, least=_SHORTEST)
    if kind == "JPEG":
        step = max(1.0, max(width, height) / LONGEST)
        image.draft(None, (int(width / step), int(height / step)))
    # before the tags: a PNG's are read by loading it, and a failed load looks blank afterwards
    image.load()
    tags = _tags(image)
    plain = _plain(image)
    plain.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS, reducing_gap=2.0)
    turn = _TURNS.get(tags.get(_ORIENTATION, 1))
    if turn is not None:
        plain = plain.transpose(turn)
    return Decoded(np.array(plain), width, height, _taken(tags))


def _opened(data: bytes, kind: str) -> Image.Image:
    if kind == "HEIC":
        import pillow_heif  # noqa: PLC0415 heavy, and most stations never see a HEIC file

        # libheif turns the picture itself and marks the EXIF orientation as done
        heif: Image.Image = pillow_heif.open_heif(BytesIO(data)).to_pillow()
        return heif
    formats = {"JPEG": ["JPEG", "MPO"], "PNG": ["PNG"], "WebP": ["WEBP"]}[kind]
    return Image.open(BytesIO(data), formats=formats)


def _plain(image: Image.Image) -> Image.Image:
    """The picture as RGB, 8 bits, opaque."""
    if image.mode.startswith("I"):
        return Image.fromarray(_eight_bits(np.asarray(image))).convert("RGB")
    if "A" in image.mode or "a" in image.mode or "transparency" in image.info:
        seen = image.convert("RGBA")
        white = Image.new("RGB", seen.size, "white")
        white.paste(seen, mask=seen.getchannel("A"))
        return white
    return image.convert("RGB")


def _eight_bits(deep: NDArray[Any]) -> NDArray[np.uint8]:
    """The eight bits that matter of a deeper grey picture; cameras store 10 to 16."""
    unsigned = np.clip(deep, 0, 65535).astype(np.uint16)
    bits = max(8, int(unsigned.max()).bit_length())
    eight: NDArray[np.uint8] = (unsigned >> (bits - 8)).astype(np.uint8)
    return eight


def _tags(image: Image.Image) -> dict[int, Any]:
    """EXIF tags we use; none when they are damaged: lying metadata must not cost the photo."""
    try:
        exif = image.getexif()
        return {**dict(exif), **dict(exif.get_ifd(_EXIF_FOLDER))}
    except Exception:  # noqa: BLE001 damaged EXIF makes Pillow raise anything at all
        return {}


def _taken(tags: Mapping[int, Any]) -> date | None:
    """The day the camera says; None when it says nothing or nonsense."""
    for tag in (_TAKEN, _DIGITISED, _CHANGED):
        try:
            day = datetime.strptime(str(tags[tag])[:10], "%Y:%m:%d").date()  # noqa: DTZ007 a day
        except (KeyError, ValueError):
            continue
        if day.year >= 1900 and day <= date.today():  # noqa: DTZ011 cameras know no zone
            return day
    return None


def encode(rgb: NDArray[np.uint8]) -> bytes:
    """A JPEG of `rgb` uint8 [h, w, 3], without any metadata."""
    stream = BytesIO()
    Image.fromarray(rgb).save(stream, "JPEG", quality=_JPEG_QUALITY)
    return stream.getvalue()


def crop(rgb: NDArray[np.uint8], box: tuple[int, int, int, int], size: int) -> bytes:
    """A square JPEG of `size` pixels around a face's box, with hair and chin, for people to see."""
    left, top, right, bottom = box
    half = max(right - left, bottom - top) * 0.8
    x, y = (left + right) / 2, (top + bottom) / 2 - half * 0.1
    around = (x - half, y - half, x + half, y + half)
    square = Image.fromarray(rgb).transform(
        (size, size), Image.Transform.EXTENT, around, Image.Resampling.BICUBIC
    )
    return encode(np.asarray(square))
