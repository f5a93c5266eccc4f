"""The manifest of a generation: what it holds, how it was made, and how well it finds.

The manifest is sealed like every other file, so that nobody can change what it promises.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from indexes.segments.blocks import Cipher, read_sealed, write_sealed
from indexes.segments.errors import SegmentDamaged, SegmentForeign

FORMAT = 2
FILE = "MANIFEST"


@dataclass(frozen=True, slots=True)
class FileFacts:
    """One file: dtype and shape of the array in it (a plain blob is uint8 [n]), and its seal.

    plain: the blake2b-256 of its plain bytes, for arrays that another index may hold as well; empty
    for the others.
    """

    dtype: str
    shape: tuple[int, ...]
    plain_bytes: int
    blocks: int
    blake2b: str
    plain: str = ""


@dataclass(frozen=True, slots=True)
class Shard:
    """Rows `start` to `stop` of the vectors, found through the codes in `file`."""

    file: str
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What one generation holds.

    making: drawn anew for each draft and bound into every block, so that no file of another life of
    the same number opens. max_seq: all changes up to this sequence number are in it. shards: none
    where the search is exact. self_recall: share of sampled prints whose own row comes back first;
    rank1, recall10: of sampled probes against the exact scan. made_at: ISO 8601. note: the caller's
    own facts.
    """

    generation: int
    making: str
    model: str
    dim: int
    rows: int
    max_seq: int
    files: Mapping[str, FileFacts]
    columns: tuple[str, ...]
    extras: tuple[str, ...]
    shards: tuple[Shard, ...]
    self_recall: float
    rank1: float
    recall10: float
    faiss: str
    made_at: str
    note: Mapping[str, Any]
    format: int = FORMAT

    @property
    def exact(self) -> bool:
        """Whether every row is compared exactly."""
        return not self.shards


def folder_name(generation: int) -> str:
    """`gen-00000007`."""
    return f"gen-{generation:08d}"


def place_of(generation: int, file: str, making: str = "") -> str:
    """What a file's blocks are bound to; the manifest alone to no making, which it tells."""
    return f"{folder_name(generation)}/{file}" + (f"/{making}" if making else "")


def write_manifest(folder: Path, manifest: Manifest, cipher: Cipher) -> None:
    """Seal the manifest into its folder."""
    text = json.dumps(asdict(manifest), ensure_ascii=False).encode()
    write_sealed(folder / FILE, place_of(manifest.generation, FILE), [text], cipher)


def read_manifest(folder: Path, generation: int, cipher: Cipher) -> Manifest:
    """The manifest of a generation; raises `SegmentDamaged` or `SegmentForeign`."""
    parts = read_sealed(folder / FILE, place_of(generation, FILE), cipher)
    try:
        found = json.loads(b"".join(parts))
        if found.get("format") != FORMAT:
            raise SegmentForeign(f"format {found.get('format')}, this release reads {FORMAT}")
        return _manifest(found)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise SegmentDamaged("the manifest cannot be read") from error


def _manifest(found: dict[str, Any]) -> Manifest:
    files = {
        name: FileFacts(**{**facts, "shape": tuple(facts["shape"])})
        for name, facts in found["files"].items()
    }
    named = {
        "files": files,
        "columns": tuple(found["columns"]),
        "extras": tuple(found["extras"]),
        "shards": tuple(Shard(**shard) for shard in found["shards"]),
    }
    return Manifest(**{**found, **named})
