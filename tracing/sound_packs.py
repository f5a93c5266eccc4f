"""Sound packs of an installation: checked when they come, kept in the data folder, composed.

`<data>/sounds/packs/NAME/` holds the files of one pack as they came. The installation's own packs
speak before surveys, and both before the built-in laws, except at points where confirmed pairs
have shown another source to be better (`<data>/sounds/choices.json`).
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import structlog

from matchers.sounds import Reading, Readings, SoundEngine, Voices
from matchers.sounds.channel import Ear
from matchers.sounds.fitting import outcomes
from matchers.sounds.laws import LawReadings
from matchers.sounds.laws.categories import forms_of
from matchers.sounds.packs import Pack, PackError, PackReadings, load_folder
from matchers.sounds.pairs import ConfirmedPair, point_of, syllables
from matchers.sounds.sheets import template
from matchers.sounds.yardstick import Confirmed, better_source
from tracing.errors import Conflict, SoundPackInvalid, SoundPackUnknown

LAWS = "laws"
FORMAT = 1
SURVEY_FILES = ("characters.tsv", "languages.csv")
PACK_FILES = ("pack.toml", "readings.tsv")
_NAME = re.compile(r"[A-Za-z0-9\u3400-\u9fff][\w\u3400-\u9fff-]{0,39}")


@dataclass(frozen=True, slots=True)
class PointCheck:
    """What a pack has for one point; shares are of the name characters in common use.

    `agreeing` is how many of the covered ones begin with the reading that the built-in laws
    expect; None where the laws do not know the point.
    """

    point: str
    characters: int
    covered: float
    agreeing: float | None


@dataclass(frozen=True, slots=True)
class Installed:
    """One pack: name, origin, terms, characters by point; `problem` when it cannot be used."""

    name: str
    source: str
    licence: str
    points: Mapping[str, int]
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class SourceChoice:
    """Which source speaks first at a point, which one usually would, and their mean charges."""

    point: str
    source: str
    usual: str
    syllables: int
    charges: Mapping[str, float]
    decided: bool


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A source that is silent at some points, where another one has been found better."""

    inner: Readings
    silent: frozenset[str]

    def points(self) -> tuple[str, ...]:
        """All its other points."""
        return tuple(point for point in self.inner.points() if point not in self.silent)

    def readings(self, point: str, char: str, *, surname: bool) -> tuple[Reading, ...]:
        """As the source itself reads."""
        return self.inner.readings(point, char, surname=surname)


