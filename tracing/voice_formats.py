"""What a recording's first bytes say it is. Recordings are never decoded here, only told apart.

Magic numbers: EBML (RFC 8794) for WebM, OggS (RFC 3533), ftyp (ISO/IEC 14496-12), RIFF/WAVE,
ID3 or an MPEG audio frame header (ISO/IEC 11172-3).
"""

from __future__ import annotations

import struct

from tracing.errors import VoiceFormatUnknown, VoiceTooLong

MEDIA_TYPES = {
    "webm": "audio/webm",
    "ogg": "audio/ogg",
    "mp4": "audio/mp4",
    "wav": "audio/wav",
    "mp3": "audio/mpeg",
}
SECONDS_MOST = 60
_SPARE_SECONDS = 2
_EBML_HEAD = 64
_WAV_HEAD = 44


def format_of(data: bytes) -> str:
    """One of `MEDIA_TYPES`.

    Raises:
        VoiceFormatUnknown: it is none of them.
        VoiceTooLong: a WAV file's own header says that it is longer than a minute.
    """
    if data[:4] == b"\x1aE\xdf\xa3" and b"webm" in data[:_EBML_HEAD]:
        return "webm"
    if data[:4] == b"OggS":
        return "ogg"
    if data[4:8] == b"ftyp":
        return "mp4"
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        _require_short(data)
        return "wav"
    if data[:3] == b"ID3" or _mpeg_frame(data[:4]):
        return "mp3"
    raise VoiceFormatUnknown


def _mpeg_frame(head: bytes) -> bool:
    """Sync of eleven bits, layer III, a bit rate and a sampling rate that exist."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    layer3, bit_rate, sampling = head[1] & 0x06 == 0x02, head[2] >> 4, head[2] >> 2 & 0x03
    return layer3 and 0 < bit_rate < 15 and sampling < 3


def _require_short(data: bytes) -> None:
    if len(data) < _WAV_HEAD or data[12:16] != b"fmt ":
        raise VoiceFormatUnknown
    (bytes_a_second,) = struct.unpack_from("<I", data, 28)
    if bytes_a_second and len(data) / bytes_a_second > SECONDS_MOST + _SPARE_SECONDS:
        raise VoiceTooLong(seconds=SECONDS_MOST)
