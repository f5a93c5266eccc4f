"""Synthetic people in households: who they truly are, before anybody writes a record about them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Self

from matchers.places import Divisions
from tracing.demo.dice import Dice, Wheel
from tracing.demo.geography import Dialect, Geography
from tracing.demo.names import GivenNames, Surnames
from tracing.demo.numbers import FIRST_SYNTHETIC_YEAR, citizen_number, phone_number
from tracing.demo.packaged import table_text

SEXES = ("male", "female")
ELDERS = {"male": "father", "female": "mother"}
CHILDREN = {"male": "son", "female": "daughter"}
SIBLINGS = {"male": "brother", "female": "sister"}
GENERATION = (22, 34)
"""Years between a mother and her children."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark by body site."""

    site: str
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Relative:
    """A member of the family: relation as docs/record.md names it."""

    relation: str
    name: str
    phone: str


@dataclass(frozen=True, slots=True)
class Person:
    """The truth about one synthetic person; county codes are today's."""

    surname: str
    given: str
    sex: str
    birth: date
    county: str
    living: str
    household: str
    dialect: Dialect
    ethnicity: str
    citizen: str
    phone: str
    marks: tuple[Mark, ...]
    height: int
    build: str
    relatives: tuple[Relative, ...] = ()
    twin: bool = False

    @property
    def name(self) -> str:
        """Surname and given name."""
        return self.surname + self.given


@dataclass(frozen=True, slots=True)
class Society:
    """Draws households; shares come from `society.toml` and `life.toml`."""

    table: dict[str, Any]
    life: dict[str, Any]
    surnames: Surnames
    given: GivenNames
    geography: Geography
    _sizes: Wheel[int]
    _bands: Wheel[tuple[int, int]]
    _kinds: Wheel[str]
    _builds: Wheel[str]

    @classmethod
    def load(cls, divisions: Divisions) -> Self:
        """Read all tables."""
        table = tomllib.loads(table_text("society.toml"))
        life = tomllib.loads(table_text("life.toml"))
        sizes = table["households"]["sizes"]
        bands = table["ages"]["bands"]
        return cls(
            table=table,
            life=life,
            surnames=Surnames.load(),
            given=GivenNames.load(),
            geography=Geography.load(divisions),
            _sizes=Wheel.of([size for size, _ in sizes], [share for _, share in sizes]),
            _bands=Wheel.of([(low, high) for low, high, _ in bands], [b[2] for b in bands]),
            _kinds=_wheel(life["marks"]["kinds"]),
            _builds=_wheel(life["life"]["builds"]),
        )

    def changed(self, tables: dict[str, Any]) -> Society:
        """The same society with some shares replaced, by section."""
        merged = {name: {**self.table[name], **rows} for name, rows in tables.items()}
        return replace(self, table={**self.table, **merged})

    @property
    def year(self) -> int:
        """The year in which the world is looked at."""
        return int(self.table["reference_year"])

    def households(self, dice: Dice, label: str) -> Iterator[list[Person]]:
        """Endless households, each with its relatives named; ids begin with `label`."""
        neighbour: Person | None = None
        number = 0
        while True:
            people = self._household(dice, f"{label}{number}")
            if neighbour is not None and dice.chance(
                self.table["households"]["same_name_neighbour"]
            ):
                people = [self._namesake(dice, people[0], neighbour), *people[1:]]
            named = [replace(one, relatives=_relatives(one, people)) for one in people]
            yield named
            neighbour = named[0]
            number += 1

    def _household(self, dice: Dice, label: str) -> list[Person]:
        """One to five people: alone, a couple, parents with children, a grandparent."""
        size = self._sizes.draw(dice)
        county = self.geography.birthplace(dice)
        living = self._living(dice, county)
        if size == 1:
            return [self._person(dice, label, county, living, self._age(dice))]
        age = self._age(dice)
        parent_age = age if age >= 20 else age + dice.between(*GENERATION)
        father = self._person(dice, label, county, living, parent_age, sex="male")
        mother_age = max(20, parent_age - dice.between(-1, 4))
        mother = self._person(
            dice, label, self._spouse_county(dice, county), living, mother_age, sex="female"
        )
        people = [father, mother]
        while len(people) < size:
            room, oldest = size - len(people), mother_age - GENERATION[0] - 3 * (len(people) - 2)
            if oldest > 0 and (room > 1 or len(people) < 4 or parent_age >= 65):
                people += self._children(dice, father, oldest, twice=room > 1)
            else:
                people.append(self._grandparent(dice, label, father))
                break
        return people

    def _children(self, dice: Dice, father: Person, oldest: int, *, twice: bool) -> list[Person]:
        """One child of at most this age, or twins where there is room."""
        label = father.household
        age = max(0, oldest - dice.below(GENERATION[1] - GENERATION[0] + 1))
        child = self._person(dice, label, father.county, father.living, age, surname=father.surname)
        if not twice or not dice.chance(self.table["households"]["twins"]):
            return [child]
        other = self._person(
            dice, label, father.county, father.living, age, surname=father.surname, sex=child.sex
        )
        name = self.given.sibling(dice, child.given, child.birth.year, child.sex)
        citizen = child.citizen
        while citizen == child.citizen:
            citizen = self._number(dice, child.county, child.birth, child.sex)
        twin = replace(
            other,
            given=name,
            birth=child.birth,
            twin=True,
            height=child.height + dice.between(-1, 1),
            build=child.build,
            citizen=citizen,
        )
        return [replace(child, twin=True), twin]

    def _grandparent(self, dice: Dice, label: str, father: Person) -> Person:
        """A parent of the father: the grandfather shares the surname."""
        sex = dice.pick(SEXES)
        age = min(95, self.year - father.birth.year + dice.between(*GENERATION))
        surname = father.surname if sex == "male" else None
        return self._person(
            dice, label, father.county, father.living, age, sex=sex, surname=surname
        )

    def _namesake(self, dice: Dice, person: Person, neighbour: Person) -> Person:
        """The same name in the same county, sometimes of the same year: another person."""
        twice = dice.chance(self.table["households"]["same_name_twice"])
        birth = neighbour.birth if twice else person.birth
        birth = birth.replace(month=person.birth.month, day=min(28, person.birth.day))
        return replace(
            person,
            surname=neighbour.surname,
            given=neighbour.given,
            sex=neighbour.sex,
            birth=birth,
            county=neighbour.county,
            living=neighbour.living,
            dialect=neighbour.dialect,
            citizen=self._number(dice, neighbour.county, birth, neighbour.sex),
        )

    def _person(
        self,
        dice: Dice,
        label: str,
        county: str,
        living: str,
        age: int,
        *,
        sex: str | None = None,
        surname: str | None = None,
    ) -> Person:
        """One person of about this age."""
        sex = sex or dice.pick(SEXES)
        birth = self._birth(dice, age)
        return Person(
            surname=surname or self.surnames.draw(dice, county[:2]),
            given=self.given.draw(dice, birth.year, sex),
            sex=sex,
            birth=birth,
            county=county,
            living=living,
            household=label,
            dialect=self.geography.dialect(county),
            ethnicity="01",
            citizen=self._number(dice, county, birth, sex),
            phone=phone_number(dice),
            marks=self._marks(dice),
            height=_height(dice, age, sex),
            build=self._builds.draw(dice),
        )

    def _age(self, dice: Dice) -> int:
        """Age by the census bands."""
        return dice.between(*self._bands.draw(dice))

    def _birth(self, dice: Dice, age: int) -> date:
        """A day in the year that gives this age, never before synthetic numbers begin."""
        year = max(FIRST_SYNTHETIC_YEAR, self.year - age)
        return date(year, 1, 1) + timedelta(days=dice.below(365))

    def _number(self, dice: Dice, county: str, birth: date, sex: str) -> str:
        """A citizen number under the county's code of the time."""
        return citizen_number(dice, self.geography.code_in(county, birth.year), birth, sex)

    def _living(self, dice: Dice, county: str) -> str:
        """Where the household lives now."""
        shares = self.table["places"]
        at = dice.unit()
        if at < shares["moved"]:
            return self.geography.elsewhere(dice)
        if at < shares["moved"] + shares["moved_inside"]:
            return self.geography.beside(dice, county)
        return county

    def _spouse_county(self, dice: Dice, county: str) -> str:
        """Most people marry within the county."""
        return county if dice.chance(0.75) else self.geography.beside(dice, county)

    def _marks(self, dice: Dice) -> tuple[Mark, ...]:
        """None, one or two marks."""
        marks = self.life["marks"]
        found: list[Mark] = []
        while len(found) < 2 and dice.chance(0.55):
            kind = self._kinds.draw(dice)
            found.append(Mark(dice.pick(marks["sites"]), kind, dice.pick(marks["texts"][kind])))
        return tuple(found)


