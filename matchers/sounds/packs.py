"""Sound packs: readings of a town that a station adds itself, checked before they are used.

A pack is a folder with two files. ``pack.toml`` says what it is::

    format = 1
    point = "宜兴"            # the town, in simplified characters
    source = "读音由本站某乡两位老人提供, 2026年3月"
    licence = "本站自有, 不外传"

``readings.tsv`` holds one reading per row, tab-separated, with a header: ``char`` (one Han
character, simplified or traditional), ``ipa`` (the syllable without tone), ``tone`` (Chao digits
1-5, may be empty), and if wanted ``pinyin`` (which standard reading is meant, ``zeng1``),
``layer`` (文, 白, 姓), ``point`` (when one pack holds several towns). Rows with an empty ``ipa``
are skipped, so a half-filled template is a valid pack. A folder with ``characters.tsv`` and
``languages.csv`` is read as the CLDF edition of 漢語方音字彙. Packs never ship with the product.
"""

import csv
import io
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from matchers.sounds.laws import zihui
from matchers.sounds.laws.categories import forms_of
from matchers.sounds.laws.filling import Filling
from matchers.sounds.laws.mandarin import Mandarin, taken_apart
from matchers.sounds.laws.standard import shares_of
from matchers.sounds.laws.syllables import halves, spelled
from matchers.sounds.reading import Reading

FORMAT = 1
LARGEST_FILE = 16 * 1024 * 1024
MOST_ROWS = 500_000
LONGEST_CELL = 100
MOST_POINTS = 2_000
MOST_READINGS = 40
"""Of one character at one point: 漢語方音字彙 has at most six."""
LAYERS = ("", "文", "白", "姓")
_REPORTED = 20
_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_TONE = re.compile("[1-5]{0,4}")
_ZIHUI_SOURCE = "北京大学, 汉语方音字汇 (1962), CLDF edition by J.-M. List et al."
_ZIHUI_LICENCE = "CC-BY-4.0"


