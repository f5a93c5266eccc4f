"""Whole inputs for every reader, and ways to spoil what is text."""

from __future__ import annotations

import json
import random
import struct
from collections.abc import Mapping
from importlib.resources import files

ODD = (
    b"\0", b"\xff", b"\xed\xa0\x80", b"\r", b"\n", b"\t", b'"', b"\\ud800", b"1e999", b"-1",
    b"NaN", b"null", b"[]", b"{}", b"true", b"9" * 400, b"[" * 5000, b"{\"a\":" * 3000,
    "\u202e".encode(), "\ufeff".encode(), "𠮷".encode(), b"a" * 140_000, b"1e-400", b"''", b" = ",
)  # fmt: skip
_SHARED_RECORD = {
    "side": "found",
    "names": [{"text": "居银江", "latin": "ju yin jiang", "kind": "heard", "dialect": "诸城"}],
    "sex": "male",
    "birth": {"earliest": "1950-01-01", "latest": "1958-12-31", "basis": "apparent"},
    "places": [{"kind": "household", "code": "370782", "text": "山东省诸城市"}],
    "numbers": [{"kind": "phone", "text": "13900000000"}],
    "relatives": [{"relation": "father", "names": [{"text": "居山", "kind": "stated"}]}],
    "photos": [{"file": "a.jpg", "face": 0}],
    "event_at": "2026-03-20",
}
_TRAIL = {
    "id": 7, "at": "2026-03-01T08:00:00+00:00", "account_id": "06h01v8rfloqmj3tlhdcbduh",
    "station_id": None, "via": "session", "action": "person.read", "object_kind": "person",
    "object_id": "06h01v8rg70v9ggvmi83ntu6", "case_id": None, "purpose": "tracing",
    "key_prefix": None, "outcome": "done",
    "detail": "{}", "chain": 1, "previous": "00" * 32, "hash": "ab" * 32,
}  # fmt: skip
_POINT = {"chain": 1, "hash": "ab" * 32, "at": _TRAIL["at"], "key": "AAAA", "signature": "AAAA"}
_MODELS = b"""[embedder]
style = "arcface"
recipe = "own-1"
file = "own.onnx"
sha256 = "00"
licence = "MIT"
scale = 1.0
shift = 0.0
bgr = false
calibration = "own.json"
[detector]
style = "yunet"
file = "yunet.onnx"
sha256 = "00"
licence = "MIT"
score_min = 0.6
"""


def _packaged(package: str, name: str) -> bytes:
    return files(package).joinpath(name).read_bytes()


def _wav() -> bytes:
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 8000, 16000, 2, 16)
    return b"RIFF" + struct.pack("<I", 100) + b"WAVE" + form + b"data" + bytes(64)


SEEDS: Mapping[str, tuple[bytes, ...]] = {
    "record": (json.dumps(_SHARED_RECORD, ensure_ascii=False).encode(),
               json.dumps(_SHARED_RECORD).encode()),
    "pack_header": (
        'format = 1\npoint = "宜兴"\nsource = "本站"\nlicence = "本站自有"\n'.encode(),),
    "pack": ("char\tipa\ttone\tpinyin\tlayer\tpoint\n"
             "曾\ttsəŋ\t55\tzeng1\t姓\t宜兴\n王\tuaŋ\t35\t\t\t\n".encode(),),
    "survey": ("ID\tDOCULECT\tCHARACTER\tPINYIN\tVALUE\n"
               "1\tBeijing\t八\tbā\tpa⁵⁵\n2\tGuangzhou\t答\tdá\ttap³³\n".encode(),),
    "languages": ("ID,Name,ChineseName\nBeijing,Beijing,北京\n"
                  "Guangzhou,Guangzhou,广州\n".encode(),),
    "models": (_MODELS,),
    "additions": ("name\twithin\tlevel\tsource\n韭麻崖\t370782\tvillage\t村委会电话\n".encode(),),
    "calibration": (_packaged("matchers.faces", "calibration-1.json"),),
    "evidence": (_packaged("matchers.evidence", "model-1.json"),),
    "trail": tuple(
        "".join(json.dumps(line, sort_keys=True) + "\n" for line in lines).encode()
        for lines in ((_TRAIL, _POINT), (_POINT,))
    ),
    "voice": (_wav(), b"OggS" + bytes(60), b"\x1aE\xdf\xa3\x01\x42\x82\x84webm" + bytes(60),
              b"\0\0\0\x18ftypM4A " + bytes(60), b"ID3\x04" + bytes(60), b"\xff\xfb\x90\x64" * 30),
}  # fmt: skip


def sprinkled(dice: random.Random, data: bytes) -> bytes:
    """Something odd put in, or in the place of something."""
    at, over = dice.randrange(len(data) + 1), dice.choice((0, 0, 1, 5))
    return data[:at] + dice.choice(ODD) + data[at + over :]


def swapped(dice: random.Random, data: bytes) -> bytes:
    """A value, cell or key replaced by another piece of the same file, or by something odd."""
    marks = [place for place, byte in enumerate(data) if byte in b'\t\n,:="[]{}.']
    if len(marks) < 4:
        return sprinkled(dice, data)
    first = dice.randrange(len(marks) - 1)
    other = dice.randrange(len(marks) - 1)
    piece = data[marks[other] + 1 : marks[other + 1]] if dice.random() < 0.6 else dice.choice(ODD)
    return data[: marks[first] + 1] + piece + data[marks[first + 1] :]
