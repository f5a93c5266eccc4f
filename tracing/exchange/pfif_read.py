"""Reading PFIF 1.1 to 1.4, as a document of its own or inside an Atom or RSS feed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from lxml import etree

from tracing.errors import FileRefused
from tracing.exchange.pfif_structure import PfifVersion, pfif_structure
from tracing.exchange.rules import exchange_rules
from tracing.exchange.safe_xml import elements, local

_ROOTS = frozenset({"pfif", "feed", "rss"})


@dataclass(frozen=True, slots=True)
class PfifPerson:
    """A person as a file has it: fields by their names in 1.4, its notes, oldest first.

    `foreign` are texts of elements that no version knows, by name. A person of whom the file has
    notes only has no fields but its id.
    """

    id: str
    version: str
    fields: Mapping[str, str] = field(repr=False)
    notes: tuple[Mapping[str, str], ...] = field(default=(), repr=False)
    foreign: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def domain(self) -> str:
        """The domain whose record this is."""
        return self.id.partition("/")[0].lower()

    @property
    def notes_only(self) -> bool:
        """Whether nothing is said but notes."""
        return set(self.fields) <= {"person_record_id"}

    def moment(self, name: str) -> datetime | None:
        """A date field as a moment; None when it is none."""
        return moment(self.fields.get(name, ""))

    def expired(self, now: datetime) -> bool:
        """Whether only a tombstone is left, or the record's own day has passed."""
        expiry = self.moment("expiry_date")
        return expiry is not None and (expiry <= now or not self._named())

    def _named(self) -> bool:
        names = ("full_name", "given_name", "family_name")
        return any(self.fields.get(name) for name in names)


def moment(text: str) -> datetime | None:
    """A date and time of PFIF (UTC); None for anything else."""
    if pfif_structure().forms["source_date"].fullmatch(text) is None:
        return None
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def read_pfif(data: bytes) -> tuple[PfifPerson, ...]:
    """All persons of a file, in its order; those with notes only come last.

    Raises:
        FileRefused: no PFIF, no safe XML, or too many records.
    """
    gathered = _Gathered()
    root = ""
    for element, depth in elements(data):
        namespace, name = local(element)
        version = pfif_structure().by_namespace(namespace)
        if depth == 1:
            root = name
            if name == "pfif" and version is None:
                raise FileRefused(reason="pfif_version")
        if version is None or name not in ("person", "note"):
            continue
        if name == "note" and _within_person(element):
            continue
        gathered.add(element, version, name)
        element.clear()
    if not gathered.versions and root not in _ROOTS:
        raise FileRefused(reason="not_pfif")
    return gathered.persons()


def _within_person(element: etree._Element) -> bool:
    parent = element.getparent()
    return parent is not None and local(parent)[1] == "person"


class _Gathered:
    def __init__(self) -> None:
        self.versions: set[str] = set()
        self._found: list[PfifPerson] = []
        self._notes: list[tuple[str, dict[str, str]]] = []

    def add(self, element: etree._Element, version: PfifVersion, name: str) -> None:
        if len(self._found) + len(self._notes) >= exchange_rules().files.records:
            raise FileRefused(reason="too_many")
        self.versions.add(version.version)
        if name == "note":
            self._notes.append((version.version, _fields(element)[0]))
            return
        fields, foreign = _fields(element)
        notes = [_fields(child)[0] for child in element if local(child)[1] == "note"]
        person = PfifPerson(
            fields.get("person_record_id", ""), version.version, fields, tuple(notes), foreign
        )
        self._found.append(person)

    def persons(self) -> tuple[PfifPerson, ...]:
        """The persons with the notes that stood apart from them."""
        apart: dict[str, list[dict[str, str]]] = {}
        for _, note in self._notes:
            apart.setdefault(note.get("person_record_id", ""), []).append(note)
        whole = [
            PfifPerson(p.id, p.version, p.fields, _in_order([*p.notes, *apart.pop(p.id, [])]),
                       p.foreign)
            for p in self._found
        ]  # fmt: skip
        newest = max(self.versions, default="1.4")
        orphans = [
            PfifPerson(person_id, newest, {"person_record_id": person_id}, _in_order(notes))
            for person_id, notes in apart.items()
        ]
        return (*whole, *orphans)


def _in_order(notes: Sequence[Mapping[str, str]]) -> tuple[Mapping[str, str], ...]:
    return tuple(sorted(notes, key=lambda note: note.get("source_date", "")))


def _fields(element: etree._Element) -> tuple[dict[str, str], dict[str, str]]:
    """Fields by their names in 1.4, and what no version knows."""
    own, longest = pfif_structure(), exchange_rules().files.value
    part = local(element)[1]
    found: dict[str, str] = {}
    foreign: dict[str, str] = {}
    for child in element:
        namespace, name = local(child)
        text = "".join(child.itertext()).strip()
        version = own.by_namespace(namespace)
        if name == "note" or not text:
            continue
        if len(text) > longest:
            raise FileRefused(reason="value_too_long")
        known = version is not None and name in (
            version.person if part == "person" else version.note
        )
        (found if known else foreign).setdefault(own.newest(name) if known else name, text)
    return found, foreign
