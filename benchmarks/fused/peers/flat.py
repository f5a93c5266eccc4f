"""Person records as plain fields, such as any tool for record linkage takes.

What a careful user would hand to a peer: names in characters and in pinyin without tones, surname
and given name apart, year of birth in the middle of its range, division codes found by name where
a record has only words. Nothing that only our own comparators know goes in or is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pypinyin import lazy_pinyin

from matchers.claims import PersonClaims
from matchers.evidence.names import usable
from matchers.evidence.places import HOMES
from matchers.places import Divisions

COMPOUND = ("欧阳", "上官", "司马", "诸葛", "司徒", "东方", "皇甫", "尉迟", "公孙", "慕容", "夏侯")
Flat = dict[str, Any]


def flattened(documents: Sequence[Mapping[str, Any]], divisions: Divisions) -> list[Flat]:
    """One plain record for each document, in order; absent values are None."""
    return [_flat(PersonClaims.from_document(doc), divisions) for doc in documents]


def _flat(person: PersonClaims, divisions: Divisions) -> Flat:
    names = [c for c in person.names if usable(c)]
    written = list(dict.fromkeys(c.text for c in names if c.text))
    spelt = [pinyin(text) for text in written]
    spelt += [c.latin.lower() for c in names if c.latin]
    name = written[0] if written else None
    surname = next((s for s in COMPOUND if name and name.startswith(s)), name[:1] if name else None)
    code = _home(person, divisions)
    relatives = [c.text for r in person.relatives for c in r.names if c.text and usable(c)]
    return {
        "name": name,
        "names": written,
        "pinyin": spelt[0] if spelt else None,
        "pinyins": list(dict.fromkeys(spelt)),
        "surname_pinyin": pinyin(surname) if surname else (spelt[0].split()[0] if spelt else None),
        "given": name[len(surname or "") :] or None if name else None,
        "sex": person.sex if person.sex in ("male", "female") else None,
        "year": _year(person),
        "birthday": _birthday(person),
        "province": code[:2] if code else None,
        "city": code[:4] if code and code[2:4] != "00" else None,
        "county": code if code and code[4:] != "00" else None,
        "relatives": relatives,
        "relative": relatives[0] if relatives else None,
        "number": next((n.text for n in person.numbers if n.kind == "citizen" and n.text), None),
        "phone": next((n.text for n in person.numbers if n.kind == "phone" and n.text), None),
        "marks": sorted({f"{m.site} {m.kind}" for m in person.marks if m.site}),
    }


def pinyin(text: str) -> str:
    """Syllables without tones, spaced."""
    return " ".join(lazy_pinyin(text)).lower()


def _year(person: PersonClaims) -> int | None:
    birth = person.birth
    ends = [d.year for d in (birth.earliest, birth.latest) if d] if birth else []
    return round(sum(ends) / len(ends)) if ends else None


def _birthday(person: PersonClaims) -> str | None:
    birth = person.birth
    if birth is None or birth.earliest is None or birth.earliest != birth.latest:
        return None
    return birth.earliest.isoformat()


def _home(person: PersonClaims, divisions: Divisions) -> str | None:
    for claim in person.places:
        if claim.kind in HOMES and claim.status is None:
            if claim.code and len(claim.code) >= 4:
                return claim.code[:6].ljust(6, "0")
            found = divisions.find(claim.text) if claim.text else ()
            if found:
                return found[0].code[:6].ljust(6, "0")
    return None
