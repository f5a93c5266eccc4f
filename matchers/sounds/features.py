"""A syllable as 26 articulatory numbers, so that sounding alike becomes a distance.

onset 11 · medial 2 · nucleus 4 · coda 7 · tone 2. Values are unweighted (0..1, the last two
-1..1); the ear's weights are another table (`weights.toml`), because listeners differ.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from matchers.sounds import packaged

ONSET = slice(0, 11)
MEDIAL = slice(11, 13)
NUCLEUS = slice(13, 17)
CODA = slice(17, 24)
TONE = slice(24, 26)
SIZE = 26

Floats = NDArray[np.float32]

_SPELLINGS = {
    "ʦ": "ts", "ʨ": "tɕ", "ʣ": "dz", "ʥ": "dʑ", "ʧ": "tʃ", "ʤ": "dʒ", "ꭧ": "tʂ", "ɡ": "g",
    "‘": "ʰ", "ʻ": "ʰ", "'": "ʰ", "’": "ʰ", "ᵑ": "ŋ", "ɫ": "l", "ᶇ": "ȵ", "ᴇ": "ɛ", "ᴀ": "a",
    "c\u0327": "ç",
}  # fmt: skip
_SILENT = re.compile(r"[ᵝᶣᵘᶤʷʲˠˤⁿˀʱᵊː()（）\[\]*?？.\s·ˌˈ]")
_NASALISED = "\u0303"
_SYLLABIC = ("\u0329", "\u030d")
_FRONT = "iyɪʏ"
_BACK = "uʊɯʉ"
_OFFGLIDE_FRONT = "iyɪʏeø"
_OFFGLIDE_BACK = "uʊɯoʉ"
_GLIDES = {"w": "u", "j": "i", "ɥ": "y"}
_PALATAL_ONSETS = frozenset(
    ("tɕ", "tɕʰ", "ɕ", "dʑ", "ʑ", "tʃ", "ʃ", "tʃʰ", "dʒ", "ʒ", "j", "ȵ", "ɲ", "ɥ")
)
_LABIAL_ONSETS = frozenset(("v", "ʋ", "w", "β", "ɥ"))


@dataclass(frozen=True, slots=True)
class Syllable:
    """The parts of one syllable: IPA strings, `nasalised` when the vowel itself is nasal."""

    onset: str
    vowels: tuple[str, ...]
    coda: str
    nasalised: bool


@dataclass(frozen=True, slots=True)
class Articulation:
    """The two tables that give numbers to symbols."""

    consonants: dict[str, tuple[float, ...]]
    vowels: dict[str, tuple[float, ...]]
    longest_first: tuple[str, ...]
    known: dict[tuple[str, str], Floats] = field(default_factory=dict)
    """Features already worked out: some thousand syllables make up all dialects."""

    @classmethod
    def load(cls) -> Articulation:
        """Read `consonants.csv` and `vowels.csv` of this package."""
        consonants = {row["symbol"]: _numbers(row) for row in packaged.rows("consonants")}
        vowels = {row["symbol"]: _numbers(row) for row in packaged.rows("vowels")}
        return cls(consonants, vowels, tuple(sorted(consonants, key=len, reverse=True)))

    def syllable(self, ipa: str) -> Syllable:
        """Cut one IPA syllable (no tone) into its parts; unknown symbols are passed over."""
        text = _plain(ipa)
        nasalised = _NASALISED in text
        syllabic = any(mark in text for mark in _SYLLABIC)
        text = "".join(char for char in text if not unicodedata.combining(char))
        onset, vowels, coda = self._scan(text)
        if vowels and len(onset) > 1 and onset[-1] in _GLIDES:
            onset, vowels = onset[:-1], (_GLIDES[onset[-1]], *vowels)
        if vowels:
            return Syllable(onset, vowels, coda, nasalised and not coda)
        return self._without_vowel(onset, syllabic)

    def features(self, ipa: str, tone: str = "") -> Floats:
        """The float32 [26] of one syllable; tone in Chao digits, "" leaves a level middle tone."""
        found = self.known.get((ipa, tone))
        if found is None:
            found = self.features(ipa).copy() if tone else self._toneless(ipa)
            found[TONE] = _contour(tone)
            found.flags.writeable = False
            self.known[ipa, tone] = found
        return found

    def _toneless(self, ipa: str) -> Floats:
        syllable = self.syllable(ipa)
        onset = self.consonants.get(syllable.onset) or self._nearest(syllable.onset)
        medial, nucleus, offglides = self._vowel(syllable)
        coda = _coda(syllable, offglides)
        return np.array((*onset, *medial, *nucleus, *coda, 0.0, 0.0), np.float32)

    def matrix(self, syllables: Sequence[tuple[str, str]]) -> Floats:
        """The float32 [n, 26] of n (ipa, tone) pairs."""
        if not syllables:
            return np.zeros((0, SIZE), np.float32)
        return np.stack([self.features(ipa, tone) for ipa, tone in syllables])

    def _scan(self, text: str) -> tuple[str, tuple[str, ...], str]:
        onset, vowels, coda, at = "", [], "", 0
        while at < len(text):
            if text[at] in self.vowels:
                vowels.append(text[at])
                at += 1
                continue
            symbol = next((s for s in self.longest_first if text.startswith(s, at)), "")
            if not symbol:
                at += 1
                continue
            if vowels:
                coda += symbol
            else:
                onset += symbol
            at += len(symbol)
        return onset, tuple(vowels), coda

    def _without_vowel(self, onset: str, syllabic: bool) -> Syllable:
        """A syllabic nasal (m̩, ŋ̍) sounds like a schwa with that nasal behind it."""
        for nasal in ("ŋ", "n", "m"):
            if onset.endswith(nasal) and (syllabic or onset == nasal):
                return Syllable(onset[:-1], ("ə",), nasal if nasal == "m" else "ŋ", False)
        return Syllable(onset, ("ə",), "", False)

    def _nearest(self, onset: str) -> tuple[float, ...]:
        """A cluster that no table lists is heard by its first known part."""
        for end in range(len(onset) - 1, 0, -1):
            if onset[:end] in self.consonants:
                return self.consonants[onset[:end]]
        return (0.0,) * 11

    def _vowel(
        self, syllable: Syllable
    ) -> tuple[tuple[float, float], tuple[float, ...], tuple[float, float]]:
        vowels = list(syllable.vowels)
        front = back = 0.0
        if len(vowels) > 1 and vowels[0] in _FRONT:
            front, back = 1.0, float(vowels[0] in "yʏ")
            vowels = vowels[1:]
        elif len(vowels) > 1 and vowels[0] in _BACK:
            back, vowels = 1.0, vowels[1:]
        offglides = (0.0, 0.0)
        if len(vowels) > 1 and vowels[-1] in _OFFGLIDE_FRONT:
            offglides, vowels = (1.0, 0.0), vowels[:-1]
        elif len(vowels) > 1 and vowels[-1] in _OFFGLIDE_BACK:
            offglides, vowels = (0.0, 1.0), vowels[:-1]
        if not front and not back and len(vowels) == 1:
            # i, y and u alone are also half a glide: in beside ian, un beside uan
            front = 0.6 * (vowels[0] in _FRONT)
            back = 0.6 * (vowels[0] in "yʏuʊ")
        if syllable.onset in _PALATAL_ONSETS:
            front = max(front, 0.5)
        if syllable.onset in _LABIAL_ONSETS:
            back = max(back, 0.7)
        nucleus = np.mean([self.vowels[vowel] for vowel in vowels], axis=0)
        return (front, back), tuple(float(value) for value in nucleus), offglides


def _coda(syllable: Syllable, offglides: tuple[float, float]) -> tuple[float, ...]:
    coda = syllable.coda
    nasal = 1.0 if re.search("[nŋmȵɲ]", coda) else 0.6 * syllable.nasalised
    back = float("ŋ" in coda) - 0.5 * nasal
    stop = 1.0 if re.search("[ptkʔ]", coda) else 0.0
    rhotic = 1.0 if "ɚ" in syllable.vowels or re.search("[rɻɹ]", coda) else 0.0
    return nasal, back, float("m" in coda), stop, *offglides, rhotic


def _contour(tone: str) -> tuple[float, float]:
    """Mean height and rise of a tone in Chao digits, each in -1..1."""
    digits = [int(char) for char in tone if char in "12345"]
    if not digits:
        return 0.0, 0.0
    return (sum(digits) / len(digits) - 3) / 2, (digits[-1] - digits[0]) / 4


def _plain(ipa: str) -> str:
    text = unicodedata.normalize("NFD", ipa)
    for odd, usual in _SPELLINGS.items():
        text = text.replace(odd, usual)
    return _SILENT.sub("", text)


def _numbers(row: dict[str, str]) -> tuple[float, ...]:
    return tuple(float(value) for key, value in row.items() if key not in ("symbol", "source"))
