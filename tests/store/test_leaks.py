"""What a thief of the disk or of a dump sees: facets and noise; no name, number, story, vector."""

from __future__ import annotations

import base64
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert

from tests.store.conftest import NewOffice
from tests.store.office import Office, print_of
from tests.store.script import a_days_work
from tracing.store.tables import Person

SAID = [
    "欧阳建国", "黄金果", "wang jin gok", "逢源路", "lai wan", "欧阳大山", "绿豆大小的痣", "瘦小",
    "红色棉袄", "旧布鞋", "藤箱", "白沙河", "张伟", "常州救助2026-0317号", "户四四零一", "全家福",
    "440103195103150011", "13800138000", "138 0013 8000", "13900139000", "1951????",
    "faces:1 portrait", "faces:3 family",
]  # fmt: skip


def forms(secret: bytes) -> Iterator[bytes]:
    """The ways bytes may be written: as they are, hexadecimal, base64 at each of three offsets."""
    yield secret
    yield secret.hex().encode()
    yield secret.hex().upper().encode()
    for offset in range(3):
        skip = -(-offset * 8 // 6)  # letters that also hold bits of what stands before
        letters = base64.b64encode(b"\0" * offset + secret)
        whole = (offset + len(secret)) * 8 // 6
        inner = letters[skip + (1 if offset else 0) : whole]
        if len(inner) > 8:  # fewer letters turn up by chance
            yield inner


def needles() -> Iterator[tuple[str, bytes]]:
    for text in SAID:
        for encoding in ("utf-8", "utf-16-le", "utf-16-be", "gb18030"):
            for form in forms(text.encode(encoding)):
                yield f"{text} as {encoding}", form
        escaped = text.encode("ascii", "backslashreplace")
        if escaped != text.encode():
            yield f"{text} escaped", escaped
    for seed, face in (("ready", 0), ("faces:1 portrait", 0), ("faces:3 family", 2)):
        vector = print_of(seed, face)
        for number_type in ("<f4", ">f4", "<f8", "<f2"):
            for form in forms(vector.astype(number_type)[40:44].tobytes()):
                yield f"vector of {seed} as {number_type}", form
        yield f"vector of {seed} in digits", repr(float(vector[40]))[:9].encode()


def leaks(haystack: bytes) -> list[str]:
    return [what for what, needle in needles() if needle in haystack]


def test_the_search_for_leaks_finds_what_is_there() -> None:
    vector = print_of("ready", 0).tobytes()
    for open_text in (
        "…欧阳建国…".encode(),
        "欧阳建国".encode("utf-16-le").hex().encode(),
        base64.b64encode(b"a" + "白沙河".encode()),
        base64.b64encode(b"ab" + "白沙河".encode()),
        b"\\u6b27\\u9633\\u5efa\\u56fd",
        vector,
        vector.hex().encode(),
        base64.b64encode(b"x" + vector),
    ):
        assert leaks(b"header" + open_text + b"trailer"), open_text


def test_neither_dump_nor_disk_shows_what_was_said_on_sqlite(small_office: Office) -> None:
    a_days_work(small_office)
    folder = small_office.store.data_dir
    link = sqlite3.connect(folder / "xunqin.db")
    dump = "\n".join(link.iterdump())
    link.close()
    assert 'INSERT INTO "person"' in dump
    assert leaks(dump.encode()) == []
    for path in folder.rglob("*"):
        if path.is_file():
            assert leaks(path.read_bytes()) == [], path.name
            assert not leaks(path.name.encode())


def test_neither_dump_nor_disk_shows_what_was_said_on_postgresql(
    new_office: NewOffice, postgres: Path
) -> None:
    office = new_office("postgresql")
    a_days_work(office)
    name = str(office.store._database.url.database)
    tool = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_dump"))[-1]
    for extra in ([], ["--inserts"]):
        command = [str(tool), "-h", str(postgres), "-U", "postgres", *extra, name]
        dump = subprocess.run(command, check=True, capture_output=True, timeout=60).stdout
        assert b"CREATE TABLE public.person" in dump
        assert leaks(dump) == []


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_errors_of_the_database_do_not_repeat_what_was_said(
    new_office: NewOffice, kind: str
) -> None:
    office = new_office(kind)
    with pytest.raises(Exception, match="person") as caught, office.store.write() as tx:
        tx.run(insert(Person).values(id="p", side="found", home_division="欧阳建国"))
    assert "parameters hidden" in str(caught.value)
