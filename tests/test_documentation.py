"""What the code offers is written down, and what is written down exists."""

from __future__ import annotations

import re
from pathlib import Path

from tracing.records import PersonRecord
from tracing.settings import Settings

ROOT = Path(__file__).resolve().parent.parent


def test_every_setting_is_explained_and_has_its_default_in_the_example() -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    names = {f"XUNQIN_{name.upper()}" for name in Settings.model_fields}
    assert set(re.findall(r"^\| `(XUNQIN_\w+)`", page, re.M)) == names
    assert set(re.findall(r"^#? ?(XUNQIN_\w+)=", example, re.M)) == names


def test_links_between_documents_lead_somewhere() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    lost = [
        f"{page.name}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert lost == []


def test_no_file_names_a_registry_or_an_index() -> None:
    named = re.compile(r"--(extra-)?index-url|--find-links|py" r"pi\.org|registry\.npm" r"js")
    files = [*ROOT.glob("requirements*.txt"), ROOT / "Makefile", ROOT / "Dockerfile"]
    assert [f.name for f in files if named.search(f.read_text(encoding="utf-8"))] == []


def test_the_page_on_records_names_every_field_and_its_example_is_a_record() -> None:
    page = (ROOT / "docs" / "record.md").read_text(encoding="utf-8")
    named = set(
        re.findall(r"`(\w+)(?:\[\])?`", "\n".join(re.findall(r"^\| (`.*?) \|", page, re.M)))
    )
    assert named == set(PersonRecord.model_fields)
    example = re.search(r"```json\n(.*?)```", page, re.S)
    assert example is not None
    assert PersonRecord.from_json(example.group(1)).side == "found"
