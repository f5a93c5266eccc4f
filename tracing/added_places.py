"""Places that an installation adds itself, each with where it was learnt."""

from __future__ import annotations

from pathlib import Path

from matchers.places import Divisions
from matchers.places.additions import (
    AddedLevel,
    AddedPlace,
    Addition,
    AdditionError,
    AdditionsUnreadable,
    add_place,
    read_additions,
)
from tracing.errors import RecordInvalid

FOLDER = "places"


def places_folder(data_dir: Path) -> Path:
    """Where the additions of an installation lie."""
    return data_dir / FOLDER


def added_places(data_dir: Path) -> tuple[Addition, ...]:
    """Those added so far, in their order.

    Raises:
        RecordInvalid: the file was changed by hand and a line cannot be read.
    """
    try:
        return read_additions(places_folder(data_dir))
    except AdditionsUnreadable as error:
        raise RecordInvalid(path=str(error), reason=error.code) from None


def add(data_dir: Path, name: str, within: str, level: AddedLevel, source: str) -> AddedPlace:
    """Add one place, all or nothing; a locator that is opened afterwards finds it.

    Raises:
        RecordInvalid: no name in characters, no county of today, no source, or known already.
    """
    divisions = Divisions.load()
    if within[:6] not in divisions.today():
        raise RecordInvalid(path="within", reason="county_unknown")
    try:
        return add_place(
            places_folder(data_dir), Addition(name.strip(), within, level, source.strip())
        )
    except AdditionsUnreadable as error:
        raise RecordInvalid(path=str(error), reason=error.code) from None
    except AdditionError as error:
        path = str(error) if error.code == "addition_invalid" else "name"
        raise RecordInvalid(path=path, reason=error.code) from None
