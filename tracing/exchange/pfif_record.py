"""What a PFIF person says, as a record of ours, and what has to stay text."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from tracing.errors import RecordInvalid
from tracing.exchange.incoming import Fault, Incoming, Provenance
from tracing.exchange.pfif_read import PfifPerson, moment
from tracing.exchange.pfif_structure import pfif_structure
from tracing.records import PersonRecord

_HAN = re.compile(r"[㐀-鿿豈-﫿\U00020000-\U0003134f]")
_HOME = ("home_country", "home_state", "home_city", "home_neighborhood", "home_street")
_NAME_LONGEST = 200
_NAMES_MOST = 40
_PHONE = re.compile(r"[0-9?+\- ]{7,40}")
_OLDEST = 130
_DAYS_OF_IDS = frozenset({"person_record_id", "source_date", "entry_date", "expiry_date"})


def incoming(
    persons: tuple[PfifPerson, ...], now: datetime, own_domain: str, *, side: str | None = None
) -> Iterator[Incoming]:
    """Each person of a file; `side` puts all of them on one side instead of by their status.

    A record of `own_domain` left here and comes back: it is told as a fault and not taken in.
    """
    for row, person in enumerate(persons, 1):
        yield _one(row, person, now, own_domain, side)


def _one(
    row: int, person: PfifPerson, now: datetime, own_domain: str, side: str | None
) -> Incoming:
    if pfif_structure().forms["person_record_id"].fullmatch(person.id) is None:
        return Incoming(row, fault=Fault("person_record_id", "pfif_record_id"))
    if own_domain and person.domain == own_domain.lower():
        return Incoming(row, fault=Fault("person_record_id", "own_record"))
    taken = _Taken(person)
    record: PersonRecord | None = None
    expired = person.expired(now)
    if not expired and not person.notes_only:
        try:
            record = PersonRecord.model_validate(taken.document(side))
        except RecordInvalid as error:
            path, reason = error.facts.get("path"), error.facts.get("reason")
            return Incoming(row, fault=Fault(str(path), str(reason)))
        if not record.names:
            return Incoming(row, fault=Fault("full_name", "required"))
    return Incoming(
        row,
        record=record,
        external=(person.domain, person.id),
        provenance=taken.provenance(),
        dated_at=person.moment("source_date") or person.moment("entry_date"),
        expires_at=person.moment("expiry_date"),
        clone=True,
        gone=expired,
        notes_only=person.notes_only and not expired,
    )


class _Taken:
    """Fields that found a place in the record are crossed out; what is left stays text."""

    def __init__(self, person: PfifPerson) -> None:
        self._person = person
        self._fields = person.fields
        self._used: set[str] = set(_DAYS_OF_IDS)
        self._dated = person.moment("source_date")

    def document(self, side: str | None) -> dict[str, Any]:
        """The document of the record."""
        person, said = self._person, self._dated
        found: dict[str, Any] = {
            "id": person.id,
            "source": person.domain,
            "side": side or self._side(),
            "names": list(self._names()),
            "places": list(self._places()),
            "numbers": list(self._phones()),
            "birth": self._birth(said.date() if said else None),
            "sex": self._sex(),
        }
        return {key: value for key, value in found.items() if value}

    def provenance(self) -> Provenance:
        """What stays text, by field name; notes and links are always kept whole."""
        held = {k: v for k, v in self._fields.items() if k not in self._used}
        held.update({k: v for k, v in self._person.foreign.items() if k not in held})
        links = (note.get("linked_person_record_id", "") for note in self._person.notes)
        return Provenance(
            source=self._person.domain,
            author=self._fields.get("author_name", ""),
            held=held,
            notes=self._person.notes,
            links=tuple(dict.fromkeys(filter(None, links))),
        )

    def _claim(self) -> dict[str, str]:
        """Who says so, and when."""
        author = self._fields.get("author_name", "")
        said = {"source": self._person.domain[:100], "by": author[:100].strip()}
        if self._dated is not None:
            said["at"] = self._dated.isoformat()
        if "\n" in author or len(author) > 100:
            said.pop("by")
        else:
            self._used.add("author_name")
        return {key: value for key, value in said.items() if value}

    def _names(self) -> Iterator[dict[str, str]]:
        full = self._fields.get("full_name", "")
        family, given = (self._fields.get(k, "") for k in ("family_name", "given_name"))
        joined = f"{family}{given}" if _HAN.search(family + given) else f"{given} {family}".strip()
        first, *further = (full or joined).strip().splitlines() or [""]
        kept = [("stated", first), *(("alias", name) for name in further)]
        parts = {family + given, f"{given} {family}".strip(), f"{family} {given}".strip()}
        if not full or full in parts:
            self._used |= {"family_name", "given_name"}
        others = self._fields.get("alternate_names", "").splitlines()
        kept += [("alias", name) for name in others]
        kept = [(kind, name.strip()) for kind, name in kept if name.strip()][:_NAMES_MOST]
        if all(len(name) <= _NAME_LONGEST for _, name in kept):
            self._used.add("alternate_names")
        self._used.add("full_name")
        for kind, name in kept:
            if len(name) <= _NAME_LONGEST:
                written = "text" if _HAN.search(name) else "latin"
                yield {written: name, "kind": kind, **self._claim()}

    def _sex(self) -> dict[str, str] | None:
        value = self._fields.get("sex")
        if value not in ("male", "female"):
            return None
        self._used.add("sex")
        return {"value": value, **self._claim()}

    def _birth(self, said: date | None) -> dict[str, str] | None:
        born = _born(self._fields.get("date_of_birth", ""))
        if born is not None:
            self._used.add("date_of_birth")
        else:
            age = self._fields.get("age", "")
            born = _aged(age, said) if said else None
            if born is None:
                return None
            self._used.add("age")
        first, last = born
        return {"earliest": first.isoformat(), "latest": last.isoformat(), "basis": "stated",
                **self._claim()}  # fmt: skip

    def _places(self) -> Iterator[dict[str, Any]]:
        parts = [self._fields[name] for name in _HOME if name in self._fields]
        home = " ".join(" ".join(parts).split())
        if home and len(home) <= _NAME_LONGEST:
            place: dict[str, Any] = {"kind": "living", "text": home, **self._claim()}
            code = self._fields.get("home_state", "")
            if self._fields.get("home_country") == "CN" and re.fullmatch(r"\d\d", code):
                place["code"] = code  # ISO 3166-2:CN had the numbers of GB/T 2260
            self._used |= set(_HOME)
            yield place
        seen = [note for note in self._person.notes if note.get("last_known_location")]
        if seen:
            text = " ".join(seen[-1]["last_known_location"].split())[:_NAME_LONGEST]
            kind = "found" if self._side() == "found" else "last_seen"
            at = moment(seen[-1].get("source_date", ""))
            yield {"kind": kind, "text": text, **({"at": at.isoformat()} if at else {})}

    def _phones(self) -> Iterator[dict[str, str]]:
        for note in self._person.notes:
            phone = note.get("phone_of_found_person", "").replace("(", "").replace(")", "")
            if _PHONE.fullmatch(phone):
                yield {"kind": "phone", "text": phone}

    def _side(self) -> str:
        said = [note["status"] for note in self._person.notes if note.get("status")]
        sides = pfif_structure().sides
        return sides.get(said[-1] if said else "none", sides["none"])


def _born(text: str) -> tuple[date, date] | None:
    """First and last day of a date of birth, which may be a year or a month."""
    if pfif_structure().forms["date_of_birth"].fullmatch(text) is None:
        return None
    parts = [int(part) for part in text.split("-")]
    try:
        if len(parts) == 3:
            day = date(*parts)
            return day, day
        if len(parts) == 2:
            last = calendar.monthrange(parts[0], parts[1])[1]
            return date(parts[0], parts[1], 1), date(parts[0], parts[1], last)
        return date(parts[0], 1, 1), date(parts[0], 12, 31)
    except (ValueError, calendar.IllegalMonthError):
        return None


def _aged(text: str, said: date) -> tuple[date, date] | None:
    """First and last day of birth of somebody of that age (`n` or `n-m`) on that day."""
    if pfif_structure().forms["age"].fullmatch(text) is None:
        return None
    years = sorted(int(part) for part in text.split("-"))
    return born_between(years[0], years[-1], said)


def born_between(youngest: int, oldest: int, said: date) -> tuple[date, date] | None:
    """First and last day of birth of somebody between two ages on a day; None beyond 130 years."""
    if oldest > _OLDEST:
        return None
    return _years_before(said, oldest + 1) + timedelta(days=1), _years_before(said, youngest)


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # the 29th of February
        return day.replace(year=day.year - years, day=28)


def ages_on(birth: Mapping[str, Any], day: date) -> str:
    """Age as PFIF writes it, `n` or `n-m`, of somebody born between two days; empty if unknown."""
    first, last = (birth.get(k) for k in ("earliest", "latest"))
    if not first or not last:
        return ""
    oldest, youngest = (_full_years(date.fromisoformat(d), day) for d in (first, last))
    if youngest < 0 or oldest > _OLDEST:
        return ""
    return str(oldest) if oldest == youngest else f"{youngest}-{oldest}"


def _full_years(born: date, day: date) -> int:
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))
