"""The table of duties names tests that exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tracing.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "compliance.md").read_text("utf-8")
ROW = re.compile(r"^\| (?!duty|---)(.+?) \| (.+?) \| (.+?) \| `(\S+?)::(\w+)` \|$", re.M)


def test_every_duty_names_a_test_that_exists() -> None:
    rows = ROW.findall(PAGE)
    assert len(rows) == len([line for line in PAGE.splitlines() if line.startswith("| ")]) - 1
    for duty, _, _, file, test in rows:
        tree = ast.parse((ROOT / file).read_text("utf-8"))
        names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        assert test in names, f"{duty}: {file}::{test}"


def test_every_setting_and_file_that_is_named_exists() -> None:
    known = {f"XUNQIN_{name.upper()}" for name in Settings.model_fields}
    for _, _, where, _, _ in ROW.findall(PAGE):
        for name in re.findall(r"`([^`]+)`", where):
            if name.startswith("XUNQIN_"):
                assert name in known, name
            elif "/" in name and not name.startswith("/"):
                assert (ROOT / name).exists(), name
