"""Whatever a station sends: the right print, or a clear answer."""

from __future__ import annotations

import os
import signal
import struct
import zlib
from datetime import date
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from tests.faces.conftest import saved
from tracing import errors
from tracing.photos.formats import sniff
from tracing.photos.intake import Examined, Intake
from tracing.settings import Settings

Array = NDArray[np.uint8]


@pytest.fixture(scope="module")
def truth(intake: Intake, portrait: Array) -> Examined:
    """The portrait as it comes from a plain file."""
    return intake.examine(saved(Image.fromarray(portrait), "PNG"))


def likeness(a: Examined, b: Examined) -> float:
    """Cosine of the largest faces."""
    return float(a.faces[0].vector @ b.faces[0].vector)


def test_a_photo_comes_back_bare_upright_and_with_a_print(
    intake: Intake, portrait: Array, truth: Examined
) -> None:
    exif = Image.Exif()
    exif[0x010E] = "Li Xiuying, lost in Changzhou"
    exif.get_ifd(0x8769)[0x9003] = "2019:03:07 08:00:00"
    got = intake.examine(saved(Image.fromarray(portrait), "JPEG", quality=95, exif=exif))
    assert (got.width, got.height, got.format, got.advice) == (300, 300, "JPEG", ())
    assert got.taken == date(2019, 3, 7)
    assert b"Changzhou" not in got.jpeg
    assert b"Exif" not in got.jpeg
    assert got.recipe == "dlib-resnet-v1-mirror"
    assert got.faces[0].vector.shape == (128,)
    assert likeness(got, truth) > 0.99
    square = intake.crop(got.jpeg, got.faces[0].box, 96)
    assert square.startswith(b"\xff\xd8\xff")
    assert len(square) < 10_000


def _grey(p: Image.Image) -> bytes:
    return saved(p.convert("L"), "JPEG", quality=95)


def _grey_16_bit(p: Image.Image) -> bytes:
    deep = (np.asarray(p.convert("L")).astype(np.uint16) << 8) + 7
    return saved(Image.fromarray(deep), "PNG")


def _grey_12_bit(p: Image.Image) -> bytes:
    deep = np.asarray(p.convert("L")).astype(np.uint16) << 4
    return saved(Image.fromarray(deep), "PNG")


def _rgb_16_bit(p: Image.Image) -> bytes:
    deep = np.asarray(p).astype(">u2") << 8
    rows = b"".join(b"\0" + row.tobytes() for row in deep.astype(">u2"))
    return png(p.width, p.height, 16, 2, zlib.compress(rows, 1))


def _transparent(p: Image.Image) -> bytes:
    clear = p.convert("RGBA")
    clear.putpixel((0, 0), (255, 0, 0, 0))
    return saved(clear, "PNG")


def _animated(p: Image.Image, kind: str) -> bytes:
    return saved(p, kind, save_all=True, append_images=[Image.new("RGB", p.size)], duration=90)


def _heic(p: Image.Image) -> bytes:
    heif = pillow_heif.from_pillow(p)
    from io import BytesIO

    stream = BytesIO()
    heif.save(stream, quality=90)
    return stream.getvalue()


