"""Encoding photos again when the face model changes, and looking again for faces.

The work is derived from the data: photos whose prints another recipe made, pictures without a face
that another detector looked at. A batch is taken for some minutes, made outside of any transaction
and committed at once, so that any number of threads and processes share the work and a crash
repeats one batch at most. A photo that cannot be read is tried again the next day.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol

import numpy as np
import structlog
from numpy.typing import NDArray

from tracing.errors import NotFound, PhotoError, TracingError
from tracing.photos.files import PhotoFiles
from tracing.photos.intake import Examined
from tracing.photos.keeping import person_key, photo_key
from tracing.photos.served import ServedFaces
from tracing.photos.views import Box, face_rows
from tracing.retention import print_over
from tracing.store import Store, Tx, people
from tracing.store import photos as rows
from tracing.store.ids import new_id

BATCH = 16
CLAIM = timedelta(minutes=5)
AGAIN = timedelta(days=1)
"""After this a photo that could not be read is tried once more."""
COUNTED_MOST = 10_000
_IDLE_SECONDS = 30.0
_LAST_SECONDS = 5.0


class Encoding(Protocol):
    """What the work needs of the intake."""

    def served(self) -> ServedFaces:
        """The face model in use."""
        ...

    def examine(self, data: bytes) -> Examined:
        """The photo opened, its faces found; raises the `PhotoError`s."""
        ...

    def encode(self, jpeg: bytes, boxes: Sequence[Box]) -> NDArray[np.float32]:
        """Prints of known faces in an examined picture, float32 [n, d]."""
        ...


@dataclass(frozen=True, slots=True)
class Left:
    """What is still to be done: photos (counted up to `COUNTED_MOST`), and ready-made prints of
    another model, which only their source can make anew."""

    photos: int
    ready_made: int


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a look at a photo brought: prints of the known faces, or faces where none were known.

    Nothing of either for somebody whose print may not be kept any more.
    """

    vectors: NDArray[np.float32] | None = field(default=None, repr=False)
    found: Examined | None = field(default=None, repr=False)


