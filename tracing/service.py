"""Everything put together: one object that the doors of the service hold.

Opening it is quick; the gallery is read in the background, and `ready` says when searches can be
answered. A search that comes earlier waits for the gallery rather than be answered without it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from matchers.evidence import comparators
from matchers.evidence.model import Model
from matchers.places import Divisions
from matchers.sounds import SoundEngine, Voices
from tracing.accounts import Accounts
from tracing.audit import Audit
from tracing.cases import Cases
from tracing.drafts import Drafts
from tracing.errors import IndexDamaged, IndexUnusable, NotReady, TracingError
from tracing.face_gallery import FaceGallery
from tracing.face_index import FaceIndex
from tracing.fitted_ears import FittedEars
from tracing.gallery import Gallery
from tracing.hearings import Hearings
from tracing.housekeeping import Housekeeping
from tracing.index_engines import engine_of
from tracing.listening import Listening
from tracing.people import People
from tracing.photos.album import Photos
from tracing.photos.face_calibration import FaceCalibrations
from tracing.photos.intake import Intake
from tracing.searches import Searches
from tracing.settings import Settings
from tracing.sound_packs import SoundPacks
from tracing.stations import Stations
from tracing.store import Store
from tracing.telling import Teller
from tracing.voice import VoiceClips

SERVED_FACES = ("dlib-resnet-v1-mirror", 128)
"""Recipe and length of the prints that the default encoder makes."""
RETRY_SECONDS = 10.0
"""Between two tries to reach an engine that does not answer."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether searches are answered; `people` is how many can be found, `reason` a code if not."""

    ready: bool
    people: int
    reason: str | None


class Service:
    """The whole of one installation; safe to share between threads, not across a fork."""

    def __init__(self, settings: Settings, *, now: Callable[[], datetime] | None = None) -> None:
        """Open store, keys and photo workers.

        Raises:
            KeyMissing: the master key cannot be read.
            StoreOutdated: on PostgreSQL, `xunqin migrate` has to be run first.
        """
        self.settings = settings
        self.store = Store.open(settings, now=now or _utc_now)
        self.intake = Intake(settings)
        self.accounts = Accounts(self.store, settings)
        self.photos = Photos(self.store, self.intake)
        self.people = People(self.store, self.photos)
        self.cases = Cases(self.store)
        self.drafts = Drafts(self.store)
        self.audit = Audit(self.store)
        self.stations = Stations(self.store)
        self.sounds = SoundPacks(settings.data_dir)
        self.ears = FittedEars(settings.data_dir)
        self.hearings = Hearings(self.store)
        self.voices = VoiceClips(self.store, settings)
        self.listening = Listening(self.store, self.voices, self.people)
        self.face_index = _face_index(self.store, settings, self.people)
        self.housekeeping = Housekeeping(
            self.store, self.audit, self.photos, self.voices, self.face_index
        )
        self._opening = threading.Lock()
        self._searches: Searches | None = None
        self._failed: str | None = None
        self._closed = threading.Event()

    @property
    def searches(self) -> Searches:
        """Searching; the first use reads sounds, places and the evidence model."""
        with self._opening:
            if self._searches is None:
                voices = Voices.standard(*self.sounds.readings())
                engine = SoundEngine.of(voices, self.ears.newest())
                teller = Teller(comparators(engine, Divisions.load()), Model.load())
                faces = _no_faces(FaceCalibrations(self.settings.data_dir))
                changes = self.face_index.following(self.people.documents)
                gallery = Gallery(teller.comparators, faces, changes)
                longest = self.settings.candidates_max
                self._searches = Searches(
                    self.store, self.cases, gallery, teller, longest, self.face_index
                )
            return self._searches

    def warm(self) -> None:
        """Begin what runs beside the doors: reading the gallery, a photo worker, housekeeping."""
        self.housekeeping.start()
        threading.Thread(target=self._warm, name="xunqin-warm", daemon=True).start()

    def _warm(self) -> None:
        while True:
            try:
                self.searches.follow()
                self.intake.warm()
            except IndexUnusable as error:  # Milvus may come back; nothing else does by itself
                self._failed = error.code
            except TracingError as error:
                self._failed = error.code
                return
            else:
                self._failed = None
                return
            if self._closed.wait(RETRY_SECONDS):
                return

    def ready(self) -> Readiness:
        """Whether searches are answered now."""
        if self._failed is not None:
            return Readiness(ready=False, people=0, reason=self._failed)
        try:
            self.store.check()
        except TracingError as error:
            return Readiness(ready=False, people=0, reason=error.code)
        people = None if self._searches is None else self._searches.people
        if people is None:
            damaged = self.face_index.damaged is not None
            reason = IndexDamaged.code if damaged else NotReady.code
            return Readiness(ready=False, people=0, reason=reason)
        return Readiness(ready=True, people=people, reason=None)

    def close(self) -> None:
        """End what runs beside the doors and let go of the database."""
        self._closed.set()
        self.housekeeping.stop()
        self.intake.close()
        self.face_index.close()
        self.store.close()


def _no_faces(calibrations: FaceCalibrations) -> FaceGallery:
    model, dim = SERVED_FACES
    return FaceGallery.empty(model, dim, calibrations.in_force(model))


def _face_index(store: Store, settings: Settings, people: People) -> FaceIndex:
    model, dim = SERVED_FACES
    engine = engine_of(settings, store.vault, model, dim)
    return FaceIndex(engine, model, dim, people.documents, store.now)


def _utc_now() -> datetime:
    return datetime.now(UTC)
