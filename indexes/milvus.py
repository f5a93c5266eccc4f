"""The same index kept by Milvus, for more people than one machine holds or for high availability.

One collection for each model and length; its name is an alias, so that a rebuilt collection takes
the place of the old one at once. Cosine is the inner product of unit vectors. How far the
collection has come (the sequence number) stands in its properties, beside the data. Milvus's disks
are not under the index key: encrypt them yourself.

Measured against milvus-lite, which speaks the same protocol; index types that it lacks are checked
by loading and asking, since Milvus accepts any name until a collection is loaded.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import time
import tomllib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

import numpy as np

from indexes.contract import (
    Entries,
    IndexNotReady,
    Neighbours,
    as_neighbours,
    grouped,
)
from indexes.filters import EVERYBODY, Filter
from indexes.vectors import Prints, Vectors, VectorsOfAnotherModel

MOST_ASKED = 16_384
"""The most hits that Milvus gives for one probe."""
_BATCH = 2000
_LOADS = 4
_SEQ = "xunqin.seq"
_ITSELF = 0.97
"""The least cosine of a print with itself where the index keeps it in eight bits."""


class EngineMissing(IndexNotReady):
    """Milvus's client is not installed. Install it with `pip install "xunqin[milvus]"`."""


class EngineAway(IndexNotReady):
    """Milvus does not answer. Check its address and whether it runs; nothing was lost."""


class IndexTypeUnusable(IndexNotReady):
    """Milvus cannot use this index type. Choose another one in the settings and rebuild."""


@dataclass(frozen=True, slots=True)
class IndexType:
    """An index type with its parameters; `packaged` reads those of `milvus.toml`."""

    name: str
    build: Mapping[str, Any] = field(default_factory=dict)
    search: Mapping[str, Any] = field(default_factory=dict)
    lite: bool = False

    @classmethod
    def packaged(cls, name: str) -> IndexType:
        """The type of that name; raises `IndexTypeUnusable`."""
        table = tomllib.loads((files("indexes") / "milvus.toml").read_text("utf-8"))
        if name not in table:
            raise IndexTypeUnusable(f"no index type {name}; there are {', '.join(table)}")
        return cls(name, **table[name])


def collection_name(model: str, dim: int, owner: str = "") -> str:
    """Name of the collection of a model: letters, digits and a checksum of the whole name.

    owner: whose records they are, so that two installations may share one deployment.
    """
    plain = re.sub(r"\W+", "_", model, flags=re.ASCII)[:80]
    whole = f"{model}\x1f{dim}" + (f"\x1f{owner}" if owner else "")
    check = hashlib.blake2b(whole.encode(), digest_size=4).hexdigest()
    return f"xunqin_{plain}_{dim}_{check}"


