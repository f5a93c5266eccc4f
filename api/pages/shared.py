"""What several pages show: lists to choose from and people in a row."""

from __future__ import annotations

from dataclasses import dataclass

from api import phrasing
from api.choices import Choices
from api.language import Words
from api.pages.reasons import face_url
from api.visit import Visit
from tracing.person_files import PersonFile


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person in a list."""

    id: str
    title: str
    latin: str
    meta: tuple[str, ...]
    side: str
    place: str
    at: object
    face: str


def choices_of(visit: Visit) -> Choices:
    """The lists people choose from."""
    return visit.house.choices


def first_face(person: PersonFile) -> str:
    """The picture of the person's face, newest photo with a chosen face first."""
    for photo in reversed(person.photos):
        if photo.chosen is not None:
            return face_url((photo.id, photo.chosen))
    return ""


def row(words: Words, person: PersonFile) -> PersonRow:
    """A person in one row."""
    doc = person.record.document()
    name = phrasing.called(words, doc)
    return PersonRow(
        id=person.id,
        title=phrasing.title(words, doc),
        latin=name.latin,
        meta=phrasing.meta(words, doc),
        side=person.side,
        place=phrasing.place(doc, phrasing.EVENT_KINDS),
        at=person.created_at,
        face=first_face(person),
    )
