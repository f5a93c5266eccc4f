"""Imports: a first look, then taken in batch by batch; killed half-way, they go on where they were.

The mark moves in the transaction of the rows it counts. What a file says is kept sealed until it
was taken in or given up, and faults name columns and codes, never values.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from tracing import audit
from tracing.access import Actor, require
from tracing.clocks import CHINA
from tracing.errors import (
    Conflict,
    FileRefused,
    GalleryRefused,
    ImportFinished,
    NotFound,
    NotPermitted,
)
from tracing.exchange.galleries import taking_in
from tracing.exchange.incoming import Incoming
from tracing.exchange.layout import Layout, packaged_layout, read_layout
from tracing.exchange.ledger import Ledger, read_ledger
from tracing.exchange.lines import read_lines
from tracing.exchange.pfif_read import read_pfif
from tracing.exchange.pfif_record import incoming
from tracing.exchange.rules import exchange_rules
from tracing.exchange.upsert import OUTCOMES, Taken, Upsert
from tracing.photos.album import Photos
from tracing.registers import switched_off
from tracing.store import Store, Tx
from tracing.store import imports as rows
from tracing.store.ids import is_id, new_id

KINDS = ("ledger", "pfif", "records")
_LISTED = 100
_NAME_LONGEST = 120


@dataclass(frozen=True, slots=True)
class Wish:
    """How a file is to be read; empty: found out from the file itself."""

    kind: str = ""
    layout: str = ""
    own_layout: bytes = b""
    source: str = ""
    gallery_id: str | None = None

    def document(self) -> dict[str, str]:
        """As it is kept."""
        return {
            "layout": self.layout,
            "own_layout": self.own_layout.decode("utf-8", "replace"),
            "source": self.source,
        }


@dataclass(frozen=True, slots=True)
class SeenColumn:
    """A column or field of the file: what it is taken for (None: text), cells that say something,
    and cells that cannot be read."""

    heading: str
    taken_for: str | None
    filled: int
    faulty: int


@dataclass(frozen=True, slots=True)
class FirstLook:
    """What would be taken in: columns, first rows as records, what is wrong with which row."""

    layout: str
    columns: tuple[SeenColumn, ...]
    samples: tuple[Mapping[str, Any], ...] = field(repr=False)
    rows: int = 0
    good: int = 0
    faulty: int = 0
    ending: int = 0


@dataclass(frozen=True, slots=True)
class ImportFile:
    """An import as shown; `state` is looked, running, done or given_up."""

    id: str
    kind: str
    state: str
    name: str = field(repr=False)
    source: str = ""
    gallery_id: str | None = None
    position: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    faults: tuple[tuple[int, str, str], ...] = ()
    held: Mapping[str, int] = field(default_factory=dict)
    look: FirstLook | None = None
    created_at: datetime | None = None
    changed_at: datetime | None = None


class Imports:
    """Files that came in; each batch is one transaction."""

    def __init__(self, store: Store, photos: Photos, own_domain: str = "") -> None:
        self._store = store
        self._photos = photos
        self._domain = own_domain

    def look(self, actor: Actor, data: bytes, name: str, wish: Wish = Wish()) -> ImportFile:
        """Read a file without writing anybody; the same file again goes on where it was.

        Raises:
            FileRefused: it cannot be read, or says nothing.
            GalleryRefused: the gallery is over, or not one of these stations.
        """
        self._require(actor)
        kind = wish.kind or kind_of(data)
        if kind not in KINDS:
            raise FileRefused(reason="unknown_kind")
        vault, now = self._store.vault, self._store.now()
        digest = vault.digest("token", "import", kind, data, json.dumps(wish.document()),
                              wish.gallery_id or "")  # fmt: skip
        with self._store.read() as tx:
            self._may(tx, actor, kind, wish.gallery_id)
            known = rows.unfinished(tx, actor.station_id, digest)
        if known is not None:
            return self.get(actor, known)
        asked: dict[str, Any] = {"name": name[:_NAME_LONGEST], **wish.document()}
        look, asked["faults"], asked["held"] = self._first_look(data, kind, wish, now)
        asked["layout_name"], import_id = look.layout, new_id()
        asked["look"] = _kept(look)
        values = {
            "id": import_id, "station_id": actor.station_id, "account_id": actor.account_id,
            "kind": kind, "gallery_id": wish.gallery_id, "state": "looked", "digest": digest,
            "sealed": self._sealed(import_id, asked),
            "content": vault.seal_desk(data, "import_file", import_id),
            "position": 0, "counts": "{}", "created_at": now, "changed_at": now,
        }  # fmt: skip
        with self._store.write() as tx:
            rows.insert_import(tx, values)
            audit.record(tx, actor, "import.look", "import", import_id, at=now,
                         detail={"kind": kind, "rows": look.rows})  # fmt: skip
        return self.get(actor, import_id)

    def run(self, actor: Actor, import_id: str, seconds: float | None = None) -> ImportFile:
        """Take it in, or the rest of it; every batch is there whole or not at all.

        With `seconds` it stops after the batch in which these are over: `state` is then running,
        and the next call goes on.

        Raises:
            ImportFinished: it is done, or was given up.
            Conflict: somebody else is taking it in at this moment.
        """
        self._require(actor)
        with self._store.read() as tx:
            row = self._found(tx, actor, import_id)
            self._may(tx, actor, row.kind, row.gallery_id)
        if row.content is None:
            raise ImportFinished
        data = self._store.vault.open_desk(row.content, "import_file", row.id)
        wish = self._wish(row)
        upsert = Upsert(self._store, actor, row.id, row.gallery_id)
        items = islice(self._items(data, row.kind, wish, row.created_at), row.position, None)
        position, size = row.position, exchange_rules().files.batch
        started = time.monotonic()
        while batch := list(islice(items, size)):
            self._batch(actor, row.id, position, batch, upsert)
            position += len(batch)
            if seconds is not None and time.monotonic() - started > seconds:
                return self.get(actor, row.id)
        self._finish(actor, row.id)
        return self.get(actor, row.id)

    def get(self, actor: Actor, import_id: str) -> ImportFile:
        """An import of these stations: its first look, its report."""
        self._require(actor)
        with self._store.read() as tx:
            return self._file(self._found(tx, actor, import_id))

    def listed(self, actor: Actor) -> tuple[ImportFile, ...]:
        """The latest imports of these stations."""
        self._require(actor)
        with self._store.read() as tx:
            return tuple(self._file(row) for row in rows.below(tx, actor.station_path, _LISTED))

    def discard(self, actor: Actor, import_id: str) -> None:
        """Give an import up; what it wrote stays, its file goes."""
        self._require(actor)
        now = self._store.now()
        with self._store.write() as tx:
            row = self._found(tx, actor, import_id, hold=True)
            if row.content is None:
                raise ImportFinished
            rows.change(tx, row.id, {"content": None, "state": "given_up", "changed_at": now})
            audit.record(tx, actor, "import.discard", "import", row.id, at=now)

    def tidy(self) -> int:
        """Drop files that were looked at and not taken in for days; gives how many."""
        before = self._store.now() - timedelta(days=exchange_rules().files.keep_days)
        with self._store.write() as tx:
            return rows.give_up(tx, before)

    def _require(self, actor: Actor) -> None:
        require(actor, "imports")
        require(actor, "people.write")

    def _may(self, tx: Tx, actor: Actor, kind: str, gallery_id: str | None) -> None:
        now = self._store.now()
        if kind == "pfif" and switched_off(tx, "connector", now):
            raise NotPermitted(reason="assessment_over")
        if gallery_id is not None and not taking_in(tx, actor, gallery_id, now):
            raise GalleryRefused(reason="gallery_over")

    def _batch(
        self,
        actor: Actor,
        import_id: str,
        position: int,
        batch: Sequence[Incoming],
        upsert: Upsert,
    ) -> None:
        now = self._store.now()
        with self._store.write() as tx:
            row = rows.find(tx, import_id, hold=True)
            if row is None or row.position != position or row.content is None:
                raise Conflict(path="import")
            taken = upsert.take(tx, batch)
            rows.change(tx, row.id, {
                "position": position + len(batch), "state": "running", "changed_at": now,
                "counts": json.dumps(_added(row.counts, taken.counts)),
                "sealed": self._with_faults(row, taken),
            })  # fmt: skip
            audit.record(tx, actor, "person.import", "import", row.id, at=now,
                         detail=dict(taken.counts))  # fmt: skip
        for gone in taken.destroyed:
            self._photos.drop_files(gone.photo_ids)

    def _finish(self, actor: Actor, import_id: str) -> None:
        now = self._store.now()
        with self._store.write() as tx:
            rows.change(tx, import_id, {"content": None, "state": "done", "changed_at": now})
            audit.record(tx, actor, "import.done", "import", import_id, at=now)
        self._store.scrub()

    def _with_faults(self, row: rows.ImportRow, taken: Taken) -> bytes:
        """What a row said wrong only when it was written: added to what the first look found."""
        asked = self._asked(row)
        known = {tuple(fault) for fault in asked["faults"]}
        for number, fault in taken.faults:
            told = (number, fault.path, fault.reason)
            if told not in known and len(asked["faults"]) < exchange_rules().files.faults:
                asked["faults"].append(list(told))
        return self._sealed(row.id, asked)

    def _first_look(
        self, data: bytes, kind: str, wish: Wish, now: datetime
    ) -> tuple[FirstLook, list[list[Any]], dict[str, int]]:
        own = exchange_rules().files
        faults: list[list[Any]] = []
        layout, columns = self._columns(data, kind, wish)
        wrong: Counter[str] = Counter()
        held: Counter[str] = Counter()
        counted: Counter[str] = Counter()
        samples: list[Mapping[str, Any]] = []
        for item in self._items(data, kind, wish, now):
            counted["rows"] += 1
            if item.fault is not None:
                wrong[item.fault.path] += 1
                counted["faulty"] += 1
                if len(faults) < own.faults:
                    faults.append([item.row, item.fault.path, item.fault.reason])
                continue
            counted["ending" if item.gone else "good"] += 1
            if item.record is not None and len(samples) < own.shown:
                samples.append(item.record.document())
            if item.provenance is not None:
                held.update(item.provenance.held.keys())
        if counted["rows"] == 0:
            raise FileRefused(reason="says_nothing")
        seen = tuple(
            SeenColumn(heading, code, count, wrong[heading])
            for (heading, code), count in columns.items()
        )
        look = FirstLook(layout, seen, tuple(samples), counted["rows"], counted["good"],
                         counted["faulty"], counted["ending"])  # fmt: skip
        return look, faults, dict(held)

    def _columns(
        self, data: bytes, kind: str, wish: Wish
    ) -> tuple[str, dict[tuple[str, str | None], int]]:
        """Headings, what they are taken for, and how many cells say something."""
        if kind != "ledger":
            return kind, {}
        ledger = self._ledger(data, wish)
        counted: dict[tuple[str, str | None], int] = {}
        for own in ledger.columns:
            cells = (row[own.at] for _, row in ledger.rows if own.at < len(row))
            key = (own.heading, own.column.code if own.column else None)
            counted[key] = sum(cell not in ("", None) for cell in cells)
        return ledger.layout.name, counted

    def _ledger(self, data: bytes, wish: Wish) -> Ledger:
        layout: Layout | None = None
        if wish.own_layout:
            layout = read_layout(wish.own_layout)
        elif wish.layout:
            layout = packaged_layout(wish.layout)
        return read_ledger(data, layout, wish.source)

    def _items(self, data: bytes, kind: str, wish: Wish, at: datetime) -> Iterator[Incoming]:
        """The rows of a file, the same ones in the same order whenever it is read."""
        side = "register" if wish.gallery_id else None
        if kind == "pfif":
            return incoming(read_pfif(data), at, self._domain, side=side)
        if kind == "records":
            return read_lines(data, wish.source)
        return self._ledger(data, wish).incoming(at.astimezone(CHINA).date(), side=side)

    def _wish(self, row: rows.ImportRow) -> Wish:
        asked = self._asked(row)
        return Wish(row.kind, asked["layout"], asked["own_layout"].encode(), asked["source"],
                    row.gallery_id)  # fmt: skip

    def _found(self, tx: Tx, actor: Actor, import_id: str, *, hold: bool = False) -> rows.ImportRow:
        row = rows.find(tx, import_id, hold=hold) if is_id(import_id) else None
        if row is None or not actor.reaches(row.station_path):
            raise NotFound
        return row

    def _file(self, row: rows.ImportRow) -> ImportFile:
        asked = self._asked(row)
        shown = row.state in ("looked", "running")
        return ImportFile(
            id=row.id,
            kind=row.kind,
            state=row.state,
            name=asked["name"],
            source=asked["source"],
            gallery_id=row.gallery_id,
            position=row.position,
            counts=json.loads(row.counts),
            faults=tuple((int(n), str(p), str(r)) for n, p, r in asked["faults"]),
            held=asked["held"],
            look=_look(asked["look"], samples=shown),
            created_at=row.created_at,
            changed_at=row.changed_at,
        )

    def _sealed(self, import_id: str, asked: Mapping[str, Any]) -> bytes:
        text = json.dumps(asked, ensure_ascii=False).encode()
        return self._store.vault.seal_desk(text, "import", import_id)

    def _asked(self, row: rows.ImportRow) -> dict[str, Any]:
        asked: dict[str, Any] = json.loads(
            self._store.vault.open_desk(row.sealed, "import", row.id)
        )
        return asked


def kind_of(data: bytes) -> str:
    """What a file is, by how it begins."""
    head = data.replace(b"\0", b"")[:200].lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    if head.startswith(b"<"):
        return "pfif"
    return "records" if head.startswith(b"{") else "ledger"


def _added(known: str, fresh: Mapping[str, int]) -> dict[str, int]:
    before: dict[str, int] = json.loads(known)
    summed = {name: before.get(name, 0) + fresh.get(name, 0) for name in OUTCOMES}
    return {name: count for name, count in summed.items() if count}


def _kept(look: FirstLook) -> dict[str, Any]:
    """A first look as it is sealed with the import."""
    columns = [[c.heading, c.taken_for, c.filled, c.faulty] for c in look.columns]
    return {
        "layout": look.layout, "columns": columns, "samples": list(look.samples),
        "rows": look.rows, "good": look.good, "faulty": look.faulty, "ending": look.ending,
    }  # fmt: skip


def _look(kept: Mapping[str, Any], *, samples: bool) -> FirstLook:
    columns = tuple(SeenColumn(*column) for column in kept["columns"])
    return FirstLook(
        kept["layout"], columns, tuple(kept["samples"]) if samples else (), kept["rows"],
        kept["good"], kept["faulty"], kept["ending"],
    )  # fmt: skip
