"""What fuzzing found in the readers stays mended, and a short run of it finds nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fuzz.readers import fuzz, targets
from tests.fuzz.sheets import SEEDS
from tracing.errors import PackageUnreadable

NAMES = ("record", "pack", "pack_header", "survey", "languages", "models", "additions",
         "calibration", "evidence", "photo", "trail", "voice", "cursor", "pfif",
         "ledger", "lines", "layout", "package", "package_inside", "reply", "reply_inside",
         "questions")  # fmt: skip
LONG = b"a" * 140_000
DEEP = b"[" * 100_000
FOUND = {
    "a cell longer than a table may hold, in a pack": ("pack", SEEDS["pack"][0] + LONG),
    "the same in its header line": ("pack", LONG + SEEDS["pack"][0]),
    "the same in a survey": ("survey", SEEDS["survey"][0] + LONG),
    "the same in its languages": ("languages", SEEDS["languages"][0] + LONG),
    "the same in added places": ("additions", SEEDS["additions"][0] + LONG),
    "a line feed inside a line": ("pack", SEEDS["pack"][0].replace(b"55", b"5\r5")),
    "brackets without end in a pack's head": ("pack_header", b"a = " + DEEP),
    "a thirteenth month in a pack's head": ("pack_header", b"a = 2026-13-41"),
    "brackets without end in a models file": ("models", b"a = " + DEEP),
    "brackets without end in a calibration": ("calibration", DEEP),
    "a number beyond all numbers in a calibration": (
        "calibration",
        SEEDS["calibration"][0].replace(b'"version": 1', b'"version": 1e999'),
    ),
    "brackets without end in a model of evidence": ("evidence", DEEP),
    "a character with forty-five readings": (
        "pack",
        SEEDS["pack"][0]
        + "".join(f"曾\t{a}{b}\t55\n" for a in "ptkbdgmnl" for b in "iuaeo").encode(),
    ),
    "towns without end": (
        "pack",
        b"char\tipa\ttone\tpoint\n" + "".join(f"曾\ttsa\t55\t{i}\n" for i in range(2100)).encode(),
    ),
    "a syllable of fifty thousand strokes, read in quadratic time": (
        "survey",
        SEEDS["survey"][0].splitlines()[0]
        + "\n1\tBeijing\t八\tbā\t".encode()
        + b"/" * 50_000
        + b"x",
    ),
    "a line of the survey without its last cells, and no other": (
        "survey",
        SEEDS["survey"][0].splitlines()[0] + b"\n1\tBeijing",
    ),
    "a checkpoint of a row beyond all numbers": (
        "trail",
        SEEDS["trail"][1].replace(b'"chain": 1', b'"chain": 1e999'),
    ),
    "a list where a ledger's layout names a field": (
        "layout",
        b'side = "found"\n[[columns]]\nto = ["name"]\nheadings = ["x"]\n',
    ),
    "a list where a ledger's layout names a kind": (
        "layout",
        b'side = "found"\n[[columns]]\nto = "name"\nkind = ["x"]\nheadings = ["x"]\n',
    ),
    "a workbook packed in a way of tomorrow": (
        "questions",
        b"\2PK\1\2"
        + b"\x94" * 42
        + b"PK\5\6"
        + bytes(4)
        + b"\1\0\1\0"
        + (46).to_bytes(4, "little")
        + bytes(6),
    ),
    "added places saved as GBK": ("additions", SEEDS["additions"][0].decode().encode("gbk")),
}


@pytest.mark.parametrize("case", FOUND)
def test_what_was_found_is_refused_by_its_name(case: str, tmp_path: Path) -> None:
    name, data = FOUND[case]
    target = targets(tmp_path)[name]
    with pytest.raises(target.refuses):
        target.read(data)


LETTERS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "a stream inside a package that is none": (
        "package", lambda whole: whole[:43] + b"\7" + whole[44:]
    ),
    "half a pair of surrogates in a reply": (
        "reply", lambda whole: whole.replace(b'"0519-110"', b'"\\ud800"')
    ),
    "a word where a reply names somebody": (
        "reply_inside", lambda whole: b'{"reply": {"named": "x"}, ' + whole.lstrip()[1:].replace(
            b'"reply":', b'"other":')
    ),
    "a list where a reply says something": (
        "reply_inside", lambda whole: b'{"reply": [1], ' + whole.lstrip()[1:].replace(
            b'"reply":', b'"other":')
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", LETTERS)
def test_what_another_installation_sends_is_refused_by_its_name(case: str, tmp_path: Path) -> None:
    name, spoil = LETTERS[case]
    target = targets(tmp_path)[name]
    whole = target.seeds[0]
    assert spoil(whole) != whole
    with pytest.raises(PackageUnreadable):
        target.read(spoil(whole))


@pytest.mark.parametrize("name", NAMES)
def test_whole_files_are_read_and_spoiled_ones_read_or_refused(name: str, tmp_path: Path) -> None:
    known = targets(tmp_path)
    assert set(known) == set(NAMES)
    for whole in known[name].seeds:
        known[name].read(whole)
    counted = fuzz(known[name], 20.0, seed=5, most=120)
    assert counted["found"] == {}
    assert counted["inputs"] == 120
