"""The album: photos received, faces offered and chosen, pictures and crops given out.

A photo has a key of its own, wrapped by the master key until the photo belongs to a person and
by the person's key from then on. The print of the chosen face lies under the person's key.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from pydantic import TypeAdapter, ValidationError

from tracing import audit
from tracing.access import Actor, require, rules
from tracing.errors import FaceUnknown, NotFound, NotPermitted, RecordInvalid
from tracing.photos.files import PhotoFiles
from tracing.photos.intake import Examined
from tracing.photos.keeping import person_key, photo_key, put_choice
from tracing.photos.views import (
    AlbumRules,
    Box,
    FaceInfo,
    PhotoInfo,
    album_rules,
    face_rows,
    photo_info,
)
from tracing.record_fields import About
from tracing.store import Store, Tx, people, searches, verifications
from tracing.store import audit as trail
from tracing.store import photos as rows
from tracing.store.ids import is_id, new_id

__all__ = ["AlbumRules", "Box", "Examiner", "FaceInfo", "PhotoInfo", "Photos", "require_faces"]


class Examiner(Protocol):
    """What the album needs of the intake."""

    def examine(self, data: bytes) -> Examined:
        """The photo opened, its faces found; raises the `PhotoError`s."""
        ...

    def crop(self, jpeg: bytes, box: Box, size: int = 256) -> bytes:
        """A square JPEG around a face."""
        ...


class Photos:
    """Photos of one installation; each call is one transaction, examining stands outside of it."""

    def __init__(self, store: Store, intake: Examiner) -> None:
        self._store = store
        self._intake = intake
        self._files = PhotoFiles(store.data_dir)

    def receive(self, actor: Actor, data: bytes, filename: str = "") -> PhotoInfo:
        """Examine and keep a photo, sealed; the only face is chosen at once.

        Raises:
            PhotoError: the photo cannot be used; nothing was kept.
        """
        require(actor, "photos.write")
        examined = self._intake.examine(data)
        photo_id, key, now = new_id(), self._store.vault.new_key(), self._store.now()
        photo = self._photo_row(photo_id, key, examined, filename)
        photo |= {
            "station_id": actor.station_id,
            "account_id": actor.account_id,
            "bytes_original": len(data),
            "created_at": now,
        }
        vault = self._store.vault
        for kind, plain in (("original", data), ("picture", examined.jpeg)):
            self._files.write(
                photo_id,
                "original" if kind == "original" else "picture",
                vault.seal(key, plain, kind, photo_id),
            )
        with self._store.write() as tx:
            rows.insert_photo(
                tx,
                photo,
                face_rows(photo_id, examined.faces),
                self._print_rows(photo_id, key, examined),
            )
            detail: audit.Detail = {"faces": len(examined.faces), "format": examined.format}
            audit.record(tx, actor, "photo.receive", "photo", photo_id, at=now, detail=detail)
            return self._info(tx, _found(rows.find(tx, photo_id)))

    def choose(
        self,
        actor: Actor,
        photo_id: str,
        ordinal: int | None,
        others: Mapping[int, str] | None = None,
    ) -> PhotoInfo:
        """Say which face is the person's (None: none of them), and whose the others may be.

        Raises:
            FaceUnknown: there is no face with that number.
        """
        require(actor, "photos.write")
        others = dict(others or {})
        if not set(others.values()) <= album_rules().relations:
            raise RecordInvalid(path="others", reason="relation_unknown")
        now = self._store.now()
        with self._store.write() as tx:
            row = self._own(actor, rows.hold(tx, photo_id))
            self._require_in_use(tx, row)
            require_faces(tx, photo_id, {*others, *(() if ordinal is None else (ordinal,))})
            put_choice(tx, self._store.vault, row, ordinal, self._owner_key(tx, row))
            rows.set_relations(tx, photo_id, others)
            if row.person_id is not None:
                people.touch(tx, row.person_id, now)
            audit.record(tx, actor, "photo.choose", "photo", photo_id, at=now,
                         detail={"ordinal": ordinal})  # fmt: skip
            return self._info(tx, _found(rows.find(tx, photo_id)))

    def date(self, actor: Actor, photo_id: str, taken: str | None) -> PhotoInfo:
        """Say when a photo was taken (`2019`, `2019-05` or `2019-05-01`; None: not known).

        The years between two photos go into what their likeness weighs.

        Raises:
            RecordInvalid: no date, or one that is still to come.
        """
        require(actor, "photos.write")
        now, vault = self._store.now(), self._store.vault
        _require_date(taken, now)
        with self._store.write() as tx:
            row = self._own(actor, rows.hold(tx, photo_id))
            person = people.find(tx, row.person_id) if row.person_id else None
            key = photo_key(vault, row, person.wrapped if person else None)
            details = json.loads(vault.open(key, row.details, "details", row.id))
            text = json.dumps({**details, "taken": taken}).encode()
            rows.set_photo(tx, row.id, {"details": vault.seal(key, text, "details", row.id)})
            rows.set_taken(tx, row.id, taken)
            if row.person_id is not None:
                people.touch(tx, row.person_id, now)
            audit.record(tx, actor, "photo.date", "photo", photo_id, at=now)
            return self._info(tx, _found(rows.find(tx, photo_id)))

    def info(self, actor: Actor, photo_id: str) -> PhotoInfo:
        """The photo's faces, choice and advice."""
        require(actor, "photos.read" if actor.may("photos.read") else "photos.write")
        with self._store.read() as tx:
            return self._info(tx, self._whole(tx, actor, photo_id))

    def picture(self, actor: Actor, photo_id: str) -> bytes:
        """The picture as kept for looking: upright JPEG without metadata."""
        require(actor, "photos.read" if actor.may("photos.read") else "photos.write")
        with self._store.read() as tx:
            row = self._whole(tx, actor, photo_id)
            jpeg = self._open(tx, row)
        self._looked(actor, row)
        return jpeg

    def own_picture(self, actor: Actor, photo_id: str) -> bytes:
        """The picture for somebody whose own it is: the caller has made sure of that."""
        with self._store.read() as tx:
            row = _found(rows.find(tx, photo_id))
            self._require_in_use(tx, row)
            jpeg = self._open(tx, row)
        self._looked(actor, row)
        return jpeg

    def crop(self, actor: Actor, photo_id: str, ordinal: int, size: int = 256) -> bytes:
        """A square JPEG around one face; `size` in pixels, kept within the rules."""
        require(actor, "photos.read" if actor.may("photos.read") else "photos.write")
        own = album_rules()
        with self._store.read() as tx:
            row = self._viewable(tx, actor, photo_id)
            faces = {face.ordinal: face for face in rows.faces(tx, [photo_id]).get(photo_id, [])}
            jpeg = self._open(tx, row)
        face = faces.get(ordinal)
        if face is None:
            raise FaceUnknown(ordinal=ordinal)
        self._looked(actor, row)
        box = (face.left, face.top, face.right, face.bottom)
        return self._intake.crop(jpeg, box, max(own.crop_smallest, min(size, own.crop_largest)))

    def tidy(self) -> int:
        """Forget photos that nobody attached, remove files without a row; gives how many."""
        own, now = album_rules(), self._store.now()
        with self._store.write() as tx:
            old = now - timedelta(days=own.unattached_days)
            forgotten = rows.unattached_before(tx, old, now, 500)
            rows.forget(tx, forgotten)
        orphans = list(self._files.left_alone(own.orphan_minutes))
        with self._store.read() as tx:
            known = rows.existing(tx, orphans)
        gone = {*forgotten, *(photo_id for photo_id in orphans if photo_id not in known)}
        for photo_id in gone:
            self._files.remove(photo_id)
        return len(gone)

    def infos(self, tx: Tx, person_ids: Sequence[str]) -> dict[str, tuple[PhotoInfo, ...]]:
        """Photos of these persons by person; the caller has checked that they may be seen."""
        found: dict[str, tuple[PhotoInfo, ...]] = {}
        photos = rows.of_people(tx, person_ids)
        faces = rows.faces(tx, [row.id for row in photos])
        keys = {row.id: row.wrapped for row in people.find_many(tx, person_ids).values()}
        for row in photos:
            info = photo_info(
                self._store.vault, row, faces.get(row.id, []), keys.get(row.person_id or "")
            )
            found[row.person_id or ""] = (*found.get(row.person_id or "", ()), info)
        return found

    def drop_files(self, photo_ids: Sequence[str]) -> None:
        """Remove the files of photos whose rows are gone."""
        for photo_id in photo_ids:
            self._files.remove(photo_id)

    def _photo_row(
        self, photo_id: str, key: bytes, examined: Examined, filename: str
    ) -> dict[str, Any]:
        taken = examined.taken.isoformat() if examined.taken else None
        details = json.dumps({"filename": filename[:200], "taken": taken}).encode()
        return {
            "id": photo_id,
            "wrapped": self._store.vault.wrap(key, "photo", photo_id),
            "details": self._store.vault.seal(key, details, "details", photo_id),
            "state": "ready" if examined.faces else "no_face",
            "format": examined.format,
            "width": examined.width,
            "height": examined.height,
            "bytes_picture": len(examined.jpeg),
            "advice": " ".join(examined.advice)[:400],
            "chosen": 0 if len(examined.faces) == 1 else None,
            "position": 0,
            "recipe": examined.recipe,
            "detector": examined.detector,
        }

    def _print_rows(self, photo_id: str, key: bytes, examined: Examined) -> list[dict[str, Any]]:
        found = []
        for ordinal, face in enumerate(examined.faces):
            print_id = new_id()
            vector = face.vector.astype("<f4").tobytes()
            found.append(
                {
                    "id": print_id,
                    "photo_id": photo_id,
                    "ordinal": ordinal,
                    "model": examined.recipe,
                    "vector": self._store.vault.seal(key, vector, "print", print_id),
                    "quality": face.quality.sharpness,
                    "taken": examined.taken.isoformat() if examined.taken else None,
                }
            )
        return found

    def _info(self, tx: Tx, row: rows.PhotoRow) -> PhotoInfo:
        person = people.find(tx, row.person_id) if row.person_id else None
        faces = rows.faces(tx, [row.id]).get(row.id, [])
        return photo_info(self._store.vault, row, faces, person.wrapped if person else None)

    def _open(self, tx: Tx, row: rows.PhotoRow) -> bytes:
        person = people.find(tx, row.person_id) if row.person_id else None
        key = photo_key(self._store.vault, row, person.wrapped if person else None)
        sealed = self._files.read(row.id, "picture")
        return self._store.vault.open(key, sealed, "picture", row.id)

    def _owner_key(self, tx: Tx, row: rows.PhotoRow) -> bytes | None:
        owner = people.find(tx, row.person_id) if row.person_id else None
        return person_key(self._store.vault, owner.id, owner.wrapped) if owner else None

    def _own(self, actor: Actor, row: rows.PhotoRow | None) -> rows.PhotoRow:
        if row is None or not actor.owns(row.station_path, row.account_id):
            raise NotFound
        return row

    def _require_in_use(self, tx: Tx, row: rows.PhotoRow) -> None:
        owner = people.find(tx, row.person_id) if row.person_id else None
        if owner is not None and owner.stored_only_at is not None:
            raise NotPermitted(reason="stored_only")

    def _viewable(self, tx: Tx, actor: Actor, photo_id: str) -> rows.PhotoRow:
        """Own photos, and those of people whom a search or a call for verification has shown."""
        row = rows.find(tx, photo_id) if is_id(photo_id) else None
        if row is None:
            raise NotFound
        self._require_in_use(tx, row)
        if actor.owns(row.station_path, row.account_id):
            return row
        owner = people.find(tx, row.person_id) if row.person_id else None
        if owner is not None and owner.protected:
            raise NotFound  # also for those who were shown the picture before
        if row.person_id and self._lent(tx, actor, row.person_id):
            return row
        raise NotFound

    def _whole(self, tx: Tx, actor: Actor, photo_id: str) -> rows.PhotoRow:
        """The same; of other people, whoever is outside sees the face alone, never the scene."""
        row = self._viewable(tx, actor, photo_id)
        if actor.outside and row.person_id is not None:
            raise NotFound
        return row

    def _lent(self, tx: Tx, actor: Actor, person_id: str) -> bool:
        if actor.outside:
            now = self._store.now()
            since = now - timedelta(days=rules().outside_days)
            return searches.shown_to(tx, person_id, actor.account_id, since, now)
        shown = (searches.was_shown, verifications.lent_to)
        return any(by(tx, person_id, actor.station_path) for by in shown)

    def _looked(self, actor: Actor, row: rows.PhotoRow) -> None:
        now = self._store.now()
        since = now - timedelta(minutes=album_rules().picture_audit_minutes)
        with self._store.read() as tx:
            if trail.seen_since(tx, actor.account_id, "photo.read", row.id, since):
                return
        with self._store.write() as tx:
            detail = {"person": row.person_id} if row.person_id else {}
            audit.record(tx, actor, "photo.read", "photo", row.id, at=now, detail=detail)


def _require_date(taken: str | None, now: datetime) -> None:
    if taken is None:
        return
    try:
        TypeAdapter(About).validate_python(taken, strict=True)
    except ValidationError:
        raise RecordInvalid(path="taken", reason="date") from None
    if taken > now.date().isoformat()[: len(taken)]:
        raise RecordInvalid(path="taken", reason="future")


def require_faces(tx: Tx, photo_id: str, ordinals: set[int]) -> None:
    """Raise `FaceUnknown` unless the photo has a face with each of these numbers."""
    known = {face.ordinal for face in rows.faces(tx, [photo_id]).get(photo_id, [])}
    for ordinal in sorted(ordinals - known):
        raise FaceUnknown(ordinal=ordinal)


def _found(row: rows.PhotoRow | None) -> rows.PhotoRow:
    if row is None:
        raise NotFound
    return row
