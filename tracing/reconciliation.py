"""Cleaning a ledger: what a cell may mean among surnames, places, and people within reach.

Surnames and places are public tables. People are searched as anybody searches them: with the
purpose of the key that asks, at the stations it reaches, with a row in the trail for each question,
and never as certain.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from matchers.evidence import county_stems, national_names
from matchers.evidence.sounding import Heard
from matchers.places import Divisions, Gazetteer
from matchers.sounds import Hearing, SoundEngine
from matchers.sounds.spelling import NameReader
from tracing.access import Actor, require
from tracing.answers import Candidate
from tracing.errors import NotFound, RecordInvalid
from tracing.exchange.layout import cell_words
from tracing.records import PersonRecord
from tracing.searches import Searches

Kind = Literal["person", "place", "surname"]
PEOPLE_SHOWN = 5
REASON = "other"
SURE = {"name": 90.0, "stem": 80.0, "old_name": 70.0, "old_stem": 60.0, "part": 40.0}
"""Score of a place by how its name was met, in percent; ours, an order and no probability."""
HEARD_LEAST_BITS = 2.0
HEARD_LONGEST = 4
"""Characters of a county's name as it sounded; longer is a sentence, or a place by its parts."""
_OWN_NAMES = frozenset({"registered", "stated"})
"""What somebody is called on paper, before what others call them."""
_YEAR = re.compile(r"(?:19|20)\d\d(?!\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Meant:
    """Something that a cell may mean; `score` 0–100, `sure` only for a place by its code."""

    id: str
    name: str
    description: str
    kind: Kind
    score: float
    sure: bool = False
    features: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sounded:
    """Surnames, or names of counties, and how they sound."""

    strings: tuple[str, ...]
    sounds: Heard


class Reconciliation:
    """Surnames and places by name and by sound, and people through `Searches`."""

    def __init__(self, engine: Callable[[], SoundEngine], searches: Callable[[], Searches]) -> None:
        self._engine = engine
        self._searches = searches
        self.divisions = Divisions.load()
        self._gazetteer = Gazetteer.over(self.divisions)
        self._opening = threading.Lock()
        self._surnames: Sounded | None = None
        self._counties: Sounded | None = None

    def places(self, query: str, limit: int) -> tuple[Meant, ...]:
        """Provinces, cities and counties, those of old too, that a cell may mean, best first."""
        text = query.strip()
        if text.isascii() and text.isdigit():
            return self._by_code(text)
        found = [self._place(f.code, SURE[f.how]) for f in self._gazetteer.find(text)[:limit]]
        if not found and text and (text.isascii() or len(text) <= HEARD_LONGEST):
            found = self._heard_places(text, limit)
        return tuple(found)

    def surnames(self, query: str, limit: int) -> tuple[Meant, ...]:
        """Surnames that the beginning of a name may be, as written or as it sounded."""
        among = self._surname_sounds()
        reader = self._reader()
        text = _surname(reader, query) if query.strip() else ""
        if text in among.strings:
            return (Meant(text, text, "", "surname", 100.0),)
        latin = query.split(maxsplit=1)[0] if query.isascii() and query.split() else None
        hearing = Hearing(latin=latin) if latin else Hearing(text=text or None)
        return tuple(
            Meant(name, name, "", "surname", score)
            for name, score in _closest(among, hearing, limit)
        )

    def people(
        self, actor: Actor, query: str, properties: Mapping[str, Sequence[str]], limit: int
    ) -> tuple[Meant, ...]:
        """People within reach who may be meant; one search of the trail for each question.

        Raises:
            PurposeMissing: the key that asks has no purpose written down, or it is no key.
            RecordInvalid: a property that cannot be read.
        """
        require(actor, "search")
        result = self._searches().ask(
            actor,
            asked_record(query, properties),
            actor.purpose or "",
            actor.legal_basis or "",
            REASON,
            limit=PEOPLE_SHOWN,
        )
        shown = [_person(c) for c in result.candidates if c.readable]
        return tuple(shown[: max(1, min(limit, PEOPLE_SHOWN))])

    def begins(self, prefix: str, limit: int) -> tuple[Meant, ...]:
        """Places and surnames whose name or code begins so; never people."""
        text = prefix.strip()
        if not text:
            return ()
        names = [s for s in self._surname_sounds().strings if s.startswith(text)]
        codes = [
            code
            for code in self.divisions
            if code.startswith(text) or self.divisions.name(code).startswith(text)
        ]
        found = [Meant(n, n, "", "surname", 0.0) for n in sorted(names)]
        found += [self._place(code, 0.0) for code in sorted(codes, key=self._standing_first)]
        return tuple(found[:limit])

    def entity(self, entity_id: str) -> Meant:
        """A place or a surname by its id; raises `NotFound` for anything else."""
        if entity_id in self.divisions:
            return self._place(entity_id, 0.0)
        if entity_id in self._surname_sounds().strings:
            return Meant(entity_id, entity_id, "", "surname", 0.0)
        raise NotFound

    def facts(self, code: str) -> Mapping[str, tuple[str, ...]]:
        """What is known of a place, by property; empty for anything else."""
        if code not in self.divisions:
            return {}
        above = self.divisions.parents(code)
        first, last = self.divisions.years(code)
        current = self.divisions.current(code)
        return {
            "full_name": (self.divisions.full_name(code),),
            "province": tuple(self.divisions.name(c) for c in above if c.endswith("0000")),
            "city": tuple(self.divisions.name(c) for c in above if not c.endswith("0000")),
            "since": (str(first),),
            "until": () if last is None else (str(last),),
            "today": tuple(c for c in current if c != code),
        }

    def _by_code(self, text: str) -> tuple[Meant, ...]:
        code = text[:6] if len(text) in {6, 9, 12} else text.ljust(6, "0")
        if len(text) not in {2, 4, 6, 9, 12} or code not in self.divisions:
            return ()
        exact = len(text) <= 6 and self.divisions.stands(code)
        return (self._place(code, 100.0, sure=exact),)

    def _standing_first(self, code: str) -> tuple[bool, str]:
        return (not self.divisions.stands(code), code)

    def _place(self, code: str, score: float, *, sure: bool = False) -> Meant:
        first, last = self.divisions.years(code)
        gone = "" if last is None else f" {first}–{last}"
        name = self.divisions.name(code)
        return Meant(
            code, name, f"{self.divisions.full_name(code)} {code}{gone}", "place", score, sure
        )

    def _heard_places(self, text: str, limit: int) -> list[Meant]:
        hearing = Hearing(latin=text) if text.isascii() else Hearing(text=text)
        codes: dict[str, float] = {}
        for stem, score in _closest(self._county_sounds(), hearing, limit):
            for found in self._gazetteer.find(stem):
                codes.setdefault(found.code, min(score, SURE["part"]))
        return [self._place(code, score) for code, score in list(codes.items())[:limit]]

    def _reader(self) -> NameReader:
        return self._engine().reader

    def _surname_sounds(self) -> Sounded:
        with self._opening:
            if self._surnames is None:
                reader = self._reader()
                first = {n for name in national_names() if (n := _surname(reader, name))}
                known = tuple(sorted(first | reader.compounds))
                self._surnames = Sounded(known, Heard.over_names(self._engine(), known))
            return self._surnames

    def _county_sounds(self) -> Sounded:
        with self._opening:
            if self._counties is None:
                stems = tuple(sorted(set(county_stems(self.divisions))))
                self._counties = Sounded(stems, Heard.over_places(self._engine(), stems, ()))
            return self._counties


def asked_record(query: str, properties: Mapping[str, Sequence[str]]) -> PersonRecord:
    """A row of a ledger as a record to look for.

    Properties: `side` (found, sought or register; found where none is given), `sex`, `birth_year`,
    `home`, `latin`, `dialect`. A cell of a ledger that says no sex or year says nothing.
    """
    document: dict[str, Any] = {"side": "found"}
    names: list[dict[str, str]] = []
    if query.strip():
        part = "latin" if query.isascii() else "text"
        names.append({part: query.strip(), "kind": "heard" if part == "latin" else "stated"})
    for key, values in properties.items():
        text = values[0].strip() if values else ""
        if not text:
            continue
        match key:
            case "side":
                document[key] = text
            case "sex" if (sex := cell_words()["sex"].get(text.lower())) in ("male", "female"):
                document[key] = sex
            case "sex":
                pass
            case "latin":
                names.append({"latin": text, "kind": "heard"})
            case "dialect":
                document["dialects"] = [{"name": text}]
            case "home":
                place = {"code": text} if text.isascii() and text.isdigit() else {"text": text}
                document["places"] = [{"kind": "household", **place}]
            case "birth_year":
                document |= _born(text)
            case _:
                raise RecordInvalid(path="properties", reason="unknown_value")
    if names:
        document["names"] = names
    return PersonRecord.model_validate(document)


def _born(text: str) -> dict[str, Any]:
    """The year that a cell begins with, as a claim of birth; nothing where it begins with none."""
    year = _YEAR.match(text)
    if year is None:
        return {}
    days = {"earliest": f"{year[0]}-01-01", "latest": f"{year[0]}-12-31"}
    return {"birth": {**days, "basis": "stated"}}


def _surname(reader: NameReader, name: str) -> str:
    return "".join(token for token, _ in reader.spelling(name).surname)


def _closest(among: Sounded, hearing: Hearing, limit: int) -> list[tuple[str, float]]:
    """Strings that sound like it, with their share in percent among all, the likeliest first."""
    close = among.sounds.closeness([hearing], None)
    if close is None:
        return []
    weight = np.exp2(np.clip(close.bits.astype(np.float64), -60, 60))
    order = np.argsort(-weight, kind="stable")[:limit]
    total = float(weight.sum())
    return [
        (among.strings[i], round(100 * float(weight[i]) / total, 1))
        for i in order
        if close.bits[i] >= HEARD_LEAST_BITS
    ]


def _person(found: Candidate) -> Meant:
    document = found.record.document()
    names = sorted(document.get("names", ()), key=lambda name: name.get("kind") not in _OWN_NAMES)
    name = next((n.get("text") or n.get("latin") for n in names), None)
    year = (document.get("birth") or {}).get("earliest", "")[:4]
    return Meant(
        id=found.person_id,
        name=name or found.person_id,
        description=" · ".join(filter(None, (year, found.key_line, found.station_name))),
        kind="person",
        score=round(100 * found.probability, 1),
        features={reason.evidence: round(reason.bits, 1) for reason in found.reasons},
    )
