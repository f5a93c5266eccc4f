"""The published structure of PFIF, as data, and what in a record does not keep to it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal

Part = Literal["person", "note"]


@dataclass(frozen=True, slots=True)
class PfifVersion:
    """One version: fields in order, and those that have to be there."""

    version: str
    namespace: str
    person: tuple[str, ...]
    note: tuple[str, ...]
    required_person: tuple[str, ...]
    required_note: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PfifStructure:
    """`pfif.toml`, read; `forms` are compiled patterns by name of 1.4."""

    versions: Mapping[str, PfifVersion]
    named: Mapping[str, str]
    keeps: tuple[str, ...]
    grace_days: int
    forms: Mapping[str, re.Pattern[str]]
    sides: Mapping[str, str]
    status: Mapping[str, str]

    def by_namespace(self, namespace: str) -> PfifVersion | None:
        """The version with that namespace."""
        return next((v for v in self.versions.values() if v.namespace == namespace), None)

    def newest(self, field: str) -> str:
        """What a field of an older version is called in 1.4."""
        return self.named.get(field, field)


@lru_cache(maxsize=1)
def pfif_structure() -> PfifStructure:
    """The packaged structure; the same object every time."""
    table: dict[str, Any] = tomllib.loads(
        files("tracing.exchange").joinpath("pfif.toml").read_text("utf-8")
    )
    versions: dict[str, PfifVersion] = {}
    for number, given in table["versions"].items():
        parts: Any = {k: tuple(v) if isinstance(v, list) else v for k, v in given.items()}
        versions[number] = PfifVersion(number, **parts)
    return PfifStructure(
        versions=versions,
        named=table["named"],
        keeps=tuple(table["expired"]["keeps"]),
        grace_days=int(table["expired"]["grace_days"]),
        forms={name: re.compile(form, re.ASCII) for name, form in table["forms"].items()},
        sides=table["sides"],
        status=table["status"],
    )


def departures(
    version: PfifVersion, part: Part, fields: Mapping[str, str], *, expired: bool = False
) -> list[tuple[str, str]]:
    """Where a record departs from the published structure: field and code.

    Codes: `required` (not there), `form` (another form), `unknown_field`, `expired_keeps` (an
    expired record that says more than its ids and dates). `fields` have the names of `version`.
    """
    own = pfif_structure()
    known = version.person if part == "person" else version.note
    required = version.required_person if part == "person" else version.required_note
    found = [(name, "unknown_field") for name in fields if name not in known]
    found += [
        (name, "required")
        for name in required
        if name not in fields or not (fields[name] or (expired and name not in own.keeps))
    ]
    for name, value in fields.items():
        form = own.forms.get(own.newest(name))
        if value and form is not None and not form.fullmatch(value):
            found.append((name, "form"))
        if expired and value and name not in own.keeps:
            found.append((name, "expired_keeps"))
    return found
