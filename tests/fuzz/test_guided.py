"""Every reader is in a group that coverage guides, and no group names one that is not there."""

from __future__ import annotations

from pathlib import Path

from tests.fuzz.guided import GROUPS
from tests.fuzz.readers import targets


def test_every_reader_is_in_one_group(tmp_path: Path) -> None:
    grouped = [name for names in GROUPS.values() for name in names]
    assert sorted(grouped) == sorted(targets(tmp_path))
