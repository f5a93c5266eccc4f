"""The trail as a file: proven anywhere, and a flipped byte anywhere in it is found."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import example, given, settings
from hypothesis import strategies as st

from api.cli import main
from tests.store.office import Office
from tests.store.script import a_days_work
from tracing.audit_checkpoints import CheckpointFile
from tracing.audit_files import export, proven
from tracing.errors import AuditFileInvalid, NotPermitted


@pytest.fixture
def exported(small_office: Office, tmp_path: Path) -> Path:
    a_days_work(small_office)
    small_office.audit.checkpoint()
    path = tmp_path / "trail.ndjson"
    assert export(small_office.store, small_office.hire("auditor-1", "auditor"), path) > 10
    return path


def test_an_exported_trail_is_proven_without_database_or_keys(exported: Path) -> None:
    lines = exported.read_text().splitlines()
    found = proven(lines)
    assert found.state.whole
    assert found.state.sealed == len([line for line in lines if "signature" not in line])
    assert "audit.export" in lines[found.state.sealed - 1]
    assert exported.stat().st_mode & 0o077 == 0
    told = CliRunner().invoke(main, ["--data", "/nonexistent", "audit", "verify",
                                     "--file", str(exported), "--json"])  # fmt: skip
    assert told.exit_code == 0, told.output
    assert json.loads(told.output)["whole"]


def test_a_flipped_byte_anywhere_in_the_file_is_found(exported: Path) -> None:
    whole = exported.read_bytes()

    @settings(max_examples=150, deadline=None)
    @example(at=whole.index(b"T", whole.index(b'"at"')), bit=5)
    @example(at=whole.rindex(b"=="), bit=0)
    @example(at=whole.rindex(b"==") - 1, bit=0)
    @given(at=st.integers(0, len(whole) - 1), bit=st.integers(0, 7))
    def flipped(at: int, bit: int) -> None:
        data = bytearray(whole)
        data[at] ^= 1 << bit
        lines = bytes(data).decode("utf-8", "replace").split("\n")
        try:
            state = proven(line for line in lines if line).state
        except AuditFileInvalid:
            return
        assert not state.whole

    flipped()


def test_rows_left_out_changed_places_or_cut_off_are_named(exported: Path) -> None:
    lines = exported.read_text().splitlines()
    count = proven(lines).state.sealed
    left_out = proven([*lines[:3], *lines[4:]]).state
    assert (left_out.reason, left_out.sealed) == ("row_missing", 3)
    swapped = proven([*lines[:3], lines[4], lines[3], *lines[5:]]).state
    assert swapped.reason == "row_missing"
    assert proven(lines[:count]).state.reason == "tail_unsigned"
    assert proven([*lines[: count - 2], *lines[count:]]).state.reason == "tail_missing"
    assert proven([]).state.reason == "tail_unsigned"


def test_a_file_signed_by_somebody_else_or_older_than_a_kept_checkpoint_is_found(
    exported: Path, small_office: Office
) -> None:
    lines = exported.read_text().splitlines()
    assert proven(lines, key="AAAA" * 10 + "AAA=").state.reason == "checkpoint_forged"
    later = small_office.audit.checkpoint()
    small_office.hire("one-more", "city_station")
    later = small_office.audit.checkpoint()
    assert later is not None
    assert proven(lines, [later]).state.reason == "tail_missing"
    kept = CheckpointFile(small_office.store.data_dir).all()
    assert proven(lines, kept[:1]).state.whole


def test_a_line_that_is_none_is_named_by_its_number(exported: Path) -> None:
    lines = exported.read_text().splitlines()
    for wrong in ("{", "[]", "7", '{"chain": 1}', "[" * 9000, '"signature"', "x" * 30_000):
        with pytest.raises(AuditFileInvalid) as caught:
            proven([*lines[:2], wrong, *lines[2:]])
        assert caught.value.facts["line"] == 3


def test_only_the_first_stations_auditor_exports_and_overwrites_nothing(
    exported: Path, small_office: Office
) -> None:
    with pytest.raises(NotPermitted):
        export(small_office.store, small_office.admin, exported.with_name("other"))
    with pytest.raises(FileExistsError):
        export(small_office.store, small_office.hire("auditor-2", "auditor"), exported)