class PackError(ValueError):
    """A sound pack cannot be used; ``problems`` names every row that must be mended."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


@dataclass(frozen=True, slots=True)
class Said:
    """One row of a pack."""

    ipa: str
    tone: str
    layer: str
    standard: Mandarin | None


@dataclass(frozen=True, slots=True)
class Pack:
    """A checked pack: point -> character -> rows, with its origin and terms."""

    source: str
    licence: str
    rows: Mapping[str, Mapping[str, tuple[Said, ...]]]

    @property
    def sizes(self) -> dict[str, int]:
        """Point -> number of characters."""
        return {point: len(chars) for point, chars in self.rows.items()}


def load_pack(header: bytes, table: bytes) -> Pack:
    """Read ``pack.toml`` and ``readings.tsv``.

    Raises ``PackError`` with up to 20 problems, each naming its line and what to do.
    """
    _require_small(header, table)
    facts = _header(header)
    problems: list[str] = []
    rows: dict[str, dict[str, list[Said]]] = defaultdict(lambda: defaultdict(list))
    for number, row in _rows(table):
        try:
            read = _read(row, str(facts.get("point", "")))
        except ValueError as problem:
            problems.append(f"readings.tsv line {number}: {problem}")
            if len(problems) >= _REPORTED:
                break
            continue
        if read is not None:
            point, char, said = read
            _add(rows, point, char, said, f"readings.tsv line {number}")
    if problems:
        raise PackError(problems)
    if not rows:
        raise PackError(["readings.tsv: no row has a reading yet; fill the column ipa"])
    return Pack(str(facts["source"]), str(facts["licence"]), _frozen(rows))


def load_zihui(characters_tsv: bytes, languages_csv: bytes) -> Pack:
    """Read the CLDF edition of 漢語方音字彙 (2,600 characters at 18 points).

    Raises ``PackError``.
    """
    _require_small(characters_tsv, languages_csv)
    rows: dict[str, dict[str, list[Said]]] = defaultdict(lambda: defaultdict(list))
    texts = (_text("characters.tsv", characters_tsv), _text("languages.csv", languages_csv))
    try:
        lines = list(islice(zihui.survey(*texts), MOST_ROWS))
    except KeyError as missing:
        raise PackError([f"not the CLDF edition of 漢語方音字彙: no column {missing}"]) from missing
    except csv.Error as problem:
        raise PackError([f"not the CLDF edition of 漢語方音字彙: {problem}"]) from problem
    for line in lines:
        said = Said(line.ipa, line.tone, "", taken_apart(zihui.numbered(line.pinyin)))
        _add(rows, line.point, line.char, said, "characters.tsv")
    if not rows:
        raise PackError(["characters.tsv: no readable line"])
    return Pack(_ZIHUI_SOURCE, _ZIHUI_LICENCE, _frozen(rows))


def _require_small(*files: bytes) -> None:
    if sum(map(len, files)) > LARGEST_FILE:
        raise PackError([f"the files are larger than {LARGEST_FILE >> 20} MiB"])


def _add(
    rows: dict[str, dict[str, list[Said]]], point: str, char: str, said: Said, place: str
) -> None:
    """Put a reading to the others of its character, once."""
    known = rows[point][char]
    if said in known:
        return
    if len(known) >= MOST_READINGS:
        raise PackError([f"{place}: more than {MOST_READINGS} readings of one character"])
    if len(rows) > MOST_POINTS:
        raise PackError([f"{place}: more than {MOST_POINTS} towns; make several packs of it"])
    known.append(said)


def load_folder(folder: Path) -> Pack:
    """Read a pack from its folder, whichever of the two kinds it is."""
    if (folder / "characters.tsv").is_file():
        return load_zihui(
            (folder / "characters.tsv").read_bytes(), (folder / "languages.csv").read_bytes()
        )
    missing = [name for name in ("pack.toml", "readings.tsv") if not (folder / name).is_file()]
    if missing:
        raise PackError([f"{folder.name}: no file {name}" for name in missing])
    return load_pack((folder / "pack.toml").read_bytes(), (folder / "readings.tsv").read_bytes())


@dataclass(frozen=True, slots=True)
class PackReadings:
    """The readings of one pack; ``filling`` speaks for characters the pack lacks."""

    pack: Pack
    filling: Filling | None = None

    @classmethod
    def load(cls, folder: Path) -> "PackReadings":
        """Read a pack from its folder; ``PackError`` says what is wrong with it."""
        return cls.of(load_folder(folder))

    @classmethod
    def of(cls, pack: Pack) -> "PackReadings":
        """Speak for a checked pack, laws of the town filling its gaps."""
        sheets = {
            point: {
                char: tuple((*halves(row.ipa), row.tone) for row in rows)
                for char, rows in chars.items()
            }
            for point, chars in pack.rows.items()
        }
        return cls(pack, Filling(sheets))

    def points(self) -> tuple[str, ...]:
        """Give the points of the pack."""
        return tuple(self.pack.rows)

    def readings(self, point: str, char: str, *, surname: bool) -> tuple[Reading, ...]:
        """Give the readings of a character, likeliest first; empty when neither knows it."""
        found = self._recorded(point, char, surname=surname)
        if found or self.filling is None:
            return found
        return self.filling.readings(point, char, surname=surname)

    def _recorded(self, point: str, char: str, *, surname: bool) -> tuple[Reading, ...]:
        chars = self.pack.rows[point]
        rows = next((chars[form] for form in (char, *forms_of(char)) if form in chars), ())
        usable = [row for row in rows if surname or row.layer != "姓"]
        if not usable:
            return ()
        shares = shares_of(char, surname=surname)
        meant = {row.standard for row in usable}
        if surname and None not in meant and sum(shares.get(m, 0.0) for m in meant if m) < _COVERED:
            return ()  # the pack has the everyday reading only, not the surname's
        groups: dict[Mandarin | None, list[Said]] = defaultdict(list)
        for row in usable:
            groups[row.standard].append(row)
        weights: defaultdict[tuple[str, str], float] = defaultdict(float)
        layers: dict[tuple[str, str], str] = {}
        for standard, said in groups.items():
            group = 1.0 if standard is None else shares.get(standard, _UNLISTED)
            for row, part in zip(said, _parts(len(said)), strict=True):
                weights[row.ipa, row.tone] += group * part
                layers.setdefault((row.ipa, row.tone), row.layer)
        total = sum(weights.values())
        ordered = sorted(weights.items(), key=lambda item: -item[1])
        return tuple(Reading(*key, weight / total, layers[key]) for key, weight in ordered)


_COVERED = 0.5
_UNLISTED = 0.05
_FIRST = 0.6


def _parts(count: int) -> tuple[float, ...]:
    """Shares of readings that a source lists one after the other, the first the usual one."""
    if count == 1:
        return (1.0,)
    return (_FIRST, *((1.0 - _FIRST) / (count - 1),) * (count - 1))


def _header(header: bytes) -> Mapping[str, Any]:
    try:
        facts = tomllib.loads(_text("pack.toml", header))
    except (ValueError, RecursionError) as problem:  # ValueError: also dates that are none
        if isinstance(problem, PackError):
            raise
        raise PackError([f"pack.toml: {problem}"]) from problem
    problems = [
        f"pack.toml: {key} must be a text that is not empty"
        for key in ("source", "licence")
        if not isinstance(facts.get(key), str) or not facts[key].strip()
    ]
    if facts.get("format") != FORMAT:
        problems.append(f"pack.toml: format must be {FORMAT}")
    if problems:
        raise PackError(problems)
    return facts


def _text(name: str, data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise PackError([f"{name}: save the file as UTF-8 (byte {problem.start})"]) from problem


def _rows(table: bytes) -> Iterable[tuple[int, dict[str, str]]]:
    lines = csv.DictReader(
        io.StringIO(_text("readings.tsv", table)), delimiter="\t", quoting=csv.QUOTE_NONE
    )
    try:
        lacking = [name for name in ("char", "ipa", "tone") if name not in (lines.fieldnames or ())]
        if lacking:
            raise PackError(
                [f"readings.tsv: the header lacks the column {name}" for name in lacking]
            )
        for number, row in enumerate(lines, 2):
            if number > MOST_ROWS:
                raise PackError([f"readings.tsv: more than {MOST_ROWS} rows"])
            yield number, {key: (value or "").strip() for key, value in row.items() if key}
    except csv.Error as problem:
        raise PackError([f"readings.tsv line {lines.line_num}: {problem}"]) from problem


def _read(row: Mapping[str, str], point: str) -> tuple[str, str, Said] | None:
    """Read one row; None when it is still to be filled. ``ValueError`` says what to mend."""
    if not row["ipa"]:
        return None
    if max(map(len, row.values())) > LONGEST_CELL:
        raise ValueError(f"a cell has more than {LONGEST_CELL} letters")
    town = row.get("point") or point
    if not town:
        raise ValueError("no point: name the town in pack.toml or in a column point")
    if len(row["char"]) != 1 or not _HAN.match(row["char"]):
        raise ValueError(f"char must be one Han character, not {row['char'][:8]!r}")
    if not _TONE.fullmatch(row["tone"]):
        raise ValueError(f"tone must be Chao digits 1-5 such as 55 or 213, not {row['tone']!r}")
    layer = row.get("layer", "")
    if layer not in LAYERS:
        raise ValueError(f"layer must be 文, 白, 姓 or empty, not {layer!r}")
    standard = taken_apart(row["pinyin"]) if row.get("pinyin") else None
    if row.get("pinyin") and standard is None:
        raise ValueError(f"pinyin must carry its tone digit, such as zeng1: {row['pinyin']!r}")
    return town, row["char"], Said(spelled(row["ipa"]), row["tone"], layer, standard)


def _frozen(
    rows: Mapping[str, Mapping[str, list[Said]]],
) -> dict[str, dict[str, tuple[Said, ...]]]:
    return {
        point: {char: tuple(said) for char, said in chars.items()} for point, chars in rows.items()
    }
