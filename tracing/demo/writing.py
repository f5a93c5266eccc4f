"""What gets written about a synthetic person: register entries, reports, past visits, questions.

Documents have the shape of docs/record.md. Shares of filled fields are in `tables/society.toml`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Self

from tracing.demo.dice import Dice
from tracing.demo.hearing import Ear, Heard
from tracing.demo.numbers import in_part
from tracing.demo.people import Person, Relative, Society
from tracing.demo.wandering import Wandering

Document = dict[str, Any]
PLACEHOLDERS = ("无名氏", "无名氏", "无名", "不详")
STATION_NAMES = ("助", "安", "平", "福", "归")
OLDEST_REPORT = 1990


@dataclass(frozen=True, slots=True)
class Clerk:
    """Writes documents about people."""

    society: Society
    ear: Ear
    wandering: Wandering

    @classmethod
    def of(cls, society: Society, ear: Ear) -> Self:
        """With ways of wandering up to the last day of this world."""
        return cls(society, ear, Wandering.load(society.geography, date(society.year, 10, 28)))

    @property
    def repeat(self) -> float:
        """Share of past visitors with a second visit on record."""
        return float(self.society.table["sides"]["repeat_visitor"])

    @property
    def absent_family(self) -> float:
        """Share of absent people whose family may be on record: everybody recorded has one."""
        return 0.0

    def side(self, dice: Dice, person: Person) -> str:
        """Which kind of record there is; elders and children are sought more often."""
        sides = self.society.table["sides"]
        age = self.society.year - person.birth.year
        weight = 1.6 if age >= 65 or age < 14 else 0.85
        sought = sides["sought"] * weight
        at = dice.unit()
        if at < sought:
            return "sought"
        return "found" if at < sought + sides["found"] else "register"

    def record(self, dice: Dice, person: Person, side: str) -> Document:
        """One gallery record; `id` and `source` are added by the population."""
        shares = self.society.table[side]
        event = self._event(dice, person, side)
        nameless = side == "found" and dice.chance(shares["nameless"])
        document: Document = {
            "side": side,
            "names": self._names(dice, person, side, nameless=nameless),
            "sex": person.sex,
            "birth": self._birth(dice, person, side, event, nameless=nameless),
            "places": self._places(dice, person, side, event),
            "event_at": event.isoformat(),
        }
        if dice.chance(0.5):
            document["ethnicity"] = person.ethnicity
        if side != "found" and len(person.relatives) > 0:
            document["household"] = person.household
        self._add_numbers(dice, document, person, shares)
        if dice.chance(shares["relatives"]) and person.relatives:
            document["relatives"] = [_relative(dice, one) for one in person.relatives[:3]]
        if side != "register":
            self._add_appearance(dice, document, person, shares["marks"])
        return document

    def probe(self, dice: Dice, person: Person, record: Document | None = None) -> Document:
        """A question: somebody stands in a station, says a name in dialect, and little else.

        Where the gallery's `record` tells of a loss, the finding follows from it.
        """
        shares = self.society.table["probe"]
        event, found = self._found(dice, person, record)
        document: Document = {
            "side": "found",
            "names": self._heard_names(dice, person, shares),
            "places": [{"kind": "found", "code": found, "at": event.isoformat()}],
            "event_at": event.isoformat(),
        }
        if dice.chance(shares["sex_recorded"]):
            document["sex"] = person.sex
        if dice.chance(shares["age_recorded"]):
            document["birth"] = self._apparent(dice, person, event.year, shares["age_spread"])
        home = self._home(dice, person, shares)
        if home:
            document["places"].append(home)
        if dice.chance(0.5):
            document["dialects"] = [{"name": person.dialect.point, "basis": "listener"}]
        self._add_numbers(dice, document, person, {**shares, "partial_number": 0.8})
        if person.relatives and dice.chance(shares["relatives"]):
            document["relatives"] = [self._heard_relative(dice, person)]
        self._add_appearance(dice, document, person, shares["marks"])
        return document

    def _found(self, dice: Dice, person: Person, record: Document | None) -> tuple[date, str]:
        """Day and county of the finding: after the loss on record, else of this year and where
        migrants go."""
        places = (
            record["places"]
            if record
            else self._places(
                dice,
                person,
                "sought" if dice.chance(0.2) else "register",
                self._event(dice, person, "sought"),
            )
        )
        for place in places:
            if place["kind"] == "last_seen":
                lost = date.fromisoformat(place["at"])
                return self.wandering.found(dice, lost, place["code"], person.birth)
        day = date(self.society.year, 1, 1) + timedelta(days=dice.below(300))
        return day, self.society.geography.elsewhere(dice)

    def heard(self, dice: Dice, person: Person, latin: float) -> Document:
        """One name claim as heard."""
        heard = self.ear.hear(
            dice, person.surname, person.given, person.dialect.group, person.sex, latin=latin
        )
        return {
            **_written(heard),
            "kind": "nickname" if heard.shape == "nickname" else "heard",
            "dialect": person.dialect.point,
            "listener": "mandarin",
        }

    def _names(self, dice: Dice, person: Person, side: str, *, nameless: bool) -> list[Document]:
        """The registered name, or what a past visitor said; aliases besides."""
        if nameless:
            if dice.chance(0.6):
                return [{"text": dice.pick(PLACEHOLDERS), "kind": "given_by_station"}]
            given = dice.pick(STATION_NAMES) + dice.pick(STATION_NAMES)
            return [{"text": dice.pick("救张王") + given, "kind": "given_by_station"}]
        if side == "found" and dice.chance(0.5):
            names = [self.heard(dice, person, 0.2)]
        else:
            kind = "stated" if side == "found" else "registered"
            names = [{"text": person.name, "kind": kind}]
        if dice.chance(self.society.table[side]["alias"]):
            names.append({"text": self._alias(dice, person), "kind": "alias"})
        return names

    def _alias(self, dice: Dice, person: Person) -> str:
        """A pet name, or another given name under the same surname."""
        if dice.chance(0.6):
            return dice.pick("小阿") + person.given[-1]
        other = self.society.given.draw(dice, person.birth.year, person.sex)
        return person.surname + other

    def _heard_names(self, dice: Dice, person: Person, shares: Document) -> list[Document]:
        """One or two hearings; now and then the name is said so that it is written rightly."""
        if dice.chance(shares["registered_name"]):
            return [{"text": person.name, "kind": "stated"}]
        names = [self.heard(dice, person, shares["latin"])]
        if dice.chance(shares["second_hearing"]):
            names.append(self.heard(dice, person, shares["latin"]))
        return names

    def _birth(
        self, dice: Dice, person: Person, side: str, event: date, *, nameless: bool
    ) -> Document:
        """The day, a placeholder 1 January, or what a station guessed."""
        if nameless:
            year = person.birth.year + round(5 * dice.bell())
            day = date(year, 1, 1).isoformat()
            return {"earliest": day, "latest": day, "basis": "assigned"}
        if side == "found" and dice.chance(0.4):
            return self._apparent(dice, person, event.year, 4.0)
        day = person.birth.isoformat()
        if dice.chance(self.society.table[side]["birthday_heaped"]):
            day = f"{person.birth.year}-01-01"
        basis = "document" if side == "register" else "stated"
        return {"earliest": day, "latest": day, "basis": basis}

    def _apparent(self, dice: Dice, person: Person, year: int, spread: float) -> Document:
        """A range of ten years around the age somebody seems to be; children are seen better."""
        age = max(0, year - person.birth.year)
        seen = max(0, round(age + min(spread, 0.5 + 0.15 * age) * dice.bell()))
        half = 5 if age >= 18 else 2
        earliest, latest = year - seen - half, min(year, year - seen + half)
        basis = "apparent" if dice.chance(0.7) else "nominal_age"
        return {"earliest": f"{earliest}-01-01", "latest": f"{latest}-12-31", "basis": basis}

    def _places(self, dice: Dice, person: Person, side: str, event: date) -> list[Document]:
        """Household and, by side, where the person lives, was last seen or was found."""
        name = self.society.geography.name
        places: list[Document] = [
            {"kind": "household", "code": person.county, "text": name(person.county)}
        ]
        if side == "register":
            if person.living != person.county:
                places.append({"kind": "living", "code": person.living})
            return places
        if side == "sought":
            seen = person.living if dice.chance(0.8) else self.society.geography.elsewhere(dice)
            places.append({"kind": "last_seen", "code": seen, "at": event.isoformat()})
            return places
        found = self.society.geography.elsewhere(dice)
        visit: Document = {"kind": "found", "code": found, "at": event.isoformat()}
        home = self._home(dice, person, self.society.table["probe"])
        return [visit, home] if home else [visit]

    def _home(self, dice: Dice, person: Person, shares: Document) -> Document | None:
        """What is heard of home: a county as heard, a city, a province, or nothing."""
        at, known = dice.unit() * sum(w for _, w in shares["home"]), "none"
        for kind, weight in shares["home"]:
            at -= weight
            if at < 0:
                known = kind
                break
        if known == "none":
            return None
        wrong = dice.chance(shares["wrong_home"])
        county = self.society.geography.birthplace(dice) if wrong else person.county
        divisions = self.society.geography.divisions
        if known == "province":
            code = county[:2]
        elif known == "city" and divisions.lineage(county).cities >= {county[:4]}:
            code = county[:4]
        else:
            stem = divisions.suffixes.stem(divisions.name(county))
            heard = self.ear.place(dice, stem, person.dialect.group)
            if heard.text == stem or dice.chance(0.5):
                return {"kind": "heard_home", "code": county, "heard": heard.text}
            return {"kind": "heard_home", "heard": heard.text}
        return {"kind": "heard_home", "code": code}

    def _add_numbers(
        self, dice: Dice, document: Document, person: Person, shares: Document
    ) -> None:
        """Citizen and phone numbers, some only in part."""
        numbers = []
        for kind, number in (("citizen", person.citizen), ("phone", person.phone)):
            if dice.chance(shares[kind]):
                part = dice.chance(shares.get("partial_number", 0.0))
                text = in_part(dice, number, 0.5) if part else number
                numbers.append({"kind": kind, "text": text})
        if numbers:
            document["numbers"] = numbers

    def _add_appearance(self, dice: Dice, document: Document, person: Person, share: float) -> None:
        """Marks and build, as far as somebody noted them."""
        if person.marks and dice.chance(share):
            document["marks"] = [
                {"site": mark.site, "kind": mark.kind, "text": mark.text} for mark in person.marks
            ]
        if dice.chance(0.6):
            low = max(40, person.height - dice.between(1, 5))
            document["build"] = {"height_cm": [low, low + 6], "text": person.build}

    def _heard_relative(self, dice: Dice, person: Person) -> Document:
        """A relative's name as heard; the surname is heard like the person's own."""
        relative = dice.pick(person.relatives)
        heard = self.ear.hear(
            dice, relative.name[:1], relative.name[1:], person.dialect.group, "male", latin=0.1
        )
        name = {**_written(heard), "kind": "heard", "dialect": person.dialect.point}
        return {"relation": relative.relation, "names": [name]}

    def _event(self, dice: Dice, person: Person, side: str) -> date:
        """Day of loss, of the visit or of the entry; most are recent, none before the birth."""
        year = self.society.year
        longest = year - OLDEST_REPORT if side == "sought" else 12
        back = int(min(longest, year - person.birth.year) * dice.unit() ** 3)
        day = date(year - back, 1, 1) + timedelta(days=dice.below(300))
        return max(day, person.birth)


def _written(heard: Heard) -> Document:
    """Characters and letters of a hearing, whichever there are."""
    claim: Document = {}
    if heard.text is not None:
        claim["text"] = heard.text
    if heard.latin is not None:
        claim["latin"] = heard.latin
    return claim


def _relative(dice: Dice, relative: Relative) -> Document:
    """A relative as docs/record.md has it; the phone only now and then."""
    entry: Document = {
        "relation": relative.relation,
        "names": [{"text": relative.name, "kind": "registered"}],
    }
    if dice.chance(0.2):
        entry["phone"] = relative.phone
    return entry
