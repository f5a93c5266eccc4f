"""The engines that may keep face vectors, behind one small interface: segments here, or Milvus.

Both are caches of the records. Each says up to which change it is complete (`applied`); what came
later is applied by whoever follows the records.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import structlog

from indexes.contract import Entries, IndexNotReady, Neighbours
from indexes.milvus import IndexType, MilvusVectors, collection_name, connect
from indexes.segments import (
    Contents,
    LivingVectors,
    Manifest,
    Segment,
    SegmentAbsent,
    SegmentBusy,
    SegmentDamaged,
    SegmentError,
    SegmentFolder,
    SegmentForeign,
    give_back,
)
from indexes.vectors import Prints
from tracing.errors import IndexBusy, IndexDamaged, IndexUnusable
from tracing.sealing import Vault
from tracing.sealing.segment_cipher import INDEXES, IndexKeys
from tracing.settings import Settings

PENDING_LEAST = 1_000
PENDING_SHARE = 0.1
"""A new generation is made once so many rows, and this share, came or went since the last."""
KEY = "key"
"""In the note of a generation: the number of the index key it lies under."""
IN_USE = 60.0
"""Seconds after which no search is left in a generation that was replaced."""


@dataclass(frozen=True, slots=True)
class EngineState:
    """What an engine holds; `facts` are its own, for people who look after it."""

    engine: str
    model: str
    rows: int
    applied: int
    facts: dict[str, Any]


class Engine(Protocol):
    """Keeps face vectors; `applied` is the change up to which it is complete, -1 for none."""

    narrows_always: bool
    follows_gallery: bool
    """Whether each generation is made from one of the gallery, whose pages it shares."""
    lost: bool
    """Whether `due` found that what is on the disk cannot be read; searches go on in memory."""

    @property
    def applied(self) -> int: ...

    @property
    def damaged(self) -> str | None:
        """Why what was on the disk could not be used at the last opening."""
        ...

    @property
    def tombstones(self) -> int:
        """Vectors of people who went or changed that are still on the disk."""
        ...

    def __len__(self) -> int: ...

    def open(self) -> None: ...

    def apply(self, entries: Entries | None, gone: Collection[int], seq: int) -> None: ...

    def search(self, prints: Prints, k: int) -> Neighbours: ...

    def rebuild(self, batches: Iterable[Entries], upto: int | None) -> None:
        """Anew from these alone; all changes up to `upto`, or to the last in them, are in them."""
        ...

    def renew_key(self) -> None:
        """Seal under a new key from the next rebuild on, where the engine has a key."""
        ...

    def reset(self) -> None:
        """Forget everything: it belongs to records that are no more."""
        ...

    def due(self) -> bool:
        """Whether a rebuild is worth its while; takes up what another process has made."""
        ...

    def verify(self) -> dict[str, float]: ...

    def state(self) -> EngineState: ...

    def close(self) -> None: ...


class SegmentEngine:
    """Sealed generations in the data folder."""

    narrows_always = False
    follows_gallery = True

    def __init__(self, settings: Settings, vault: Vault, model: str, dim: int) -> None:
        root: Path = settings.data_dir / INDEXES / collection_name(model, dim)
        memory = settings.index_memory_dir
        self._keys = IndexKeys(vault, root)
        self._cipher = self._keys.cipher()
        self._shelf = SegmentFolder(root, model, dim, self._cipher, memory)
        self._living = LivingVectors(model, dim)
        self._previous: Segment | None = None
        self._replaced_at = 0.0
        self.lost = False
        self.damaged: str | None = None

    def __len__(self) -> int:
        return len(self._living)

    @property
    def applied(self) -> int:
        segment = self._living.segment
        return -1 if segment is None else segment.manifest.max_seq

    @property
    def tombstones(self) -> int:
        return self._living.tombstones

    def open(self) -> None:
        """Open what is in force; what is damaged is set aside, and everything is read anew."""
        self.damaged = None
        try:
            self._living.take_up(self._shelf.open())
        except SegmentAbsent:
            self._living.take_up(None)
        except (SegmentDamaged, SegmentForeign) as error:
            self._set_aside(str(error))

    def apply(self, entries: Entries | None, gone: Collection[int], seq: int) -> None:
        self._living.remove(gone, seq + 1)
        if entries is not None:
            self._living.add(entries)

    def search(self, prints: Prints, k: int) -> Neighbours:
        with told_plainly():
            return self._living.search(prints, k)

    def rebuild(self, batches: Iterable[Entries], upto: int | None) -> None:
        """Publish and take up a new generation; searches go on meanwhile."""
        with told_plainly():
            note = {KEY: self._keys.newest}
            self._cipher.refresh()
            contents = Contents(self._shelf.model, self._shelf.dim, upto, batches, note=note)
            self._take_up(self._shelf.publish(contents))
        self.damaged = None
        give_back()

    def renew_key(self) -> None:
        """A new key; what is made from now on lies under it."""
        self._keys.add()

    def reset(self) -> None:
        self._set_aside("made from records that are no more")

    def due(self) -> bool:
        self._let_go()
        held = self._living.segment
        with told_plainly():
            self._shelf.sweep()
        try:
            newest = self._shelf.manifest()
            self._drop_old_keys(newest)
            self.lost = False
        except SegmentAbsent:
            newest = None
        except SegmentError:
            self.lost = True
            return False
        known = 0 if held is None else held.manifest.generation
        if newest is not None and newest.generation > known:
            with told_plainly():
                self._take_up(self._shelf.open())
        pending = self._living.pending
        return pending >= max(PENDING_LEAST, PENDING_SHARE * len(self._living))

    def verify(self) -> dict[str, float]:
        with told_plainly():
            try:
                found = self._shelf.verify()
            except SegmentAbsent:
                return {}  # nothing published yet: everything is read from the records
        return {
            "self_recall": found.self_recall,
            "rank1": found.rank1,
            "recall@10": found.recall10,
        }

    def state(self) -> EngineState:
        with told_plainly():
            found = self._shelf.state()
        manifest = found.manifest
        facts: dict[str, Any] = {
            "generation": manifest.generation if manifest else None,
            "made_at": manifest.made_at if manifest else None,
            "search": None if manifest is None else "exact" if manifest.exact else "codes",
            "self_recall": manifest.self_recall if manifest else None,
            "recall@10": manifest.recall10 if manifest else None,
            "disk_bytes": found.disk_bytes,
            "kept": list(found.kept),
            "damaged": list(found.damaged),
        }
        rows = manifest.rows if manifest else 0
        applied = manifest.max_seq if manifest else -1
        return EngineState("segments", self._shelf.model, rows, applied, facts)

    def close(self) -> None:
        self._living.withdraw()
        for segment in (self._living.segment, self._previous):
            if segment is not None:
                segment.close()

    def _take_up(self, segment: Segment) -> None:
        old, self._previous = self._previous, self._living.segment
        self._living.take_up(segment)
        self._replaced_at = time.monotonic()
        if old is not None:
            old.close()

    def _let_go(self) -> None:
        """Of the pages of a generation in which no search can be any more."""
        if self._previous is not None and time.monotonic() - self._replaced_at >= IN_USE:
            self._previous.close()
            self._previous = None

    def _drop_old_keys(self, newest: Manifest) -> None:
        """Destroy what no generation lies under any more."""
        if not self._shelf.state().kept:
            self._keys.drop_before(int(newest.note.get(KEY, 1)))

    def _set_aside(self, reason: str) -> None:
        self.damaged = reason
        with told_plainly():
            aside = self._shelf.quarantine()
        structlog.get_logger("xunqin").error("index set aside", reason=reason, name=aside)
        self._living.take_up(None)


class MilvusEngine:
    """A collection of a Milvus deployment."""

    narrows_always = True
    follows_gallery = False
    lost = False
    damaged: str | None = None
    tombstones = 0

    def __init__(self, settings: Settings, model: str, dim: int, owner: str = "") -> None:
        """`owner` tells the installations of one deployment apart."""
        self._settings = settings
        self._owner = owner
        self._model, self._dim = model, dim
        self._client: Any = None
        self._vectors: MilvusVectors | None = None
        self._applied = -1

    def __len__(self) -> int:
        with told_plainly():
            return len(self._held)

    @property
    def applied(self) -> int:
        return self._applied

    @property
    def _held(self) -> MilvusVectors:
        if self._vectors is None:
            self.open()
        assert self._vectors is not None  # noqa: S101  open gives it or raises
        return self._vectors

    def open(self) -> None:
        """Connect; an empty collection is made where there is none."""
        told = self._settings
        with told_plainly():
            kind = IndexType.packaged(told.milvus_index)
            self._client = connect(told.milvus_uri, told.milvus_token.get_secret_value())
            vectors = MilvusVectors(
                self._client, self._model, self._dim, (), kind, told.milvus_consistency, self._owner
            )
            vectors.create()
            self._applied = vectors.seq
            self._vectors = vectors

    def apply(self, entries: Entries | None, gone: Collection[int], seq: int) -> None:
        with told_plainly():
            self._held.remove(gone, seq + 1)
            if entries is not None:
                self._held.add(entries)
            self._held.mark(seq)

    def search(self, prints: Prints, k: int) -> Neighbours:
        with told_plainly():
            return self._held.search(prints, k)

    def rebuild(self, batches: Iterable[Entries], upto: int | None) -> None:
        """Fill a new collection and put it in the old one's place."""
        last = -1 if upto is None else upto

        def noted() -> Iterator[Entries]:
            nonlocal last
            for batch in batches:
                last = max(last, int(batch.seqs.max(initial=-1)))
                yield batch

        with told_plainly():
            self._held.rebuild(noted(), lambda: last)
            self._applied = last

    def renew_key(self) -> None:
        """Nothing: the disks of the deployment have keys of their own."""

    def reset(self) -> None:
        with told_plainly():
            self._held.rebuild(iter(()), lambda: -1)
            self._applied = -1

    def due(self) -> bool:
        return False

    def verify(self) -> dict[str, float]:
        return {}

    def state(self) -> EngineState:
        with told_plainly():
            seq, rows = self._held.seq, len(self._held)
        facts = {"collection": self._held.name, "index": self._settings.milvus_index}
        return EngineState("milvus", self._model, rows, seq, facts)

    def close(self) -> None:
        if self._client is not None:
            self._client.close()


def engine_of(settings: Settings, vault: Vault, model: str, dim: int) -> Engine:
    """The engine that the settings choose, not opened yet."""
    if settings.index_engine == "milvus":
        return MilvusEngine(settings, model, dim, vault.verifying_key.hex())
    return SegmentEngine(settings, vault, model, dim)


@contextmanager
def told_plainly() -> Iterator[None]:
    """Errors of the engines in the words of the service; reasons name no person."""
    try:
        yield
    except SegmentBusy:
        raise IndexBusy from None
    except SegmentError as error:
        raise IndexDamaged(reason=str(error)) from error
    except IndexNotReady as error:
        raise IndexUnusable(reason=str(error)) from error
    except OSError as error:
        raise IndexUnusable(reason=error.strerror) from error