class SoundPacks:
    """The packs of one installation."""

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir / "sounds" / "packs"
        self._choices = data_dir / "sounds" / "choices.json"

    def listed(self) -> tuple[Installed, ...]:
        """All packs, in the order in which they speak; a broken one says why."""
        return tuple(self._installed(name) for name in self._names())

    def check(self, folder: Path) -> tuple[Pack, tuple[PointCheck, ...]]:
        """Read a pack and hold it against the names in use and the built-in laws.

        Raises:
            SoundPackInvalid: it cannot be used; `problems` names what to mend.
        """
        pack = _loaded(folder)
        laws, spoken = LawReadings.load(), PackReadings.of(pack)
        return pack, tuple(_checked(point, pack, spoken, laws) for point in pack.rows)

    def add(self, folder: Path, name: str | None = None) -> Installed:
        """Check a pack and keep a copy of its files.

        Raises:
            SoundPackInvalid: it cannot be used; nothing was kept.
            Conflict: there is a pack of this name.
        """
        chosen = name or folder.resolve().name
        if not _NAME.fullmatch(chosen):
            raise SoundPackInvalid(path="name", problems=f"name: {chosen[:40]!r}")
        target = self._folder / chosen
        if target.exists():
            raise Conflict(path="name")
        _loaded(folder)
        files = SURVEY_FILES if (folder / SURVEY_FILES[0]).is_file() else PACK_FILES
        aside = self._folder / f".{chosen}.part"
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True, mode=0o700)
        for file in files:
            shutil.copyfile(folder / file, aside / file)
        aside.replace(target)
        return self._installed(chosen)

    def remove(self, name: str) -> None:
        """Delete a pack; raises `SoundPackUnknown`."""
        if name not in self._names():
            raise SoundPackUnknown(name=name[:40])
        shutil.rmtree(self._folder / name)

    def sources(self) -> dict[str, Readings]:
        """Every usable source by name, the preferred one first, the laws last."""
        found: dict[str, Readings] = {}
        for name in self._names():
            try:
                found[name] = PackReadings.of(load_folder(self._folder / name))
            except (PackError, OSError) as problem:
                structlog.get_logger("xunqin").warning(
                    "sound_pack_left_out", pack=name, kind=type(problem).__name__
                )
        return {**found, LAWS: LawReadings.load()}

    def readings(self) -> tuple[Readings, ...]:
        """The sources for the engine, each silent where another was measured to be better."""
        return composed(self.sources(), {c.point: c.source for c in self.choices() if c.decided})

    def choices(self) -> tuple[SourceChoice, ...]:
        """What was measured before; empty when nothing was."""
        try:
            document: dict[str, Any] = json.loads(self._choices.read_text("utf-8"))
            return tuple(SourceChoice(**row) for row in document["points"])
        except FileNotFoundError:
            return ()
        except (ValueError, KeyError, TypeError):
            structlog.get_logger("xunqin").warning("sound_choices_unreadable")
            return ()

    def choose(
        self, pairs: Sequence[ConfirmedPair], ear: Ear, sample: Sequence[str]
    ) -> tuple[SourceChoice, ...]:
        """Measure at each point with several sources which one confirmed pairs favour; keep it.

        A source that is nearer to what was heard leads only if the true names then also stand
        better among `sample` national names than they do under the usual order.
        """
        sources = self.sources()
        engine = SoundEngine.standard(*sources.values())
        made = []
        for point, heard in sorted(syllables(engine, pairs).items()):
            rivals = {name: one for name, one in sources.items() if point in one.points()}
            if len(rivals) > 1:
                made.append(_chosen(point, rivals, heard))
        made = self._borne_out(made, sources, engine, pairs, ear, sample)
        self._choices.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        document = {"format": FORMAT, "points": [asdict(choice) for choice in made]}
        aside = self._choices.with_suffix(".part")
        aside.write_text(json.dumps(document, ensure_ascii=False, indent=1), "utf-8")
        aside.replace(self._choices)
        return tuple(made)

    def _borne_out(
        self,
        made: Sequence[SourceChoice],
        sources: Mapping[str, Readings],
        engine: SoundEngine,
        pairs: Sequence[ConfirmedPair],
        ear: Ear,
        sample: Sequence[str],
    ) -> list[SourceChoice]:
        first = {c.point: c.source for c in made if c.decided and c.source != c.usual}
        if not first:
            return list(made)
        told = [(point_of(engine, pair.heard.dialect), pair) for pair in pairs]
        asked = [(point, pair) for point, pair in told if point in first]
        names = tuple(dict.fromkeys((*(pair.true for _, pair in asked), *sample)))
        both = [
            outcomes([p for _, p in asked], Voices.standard(*composed(sources, led)), names, ear)
            for led in ({}, first)
        ]
        gains: dict[str, float] = dict.fromkeys(first, 0.0)
        for (point, _), before, after in zip(asked, *both, strict=True):
            if point is not None and before is not None and after is not None:
                gains[point] += after.bits - before.bits
        return [
            replace(c, source=c.usual, decided=False) if gains.get(c.point, 1.0) <= 0 else c
            for c in made
        ]

    def _names(self) -> list[str]:
        folders = [f for f in self._folder.glob("*") if f.is_dir() and _NAME.fullmatch(f.name)]
        return [f.name for f in sorted(folders, key=lambda f: (_is_survey(f), f.name))]

    def _installed(self, name: str) -> Installed:
        try:
            pack = load_folder(self._folder / name)
        except PackError as problem:
            return Installed(name, "", "", {}, problem.problems[0])
        return Installed(name, pack.source, pack.licence, pack.sizes)


def composed(sources: Mapping[str, Readings], first: Mapping[str, str]) -> tuple[Readings, ...]:
    """Sources in their order, after those that speak first at the points where they won.

    The others still fill in the characters that the winner lacks.
    """
    led: list[Readings] = []
    for name, source in sources.items():
        won = frozenset(point for point, winner in first.items() if winner == name)
        lost = frozenset(source.points()) - won
        if won & frozenset(source.points()):
            led.append(Elsewhere(source, lost))
    return (*led, *sources.values())


def _chosen(point: str, rivals: Mapping[str, Readings], heard: Sequence[Confirmed]) -> SourceChoice:
    """The rivals beside what was heard, one after the other, the winner so far staying."""
    names = list(rivals)
    best, charges, decided = names[0], dict[str, float](), False
    for other in names[1:]:
        choice = better_source(point, rivals[best], rivals[other], heard)
        charges |= {best: choice.first_charge, other: choice.second_charge}
        decided = decided or choice.decided
        best = other if choice.better is rivals[other] else best
    return SourceChoice(point, best, names[0], len(heard), charges, decided)


def _is_survey(folder: Path) -> bool:
    return (folder / SURVEY_FILES[0]).is_file()


def _loaded(folder: Path) -> Pack:
    try:
        return load_folder(folder)
    except PackError as problem:
        raise SoundPackInvalid(problems="; ".join(problem.problems)) from problem
    except OSError as problem:
        raise SoundPackInvalid(problems=f"{type(problem).__name__}") from problem


def _checked(point: str, pack: Pack, spoken: Readings, laws: Readings) -> PointCheck:
    wanted = [row.char for row in template(point, laws)]
    chars = pack.rows[point]
    covered = [c for c in wanted if any(form in chars for form in (c, *forms_of(c)))]
    agreeing = None
    if point in laws.points() and covered:
        same = 0
        for char in covered:
            expected = laws.readings(point, char, surname=False)
            ours = spoken.readings(point, char, surname=False)
            same += bool(expected and ours and expected[0].ipa == ours[0].ipa)
        agreeing = same / len(covered)
    return PointCheck(point, len(chars), len(covered) / len(wanted), agreeing)