def _height(dice: Dice, age: int, sex: str) -> int:
    """Centimetres: adults about 168 and 157, children by age; ours."""
    grown = 168 if sex == "male" else 157
    if age >= 18:
        return round(grown + 6 * dice.bell() - max(0, age - 60) * 0.12)
    return round(52 + (grown - 52) * float((age / 18) ** 0.75) + 4 * dice.bell())


def _relatives(person: Person, people: list[Person]) -> tuple[Relative, ...]:
    """The others of the household and what they are to the person."""
    parents = people[:2] if len(people) > 1 else []
    return tuple(
        Relative(_relation(person, other, parents), other.name, other.phone)
        for other in people
        if other is not person
    )


def _relation(person: Person, other: Person, parents: list[Person]) -> str:
    """What `other` is to `person`; `parents` are the couple, father first."""
    gap = person.birth.year - other.birth.year
    person_leads = any(person is one for one in parents)
    other_leads = any(other is one for one in parents)
    if person_leads and other_leads:
        return "spouse"
    if parents and (person if gap > 0 else other) is parents[1]:
        return "in_law"
    if person_leads or other_leads:
        return ELDERS[other.sex] if gap > 0 else CHILDREN[other.sex]
    if abs(gap) >= GENERATION[1]:
        return "grandparent" if gap > 0 else "grandchild"
    return SIBLINGS[other.sex]


def _wheel(rows: list[list[Any]]) -> Wheel[str]:
    """Pairs of item and weight."""
    return Wheel.of([str(item) for item, _ in rows], [float(weight) for _, weight in rows])