class MilvusVectors:
    """All prints of one model in a Milvus collection; safe to share between threads."""

    def __init__(
        self,
        client: Any,
        model: str,
        dim: int,
        columns: Collection[str] = (),
        index: IndexType | None = None,
        consistency: str = "Strong",
        owner: str = "",
    ) -> None:
        """`client` is a `pymilvus.MilvusClient`, closed by whoever opened it."""
        self._client = client
        self._model = model
        self._dim = dim
        self._columns = tuple(columns)
        self._index = index or IndexType.packaged("FLAT")
        self._consistency = consistency
        self.name = collection_name(model, dim, owner)

    @property
    def model(self) -> str:
        """The recipe of the prints."""
        return self._model

    @property
    def dim(self) -> int:
        """How many numbers a print has."""
        return self._dim

    def __len__(self) -> int:
        with self._asked() as name:
            return self._count(name)

    @property
    def seq(self) -> int:
        """All changes up to this one are in the collection; raises `IndexNotReady` without one."""
        with self._asked() as name:
            properties = self._client.describe_collection(name).get("properties") or {}
            return int(properties.get(_SEQ, -1))

    def mark(self, seq: int) -> None:
        """Write down that all changes up to `seq` are in the collection."""
        with self._asked() as name:
            self._client.alter_collection_properties(self._actual(name), {_SEQ: str(seq)})

    def create(self) -> None:
        """An empty collection in force where there is none yet."""
        with self._talking():
            if not self._there():
                self._put_in_force(self._made())

    def rebuild(self, batches: Iterable[Entries], seq: int | Callable[[], int]) -> int:
        """Fill a new collection, prove it and put it in the old one's place; gives its rows.

        Searches go on in the old one meanwhile. seq: all changes up to it are in the batches; it
        is asked for after the last one. Raises `IndexTypeUnusable` or `EngineAway`, and then
        nothing has changed.
        """
        with self._talking():
            fresh = self._made()
            try:
                rows = 0
                sample: list[Entries] = []
                for batch in batches:
                    self._upsert(fresh, batch)
                    rows += len(batch)
                    sample = [*sample, batch][-4:]
                self._client.flush(fresh)
                self._loaded(fresh)
                self._proven(fresh, rows, sample)
                reached = seq() if callable(seq) else seq
                self._client.alter_collection_properties(fresh, {_SEQ: str(reached)})
            except BaseException:
                self._client.drop_collection(fresh)
                raise
            self._put_in_force(fresh)
            return rows

    def add(self, entries: Entries) -> None:
        """Take entries in; an id that is there already is replaced."""
        self._checked(entries.prints)
        if set(entries.columns) != set(self._columns):
            raise ValueError(f"columns {sorted(entries.columns)}, expected {sorted(self._columns)}")
        if len(np.unique(entries.ids)) != len(entries.ids):
            raise ValueError("an id is there twice")
        with self._asked() as name:
            self._upsert(name, entries)

    def remove(self, owners: Collection[int], seq: int) -> None:
        """From now on find no print of these people that came before change `seq`."""
        who = [int(owner) for owner in owners]
        with self._asked() as name:
            for start in range(0, len(who), _BATCH):
                part = who[start : start + _BATCH]
                self._client.delete(name, filter=f"owner in {part} and seq < {int(seq)}")

    def search(self, prints: Prints, k: int, where: Filter = EVERYBODY) -> Neighbours:
        """The k nearest people for each probe, at most 16,384.

        Raises:
            IndexNotReady: there is no collection, or Milvus does not answer.
        """
        queries = self._checked(prints)
        if k > MOST_ASKED:
            raise ValueError(f"Milvus gives at most {MOST_ASKED} hits")
        expression = where.expression(frozenset(self._columns))
        with self._asked() as name:
            found = self._client.search(
                name,
                data=queries.tolist(),
                limit=k,
                filter=expression,
                output_fields=["owner"],
                group_by_field="owner",
                search_params={"params": dict(self._index.search)},
                consistency_level=self._consistency,
            )
        return as_neighbours([_row(hits, k) for hits in found], k)

    def _upsert(self, name: str, entries: Entries) -> None:
        for start in range(0, len(entries), _BATCH):
            at = slice(start, start + _BATCH)
            parts: dict[str, list[Any]] = {
                "id": entries.ids[at].tolist(),
                "owner": entries.owners[at].tolist(),
                "seq": entries.seqs[at].tolist(),
                "vector": np.asarray(entries.prints.vectors[at], np.float32).tolist(),
            }
            parts |= {column: entries.columns[column][at].tolist() for column in self._columns}
            rows = [dict(zip(parts, row, strict=True)) for row in zip(*parts.values(), strict=True)]
            self._client.upsert(name, rows)

    def _made(self) -> str:
        """A new, empty, loaded collection."""
        from pymilvus import DataType  # noqa: PLC0415  an optional extra

        schema = self._client.create_schema(auto_id=False, enable_dynamic_field=False)
        schema.add_field("id", DataType.INT64, is_primary=True)
        for whole in ("owner", "seq", *self._columns):
            schema.add_field(whole, DataType.INT64)
        schema.add_field("vector", DataType.FLOAT_VECTOR, dim=self._dim)
        how = self._client.prepare_index_params()
        how.add_index(
            "vector", index_type=self._index.name, metric_type="IP", params=dict(self._index.build)
        )
        name = f"{self.name}_{secrets.token_hex(4)}"
        self._client.create_collection(
            name, schema=schema, index_params=how, consistency_level=self._consistency
        )
        self._client.load_collection(name)
        return name

    def _loaded(self, name: str) -> None:
        """Load once more: a type that Milvus lacks shows only when it loads prints."""
        from pymilvus import MilvusException  # noqa: PLC0415  an optional extra

        for left in reversed(range(_LOADS)):
            try:
                self._client.release_collection(name)
                self._client.load_collection(name)
                return
            except MilvusException as error:
                if not left:
                    raise IndexTypeUnusable(f"{self._index.name}: {error.message}") from error
                time.sleep(0.2)  # milvus-lite fails while it is still writing the index

    def _proven(self, name: str, rows: int, sample: Collection[Entries]) -> None:
        """Counts, and prints that find themselves; raises `IndexTypeUnusable`."""
        if self._count(name) != rows:
            raise IndexTypeUnusable(f"{self._count(name)} prints of {rows} arrived")
        for batch in sample:
            few = np.asarray(batch.prints.vectors[:16], np.float32)
            if not len(few):
                continue
            found = self._client.search(
                name,
                data=few.tolist(),
                limit=1,
                search_params={"params": dict(self._index.search)},
                consistency_level="Strong",
            )
            if any(not hits or hits[0]["distance"] < _ITSELF for hits in found):
                raise IndexTypeUnusable(f"{self._index.name}: prints do not find themselves")

    def _put_in_force(self, fresh: str) -> None:
        old = self._actual(self.name) if self._there() else None
        if old is None:
            self._client.create_alias(fresh, self.name)
        else:
            self._client.alter_alias(fresh, self.name)
            self._client.drop_collection(old)

    def _actual(self, name: str) -> str:
        return str(self._client.describe_alias(name)["collection_name"])

    def _there(self) -> bool:
        return bool(self._client.has_collection(self.name))

    def _count(self, name: str) -> int:
        found = self._client.query(
            name, filter="", output_fields=["count(*)"], consistency_level="Strong"
        )
        return int(found[0]["count(*)"])

    @contextmanager
    def _asked(self) -> Iterator[str]:
        """The name of the collection in force; raises `EngineAway`, also without one."""
        with self._talking():
            yield self.name

    @contextmanager
    def _talking(self) -> Iterator[None]:
        from pymilvus import MilvusException  # noqa: PLC0415  an optional extra

        try:
            yield
        except MilvusException as error:
            raise EngineAway(f"Milvus: {error.message}") from error

    def _checked(self, prints: Prints) -> Vectors:
        if prints.model != self._model:
            raise VectorsOfAnotherModel(f"{prints.model} prints in an index of {self._model}")
        vectors = np.ascontiguousarray(prints.vectors, np.float32)
        if vectors.ndim != 2 or vectors.shape[1] != self._dim:
            raise ValueError(f"prints of shape {vectors.shape}, expected [n, {self._dim}]")
        if not np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-3):
            raise ValueError("prints must be of unit length")
        return vectors


def connect(uri: str, token: str = "", seconds: float = 10.0) -> Any:
    """A `pymilvus.MilvusClient`; raises `EngineMissing` or `EngineAway`."""
    try:
        from pymilvus import MilvusClient, MilvusException  # noqa: PLC0415  an optional extra
    except ImportError as error:
        raise EngineMissing("pymilvus is not installed") from error
    try:
        return MilvusClient(uri, token=token, timeout=seconds)
    except MilvusException as error:
        raise EngineAway(f"Milvus: {error.message}") from error


def _row(hits: Any, k: int) -> Any:
    owners = np.array([hit["entity"]["owner"] for hit in hits], np.int64)
    ids = np.array([hit["id"] for hit in hits], np.int64)
    return grouped(owners, ids, np.array([hit["distance"] for hit in hits], np.float32), k)
