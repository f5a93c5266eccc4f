"""Taking photos in: worker processes open them, under limits, and are replaced when they fall."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

import tracing
from matchers.faces.contract import Box, Quality
from tracing import errors
from tracing.photos.formats import sniff
from tracing.photos.served import ServedFaces, default_faces
from tracing.photos.wire import Channel, ChannelClosed, pack
from tracing.settings import Settings

_START_SECONDS = 60.0
_QUEUE_SECONDS = 60.0
_PHOTO_ERRORS: Mapping[str, type[errors.PhotoError]] = {
    kind.code: kind
    for kind in (errors.PhotoUnreadable, errors.PhotoTooManyPixels, errors.PhotoTooSmall)
}


@dataclass(frozen=True, slots=True)
class ExaminedFace:
    """One face: `box` in pixels of the examined picture, `vector` float32 [d] of unit length."""

    box: Box
    score: float
    detector: str
    quality: Quality
    vector: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Examined:
    """A photo as it may be kept: `jpeg` is upright, at most 1600 pixels long, bare of metadata.

    `width` and `height` are those of `jpeg`, `file_width` and `file_height` those of the file;
    `rotation` is by how many degrees clockwise it was turned beyond what its EXIF said. `taken` is
    the camera's date, if any. `recipe` names what made the vectors. `faces` are largest first.
    `detector` names what looked for them. `advice` are codes: no_face, several_faces,
    picture_small, picture_dark, picture_turned.
    """

    jpeg: bytes
    width: int
    height: int
    file_width: int
    file_height: int
    format: str
    taken: date | None
    rotation: int
    recipe: str
    detector: str
    faces: tuple[ExaminedFace, ...]
    advice: tuple[str, ...]


class _Worker:
    """One worker process and the pipes to it."""

    def __init__(self, settings: Settings) -> None:
        root = str(Path(tracing.__file__).resolve().parent.parent)
        cache = settings.data_dir.absolute() / "models"
        self._process = subprocess.Popen(  # noqa: S603 our own interpreter and module
            [
                sys.executable, "-m", "tracing.photos.worker",
                str(settings.photo_memory_mb), str(cache),
                str(settings.face_models.absolute() if settings.face_models else ""),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # the server's own environment holds secrets that a picture has no business near
            env={
                "PATH": os.defpath,
                "PYTHONPATH": os.pathsep.join([root, *filter(None, sys.path)]),
                "PYTHONDONTWRITEBYTECODE": "1",
                "OMP_NUM_THREADS": "1",
                "OPENBLAS_NUM_THREADS": "1",
            },
            close_fds=True,
        )  # fmt: skip
        assert self._process.stdin is not None  # noqa: S101 both are pipes
        assert self._process.stdout is not None  # noqa: S101
        self.channel = Channel(self._process.stdout.fileno(), self._process.stdin.fileno())

    def greet(self) -> ServedFaces:
        """Wait for the models to be open: what they serve. FaceModelsUnusable, NotReady."""
        try:
            head, _ = self.channel.receive(time.monotonic() + _START_SECONDS)
            if "error" in head:
                raise errors.FaceModelsUnusable(
                    reason=str(head["error"]), detail=str(head["detail"])
                )
            return ServedFaces.of(head)
        except (TimeoutError, ChannelClosed, KeyError) as error:
            raise errors.NotReady(reason="photo_worker") from error

    def ask(self, message: bytes, seconds: float) -> tuple[dict[str, Any], list[bytes]]:
        """One question and its answer; TimeoutError or ChannelClosed when the worker is lost."""
        deadline = time.monotonic() + seconds
        self.channel.send(message, deadline)
        return self.channel.receive(deadline)

    @property
    def alive(self) -> bool:
        """False once the process has ended, for instance killed by a system short of memory."""
        return self._process.poll() is None

    def kill(self) -> None:
        """End the process and its pipes."""
        self._process.kill()
        with self._process:
            pass


class Intake:
    """A pool of photo workers. Threads may share it; `close` it at the end.

    Workers start when they are first needed, with the face models of the settings.
    """

    def __init__(self, settings: Settings) -> None:
        """Take limits, the data folder and the models file from `settings`."""
        self._settings = settings
        self._served = None if settings.face_models else default_faces()
        self._closed = threading.Event()
        self._slots: queue.LifoQueue[_Worker | None] = queue.LifoQueue()
        for _ in range(settings.photo_workers):
            self._slots.put(None)

    def __enter__(self) -> Intake:
        """Itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close."""
        self.close()

    def served(self) -> ServedFaces:
        """The face model in use; an operator's own is opened to learn it.

        Raises:
            FaceModelsUnusable: the models file or what it names is not what it should be.
        """
        if self._served is None:
            self.warm()
        assert self._served is not None  # noqa: S101 each worker tells it before its first photo
        return self._served

    def warm(self) -> None:
        """Start one worker now, so that the first photo does not wait; NotReady if it cannot."""
        with self._worker() as worker:
            del worker

    def examine(self, data: bytes, *, box: Box | None = None) -> Examined:
        """Open a photo file, find its faces and make their prints.

        With `box`, drawn by hand on the picture as examined, the one face there is taken.
        Raises PhotoTooLarge, PhotoFormatUnknown, PhotoFormatUnsupported, PhotoUnreadable,
        PhotoTooManyPixels, PhotoTooSmall, PhotoTimedOut; NotReady when no worker is free.
        """
        if len(data) > self._settings.photo_max_bytes:
            raise errors.PhotoTooLarge(bytes=len(data), most=self._settings.photo_max_bytes)
        kind = sniff(data)
        head, (jpeg, prints) = self._ask({"do": "examine", "format": kind, "box": box}, data, 2)
        try:
            return _examined(head, kind, jpeg, prints)
        except (KeyError, TypeError, ValueError) as error:
            raise errors.PhotoUnreadable from error

    def encode(self, jpeg: bytes, boxes: Sequence[Box]) -> NDArray[np.float32]:
        """Prints float32 [n, d] of known faces in an examined picture, in their order.

        A box that today's detector finds again is taken as it finds it. Raises as `examine`.
        """
        head, (prints,) = self._ask({"do": "encode", "boxes": list(boxes)}, jpeg, 1)
        try:
            vectors = np.frombuffer(prints, "<f4").reshape(len(boxes), int(head["dim"]))
        except (KeyError, TypeError, ValueError) as error:
            raise errors.PhotoUnreadable from error
        if not np.isfinite(vectors).all():
            raise errors.PhotoUnreadable
        return vectors.astype(np.float32)

    def crop(self, jpeg: bytes, box: Box, size: int = 256) -> bytes:
        """A square JPEG of `size` pixels around a face's box in an examined picture."""
        ask = {"do": "crop", "box": box, "size": max(16, min(size, 1024))}
        _, (square,) = self._ask(ask, jpeg, 1)
        return square

    def close(self) -> None:
        """End all idle workers; those at work end with their photo."""
        self._closed.set()
        while True:
            try:
                worker = self._slots.get_nowait()
            except queue.Empty:
                return
            if worker is not None:
                worker.kill()

    def _ask(
        self, ask: Mapping[str, Any], data: bytes, parts: int
    ) -> tuple[dict[str, Any], list[bytes]]:
        message = pack({**ask, "pixels_max": self._settings.photo_max_pixels}, (data,))
        try:
            head, got = self._answer(message)
        except ChannelClosed:
            # the system may have killed the worker for another's fault: once more, then blame it
            try:
                head, got = self._answer(message)
            except ChannelClosed as error:
                raise errors.PhotoUnreadable from error
        if "error" in head:
            raise _PHOTO_ERRORS.get(head["error"], errors.PhotoUnreadable)(**head.get("facts", {}))
        if len(got) != parts:
            raise errors.PhotoUnreadable
        return head, got

    def _answer(self, message: bytes) -> tuple[dict[str, Any], list[bytes]]:
        with self._worker() as worker:
            return worker.ask(message, self._settings.photo_seconds)

    @contextmanager
    def _worker(self) -> Iterator[_Worker]:
        """A worker to oneself; one that is lost on the way is killed, its place freed."""
        try:
            worker = self._slots.get(timeout=_QUEUE_SECONDS)
        except queue.Empty as error:
            raise errors.NotReady(reason="photo_workers_busy") from error
        kept: _Worker | None = None
        try:
            if worker is not None and not worker.alive:
                worker.kill()
                worker = None
            if worker is None:
                worker = _Worker(self._settings)
                self._served = worker.greet()
            yield worker
            kept = None if self._closed.is_set() else worker
        except TimeoutError as error:
            raise errors.PhotoTimedOut(seconds=self._settings.photo_seconds) from error
        finally:
            if kept is None and worker is not None:
                worker.kill()
            self._slots.put(kept)


