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
from tracing.audit_looks import Lookers
from tracing.cases import Cases
from tracing.drafts import Drafts
from tracing.erasures import Erasures
from tracing.errors import NotReady, TracingError
from tracing.face_gallery import FaceGallery
from tracing.fitted_ears import FittedEars
from tracing.gallery import Gallery
from tracing.hearings import Hearings
from tracing.housekeeping import Housekeeping
from tracing.listening import Listening
from tracing.master_rotation import MasterRotation
from tracing.people import People
from tracing.photos.album import Photos
from tracing.photos.face_calibration import FaceCalibrations
from tracing.photos.intake import Intake
from tracing.retention import Retention
from tracing.searches import Searches
from tracing.settings import Settings
from tracing.sound_packs import SoundPacks
from tracing.stations import Stations
from tracing.store import Store
from tracing.telling import Teller
from tracing.voice import VoiceClips

SERVED_FACES = ("dlib-resnet-v1-mirror", 128)
"""Recipe and length of the prints that the default encoder makes."""


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
        self.lookers = Lookers(self.store)
        self.stations = Stations(self.store)
        self.sounds = SoundPacks(settings.data_dir)
        self.ears = FittedEars(settings.data_dir)
        self.hearings = Hearings(self.store)
        self.voices = VoiceClips(self.store, settings)
        self.listening = Listening(self.store, self.voices, self.people)
        self.erasures = Erasures(self.store, self.photos, self._forget)
        self.retention = Retention(self.store)
        self.master = MasterRotation(self.store, settings)
        self.housekeeping = Housekeeping(
            self.store, self.audit, self.photos, self.voices, self.retention, self.master
        )
        self._opening = threading.Lock()
        self._searches: Searches | None = None
        self._failed: str | None = None

    @property
    def searches(self) -> Searches:
        """Searching; the first use reads sounds, places and the evidence model."""
        with self._opening:
            if self._searches is None:
                voices = Voices.standard(*self.sounds.readings())
                engine = SoundEngine.of(voices, self.ears.newest())
                teller = Teller(comparators(engine, Divisions.load()), Model.load())
                faces = _no_faces(FaceCalibrations(self.settings.data_dir))
                gallery = Gallery(teller.comparators, faces, self.people.documents)
                longest = self.settings.candidates_max
                self._searches = Searches(self.store, self.cases, gallery, teller, longest)
            return self._searches

    def _forget(self) -> None:
        if self._searches is not None:
            self._searches.follow()

    def warm(self) -> None:
        """Begin what runs beside the doors: reading the gallery, a photo worker, housekeeping."""
        self.housekeeping.start()
        threading.Thread(target=self._warm, name="xunqin-warm", daemon=True).start()

    def _warm(self) -> None:
        try:
            self.searches.follow()
            self.intake.warm()
        except TracingError as error:
            self._failed = error.code

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
            return Readiness(ready=False, people=0, reason=NotReady.code)
        return Readiness(ready=True, people=people, reason=None)

    def close(self) -> None:
        """End what runs beside the doors and let go of the database."""
        self.housekeeping.stop()
        self.intake.close()
        self.store.close()


def _no_faces(calibrations: FaceCalibrations) -> FaceGallery:
    model, dim = SERVED_FACES
    return FaceGallery.empty(model, dim, calibrations.in_force(model))


def _utc_now() -> datetime:
    return datetime.now(UTC)
