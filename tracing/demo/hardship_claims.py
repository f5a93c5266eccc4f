"""What the hard world's records and questions say: names, homes, births, relatives, marks."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from tracing.demo.dice import Dice
from tracing.demo.hearing import Ear, Heard
from tracing.demo.numbers import in_part as remembered
from tracing.demo.people import Mark, Person, Society

Document = dict[str, Any]
PLACEHOLDERS = ("无名氏", "无名氏", "不详", "无名男", "未知")
ASSIGNED = ("福", "安", "平", "助", "归", "新")
NEIGHBOURS = 40
"""How many villages a county of this world has."""


@dataclass(frozen=True, slots=True)
class Claims:
    """Draws claims about people; shares come from `hard.toml`."""

    society: Society
    ear: Ear
    table: dict[str, Any]

    def recorded_names(self, dice: Dice, person: Person, side: str) -> list[Document]:
        """The name on record, now and then a placeholder, a small name or a wrong character."""
        shares = self.table["record"]
        if side == "found" and dice.chance(2 * shares["placeholder_name"]):
            if dice.chance(0.6):
                return [{"text": dice.pick(PLACEHOLDERS), "kind": "stated"}]
            text = dice.pick("救张王") + dice.pick(ASSIGNED) + dice.pick(ASSIGNED)
            return [{"text": text, "kind": "given_by_station"}]
        if side == "found" and dice.chance(0.5):
            return [self.heard(dice, person, person.dialect.group)]
        given = person.given
        if dice.chance(shares["wrong_character"]):
            given = self.ear.homophone(dice, given)
        kind = "stated" if side == "found" else "registered"
        names = [{"text": person.surname + given, "kind": kind}]
        if dice.chance(shares["alias"]):
            other = self.society.given.draw(dice, person.birth.year, person.sex)
            names.append({"text": person.surname + other, "kind": "alias"})
        if dice.chance(shares["small_name"]):
            names.append({"text": self._small(dice, person), "kind": "nickname"})
        return names

    def said_names(self, dice: Dice, person: Person) -> list[Document]:
        """What is heard of a name: in dialect, in Mandarin, half of it, wrong or nothing."""
        shares = self.table["probe"]
        shape = _drawn(dice, shares["names"])
        if shape == "none":
            return [{"text": "无名氏", "kind": "given_by_station"}] if dice.chance(0.3) else []
        if shape == "right":
            return [{"text": person.name, "kind": "stated"}]
        if shape == "wrong":
            sex, year = person.sex, person.birth.year
            surname = person.surname if dice.chance(0.3) else None
            surname = surname or self.society.surnames.draw(dice, person.county[:2])
            given = self.society.given.draw(dice, year, sex)
            return [_name(self.ear.hear(dice, surname, given, "mandarin", sex, latin=0), "heard")]
        if shape == "nickname":
            return [{"text": self._small(dice, person), "kind": "nickname"}]
        if shape == "given":
            heard = self.ear.hear(dice, "", person.given, "mandarin", person.sex, latin=0)
            return [_name(heard, "heard")]
        group = person.dialect.group if shape == "dialect" else "mandarin"
        names = [self.heard(dice, person, group)]
        if dice.chance(shares["second_hearing"]):
            names.append(self.heard(dice, person, group))
        return names

    def heard(self, dice: Dice, person: Person, group: str) -> Document:
        """One hearing; the dialect is noted for half of those that have one."""
        shares = self.table["probe"]
        heard = self.ear.hear(
            dice, person.surname, person.given, group, person.sex, latin=shares["latin"]
        )
        claim = _name(heard, "heard")
        if group != "mandarin" and dice.chance(shares["dialect_told"]):
            claim["dialect"] = person.dialect.point
        claim["listener"] = dice.pick(("mandarin", "local", "unknown"))
        return claim

    def home(self, dice: Dice, person: Person, event: date, *, detailed: bool) -> Document:
        """The household, under the code of its time, as text only, or with the village."""
        shares, geography = self.table["record"], self.society.geography
        code = geography.code_in(person.county, max(event.year, 1984))
        text = geography.divisions.full_name(code)
        if detailed and dice.chance(shares["village"]):
            text += self.village(person)
        place: Document = {"kind": "household", "text": text}
        if not dice.chance(shares["text_only"]):
            place["code"] = code
        return place

    def said_homes(self, dice: Dice, person: Person) -> list[Document]:
        """Province as known, county and village mostly as heard; each with its own chance."""
        shares, divisions = self.table["probe"], self.society.geography.divisions
        county = person.county
        if dice.chance(shares["wrong_home"]):
            county = self.society.geography.birthplace(dice)
        homes: list[Document] = []
        if dice.chance(shares["province"]):
            homes.append({"kind": "heard_home", "code": county[:2]})
        if dice.chance(shares["county"]):
            stem = divisions.suffixes.stem(divisions.name(county))
            if dice.chance(shares["as_heard"]):
                homes.append(self._heard_place(dice, stem, person))
            else:
                homes.append({"kind": "heard_home", "text": divisions.full_name(county)})
        if dice.chance(shares["village"]):
            homes.append(self._heard_place(dice, self.village(person)[:2], person))
        return homes

    def village(self, person: Person) -> str:
        """The village of a household: one of a few dozen in its county."""
        words = self.table["words"]
        number = _number(person.household) % NEIGHBOURS
        one = _number(person.county, str(number))
        first, second = words["villages"], words["endings"]
        middle = one // len(first) % len(first)
        return str(first[one % len(first)] + first[middle] + second[one // 400 % len(second)])

    def recorded_birth(self, dice: Dice, person: Person, event: date, side: str) -> Document | None:
        """The day, the year, 1 January, a nominal age, a lunar date, or nothing."""
        shares = self.table["record"]
        if side == "found" and dice.chance(0.5):
            return self.apparent(dice, person, event)
        shape, born = _drawn(dice, shares["birth"]), person.birth
        if dice.chance(shares["birth_wrong"]):
            born = born.replace(year=born.year + dice.pick((-3, -2, -1, 1, 2, 3)), day=1)
        if shape == "none":
            return None
        if shape == "day":
            return _days(born, born, "document")
        if shape == "lunar":
            early = born - timedelta(days=dice.between(19, 50))
            return _days(early, early, "stated")
        if shape == "new_year":
            return _days(date(born.year, 1, 1), date(born.year, 1, 1), "stated")
        year = born.year - (dice.pick((0, 1, 1)) if shape == "nominal" else 0)
        basis = "nominal_age" if shape == "nominal" else "stated"
        return _days(date(year, 1, 1), date(year, 12, 31), basis)

    def seen_birth(self, dice: Dice, person: Person, event: date) -> Document | None:
        """The age that a found person seems to have or says."""
        shape = _drawn(dice, self.table["probe"]["birth"])
        if shape == "none":
            return None
        if shape == "apparent":
            return self.apparent(dice, person, event)
        year = person.birth.year
        if shape == "nominal":
            year -= dice.pick((0, 1, 1))
            return _days(date(year, 1, 1), date(year, 12, 31), "nominal_age")
        age = event.year - year
        if age > 20 and dice.chance(0.4):
            year = event.year - 5 * round(age / 5)
        return _days(date(year, 1, 1), date(year, 12, 31), "stated")

    def apparent(self, dice: Dice, person: Person, event: date) -> Document:
        """A range around the age somebody seems to have; children are seen better."""
        shares = self.table["probe"]
        age = max(0, event.year - person.birth.year)
        seen = max(0, round(age + min(shares["age_spread"], 0.8 + 0.15 * age) * dice.bell()))
        half = dice.pick(shares["widths"]) if age >= 16 else 2
        low, high = event.year - seen - half, min(event.year, event.year - seen + half)
        return _days(date(low, 1, 1), date(high, 12, 31), "apparent")

    def seen_sex(self, dice: Dice, person: Person) -> str:
        """Sex as taken down, seldom wrong."""
        if dice.chance(self.table["probe"]["wrong_sex"]):
            return "female" if person.sex == "male" else "male"
        return person.sex

    def add_family(self, dice: Dice, document: Document, person: Person) -> None:
        """Relatives by name, and the household."""
        shares = self.table["record"]
        if person.relatives and dice.chance(shares["relatives"]):
            document["relatives"] = [
                {"relation": r.relation, "names": [{"text": r.name, "kind": "registered"}]}
                for r in person.relatives[: dice.between(1, 3)]
            ]
        if dice.chance(shares["household"]):
            document["household"] = person.household

    def said_relatives(self, dice: Dice, person: Person) -> list[Document]:
        """One or two relatives as heard, now and then under another relation."""
        said = []
        for _ in range(1 + dice.chance(0.25)):
            relative = dice.pick(person.relatives)
            surname, given = relative.name[:1], relative.name[1:]
            group = person.dialect.group if dice.chance(0.5) else "mandarin"
            heard = self.ear.hear(dice, surname, given, group, "male", latin=0.1)
            relation = relative.relation
            if dice.chance(self.table["probe"]["wrong_relation"]):
                relation = dice.pick(("brother", "sister", "aunt_uncle", "other"))
            said.append({"relation": relation, "names": [_name(heard, "heard")]})
        return said

    def add_numbers(
        self, dice: Dice, document: Document, person: Person, shares: Document, *, in_part: bool
    ) -> None:
        """Citizen and phone numbers; those that are remembered are so in part, or a digit off."""
        numbers = []
        for kind, number in (("citizen", person.citizen), ("phone", person.phone)):
            if not dice.chance(shares[kind]):
                continue
            text = remembered(dice, number, 0.5) if in_part and dice.chance(0.8) else number
            if in_part and dice.chance(self.table["probe"]["digit_wrong"]):
                at = dice.pick([i for i, c in enumerate(text) if c.isdigit()])
                text = f"{text[:at]}{dice.below(10)}{text[at + 1 :]}"
            numbers.append({"kind": kind, "text": text})
        if numbers:
            document["numbers"] = numbers

    def add_marks(self, document: Document, marks: Sequence[Mark]) -> None:
        """Marks, if there are any."""
        if marks:
            document["marks"] = [{"site": m.site, "kind": m.kind, "text": m.text} for m in marks]

    def seen_marks(self, dice: Dice, person: Person) -> list[Mark]:
        """Some of the marks, left and right mixed up now and then, or one more."""
        shares, seen = self.table["probe"], []
        for mark in person.marks:
            if dice.chance(shares["mark_missed"]):
                continue
            side, _, site = mark.site.partition("_")
            other = {"left": "right", "right": "left"}.get(side)
            if other and dice.chance(shares["mark_mirrored"]):
                seen.append(Mark(f"{other}_{site}", mark.kind, mark.text))
            else:
                seen.append(mark)
        if dice.chance(shares["mark_other"]):
            site = dice.pick(self.society.life["marks"]["sites"])
            kind = dice.pick(("scar", "mole"))
            seen.append(Mark(site, kind, dice.pick(self.society.life["marks"]["texts"][kind])))
        return seen

    def clothes(self, dice: Dice, person: Person, event: date) -> list[str]:
        """What is worn: the same for some days, then something else."""
        words = self.table["words"]["clothes"]
        week = str(event.toordinal() // 10)
        worn = [words[_number(person.citizen, week, str(i)) % len(words)] for i in range(2)]
        return list(dict.fromkeys([worn[0], dice.pick(words) if dice.chance(0.3) else worn[1]]))

    def _heard_place(self, dice: Dice, name: str, person: Person) -> Document:
        """A place name by ear, in characters or in letters."""
        heard = self.ear.place(dice, name, person.dialect.group)
        said = heard.latin if heard.text is None or dice.chance(0.2) else heard.text
        return {"kind": "heard_home", "heard": said}

    def _small(self, dice: Dice, person: Person) -> str:
        return dice.pick(("小", "阿", "老")) + person.given[-1]


def _name(heard: Heard, kind: str) -> Document:
    claim: Document = {"kind": "nickname" if heard.shape == "nickname" else kind}
    if heard.text is not None:
        claim["text"] = heard.text
    if heard.latin is not None:
        claim["latin"] = heard.latin
    return claim


def _drawn(dice: Dice, rows: Sequence[tuple[str, float]]) -> str:
    """One of (word, weight) pairs."""
    at = dice.unit() * sum(weight for _, weight in rows)
    for word, weight in rows:
        at -= weight
        if at < 0:
            return word
    return rows[-1][0]


def _days(first: date, last: date, basis: str) -> Document:
    return {"earliest": first.isoformat(), "latest": last.isoformat(), "basis": basis}


def _number(*words: str) -> int:
    digest = hashlib.blake2b("\x1f".join(words).encode(), digest_size=6).digest()
    return int.from_bytes(digest, "big")
