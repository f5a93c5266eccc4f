"""Everything put together: one object that the doors of the service hold.

Opening it is quick; the gallery is read in the background, and `ready` says when searches can be
answered. A search that comes earlier waits for the gallery rather than be answered without it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import structlog

from matchers.evidence import comparators
from matchers.places import Divisions
from matchers.places.additions import AdditionsUnreadable
from matchers.places.locator import Locator
from matchers.sounds import SoundEngine, Voices
from tracing.accounts import Accounts
from tracing.added_places import places_folder
from tracing.audit import Audit
from tracing.audit_looks import Lookers
from tracing.batch_workers import BatchWorkers
from tracing.batches import Batches
from tracing.cases import Cases
from tracing.clues import Clues
from tracing.crosschecks.answering import CrosscheckAnswers
from tracing.crosschecks.desk import Crosschecks
from tracing.crosschecks.outside import CrosscheckFiles
from tracing.drafts import Drafts
from tracing.erasures import Erasures
from tracing.errors import IndexDamaged, IndexUnusable, NotReady, RecordInvalid, TracingError
from tracing.evidence_models import EvidenceModels
from tracing.exchange.exporting import Exports
from tracing.exchange.galleries import Galleries
from tracing.exchange.imports import Imports
from tracing.exchange.leaving import expire_clones
from tracing.exchange.notices import Notices
from tracing.exchange.origin import Origins
from tracing.face_cohort import CohortKeeping
from tracing.face_gallery import FaceGallery
from tracing.face_index import FaceIndex
from tracing.face_ledger import FaceLedger
from tracing.families import Families
from tracing.fitted_ears import FittedEars
from tracing.gallery import Gallery, Records
from tracing.gallery_segments import GallerySegments
from tracing.hearings import Hearings
from tracing.housekeeping import Housekeeping
from tracing.index_engines import engine_of
from tracing.listening import Listening
from tracing.locating import Locatings
from tracing.master_rotation import MasterRotation
from tracing.openid import Openid
from tracing.outcomes import Outcomes
from tracing.people import People
from tracing.photos.album import Photos
from tracing.photos.calibrations import calibration_in_force
from tracing.photos.intake import Intake
from tracing.photos.reencoding import FaceWork, Reencoding
from tracing.police.inquiries import Inquiries
from tracing.police.requests import PoliceRequests
from tracing.police.runs import PoliceRuns
from tracing.police.work import Answering
from tracing.protections import Protections
from tracing.reconciliation import Reconciliation
from tracing.registers import Registers
from tracing.retention import Retention
from tracing.reviews import Reviews
from tracing.rights import Rights
from tracing.searches import Searches
from tracing.settings import Settings
from tracing.sound_packs import SoundPacks
from tracing.stations import Stations
from tracing.store import Store, cohorts
from tracing.telling import Teller
from tracing.verifications import Verifications
from tracing.voice import VoiceClips
from tracing.webhook_delivery import Deliveries
from tracing.webhooks import Webhooks

RETRY_SECONDS = 10.0
"""Between two tries to reach an engine that does not answer."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether searches are answered; `people` is how many can be found, `reason` a code if not.

    photos_left: photos that the face model has not encoded yet; their faces are not found until
    then. Counted up to a limit.
    """

    ready: bool
    people: int
    reason: str | None
    photos_left: int = 0


class Service:
    """The whole of one installation; safe to share between threads, not across a fork."""

    def __init__(self, settings: Settings, *, now: Callable[[], datetime] | None = None) -> None:
        """Open store, keys and photo workers.

        Raises:
            KeyMissing: the master key cannot be read.
            StoreOutdated: on PostgreSQL, `xunqin migrate` has to be run first.
            OpenidUnusable: an OpenID provider is configured, but not wholly or not safely.
        """
        self.settings = settings
        self.store = Store.open(settings, now=now or _utc_now)
        self.intake = Intake(settings)
        self.accounts = Accounts(self.store, settings)
        self.openid = Openid(self.store, self.accounts, settings)
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
        self.outcomes = Outcomes(self.store)
        self.models = EvidenceModels(settings.data_dir, settings.model_file)
        self.reviews = Reviews(self.store)
        self.face_ledger = FaceLedger(self.store)
        self.verifications = Verifications(self.store)
        self.voices = VoiceClips(self.store, settings)
        self.listening = Listening(self.store, self.voices, self.people)
        self.reencoding = Reencoding(self.store, self.intake, at_once=settings.photo_workers)
        self._gallery: Gallery | None = None
        self._gallery_segments: GallerySegments | None = None
        self.cohort = CohortKeeping(self.store, lambda: self._gallery)
        self._face_work = FaceWork(self.reencoding.batch, self.cohort.step)
        self.locatings = Locatings(self.store, self.people)
        self.erasures = Erasures(self.store, self.photos, self._forget)
        self.retention = Retention(self.store)
        self.protections = Protections(self.store)
        self.clues = Clues(self.store, self.intake)
        self.families = Families(self.store, self.accounts, self.photos)
        self.rights = Rights(self.store, self.people, self.erasures, self.lookers)
        self.registers = Registers(self.store)
        self._open_exchange()
        self.master = MasterRotation(self.store, settings)
        self.housekeeping = self._housekeeping()
        self._begin()

    def _housekeeping(self) -> Housekeeping:
        """The rounds of work that follow from the data."""
        return Housekeeping(
            self.store,
            self.audit,
            self.photos,
            self.voices,
            self.locatings,
            self.retention,
            self.master,
            (
                self.protections.tidy,
                self.clues.tidy,
                self.registers.tidy,
                self.police.tidy,
                self.webhooks.tidy,
                self.crosschecks.tidy,
                self.galleries.tidy,
                self.notices.tidy,
                self.imports.tidy,
                lambda: expire_clones(self.store, self.photos),
            ),
            self._tidy_index,
        )

    def _open_exchange(self) -> None:
        """What goes to others and comes from them: police, stations, other systems."""
        self.webhooks = Webhooks(self.store, self.settings)
        self.deliveries = Deliveries(self.store, self.settings)
        self.crosschecks = Crosschecks(self.store, self.photos)
        self.crosscheck_answers = CrosscheckAnswers(self.store, self.people, self.verifications)
        self.crosscheck_files = CrosscheckFiles(self.store, self.settings.root_station_name)
        self.galleries = Galleries(self.store, self.photos)
        self.imports = Imports(self.store, self.photos, self.settings.exchange_domain)
        self.notices = Notices(self.store, self.settings.exchange_domain)
        self.exports = Exports(self.store)
        self.origins = Origins(self.store)
        self.police = PoliceRequests(self.store)
        self.police_runs = PoliceRuns(
            self.store,
            self.police,
            lambda: self.batches,
            lambda: self.models.in_force().in_gallery,
            self._wake_police,
        )
        self.inquiries = Inquiries(self.store)
        self._answering = Answering(self.police_runs.step)

    def _begin(self) -> None:
        """What is opened later: nothing of it is there yet."""
        self._opening = threading.RLock()
        self._engine: SoundEngine | None = None
        self._face_index: FaceIndex | None = None
        self._searches: Searches | None = None
        self._locator: Locator | None = None
        self._reconciliation: Reconciliation | None = None
        self._failed: str | None = None
        self._gallery_awaited, self._places_awaited = threading.Event(), threading.Event()
        self._closed = threading.Event()
        self._batch_workers: BatchWorkers | None = None

    @property
    def searches(self) -> Searches:
        """Searching; the first use reads sounds, places and the evidence model."""
        with self._opening:
            if self._searches is None:
                sounds = self._sounds()
                known = comparators(sounds, Divisions.load())
                teller = Teller(known, self.models.in_force())
                faces = self._no_faces()
                changes = self.face_index.following(self.people.documents)
                gallery = Gallery(
                    teller.comparators,
                    faces,
                    changes,
                    self._records(sounds, faces),
                    self.face_index.begin,
                )
                self._gallery = gallery
                longest = self.settings.candidates_max
                self._batch_workers = BatchWorkers(
                    partial(batches_of, self.settings),
                    lambda: self.stands_on,
                    self._batch_processes(),
                )
                self._searches = Searches(
                    self.store,
                    self.cases,
                    gallery,
                    teller,
                    longest,
                    self.reencoding.photos_left,
                    self.face_index,
                    workers=self._batch_workers,
                )
            return self._searches

    @property
    def gallery(self) -> Gallery:
        """Everybody who may be searched, kept in segments; not read before it is followed."""
        with self._opening:
            self.searches  # noqa: B018  makes it
            assert self._gallery is not None  # noqa: S101
            return self._gallery

    @property
    def gallery_segments(self) -> GallerySegments:
        """The generations of the gallery on the disk."""
        with self._opening:
            self.searches  # noqa: B018  makes it
            assert self._gallery_segments is not None  # noqa: S101
            return self._gallery_segments

    def _records(self, sounds: SoundEngine, faces: FaceGallery) -> Records:
        segments = GallerySegments.of(self.settings, self.store.vault, sounds, faces)
        self._gallery_segments = segments
        reread = self.people.rows_now
        return Records(segments, reread, self.people.standing, self.store.now)

    @property
    def stands_on(self) -> str:
        """What answers follow from beside the store: comparators, sounds, ear, models."""
        return f"{self.gallery_segments.shelf.model} {self.batches.model_hash}"

    def _batch_processes(self) -> int:
        wanted = self.settings.batch_processes
        cores = os.cpu_count() or 1
        if wanted is None:
            return cores if cores > 1 else 0
        return wanted

    @property
    def batches(self) -> Batches:
        """Many questions at once, each answered by itself."""
        return self.searches.batches

    def require_faces(self) -> bool:
        """Open the face model now; gives whether it is calibrated, without which no face weighs.

        Raises:
            FaceModelsUnusable: the models or the calibration of the settings cannot be used.
        """
        return calibration_in_force(self.settings, self.intake.served().recipe) is not None

    @property
    def face_index(self) -> FaceIndex:
        """Face templates of everybody in one engine; the first use learns the face model."""
        with self._opening:
            if self._face_index is None:
                model = self.intake.served()
                engine = engine_of(self.settings, self.store.vault, model.recipe, model.dim)
                self._face_index = FaceIndex(
                    engine, model.recipe, model.dim, self.people.documents, self.store.now
                )
            return self._face_index

    def _tidy_index(self) -> None:
        faces = self._face_index
        if self._gallery is not None:
            self._gallery.tidy(due=faces is not None and faces.due())
        if faces is not None:
            faces.tidy()

    def require_gallery(self) -> None:
        """Raise `NotReady` while the gallery is still being read beside the doors.

        Whoever searched would hold a place at heavy work, and a thread, until that is done.
        """
        if self._gallery_awaited.is_set():
            raise NotReady

    @property
    def locator(self) -> Locator:
        """Finding a home; the first use reads sounds and the tree of places.

        Raises:
            NotReady: the places are still being read aloud beside the doors.
        """
        if self._places_awaited.is_set():
            raise NotReady
        return self._open_locator()

    def _open_locator(self) -> Locator:
        with self._opening:
            if self._locator is None:
                self._locator = open_locator(self.settings, self._sounds())
            return self._locator

    @property
    def reconciliation(self) -> Reconciliation:
        """Cleaning ledgers; the first use reads the places."""
        with self._opening:
            if self._reconciliation is None:
                self._reconciliation = Reconciliation(self._sounds, lambda: self.searches)
            return self._reconciliation

    def _sounds(self) -> SoundEngine:
        with self._opening:
            if self._engine is None:
                self._engine = sound_engine(self.settings)
            return self._engine

    def _wake_police(self) -> None:
        self._answering.wake()

    def _forget(self) -> None:
        if self._searches is not None:
            self._searches.follow()

    def warm(self) -> None:
        """Begin what runs beside the doors: reading the gallery, a photo worker, housekeeping."""
        self.housekeeping.start()
        self._face_work.start()
        self._gallery_awaited.set()
        self._places_awaited.set()
        self.deliveries.start()
        self._answering.start()
        threading.Thread(target=self._warm, name="xunqin-warm", daemon=True).start()

    def _warm(self) -> None:
        try:
            self._warm_searches()
        finally:
            self._gallery_awaited.clear()
        try:
            self._open_locator().warm()
        except TracingError as error:
            # searches are answered all the same; the page 找家 says what is wrong
            structlog.get_logger("xunqin").warning("locator", code=error.code)
        finally:
            self._places_awaited.clear()

    def _warm_searches(self) -> None:
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
            kept = (self._face_index, self._gallery_segments)
            damaged = any(each is not None and each.damaged is not None for each in kept)
            reason = IndexDamaged.code if damaged else NotReady.code
            return Readiness(ready=False, people=0, reason=reason)
        return Readiness(True, people, None, self.reencoding.photos_left())

    def _no_faces(self) -> FaceGallery:
        served = self.intake.served()
        calibration = calibration_in_force(self.settings, served.recipe)
        with self.store.read() as tx:
            stored = cohorts.newest(tx, served.recipe)
        return FaceGallery.empty(served.recipe, served.dim, calibration, stored)

    def close(self) -> None:
        """End what runs beside the doors and let go of the database."""
        self._closed.set()
        self.housekeeping.stop()
        self.deliveries.stop()
        self._face_work.stop()
        self._answering.stop()
        if self._batch_workers is not None:
            self._batch_workers.close()
        self.intake.close()
        if self._face_index is not None:
            self._face_index.close()
        if self._gallery_segments is not None:
            self._gallery_segments.close()
        self.store.close()


def batches_of(settings: Settings) -> tuple[Batches, str]:
    """Batches of an installation in a process of their own, and what their answers follow from."""
    service = Service(settings.model_copy(update={"batch_processes": 0}))
    batches, stands_on = service.batches, service.stands_on
    # it has told which face model is in use; photos are examined elsewhere
    service.intake.close()
    return batches, stands_on


def sound_engine(settings: Settings) -> SoundEngine:
    """Readings of an installation, its sound packs first, under the ear fitted last."""
    voices = Voices.standard(*SoundPacks(settings.data_dir).readings())
    return SoundEngine.of(voices, FittedEars(settings.data_dir).newest())


def open_locator(settings: Settings, engine: SoundEngine) -> Locator:
    """Finding a home over the packaged places and those the installation added.

    Raises:
        RecordInvalid: the list of added places was changed by hand and cannot be read.
    """
    try:
        return Locator.open(engine, places_folder(settings.data_dir))
    except AdditionsUnreadable as error:
        raise RecordInvalid(path=str(error), reason=error.code) from None


def _utc_now() -> datetime:
    return datetime.now(UTC)
