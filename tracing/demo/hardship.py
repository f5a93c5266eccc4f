"""The hard world's clerk: thin, late and wrong records about the same synthetic people.

Where the ordinary clerk (`writing`) fills most fields, this one leaves most open, mishears,
mixes up left and right, and takes down a wrong name for some. Shares are in `tables/hard.toml`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Self

from tracing.demo.dice import Dice, Wheel
from tracing.demo.hardship_claims import Claims
from tracing.demo.hearing import Ear
from tracing.demo.people import Person, Society
from tracing.demo.wandering import Wandering

Document = dict[str, Any]
OLDEST = 30
"""Years before the world's year in which the oldest report was made."""


@dataclass(frozen=True, slots=True)
class HardClerk:
    """Writes the hard world's documents; make it with `of()`."""

    society: Society
    ear: Ear
    table: dict[str, Any]
    claims: Claims
    wandering: Wandering
    _sides: Wheel[str]

    @classmethod
    def of(cls, society: Society, ear: Ear, table: dict[str, Any]) -> Self:
        """With the table of the hard world."""
        sides = ("sought", "register", "found")
        return cls(
            society=society,
            ear=ear,
            table=table,
            claims=Claims(society, ear, table),
            wandering=Wandering.load(society.geography, date(society.year, 10, 28)),
            _sides=Wheel.of(sides, [table["sides"][side] for side in sides]),
        )

    @property
    def repeat(self) -> float:
        """Share of past visitors with a second visit on record."""
        return float(self.table["sides"]["repeat_visitor"])

    @property
    def absent_family(self) -> float:
        """Share of absent people whose family may be on record."""
        return float(self.table["absent"]["family"])

    def side(self, dice: Dice, person: Person) -> str | None:
        """Which record there is of a person; None for none."""
        if not dice.chance(self.table["sides"]["recorded"]):
            return None
        return self._sides.draw(dice)

    def record(self, dice: Dice, person: Person, side: str) -> Document:
        """One gallery record; `id` and `source` are added by the population."""
        shares = self.table["record"]
        event = self._event(dice, person)
        at = dice.unit()
        if at < shares["thin_name"]:
            names = [{"text": person.name, "kind": "registered"}]
            home = self.claims.home(dice, person, event, detailed=False)
            return {"side": side, "names": names, "places": [home]}
        if at < shares["thin_name"] + shares["thin_photo"]:
            birth = self.claims.apparent(dice, person, event)
            return {
                "side": side, "sex": person.sex, "birth": birth,
                "event_at": event.isoformat(), "photographed": True,
            }  # fmt: skip
        document: Document = {
            "side": side,
            "names": self.claims.recorded_names(dice, person, side),
            "sex": person.sex,
            "places": self._places(dice, person, side, event),
            "event_at": event.isoformat(),
        }
        born = self.claims.recorded_birth(dice, person, event, side)
        if born:
            document["birth"] = born
        self.claims.add_family(dice, document, person)
        self.claims.add_numbers(dice, document, person, shares, in_part=side == "found")
        if dice.chance(shares["marks"]):
            self.claims.add_marks(document, person.marks)
        self._add_looks(dice, document, person, shares, event)
        return document

    def probe(self, dice: Dice, person: Person, record: Document | None) -> Document:
        """A question about a person; `record` is what the gallery holds, if anything."""
        shares = self.table["probe"]
        record = record or self.record(dice, person, "sought")
        event, county = self._found(dice, person, record)
        place: Document = {"kind": "found", "code": county, "at": event.isoformat()}
        document: Document = {
            "side": "found",
            "names": self.claims.said_names(dice, person),
            "places": [place, *self.claims.said_homes(dice, person)],
            "event_at": event.isoformat(),
        }
        if dice.chance(shares["dialect_told"]):
            document["dialects"] = [{"name": person.dialect.point, "basis": "listener"}]
        if dice.chance(shares["sex"]):
            document["sex"] = self.claims.seen_sex(dice, person)
        birth = self.claims.seen_birth(dice, person, event)
        if birth:
            document["birth"] = birth
        if person.relatives and dice.chance(shares["relatives"]):
            document["relatives"] = self.claims.said_relatives(dice, person)
        self.claims.add_numbers(dice, document, person, shares, in_part=True)
        if dice.chance(shares["marks"]):
            self.claims.add_marks(document, self.claims.seen_marks(dice, person))
        self._add_looks(dice, document, person, shares, event)
        return document

    def _places(self, dice: Dice, person: Person, side: str, event: date) -> list[Document]:
        places = [self.claims.home(dice, person, event, detailed=True)]
        if dice.chance(self.table["record"]["birthplace"]):
            places.append({"kind": "birthplace", "code": person.county})
        if side == "found":
            found = self.society.geography.elsewhere(dice)
            return [{"kind": "found", "code": found, "at": event.isoformat()}, *places]
        if side == "sought":
            seen = person.living if dice.chance(0.85) else self.society.geography.elsewhere(dice)
            places.append({"kind": "last_seen", "code": seen, "at": event.isoformat()})
        elif person.living != person.county:
            places.append({"kind": "living", "code": person.living})
        return places

    def _found(self, dice: Dice, person: Person, record: Document) -> tuple[date, str]:
        """After the loss on record; a register entry or a past visit tells nothing of the day."""
        seen = [p for p in record.get("places", ()) if p["kind"] == "last_seen"]
        if seen:
            lost, county = date.fromisoformat(seen[0]["at"]), seen[0]["code"]
        else:
            lost, county = self._event(dice, person), person.living
            if record["side"] == "found" and "event_at" in record:
                lost = max(lost, date.fromisoformat(record["event_at"]))
        return self.wandering.found(dice, lost, county, person.birth)

    def _add_looks(
        self, dice: Dice, document: Document, person: Person, shares: Document, event: date
    ) -> None:
        if dice.chance(shares["build"]):
            low = max(40, person.height - dice.between(0, 6))
            document["build"] = {"height_cm": [low, low + 6]}
        if dice.chance(shares["belongings"]):
            document["belongings"] = self.claims.clothes(dice, person, event)
        if dice.chance(shares["print"]):
            document["photographed"] = True

    def _event(self, dice: Dice, person: Person) -> date:
        """Day of loss, visit or entry: mostly of the last years, never before the birth."""
        year = self.society.year
        back = int(min(OLDEST, year - person.birth.year) * dice.unit() ** 2)
        return max(date(year - back, 1, 1) + timedelta(days=dice.below(300)), person.birth)


def varied(table: dict[str, Any], dice: Dice) -> dict[str, Any]:
    """The table with every share of records, probes and hearings multiplied by about 0.5 to 2."""
    return {
        name: _varied(part, dice) if name in ("record", "probe", "hearing") else part
        for name, part in table.items()
    }


def _varied(value: Any, dice: Dice) -> Any:
    if isinstance(value, dict):
        return {name: _varied(part, dice) for name, part in value.items()}
    if isinstance(value, list):
        return [[row[0], _varied(row[1], dice)] if isinstance(row, list) else row for row in value]
    factor = 2.0 ** (dice.bell() / 2)
    # an age is no share; what most have, most still have
    return value * factor if value > 1 else min(value * factor, (1 + value) / 2)