def _examined(head: Mapping[str, Any], kind: str, jpeg: bytes, prints: bytes) -> Examined:
    """The worker's reply, checked: it has handled a stranger's file."""
    faces = head["faces"]
    vectors = np.frombuffer(prints, "<f4").reshape(len(faces), int(head["dim"])).astype(np.float32)
    if not np.isfinite(vectors).all() or not jpeg.startswith(b"\xff\xd8\xff"):
        raise ValueError("not a picture or no prints")
    return Examined(
        jpeg=jpeg,
        width=int(head["width"]),
        height=int(head["height"]),
        file_width=int(head["file_width"]),
        file_height=int(head["file_height"]),
        format=kind,
        taken=date.fromisoformat(head["taken"]) if head["taken"] else None,
        rotation=int(head["rotation"]),
        recipe=str(head["recipe"]),
        detector=str(head["detector"]),
        faces=tuple(_face(face, vector) for face, vector in zip(faces, vectors, strict=True)),
        advice=tuple(str(code) for code in head["advice"]),
    )


def _face(face: Mapping[str, Any], vector: NDArray[np.float32]) -> ExaminedFace:
    left, top, right, bottom = (int(side) for side in face["box"])
    quality = face["quality"]
    return ExaminedFace(
        box=(left, top, right, bottom),
        score=float(face["score"]),
        detector=str(face["detector"]),
        quality=Quality(
            words=tuple(str(word) for word in quality["words"]),
            size=int(quality["size"]),
            sharpness=float(quality["sharpness"]),
            brightness=float(quality["brightness"]),
            turn=float(quality["turn"]),
        ),
        vector=vector,
    )
