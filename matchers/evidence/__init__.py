"""Evidence: one comparator for each kind of thing that a record says.

`LADDERS` are the levels of every comparator by key; the model holds their m and u. `comparators`
makes those that read columns of values; the face is compared by vectors and joins in fusion.
"""

from __future__ import annotations

from importlib.resources import files

from matchers.evidence import (
    belongings,
    birth,
    build,
    dialect,
    ethnicity,
    face,
    looked,
    marks,
    movement,
    names,
    numbers,
    phones,
    places,
    relatives,
    sex,
)
from matchers.evidence.belongings import Belongings
from matchers.evidence.birth import BirthDates
from matchers.evidence.build import Stature
from matchers.evidence.dialect import Dialect
from matchers.evidence.ethnicity import Ethnicity
from matchers.evidence.face import Face
from matchers.evidence.levels import Comparator, Level
from matchers.evidence.looked import LookedFor
from matchers.evidence.marks import Marks
from matchers.evidence.movement import Movement
from matchers.evidence.names import Names
from matchers.evidence.numbers import Numbers
from matchers.evidence.phones import Phones
from matchers.evidence.places import Places
from matchers.evidence.relatives import Relatives
from matchers.evidence.sex import Sex
from matchers.places import Divisions
from matchers.sounds import SoundEngine
from matchers.sounds.regions import Regions

__all__ = ["LADDERS", "Comparator", "Face", "Level", "comparators"]

LADDERS: dict[str, tuple[Level, ...]] = {
    "names": names.LEVELS,
    "sex": sex.LEVELS,
    "birth": birth.LEVELS,
    "places": places.LEVELS,
    "relatives": relatives.LEVELS,
    "movement": movement.LEVELS,
    "dialect": dialect.LEVELS,
    "numbers": numbers.LEVELS,
    "phones": phones.LEVELS,
    "marks": marks.LEVELS,
    "looked": looked.LEVELS,
    "build": build.LEVELS,
    "ethnicity": ethnicity.LEVELS,
    "belongings": belongings.LEVELS,
    "face": face.LEVELS,
}


def comparators(
    engine: SoundEngine, divisions: Divisions, sample: tuple[str, ...] | None = None
) -> tuple[Comparator, ...]:
    """Every comparator of columns, in the order in which reasons are told.

    sample: names that stand for the nation where a gallery is small; None takes the packaged ones
    and the stems of today's counties.
    """
    counties = county_stems(divisions) if sample is None else ()
    sample = national_names() if sample is None else sample
    return (
        Names(engine, sample),
        Sex(),
        BirthDates(),
        Places(divisions, engine, counties),
        Relatives(engine, sample),
        Movement(divisions),
        Dialect(divisions, Regions.load()),
        Numbers(),
        Phones(),
        Marks(),
        LookedFor(),
        Stature(),
        Ethnicity(),
        Belongings(),
    )


def national_names() -> tuple[str, ...]:
    """About 2,400 invented names, drawn at the published frequencies of surnames."""
    text = files("matchers.evidence").joinpath("national_names.txt").read_text(encoding="utf-8")
    return tuple(text.split())


def county_stems(divisions: Divisions) -> tuple[str, ...]:
    """Names of today's counties without administrative words."""
    stem, name = divisions.suffixes.stem, divisions.name
    return tuple(dict.fromkeys(stem(name(code)) for code in divisions.today()))
