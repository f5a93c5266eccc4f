"""Writing notices as PFIF 1.4: a lossy public view, with an expiry date and tombstones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lxml import etree

from tracing.exchange.notices import FeedEntry, FeedPage, utc
from tracing.exchange.pfif_structure import pfif_structure
from tracing.exchange.release import PublicView

VERSION = "1.4"
_NOT_NAMED = "姓名不详"
"""PFIF asks for a name; somebody without one is published as such."""
_WORDS = {"height": "身高约 {} 厘米", "span": "身高约 {}–{} 厘米"}
_BARRED = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 65534, 65535))


def records(page: FeedPage) -> Iterator[tuple[dict[str, str], dict[str, str] | None]]:
    """Each entry as fields of a person and of its one note; a tombstone has no note."""
    for entry in page.entries:
        person_id = f"{page.domain}/notice.{entry.id}"
        if entry.view is None:
            yield _tombstone(person_id, entry), None
            continue
        yield _person(person_id, entry, entry.view), _note(page.domain, person_id, entry)


def pfif_document(page: FeedPage) -> bytes:
    """The page as a PFIF 1.4 document in UTF-8."""
    version = pfif_structure().versions[VERSION]
    root = etree.Element(f"{{{version.namespace}}}pfif", nsmap={"pfif": version.namespace})
    for person, note in records(page):
        root.append(element(person, note))
    written: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return written


def element(person: Mapping[str, str], note: Mapping[str, str] | None) -> etree._Element:
    """A `pfif:person` with its note, fields in the order of the specification."""
    version = pfif_structure().versions[VERSION]
    made = etree.Element(f"{{{version.namespace}}}person", nsmap={"pfif": version.namespace})
    _fill(made, person, version.person, version.namespace)
    if note is not None:
        inner = etree.SubElement(made, f"{{{version.namespace}}}note")
        _fill(inner, note, version.note, version.namespace)
    return made


def clean(text: str) -> str:
    """A text without characters that XML cannot hold."""
    return "".join(c for c in text.translate(_BARRED) if not 0xD800 <= ord(c) <= 0xDFFF)


def _fill(
    made: etree._Element, fields: Mapping[str, str], order: tuple[str, ...], namespace: str
) -> None:
    for name in order:
        if name in fields:
            etree.SubElement(made, f"{{{namespace}}}{name}").text = clean(fields[name])


def _tombstone(person_id: str, entry: FeedEntry) -> dict[str, str]:
    """Ids and dates; the name that has to be there is empty."""
    return {
        "person_record_id": person_id,
        "entry_date": utc(entry.changed_at),
        "source_date": utc(entry.changed_at),
        "expiry_date": utc(min(entry.expires_at, entry.changed_at)),
        "full_name": "",
    }


def _person(person_id: str, entry: FeedEntry, view: PublicView) -> dict[str, str]:
    found = {
        "person_record_id": person_id,
        "entry_date": utc(entry.changed_at),
        "expiry_date": utc(entry.expires_at),
        "author_name": entry.station_name,
        "source_name": entry.station_name,
        "source_date": utc(entry.changed_at),
        "full_name": view.name or _NOT_NAMED,
        "alternate_names": "\n".join(view.other_names),
        "description": described(view),
        "sex": view.sex or "",
        "age": view.age,
        "home_city": view.home,
        "home_country": "CN" if view.home else "",
    }
    return {name: value for name, value in found.items() if value}


def _note(domain: str, person_id: str, entry: FeedEntry) -> dict[str, str]:
    view = entry.view
    found = {
        "note_record_id": f"{domain}/notice.{entry.id}.1",
        "person_record_id": person_id,
        "entry_date": utc(entry.changed_at),
        "author_name": entry.station_name,
        "source_date": utc(entry.changed_at),
        "status": pfif_structure().status[entry.side],
        "last_known_location": view.where if view else "",
        "text": "寻亲公告",
    }
    return {name: value for name, value in found.items() if value}


def described(view: PublicView) -> str:
    """Height and the text for the public, in one."""
    height = ""
    if view.height_cm is not None:
        low, high = view.height_cm
        height = (_WORDS["height"].format(low) if low == high
                  else _WORDS["span"].format(low, high))  # fmt: skip
    return "\n".join(filter(None, (height, view.text)))
