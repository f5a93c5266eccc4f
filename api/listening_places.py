"""The places a listener may vote for: provinces, and in each its cities, as they stand today."""

from __future__ import annotations

from dataclasses import dataclass

from matchers.places import Divisions


@dataclass(frozen=True, slots=True)
class ProvincePlaces:
    """A province by its full name and by the name that is voted, and its cities' names."""

    full: str
    name: str
    cities: tuple[str, ...]


def listening_places() -> tuple[ProvincePlaces, ...]:
    """Provinces in the order of their codes (GB/T 2260), cities too; names without 省 and 市."""
    divisions = Divisions.load()
    stem = divisions.suffixes.stem
    standing = sorted(code for code in divisions if divisions.stands(code))
    provinces = [code for code in standing if code.endswith("0000")]
    return tuple(
        ProvincePlaces(
            divisions.name(province),
            stem(divisions.name(province)),
            tuple(
                dict.fromkeys(
                    stem(divisions.name(code))
                    for code in standing
                    if code.startswith(province[:2])
                    and code.endswith("00")
                    and code != province
                    and divisions.name(code) not in divisions.suffixes.headings
                )
            ),
        )
        for province in provinces
    )


def votable(places: tuple[ProvincePlaces, ...], name: str) -> bool:
    """Whether a vote is one of the places offered."""
    return any(name == place.name or name in place.cities for place in places)
