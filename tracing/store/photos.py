"""Statements about photos, faces and prints. Keys, details and vectors come and go sealed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, func, insert, or_, select, update

from tracing.store.database import Tx
from tracing.store.tables import Draft, Face, FacePrint, Person, Photo, Station


@dataclass(frozen=True, slots=True)
class PhotoRow:
    """A photo as stored; `station_path` is that of its person's station, else its taker's."""

    id: str
    station_id: str
    station_path: str
    account_id: str
    person_id: str | None
    wrapped: bytes
    details: bytes
    state: str
    format: str
    width: int
    height: int
    advice: str
    chosen: int | None
    position: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class FaceRow:
    """A face in a photo."""

    photo_id: str
    ordinal: int
    left: int
    top: int
    right: int
    bottom: int
    score: float
    sharpness: float
    quality: str
    relation: str | None


@dataclass(frozen=True, slots=True)
class PrintRow:
    """A sealed face vector."""

    id: str
    person_id: str | None
    photo_id: str | None
    ordinal: int | None
    model: str
    vector: bytes
    quality: float | None
    taken: str | None
    age: int | None
    cohort_version: int | None
    cohort_mean: float | None


_PHOTO = (
    Photo.id,
    Photo.station_id,
    Station.path.label("station_path"),
    Photo.account_id,
    Photo.person_id,
    Photo.wrapped,
    Photo.details,
    Photo.state,
    Photo.format,
    Photo.width,
    Photo.height,
    Photo.advice,
    Photo.chosen,
    Photo.position,
    Photo.created_at,
)
_FACE = (
    Face.photo_id,
    Face.ordinal,
    Face.left,
    Face.top,
    Face.right,
    Face.bottom,
    Face.score,
    Face.sharpness,
    Face.quality,
    Face.relation,
)
_PRINT = (
    FacePrint.id,
    FacePrint.person_id,
    FacePrint.photo_id,
    FacePrint.ordinal,
    FacePrint.model,
    FacePrint.vector,
    FacePrint.quality,
    FacePrint.taken,
    FacePrint.age,
    FacePrint.cohort_version,
    FacePrint.cohort_mean,
)


def insert_photo(
    tx: Tx,
    photo: Mapping[str, Any],
    faces: Sequence[Mapping[str, Any]],
    prints: Sequence[Mapping[str, Any]],
) -> None:
    """A photo with its faces and their prints."""
    tx.insert(insert(Photo), [photo])
    tx.insert(insert(Face), faces)
    tx.insert(insert(FacePrint), prints)


def insert_prints(tx: Tx, prints: Sequence[Mapping[str, Any]]) -> None:
    """Prints that came ready-made or belong to a photo already stored."""
    tx.insert(insert(FacePrint), prints)


def find(tx: Tx, photo_id: str) -> PhotoRow | None:
    """The photo with that id, of whatever station."""
    statement = (
        select(*_PHOTO)
        .outerjoin(Person, Person.id == Photo.person_id)
        .join(
            Station,
            or_(
                Station.id == Person.station_id,
                Photo.person_id.is_(None) & (Station.id == Photo.station_id),
            ),
        )
        .where(Photo.id == photo_id)
    )
    row = tx.run(statement).first()
    return None if row is None else PhotoRow(*row)


def hold(tx: Tx, photo_id: str) -> PhotoRow | None:
    """`find`, and nobody else changes the photo until the end of the transaction."""
    tx.run(select(Photo.id).where(Photo.id == photo_id).with_for_update())
    return find(tx, photo_id)


def of_people(tx: Tx, person_ids: Sequence[str]) -> list[PhotoRow]:
    """Photos of these persons, in their order."""
    statement = (
        select(*_PHOTO)
        .join(Person, Person.id == Photo.person_id)
        .join(Station, Station.id == Person.station_id)
        .where(Photo.person_id.in_(person_ids))
        .order_by(Photo.person_id, Photo.position, Photo.id)
    )
    return [PhotoRow(*row) for row in tx.run(statement)]


def faces(tx: Tx, photo_ids: Sequence[str]) -> dict[str, list[FaceRow]]:
    """Faces of these photos by photo, in their order."""
    found: dict[str, list[FaceRow]] = {}
    statement = (
        select(*_FACE).where(Face.photo_id.in_(photo_ids)).order_by(Face.photo_id, Face.ordinal)
    )
    for row in tx.run(statement):
        found.setdefault(row.photo_id, []).append(FaceRow(*row))
    return found


def prints_of_photo(tx: Tx, photo_id: str) -> list[PrintRow]:
    """All prints of a photo, by face."""
    statement = select(*_PRINT).where(FacePrint.photo_id == photo_id)
    return [PrintRow(*row) for row in tx.run(statement.order_by(FacePrint.ordinal))]


def prints_of_people(tx: Tx, person_ids: Sequence[str]) -> dict[str, list[PrintRow]]:
    """The persons' own prints by person, in order of making."""
    found: dict[str, list[PrintRow]] = {}
    statement = select(*_PRINT).where(FacePrint.person_id.in_(person_ids)).order_by(FacePrint.id)
    for row in tx.run(statement):
        found.setdefault(row.person_id, []).append(PrintRow(*row))
    return found


