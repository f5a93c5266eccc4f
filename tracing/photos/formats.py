"""Which picture format a file is, by its first bytes; its name proves nothing."""

from __future__ import annotations

from tracing.errors import PhotoFormatUnknown, PhotoFormatUnsupported

_READ: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
)
_LATER: tuple[tuple[bytes, str], ...] = (
    (b"GIF8", "GIF"),
    (b"BM", "BMP"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"II+\x00", "TIFF"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\x00\x00\x00\x0cJXL ", "JPEG XL"),
    (b"\x00\x00\x00\x0cjP  ", "JPEG 2000"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
    (b"8BPS", "PSD"),
    (b"\x00\x00\x01\x00", "ICO"),
    (b"qoif", "QOI"),
    (b"%PDF-", "PDF"),
    (b"<svg", "SVG"),
)
# ISO base media brands (ISO/IEC 23008-12 and 14496-12), bytes 8 to 12
_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
_OTHER_BRANDS = {b"avif": "AVIF", b"avis": "AVIF", b"qt  ": "video", b"isom": "video",
                 b"mp41": "video", b"mp42": "video", b"crx ": "CR3"}  # fmt: skip


def sniff(data: bytes) -> str:
    """JPEG, PNG, WebP or HEIC.

    PhotoFormatUnsupported (with the format's name) for picture formats that are not read,
    PhotoFormatUnknown for anything else, an empty file and text named .jpg included.
    """
    for magic, name in _READ:
        if data.startswith(magic):
            return name
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WebP"
    if data[4:8] == b"ftyp":
        return _by_brand(data)
    for magic, name in _LATER:
        if data.startswith(magic):
            raise PhotoFormatUnsupported(format=name)
    raise PhotoFormatUnknown()


def _by_brand(data: bytes) -> str:
    """HEIC by its major or a compatible brand; AVIF also lists mif1, so the major one leads."""
    major = data[8:12]
    if major in _OTHER_BRANDS:
        raise PhotoFormatUnsupported(format=_OTHER_BRANDS[major])
    end = min(int.from_bytes(data[:4], "big"), 256)
    brands = {data[i : i + 4] for i in range(8, end, 4)}
    if b"avif" in brands:
        raise PhotoFormatUnsupported(format="AVIF")
    if brands & set(_HEIC_BRANDS):
        return "HEIC"
    raise PhotoFormatUnknown()
