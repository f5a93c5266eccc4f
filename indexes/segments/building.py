"""Making a generation: entries in, sealed files out, measured before anybody may use it.

Entries are streamed to the disk as they come, sealed, and read back for fitting and filling the
codes; memory holds the ids, one shard of codes and the sample. What is measured is what lies on
the disk.
"""

from __future__ import annotations

import hashlib
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexes.contract import Entries
from indexes.segments.blocks import Cipher, read_sealed, write_sealed
from indexes.segments.codes import VERSION, Codes
from indexes.segments.errors import SegmentDamaged
from indexes.segments.manifest import FileFacts, Manifest, Shard, place_of
from indexes.segments.recipe import Recipe
from indexes.vectors import Vectors

VECTORS = "vectors"
TABLES = "tables"
_ROWS = 65_536


@dataclass(frozen=True, slots=True)
class Streamed:
    """An array of n rows [n, …] of that dtype, given part by part whenever it is asked for."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    parts: Callable[[], Iterable[NDArray[Any]]]


@dataclass(frozen=True, slots=True)
class Contents:
    """What a generation is made of.

    source: batches of entries, of one model. extras: further arrays of the caller, of any length
    and dtype, kept as they are. streams: the same, too large to be there twice while they are
    written, and perhaps in another index too, with which pages are then shared (see `memory`).
    max_seq: all changes up to it are in the source; None stands for the highest sequence number in
    it.
    """

    model: str
    dim: int
    max_seq: int | None
    source: Iterable[Entries]
    columns: tuple[str, ...] = ()
    extras: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    streams: Mapping[str, Streamed] = field(default_factory=dict)
    note: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Draft:
    """A generation being written into `folder`."""

    folder: Path
    generation: int
    cipher: Cipher
    recipe: Recipe
    making: str = field(default_factory=partial(secrets.token_hex, 16))
    files: dict[str, FileFacts] = field(default_factory=dict)

    def write(self, contents: Contents, made_at: str) -> Manifest:
        """All files but the manifest, which is given back with nothing measured yet."""
        rows, narrow = _Rows(contents), self.recipe.exact_most
        first, exact = _up_to(rows.vectors(), narrow)
        dtype = np.dtype(np.float32 if exact else np.float16)
        self._stream(VECTORS, dtype, (-1, contents.dim), chain(first, rows.vectors()))
        for name, array in rows.arrays().items():
            self.keep(name, array)
        for name, array in contents.extras.items():
            self.keep(f"extra-{name}", array)
        for name, streamed in contents.streams.items():
            self._stream(f"extra-{name}", streamed.dtype, streamed.shape, streamed.parts())
        shards = () if exact else self._codes(rows.count, contents.dim)
        return Manifest(
            generation=self.generation,
            making=self.making,
            model=contents.model,
            dim=contents.dim,
            rows=rows.count,
            max_seq=rows.max_seq if contents.max_seq is None else contents.max_seq,
            files=self.files,
            columns=contents.columns,
            extras=(*contents.extras, *contents.streams),
            shards=shards,
            self_recall=0.0,
            rank1=0.0,
            recall10=0.0,
            faiss=VERSION,
            made_at=made_at,
            note=contents.note,
        )

    def keep(self, name: str, array: NDArray[Any]) -> None:
        """One array as a sealed file."""
        flat = np.ascontiguousarray(array).reshape(-1)
        step = max(1, (1 << 22) // max(1, flat.itemsize))
        parts = (flat[at : at + step].tobytes() for at in range(0, len(flat), step))
        self._sealed(name, array.dtype, array.shape, parts)

    def discard(self) -> None:
        """Leave nothing behind."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _stream(
        self,
        name: str,
        dtype: np.dtype[Any],
        shape: tuple[int, ...],
        batches: Iterable[NDArray[Any]],
    ) -> None:
        """Rows as a sealed file that names its plain bytes."""
        plain = hashlib.blake2b(digest_size=32)

        def parts() -> Iterator[bytes]:
            for batch in batches:
                part = np.ascontiguousarray(batch, dtype).tobytes()
                plain.update(part)
                yield part

        self._sealed(name, dtype, shape, parts())
        self.files[name] = replace(self.files[name], plain=plain.hexdigest())

    def _sealed(
        self, name: str, dtype: np.dtype[Any], shape: tuple[int, ...], parts: Iterable[bytes]
    ) -> None:
        place = place_of(self.generation, name, self.making)
        made = write_sealed(self.folder / name, place, parts, self.cipher)
        if -1 in shape:
            width = dtype.itemsize * int(np.prod([n for n in shape if n != -1]))
            shape = tuple(made.plain_bytes // width if n == -1 else n for n in shape)
        self.files[name] = FileFacts(dtype.str, shape, made.plain_bytes, made.blocks, made.blake2b)

    def _codes(self, rows: int, dim: int) -> tuple[Shard, ...]:
        tables = Codes.fitted(self._sample(rows, dim), self.recipe.coded_share)
        self.keep(TABLES, tables.tables())
        count = -(-rows // self.recipe.shard_rows)
        edges = [rows * i // count for i in range(count + 1)]
        shards = []
        batches = self._stored(dim)
        rest: list[Vectors] = []
        for i, (start, stop) in enumerate(pairwise(edges)):
            shard = Shard(f"codes-{i:03d}", start, stop)
            codes = tables.filled(_exactly(stop - start, batches, rest))
            if len(codes) != stop - start:
                raise SegmentDamaged(f"{len(codes)} codes for {stop - start} rows")
            self.keep(shard.file, codes.packed())
            shards.append(shard)
        return tuple(shards)

    def _sample(self, rows: int, dim: int) -> Vectors:
        size = min(rows, self.recipe.training_rows)
        chosen = np.sort(np.random.default_rng(rows).choice(rows, size, replace=False))
        parts, start = [], 0
        for batch in self._stored(dim):
            inside = chosen[(chosen >= start) & (chosen < start + len(batch))]
            parts.append(batch[inside - start])
            start += len(batch)
        return np.concatenate(parts)

    def _stored(self, dim: int) -> Iterator[Vectors]:
        """What lies on the disk, float32 [≤ _ROWS, d]."""
        waiting = bytearray()
        width = 2 * dim * _ROWS
        for block in read_sealed(
            self.folder / VECTORS, place_of(self.generation, VECTORS, self.making), self.cipher
        ):
            waiting += block
            while len(waiting) >= width:
                yield (
                    np.frombuffer(bytes(waiting[:width]), np.float16).reshape(-1, dim).astype("f4")
                )
                del waiting[:width]
        if waiting:
            yield np.frombuffer(bytes(waiting), np.float16).reshape(-1, dim).astype("f4")


class _Rows:
    """Passes the vectors of a source on and keeps what stands beside them."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        self._batches = iter(contents.source)
        self._kept: list[Entries] = []
        self.count = 0
        self.max_seq = -1

    def vectors(self) -> Iterator[Vectors]:
        """Further vectors, one batch at a time; goes on where it stopped."""
        for batch in self._batches:
            prints = batch.prints
            if prints.model != self._contents.model or prints.vectors.shape[1:] != (
                self._contents.dim,
            ):
                raise ValueError(f"{prints.model} prints for an index of {self._contents.model}")
            if set(batch.columns) != set(self._contents.columns):
                raise ValueError(f"columns {sorted(batch.columns)} are not those promised")
            self.count += len(batch)
            self.max_seq = max(self.max_seq, int(batch.seqs.max(initial=-1)))
            nothing = replace(prints, vectors=np.empty((len(batch), 0), np.float32))
            self._kept.append(replace(batch, prints=nothing))
            yield prints.vectors

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Ids, owners, seqs int64 [n] and columns int32 [n]; ValueError for a repeated id."""
        ids = _joined([batch.ids for batch in self._kept], np.int64)
        if len(np.unique(ids)) != len(ids):
            raise ValueError("an id is there twice")
        found: dict[str, NDArray[Any]] = {
            "ids": ids,
            "owners": _joined([batch.owners for batch in self._kept], np.int64),
            "seqs": _joined([batch.seqs for batch in self._kept], np.int64),
        }
        for name in self._contents.columns:
            parts = [batch.columns[name] for batch in self._kept]
            found[f"column-{name}"] = _joined(parts, np.int32)
        return found


def _joined(parts: Sequence[NDArray[Any]], dtype: type) -> NDArray[Any]:
    return np.concatenate([np.empty(0, dtype), *parts]).astype(dtype)


def _up_to(batches: Iterator[Vectors], most: int) -> tuple[list[Vectors], bool]:
    """The first batches until they are more than `most` rows; whether they never were."""
    first: list[Vectors] = []
    total = 0
    for batch in batches:
        first.append(batch)
        total += len(batch)
        if total > most:
            return first, False
    return first, True


def _exactly(count: int, batches: Iterator[Vectors], rest: list[Vectors]) -> Iterator[Vectors]:
    """The next `count` rows; what is left of the last batch waits in `rest`."""
    while count > 0:
        batch = rest.pop() if rest else next(batches, None)
        if batch is None:
            return
        if len(batch) > count:
            rest.append(batch[count:])
        yield batch[:count]
        count -= min(count, len(batch))
