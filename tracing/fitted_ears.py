"""Ears fitted on confirmed pairs: numbered JSON files in the data folder, the newest in force."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import structlog

from matchers.evidence import national_names
from matchers.sounds import Voices
from matchers.sounds.channel import Ear
from matchers.sounds.fitting import FEWEST_PAIRS, Fitted, ear_document, ear_from, fit
from matchers.sounds.pairs import ConfirmedPair
from tracing.sound_packs import SoundPacks, SourceChoice

FORMAT = 1
SAMPLE = 1200
_FILE = re.compile(r"ear-(\d{4})\.json")


@dataclass(frozen=True, slots=True)
class NamesCalibrated:
    """What `xunqin calibrate names` did; `version` is the new ear's, None when nothing changed."""

    fitted: Fitted
    version: int | None
    sources: tuple[SourceChoice, ...]


class FittedEars:
    """The fitted ears of one installation."""

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir / "sounds"

    def newest(self) -> Ear | None:
        """The ear in force; None when none was fitted or the newest file is damaged."""
        for path in sorted(self._files(), reverse=True):
            try:
                return ear_from(json.loads(path.read_text("utf-8"))["ear"])
            except (ValueError, KeyError, TypeError):
                structlog.get_logger("xunqin").warning("fitted_ear_unreadable", file=path.name)
                return None
        return None

    def calibrate(
        self, pairs: tuple[ConfirmedPair, ...], packs: SoundPacks, at: datetime
    ) -> NamesCalibrated:
        """Measure the sources of each point, then refit the ear; keeps it only when better.

        With fewer than 50 pairs nothing is measured and nothing changes.
        """
        start, sample = self.newest() or Ear.load(), national_names()[:SAMPLE]
        sources = packs.choose(pairs, start, sample) if len(pairs) >= FEWEST_PAIRS else ()
        fitted = fit(pairs, Voices.standard(*packs.readings()), sample, start)
        version = self._keep(fitted, at) if fitted.reason is None else None
        return NamesCalibrated(fitted, version, sources)

    def _keep(self, fitted: Fitted, at: datetime) -> int:
        numbers = [int(found[1]) for f in self._files() if (found := _FILE.fullmatch(f.name))]
        version = max(numbers, default=0) + 1
        document = {
            "format": FORMAT,
            "version": version,
            "fitted_at": at.isoformat(),
            "pairs": fitted.pairs,
            "held_out": fitted.held_out,
            "factors": dict(fitted.factors),
            "before": asdict(fitted.before) if fitted.before else None,
            "after": asdict(fitted.after) if fitted.after else None,
            "ear": ear_document(fitted.ear),
        }
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        aside = self._folder / "ear.part"
        aside.write_text(json.dumps(document, ensure_ascii=False, indent=1), "utf-8")
        aside.replace(self._folder / f"ear-{version:04}.json")
        return version

    def _files(self) -> Iterator[Path]:
        return (path for path in self._folder.glob("ear-*.json") if _FILE.fullmatch(path.name))
