"""Models of evidence made here: numbered JSON files in the data folder, the newest in force."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog

from matchers.evidence.model import Model, ModelUnfit
from tracing.errors import ModelUnreadable

FORMAT = 1
_FILE = re.compile(r"model-(\d{4})\.json")
_RETIRED = ".retired"


class EvidenceModels:
    """The models of one installation; `chosen` is a file that the settings name."""

    def __init__(self, data_dir: Path, chosen: Path | None = None) -> None:
        self._folder = data_dir / "evidence"
        self._chosen = chosen

    def in_force(self) -> Model:
        """The model that the settings name, else the newest made here, else the shipped one.

        Raises:
            ModelUnreadable: the settings name a file that is no model of this version.
        """
        if self._chosen is not None:
            return _chosen(self._chosen)
        for path in sorted(self._files(), reverse=True):
            try:
                return opened(path.read_bytes())
            except (ValueError, KeyError, TypeError, OSError):
                structlog.get_logger("xunqin").warning("evidence_model_unreadable", file=path.name)
        return Model.load()

    @property
    def pinned(self) -> bool:
        """Whether the settings name a model, so that none made here comes into force."""
        return self._chosen is not None

    def next_version(self) -> int:
        """One above the highest there ever was, retired ones included."""
        known = [
            int(found[1]) for p in self._folder.glob("model-*") if (found := _FILE.match(p.name))
        ]
        return max(known, default=1) + 1

    def keep(self, model: Model, version: int, at: datetime, report: Mapping[str, Any]) -> Path:
        """Store a model beside its report, whole or not at all; a restart brings it into use."""
        document = {
            "format": FORMAT,
            "made_at": at.isoformat(),
            "hash": model.hash,
            "report": dict(report),
            "model": model.document(),
        }
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._folder / f"model-{version:04}.json"
        beside = path.with_suffix(f".{os.getpid()}.part")
        beside.write_text(json.dumps(document, ensure_ascii=False, indent=1), "utf-8")
        beside.replace(path)
        return path

    def back(self) -> Path | None:
        """Retire the newest model made here, so that the one before is in force; None: no such.

        Nothing is deleted: the file keeps its number under another ending.
        """
        newest = max(self._files(), default=None)
        if newest is None:
            return None
        retired = newest.with_name(newest.name + _RETIRED)
        newest.replace(retired)
        return retired

    def _files(self) -> Iterator[Path]:
        return (path for path in self._folder.glob("model-*.json") if _FILE.fullmatch(path.name))


def opened(data: bytes) -> Model:
    """The model in a file, bare or beside its report; ValueError where there is none."""
    try:
        document = json.loads(data)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    return Model.from_document(document.get("model", document))


def _chosen(path: Path) -> Model:
    try:
        return opened(path.read_bytes())
    except ModelUnfit as error:
        raise ModelUnreadable(file=path.name, problem=str(error)) from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelUnreadable(file=path.name, problem=type(error).__name__) from error