def chosen_of_people(tx: Tx, person_ids: Sequence[str]) -> dict[str, tuple[str, int | None]]:
    """The first photo of each person, one with a chosen face before others."""
    found: dict[str, tuple[str, int | None]] = {}
    statement = (
        select(Photo.person_id, Photo.id, Photo.chosen)
        .where(Photo.person_id.in_(person_ids))
        .order_by(Photo.person_id, Photo.chosen.is_(None), Photo.position, Photo.id)
    )
    for person_id, photo_id, chosen in tx.run(statement):
        found.setdefault(person_id, (photo_id, chosen))
    return found


def set_photo(tx: Tx, photo_id: str, values: Mapping[str, Any]) -> None:
    """Change a held photo."""
    tx.run(update(Photo).where(Photo.id == photo_id).values(**values))


def set_print(tx: Tx, print_id: str, values: Mapping[str, Any]) -> None:
    """Change one print: whose it is and under which key it lies."""
    tx.run(update(FacePrint).where(FacePrint.id == print_id).values(**values))


def set_taken(tx: Tx, photo_id: str, taken: str | None) -> None:
    """Say when the photo's prints were taken."""
    tx.run(update(FacePrint).where(FacePrint.photo_id == photo_id).values(taken=taken))


def set_relations(tx: Tx, photo_id: str, relations: Mapping[int, str]) -> None:
    """Say whose the other faces of a photo may be; forgets what was said before."""
    tx.run(update(Face).where(Face.photo_id == photo_id).values(relation=None))
    for ordinal, relation in relations.items():
        tx.run(
            update(Face)
            .where(Face.photo_id == photo_id, Face.ordinal == ordinal)
            .values(relation=relation)
        )


def claim(
    tx: Tx, recipe: str, detector: str, now: datetime, until: datetime, limit: int
) -> list[str]:
    """Take photos whose prints or faces are not of this model, newest first, until a moment.

    Nobody else is given them before that; those that others are taking right now are passed over.
    """
    found: list[str] = []
    for behind in _behind(recipe, detector):
        free = Photo.claimed_until.is_(None) | (Photo.claimed_until < now)
        statement = select(Photo.id).where(behind, free).order_by(Photo.id.desc())
        statement = statement.limit(limit - len(found)).with_for_update(skip_locked=True)
        found += tx.run(statement).scalars()
        if len(found) >= limit:
            break
    tx.run(update(Photo).where(Photo.id.in_(found)).values(claimed_until=until))
    return found


def behind(tx: Tx, recipe: str, detector: str, most: int) -> int:
    """How many photos have prints or faces that are not of this model; counted up to `most`."""
    return sum(
        int(
            tx.connection.scalar(
                select(func.count()).select_from(
                    select(Photo.id).where(condition).limit(most).subquery()
                )
            )
            or 0
        )
        for condition in _behind(recipe, detector)
    )


def _behind(recipe: str, detector: str) -> tuple[ColumnElement[bool], ...]:
    """Ready photos of another recipe; pictures without a face that another detector looked at.

    Written as ranges, which an index answers.
    """
    return tuple(
        (Photo.state == state) & or_(column.is_(None), column < current, column > current)
        for state, column, current in (
            ("ready", Photo.recipe, recipe),
            ("no_face", Photo.detector, detector),
        )
    )


def replace_prints(tx: Tx, photo_id: str, prints: Sequence[Mapping[str, Any]]) -> None:
    """Put these prints in place of all of the photo's."""
    tx.run(delete(FacePrint).where(FacePrint.photo_id == photo_id))
    tx.insert(insert(FacePrint), prints)


def insert_faces(tx: Tx, faces: Sequence[Mapping[str, Any]]) -> None:
    """Faces found in a photo that had none."""
    tx.insert(insert(Face), faces)


def ready_made_of_others(tx: Tx, recipe: str) -> int:
    """How many prints came without a photo and are of another model: nobody can make them anew."""
    statement = select(func.count()).where(FacePrint.photo_id.is_(None), FacePrint.model != recipe)
    return int(tx.connection.scalar(statement) or 0)


def forget(tx: Tx, photo_ids: Sequence[str]) -> None:
    """Delete photos with faces and prints; their files are noise from then on."""
    tx.run(delete(FacePrint).where(FacePrint.photo_id.in_(photo_ids)))
    tx.run(delete(Face).where(Face.photo_id.in_(photo_ids)))
    tx.run(delete(Photo).where(Photo.id.in_(photo_ids)))


def forget_prints(tx: Tx, person_id: str, *, ready_made: bool = False) -> None:
    """Delete the person's prints; with `ready_made` only those that came without a photo."""
    statement = delete(FacePrint).where(FacePrint.person_id == person_id)
    if ready_made:
        statement = statement.where(FacePrint.photo_id.is_(None))
    tx.run(statement)


def unattached_before(tx: Tx, at: datetime, now: datetime, limit: int) -> list[str]:
    """Photos that nobody attached since `at` and that no living draft names."""
    drafts = tx.run(select(Draft.photo_ids).where(Draft.expires_at > now)).scalars()
    named = {photo_id for photo_ids in drafts for photo_id in photo_ids.split()}
    statement = (
        select(Photo.id)
        .where(Photo.person_id.is_(None), Photo.created_at < at)
        .order_by(Photo.id)
        .limit(limit + len(named))
    )
    return [photo_id for photo_id in tx.run(statement).scalars() if photo_id not in named][:limit]


def existing(tx: Tx, photo_ids: Sequence[str]) -> set[str]:
    """Which of these photos have a row."""
    found: set[str] = set()
    for start in range(0, len(photo_ids), 500):
        part = photo_ids[start : start + 500]
        found.update(tx.run(select(Photo.id).where(Photo.id.in_(part))).scalars())
    return found