class Reencoding:
    """The work of one installation; any number may be at it at once."""

    def __init__(self, store: Store, intake: Encoding, *, at_once: int = 1) -> None:
        """`at_once`: how many photos are with the workers at a time."""
        self._store = store
        self._intake = intake
        self._files = PhotoFiles(store.data_dir)
        self._at_once = at_once

    def left(self) -> Left:
        """What is still to be done now."""
        served = self._intake.served()
        with self._store.read() as tx:
            return Left(
                rows.behind(tx, served.recipe, served.detector, COUNTED_MOST),
                rows.ready_made_of_others(tx, served.recipe),
            )

    def photos_left(self) -> int:
        """How many photos are still to be done, counted up to `COUNTED_MOST`."""
        served = self._intake.served()
        with self._store.read() as tx:
            return rows.behind(tx, served.recipe, served.detector, COUNTED_MOST)

    def batch(self, most: int = BATCH) -> int:
        """Do a batch; gives how many photos it took, 0 when nothing is to be done now.

        Raises:
            FaceModelsUnusable, NotReady: no worker can be had; the batch is free again in minutes.
        """
        served, now = self._intake.served(), self._store.now()
        with self._store.write() as tx:
            ids = rows.claim(tx, served.recipe, served.detector, now, now + CLAIM, most)
        with ThreadPoolExecutor(self._at_once) as pool:
            seen = dict(zip(ids, pool.map(self._look, ids), strict=True))
        with self._store.write() as tx:
            for photo_id, what in seen.items():
                self._put(tx, photo_id, what, served)
        return len(ids)

    def _look(self, photo_id: str) -> _Seen | None:
        """None when the photo is gone or cannot be read."""
        with self._store.read() as tx:
            row = rows.find(tx, photo_id)
            if row is None:
                return None
            if print_over(tx, row.person_id, self._store.now()):
                return _Seen()
            boxes = [
                (face.left, face.top, face.right, face.bottom)
                for face in rows.faces(tx, [photo_id]).get(photo_id, ())
            ]
            key = photo_key(self._store.vault, row, _wrapped(tx, row))
        try:
            sealed = self._files.read(photo_id, "picture")
            jpeg = self._store.vault.open(key, sealed, "picture", photo_id)
            if row.state == "ready":
                return _Seen(vectors=self._intake.encode(jpeg, boxes))
            found = self._intake.examine(jpeg)
            if found.rotation:
                # before its row: a crash in between leaves an upright picture to be looked at again
                turned = self._store.vault.seal(key, found.jpeg, "picture", photo_id)
                self._files.write(photo_id, "picture", turned)
            return _Seen(found=found)
        except (PhotoError, NotFound) as error:
            structlog.get_logger("xunqin").warning("photo_not_encoded", code=error.code)
            return None

    def _put(self, tx: Tx, photo_id: str, seen: _Seen | None, served: ServedFaces) -> None:
        row = rows.hold(tx, photo_id)
        if row is None:
            return
        if seen is None:
            rows.set_photo(tx, photo_id, {"claimed_until": self._store.now() + AGAIN})
            return
        values: dict[str, Any] = {"claimed_until": None, "detector": served.detector}
        if print_over(tx, row.person_id, self._store.now()):
            rows.set_photo(tx, photo_id, {**values, "recipe": served.recipe})
            return
        if seen.found is not None:
            values |= self._faces_found(tx, row, seen.found)
        vectors = seen.vectors if seen.found is None else _vectors(seen.found)
        if vectors is not None and len(vectors):
            values["recipe"] = served.recipe
            chosen = values.get("chosen", row.chosen)
            prints = self._prints(tx, row, chosen, vectors, served.recipe)
            rows.replace_prints(tx, photo_id, prints)
            if row.person_id is not None:
                people.touch(tx, row.person_id, self._store.now())
        rows.set_photo(tx, photo_id, values)

    def _faces_found(self, tx: Tx, row: rows.PhotoRow, found: Examined) -> dict[str, Any]:
        """Store faces found where there were none; as at reception the only one is chosen."""
        if not found.faces or row.state != "no_face":
            return {}
        rows.insert_faces(tx, face_rows(row.id, found.faces))
        return {
            "state": "ready",
            "advice": " ".join(found.advice)[:400],
            "chosen": 0 if len(found.faces) == 1 else None,
            "width": found.width,
            "height": found.height,
        }

    def _prints(
        self, tx: Tx, row: rows.PhotoRow, chosen: int | None, vectors: NDArray[np.float32],
        recipe: str,
    ) -> list[Mapping[str, Any]]:  # fmt: skip
        """Rows of the new prints: the chosen one under its person's key, the others the photo's."""
        vault, wrapped = self._store.vault, _wrapped(tx, row)
        old = {print_.ordinal: print_ for print_ in rows.prints_of_photo(tx, row.id)}
        taken = next((print_.taken for print_ in old.values()), None)
        made: list[Mapping[str, Any]] = []
        for ordinal, vector in enumerate(vectors):
            own = row.person_id is not None and ordinal == chosen
            key = (
                person_key(vault, row.person_id, wrapped)
                if own and row.person_id
                else photo_key(vault, row, wrapped)
            )
            print_id, before = new_id(), old.get(ordinal)
            sealed = vault.seal(key, vector.astype("<f4").tobytes(), "print", print_id)
            made.append(
                {
                    "id": print_id,
                    "person_id": row.person_id if own else None,
                    "photo_id": row.id,
                    "ordinal": ordinal,
                    "model": recipe,
                    "vector": sealed,
                    "quality": None if before is None else before.quality,
                    "taken": taken,
                    "age": None if before is None else before.age,
                }
            )
        return made


class FaceWork:
    """A background thread of the server; `stop` ends it after the batch it is in."""

    def __init__(self, *batches: Callable[[], int]) -> None:
        """Each does a batch of its work and gives 0 when there is nothing to do."""
        self._batches = batches
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="xunqin-faces", daemon=True)

    def start(self) -> None:
        """Begin at once."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the thread to end, and wait a little for the batch it is in."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(_LAST_SECONDS)

    def _run(self) -> None:
        while not self._stopped.is_set():
            done = 0
            try:
                done = sum(batch() for batch in self._batches)
            except TracingError as error:
                structlog.get_logger("xunqin").warning("face_work", code=error.code)
            self._stopped.wait(0 if done else _IDLE_SECONDS)


def _wrapped(tx: Tx, row: rows.PhotoRow) -> bytes | None:
    owner = people.find(tx, row.person_id) if row.person_id else None
    return owner.wrapped if owner else None


def _vectors(found: Examined) -> NDArray[np.float32] | None:
    return np.stack([face.vector for face in found.faces]) if found.faces else None
