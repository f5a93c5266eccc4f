"""The CLDF edition of 漢語方音字彙 read into the product's spelling.

Beijing Daxue (1962), edition by J.-M. List et al., CC-BY-4.0: ``characters.tsv`` (CHARACTER,
PINYIN, DOCULECT, VALUE such as ``tsʰ.i.n.⁵⁵``) and ``languages.csv`` (ID, Name, ChineseName).
The data are never part of the product; a station may add them as a sound pack.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from matchers.sounds.laws.syllables import CONSONANTS, spelled

_DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_VALUE = re.compile(r"^(.*?)([⁰¹²³⁴⁵⁶⁷⁸⁹/]*)$")
_NASAL_VOWEL = re.compile("ː ")
_OTHER_NAMES = {"汉口": "武汉", "揚州": "扬州", "中原音韻": ""}
_MARKS = {"\u0304": "1", "\u0301": "2", "\u030c": "3", "\u0300": "4"}
_LONGEST = 100
_BOOKS = frozenset(("Zhongyuan_Yinyun",))


@dataclass(frozen=True, slots=True)
class Spoken:
    """One line of the survey: character, standard pinyin, point, syllable and Chao tone."""

    char: str
    pinyin: str
    point: str
    ipa: str
    tone: str


def points_of(languages_csv: str) -> dict[str, str]:
    """Doculect name -> point (its town in simplified characters), books of rhyme left out."""
    found: dict[str, str] = {}
    for row in csv.DictReader(io.StringIO(languages_csv)):
        if row["Name"] not in _BOOKS:
            town = row["ChineseName"]
            found[row["Name"]] = _OTHER_NAMES.get(town, town)
    return found


def survey(characters_tsv: str, languages_csv: str) -> Iterator[Spoken]:
    """Give every readable line of the survey; lines without a syllable are passed over."""
    points = points_of(languages_csv)
    for row in csv.DictReader(io.StringIO(characters_tsv), delimiter="\t"):
        char, pinyin = row["CHARACTER"] or "", row["PINYIN"] or ""
        point, value = points.get(row["DOCULECT"] or ""), row["VALUE"] or ""
        if not point or len(char) != 1 or len(value) + len(pinyin) > _LONGEST:
            continue
        syllable = _syllable(value, row["DOCULECT"])
        if syllable:
            yield Spoken(char, pinyin, point, *syllable)


def _syllable(value: str, doculect: str) -> tuple[str, str] | None:
    """Read one VALUE; the edition writes a nasal vowel as the vowel, ``ː`` and a space."""
    found = _VALUE.match(value)
    if found is None or not found.group(1).strip(". "):
        return None
    body, tones = found.groups()
    body = _NASAL_VOWEL.sub("\u0303", body).replace(".", "").replace(" ", "")
    if doculect == "Guangzhou":
        body = _short_vowels(body)
    try:
        return spelled(body), _tone(tones)
    except ValueError:
        return None


def _short_vowels(body: str) -> str:
    """Guangzhou's two a: long ``a:`` before an ending is a, the unmarked one there is ɐ."""
    return re.sub(f"a(?=[iu{CONSONANTS}])", "ɐ", body)


def _tone(tones: str) -> str:
    """Of two values written for one tone the later: ``⁵³/⁵⁵`` is 55, ``²²/²`` is 2."""
    return tones.rstrip("/").rsplit("/", 1)[-1].translate(_DIGITS)


def numbered(marked: str) -> str:
    """Pinyin with a tone mark as pinyin with a digit: ``lǜ`` is ``lü4``."""
    letters, tone = "", "5"
    for char in unicodedata.normalize("NFD", marked):
        if char in _MARKS:
            tone = _MARKS[char]
        elif char == "\u0308":
            letters = letters[:-1] + "ü"
        elif not unicodedata.combining(char):
            letters += char
    return letters + tone