def png(width: int, height: int, depth: int, colour: int, packed: bytes) -> bytes:
    """A PNG file of these parts (ISO/IEC 15948)."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    parts = (chunk(b"IHDR", head), chunk(b"IDAT", packed), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("grey", _grey),
        ("grey, 16 bits", _grey_16_bit),
        ("grey, 12 bits in 16", _grey_12_bit),
        ("colour, 16 bits", _rgb_16_bit),
        ("CMYK", lambda p: saved(p.convert("CMYK"), "JPEG", quality=95)),
        ("palette", lambda p: saved(p.quantize(128), "PNG")),
        ("transparent", _transparent),
        ("grey with alpha", lambda p: saved(p.convert("LA"), "PNG")),
        ("progressive", lambda p: saved(p, "JPEG", progressive=True)),
        ("WebP", lambda p: saved(p, "WEBP", quality=95)),
        ("animated WebP", lambda p: _animated(p, "WEBP")),
        ("animated PNG", lambda p: _animated(p, "PNG")),
        ("HEIC", _heic),
    ],
)
def test_every_kind_of_file_gives_the_same_print(
    intake: Intake, portrait: Array, truth: Examined, name: str, write: object
) -> None:
    assert callable(write)
    got = intake.examine(write(Image.fromarray(portrait)))
    assert (got.width, got.height) == (300, 300), name
    assert likeness(got, truth) > 0.97, name


@pytest.mark.parametrize("orientation", range(2, 9))
def test_exif_rotation_is_followed(
    intake: Intake, portrait: Array, truth: Examined, orientation: int
) -> None:
    undo = {2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE",
            6: "ROTATE_90", 7: "TRANSVERSE", 8: "ROTATE_270"}[orientation]  # fmt: skip
    stored = Image.fromarray(portrait).transpose(getattr(Image.Transpose, undo))
    exif = Image.Exif()
    exif[0x0112] = orientation
    got = intake.examine(saved(stored, "JPEG", quality=95, exif=exif))
    assert got.rotation == 0
    assert likeness(got, truth) > 0.99


def test_lying_exif_costs_nothing(intake: Intake, portrait: Array, truth: Examined) -> None:
    picture = Image.fromarray(portrait)
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8769)[0x9003] = "0000:00:00 00:00:00"
    exif[0x0132] = "2999:01:01 00:00:00"
    sideways = intake.examine(saved(picture, "JPEG", quality=95, exif=exif))
    assert (sideways.rotation, sideways.advice, sideways.taken) == (270, ("picture_turned",), None)
    assert likeness(sideways, truth) > 0.99
    exif[0x0112] = 77
    assert likeness(intake.examine(saved(picture, "JPEG", exif=exif)), truth) > 0.98
    broken = saved(picture, "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xffgarbage")
    assert likeness(intake.examine(broken), truth) > 0.98


def test_a_twelve_megapixel_photo_is_read_small(
    intake: Intake, portrait: Array, truth: Examined
) -> None:
    large = Image.fromarray(portrait).resize((3000, 3000))
    sheet = Image.new("RGB", (4000, 3000), (90, 90, 90))
    sheet.paste(large, (500, 0))
    got = intake.examine(saved(sheet, "JPEG"))
    assert (got.width, got.height) == (1600, 1200)
    assert (got.file_width, got.file_height) == (4000, 3000)
    assert likeness(got, truth) > 0.95


def test_a_face_of_32_pixels_is_found_and_said_to_be_too_small(
    intake: Intake, portrait: Array
) -> None:
    tiny = Image.fromarray(portrait).resize((76, 76), Image.Resampling.LANCZOS)
    got = intake.examine(saved(tiny, "PNG"))
    assert all("too_small" in face.quality.words for face in got.faces)
    assert got.faces or "picture_small" in got.advice
    icon = intake.examine(saved(tiny.resize((32, 32)), "PNG"))
    assert icon.faces or {"no_face", "picture_small"} <= set(icon.advice)


def test_a_covered_face_is_said_to_be_covered(
    intake: Intake, portrait: Array, truth: Examined
) -> None:
    left, top, right, bottom = truth.faces[0].box
    masked = portrait.copy()
    masked[top + (bottom - top) * 6 // 10 : bottom, left + 8 : right - 8] = (150, 190, 220)
    got = intake.examine(saved(Image.fromarray(masked), "PNG"))
    assert [face.quality.words for face in got.faces] == [("covered",)] or not got.faces
    if got.faces:
        assert likeness(got, truth) > 0.9


def test_several_faces_are_all_offered(intake: Intake, portrait: Array) -> None:
    pair = Image.fromarray(np.concatenate([portrait, portrait[:, ::-1]], axis=1))
    got = intake.examine(saved(pair, "JPEG", quality=95))
    assert len(got.faces) == 2
    assert "several_faces" in got.advice


def test_a_landscape_says_that_nobody_is_in_it(intake: Intake) -> None:
    hills = np.linspace(0, 255, 200 * 300 * 3).reshape(200, 300, 3).astype(np.uint8)
    got = intake.examine(saved(Image.fromarray(hills), "PNG"))
    assert got.faces == ()
    assert "no_face" in got.advice


@pytest.mark.parametrize(
    ("name", "data", "error"),
    [
        ("text renamed .jpg", "张三 lost".encode() * 99, errors.PhotoFormatUnknown),
        ("nothing", b"", errors.PhotoFormatUnknown),
        ("three bytes", b"\xff\xd8\xff", errors.PhotoUnreadable),
        ("a head only", b"\x89PNG\r\n\x1a\n", errors.PhotoUnreadable),
        ("GIF", saved(Image.new("RGB", (60, 60)), "GIF"), errors.PhotoFormatUnsupported),
        ("BMP", saved(Image.new("RGB", (60, 60)), "BMP"), errors.PhotoFormatUnsupported),
        ("TIFF", saved(Image.new("RGB", (60, 60)), "TIFF"), errors.PhotoFormatUnsupported),
        ("AVIF", b"\0\0\0\x1cftypavif\0\0\0\0mif1miaf", errors.PhotoFormatUnsupported),
        ("video", b"\0\0\0\x18ftypmp42\0\0\0\0isommp42", errors.PhotoFormatUnsupported),
        (
            "HEIC of noise",
            b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"?" * 99,
            errors.PhotoUnreadable,
        ),
        ("bomb", png(60_000, 60_000, 8, 2, b""), errors.PhotoTooManyPixels),
        ("a dot", saved(Image.new("RGB", (1, 1)), "PNG"), errors.PhotoTooSmall),
        ("a thread", saved(Image.new("RGB", (4000, 2)), "PNG"), errors.PhotoTooSmall),
        ("too long", b"\xff\xd8\xff" + bytes(20_000_001), errors.PhotoTooLarge),
        ("bad data", png(99, 99, 8, 2, b"not packed" * 99), errors.PhotoUnreadable),
    ],
)
def test_hostile_and_foreign_files_get_a_clear_answer(
    intake: Intake, name: str, data: bytes, error: type[errors.PhotoError]
) -> None:
    with pytest.raises(error) as caught:
        intake.examine(data)
    assert type(caught.value) is error, name
    assert 400 <= caught.value.status < 500


def test_a_truncated_photo_says_so_and_the_next_one_is_read(
    intake: Intake, portrait: Array, truth: Examined
) -> None:
    for kind in ("JPEG", "PNG", "WEBP"):
        whole = saved(Image.fromarray(portrait), kind)
        with pytest.raises(errors.PhotoUnreadable):
            intake.examine(whole[: len(whole) // 2])
    assert likeness(intake.examine(saved(Image.fromarray(portrait), "JPEG")), truth) > 0.98


def _workers() -> list[int]:
    """Photo workers started by this process."""
    tasks = Path("/proc/self/task").iterdir()
    children = {child for task in tasks for child in (task / "children").read_text().split()}
    return [
        int(child)
        for child in children
        if b"tracing.photos.worker" in Path(f"/proc/{child}/cmdline").read_bytes()
    ]


def test_a_worker_that_hangs_or_dies_is_replaced(var: Path, portrait: Array) -> None:
    photo = saved(Image.fromarray(portrait), "JPEG")
    others = set(_workers())
    with Intake(Settings(data_dir=var, photo_seconds=5)) as pool:
        pool.warm()
        (first,) = set(_workers()) - others
        os.kill(first, signal.SIGSTOP)
        with pytest.raises(errors.PhotoTimedOut):
            pool.examine(photo)
        assert first not in _workers()
        assert pool.examine(photo).faces
        (second,) = set(_workers()) - others
        os.kill(second, signal.SIGKILL)
        assert pool.examine(photo).faces
    assert set(_workers()) == others


def test_a_worker_short_of_memory_says_too_many_pixels(var: Path) -> None:
    rows = zlib.compress(bytes(5000 * 5000 * 4 + 5000), 1)
    with Intake(Settings(data_dir=var, photo_memory_mb=400)) as pool:
        with pytest.raises((errors.PhotoTooManyPixels, errors.PhotoUnreadable)):
            pool.examine(png(5000, 5000, 8, 6, rows))
        assert pool.examine(saved(Image.new("RGB", (64, 64)), "PNG")).advice


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_a_spoiled_file_is_read_or_refused_and_never_more(
    intake: Intake, small_files: list[bytes], data: st.DataObject
) -> None:
    whole = bytearray(data.draw(st.sampled_from(small_files)))
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        got = intake.examine(bytes(whole))
    except errors.PhotoError:
        return
    assert max(got.width, got.height) <= 1600


@pytest.fixture(scope="module")
def small_files() -> list[bytes]:
    """One small file of each format."""
    dot = Image.fromarray(np.arange(40 * 40 * 3, dtype=np.uint8).reshape(40, 40, 3))
    return [saved(dot, "JPEG"), saved(dot, "PNG"), saved(dot, "WEBP"), _heic(dot)]


@given(st.binary(max_size=80))
def test_sniffing_names_a_format_or_refuses(data: bytes) -> None:
    try:
        kind = sniff(data)
    except (errors.PhotoFormatUnknown, errors.PhotoFormatUnsupported):
        return
    assert kind in {"JPEG", "PNG", "WebP", "HEIC"}
