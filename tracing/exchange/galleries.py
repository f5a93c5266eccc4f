"""Borrowed galleries: another owner's records on the register side, for purposes and until a day.

Who a search may see is decided where it starts. On its last day a gallery goes out of search at
once; its records are stored only for as many days as the agreement allows and are then destroyed
by housekeeping, batch by batch. Registers of a population are never taken over.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from tracing import audit
from tracing.access import Actor, require
from tracing.cases import case_rules
from tracing.clocks import CHINA
from tracing.errors import GalleryRefused, NotFound, RecordInvalid
from tracing.exchange.leaving import account_acting, destroy_person
from tracing.exchange.rules import exchange_rules
from tracing.photos.album import Photos
from tracing.registers import switched_off
from tracing.store import Store, Tx, origins, people, retention
from tracing.store import galleries as rows
from tracing.store.galleries import GalleryRow
from tracing.store.ids import is_id, new_id

SCOPE = "gallery"
_TEXT_LONGEST = 100
_NUMBER_LONGEST = 64
_BATCH = 200


@dataclass(frozen=True, slots=True)
class Agreement:
    """What an owner and a station have agreed; days like `2026-12-31`, both included."""

    name: str
    owner: str
    kind: str
    legal_basis: str
    number: str
    purposes: tuple[str, ...]
    first_day: str
    last_day: str
    keep_days: int = 0


@dataclass(frozen=True, slots=True)
class GalleryFile:
    """A gallery as listed; `state` is waiting, open, ending, over or erased."""

    row: GalleryRow
    state: str
    people: int

    @property
    def last_day(self) -> date:
        """The last day on which searches see it, in China."""
        return (self.row.ends_at - timedelta(seconds=1)).astimezone(CHINA).date()


def closed(tx: Tx, purpose: str, now: datetime) -> frozenset[str]:
    """Ids of galleries that a search of this purpose does not see now."""
    known = rows.all_of(tx)
    if known and switched_off(tx, SCOPE, now):
        return frozenset(row.id for row in known)
    return frozenset(
        row.id for row in known if not (_in_force(row, now) and purpose in row.purposes)
    )


def taking_in(tx: Tx, actor: Actor, gallery_id: str, now: datetime) -> bool:
    """Whether records may be brought into this gallery now."""
    row = rows.find(tx, gallery_id) if is_id(gallery_id) else None
    return (
        row is not None
        and actor.reaches(row.station_path)
        and row.erased_at is None
        and now < row.ends_at
        and not switched_off(tx, SCOPE, now)
    )


def _in_force(row: GalleryRow, now: datetime) -> bool:
    return row.starts_at <= now < row.ends_at and row.erased_at is None


class Galleries:
    """The list of what was lent, and one step of housekeeping."""

    def __init__(self, store: Store, photos: Photos) -> None:
        self._store = store
        self._photos = photos

    def record(self, actor: Actor, agreement: Agreement) -> str:
        """Write an agreement down; its records are brought in by an import afterwards.

        Raises:
            GalleryRefused: a register of a population, which is asked through the police.
            RecordInvalid: the field that is missing or unknown.
        """
        require(actor, "registers")
        first, last = _checked(agreement)
        now, gallery_id = self._store.now(), new_id()
        values = {
            "id": gallery_id, "station_id": actor.station_id, "name": agreement.name,
            "owner": agreement.owner, "kind": agreement.kind,
            "legal_basis": agreement.legal_basis, "agreement": agreement.number,
            "purposes": " ".join(sorted(set(agreement.purposes))),
            "starts_at": _midnight(first), "ends_at": _midnight(last + timedelta(days=1)),
            "keep_days": agreement.keep_days, "recorded_by": actor.account_id,
            "recorded_at": now, "erased": 0,
        }  # fmt: skip
        with self._store.write() as tx:
            rows.insert_gallery(tx, values)
            audit.record(tx, actor, "gallery.record", "gallery", gallery_id, at=now,
                         detail={"kind": agreement.kind})  # fmt: skip
        return gallery_id

    def end(self, actor: Actor, gallery_id: str) -> None:
        """Give a gallery back today: no search sees it any more from this moment."""
        require(actor, "registers")
        now = self._store.now()
        with self._store.write() as tx:
            row = rows.find(tx, gallery_id) if is_id(gallery_id) else None
            if row is None or not actor.reaches(row.station_path) or row.ends_at <= now:
                raise NotFound
            rows.change(tx, row.id, {"ends_at": now, "ended_by": actor.account_id})
            audit.record(tx, actor, "gallery.end", "gallery", row.id, at=now)
            self._store.ledger.append(
                {"id": new_id(), "gallery_id": row.id, "decided_at": now.isoformat()}
            )

    def listed(self, actor: Actor) -> tuple[GalleryFile, ...]:
        """What was lent to these stations, with its end and its records."""
        require(actor, "galleries")
        now = self._store.now()
        with self._store.read() as tx:
            counted = rows.counts(tx)
            found = rows.below(tx, actor.station_path)
        return tuple(GalleryFile(g, _state(g, now), counted.get(g.id, 0)) for g in found)

    def tidy(self) -> int:
        """Take what is over out of use, and destroy what is kept no longer; gives how many went."""
        now, went = self._store.now(), 0
        with self._store.read() as tx:
            over = rows.over(tx, now)
        for row in over:
            self._put_away(row, now)
            if row.ends_at + timedelta(days=row.keep_days) <= now:
                went += self._destroy(row)
        return went

    def _put_away(self, row: GalleryRow, now: datetime) -> None:
        """No list and no search shows its records; a second pass finds nothing to do."""
        while True:
            with self._store.write() as tx:
                batch = rows.in_use(tx, row.id, _BATCH)
                for person_id in batch:
                    retention.store_only(tx, person_id, now, now)
            if len(batch) < _BATCH:
                return

    def _destroy(self, row: GalleryRow) -> int:
        went = 0
        while True:
            gone, files = 0, []
            with self._store.write() as tx:
                batch = rows.to_erase(tx, row.id, _BATCH)
                actor = account_acting(tx, row.recorded_by)
                for person_id in batch:
                    people.hold(tx, person_id)
                    digests = origins.external_of(tx, person_id)
                    files.append(destroy_person(tx, self._store, actor, person_id,
                                                "person.erase.expired"))  # fmt: skip
                    origins.may_return(tx, digests)  # under a new agreement
                gone = len(batch)
                done = len(batch) < _BATCH
                left = rows.counts(tx).get(row.id, 0) if done else gone
                changed: dict[str, object] = {"erased": row.erased + went + gone}
                if done and left == 0:
                    changed["erased_at"] = self._store.now()
                rows.change(tx, row.id, changed)
            for destroyed in files:
                self._photos.drop_files(destroyed.photo_ids)
            went += gone
            if done:
                if went:
                    self._store.scrub()
                return went


def _checked(agreement: Agreement) -> tuple[date, date]:
    own, cases = exchange_rules().galleries, case_rules()
    if agreement.kind in own.refused_kinds:
        raise GalleryRefused(reason="population_register")
    for path in ("name", "owner", "number"):
        text = getattr(agreement, path)
        longest = _NUMBER_LONGEST if path == "number" else _TEXT_LONGEST
        if not 0 < len(text) <= longest:
            raise RecordInvalid(path=path, reason="value_missing" if not text else "too_long")
    if agreement.kind not in own.kinds:
        raise RecordInvalid(path="kind", reason="unknown_value")
    if agreement.legal_basis not in cases.legal_bases:
        raise RecordInvalid(path="legal_basis", reason="unknown_value")
    if not agreement.purposes or not set(agreement.purposes) <= cases.purposes:
        raise RecordInvalid(path="purposes", reason="unknown_value")
    if not 0 <= agreement.keep_days <= own.keep_longest_days:
        raise RecordInvalid(path="keep_days", reason="out_of_range")
    first, last = _day("first_day", agreement.first_day), _day("last_day", agreement.last_day)
    if last < first:
        raise RecordInvalid(path="last_day", reason="date")
    if (last - first).days > own.longest_days:
        raise RecordInvalid(path="last_day", reason="out_of_range")
    return first, last


def _state(row: GalleryRow, now: datetime) -> str:
    if row.erased_at is not None:
        return "erased"
    if row.ends_at <= now:
        return "over"
    if now < row.starts_at:
        return "waiting"
    warn = timedelta(days=exchange_rules().galleries.warn_days)
    return "ending" if row.ends_at - warn <= now else "open"


def _day(path: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise RecordInvalid(path=path, reason="date") from None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), CHINA)
