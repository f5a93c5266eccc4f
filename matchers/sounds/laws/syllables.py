"""One syllable in the spelling that all readings of the product share, and its two halves."""

import re
import unicodedata

_LETTERS = str.maketrans(
    {
        "ʦ": "ts", "ʨ": "tɕ", "ʣ": "dz", "ʥ": "dʑ", "ʧ": "tʃ", "ʤ": "dʒ", "ꭧ": "tʂ", "ɡ": "g",
        "ȵ": "ɲ", "E": "ᴇ", "A": "a", "ᴀ": "a", "ʚ": "œ", "‘": "ʰ", "ʻ": "ʰ", "’": "ʰ", "'": "ʰ",
        "：": "", ":": "", "ː": "", "ˑ": "", ".": "", " ": "", "\u0361": "", "\u035c": "",
        "\u030d": "\u0329",
    }
)  # fmt: skip
CONSONANTS = "ptkbdgmnlrszfvhxɕʂʐʑɣɦʔŋɲʃʒɸβθðɬɮcçɟqχʁɹɻɾɽʋwjɥʰʱɱɳɭʎɺ"
VOWELS = "iyɿʅʮʯɨʉɯuɪʏʊeøɘɵɤoəɚɛᴇœɜɞʌɔæɐaɑɒ"
_SYLLABLE = re.compile(
    f"^([{CONSONANTS}]*)([{VOWELS}\u0303]*(?:[mnŋlzʐɹvʋ]\u0329)?)([mnŋɲlptkʔ]*)$"
)
_NASALS = "mnŋɲ"


def spelled(ipa: str) -> str:
    """Rewrite one syllable without tone in the product's spelling.

    Affricates become two letters, length and ties go, a nasal without any vowel becomes
    syllabic. Raises ``ValueError`` with the offending letters when the rest is no syllable.
    """
    text = unicodedata.normalize("NFD", ipa.strip()).translate(_LETTERS)
    text = text.replace("uu", "u").replace("ii", "i").replace("yy", "y")
    if text and not any(letter in VOWELS for letter in text) and "\u0329" not in text:
        text = _without_vowel(text)
    if not text or _SYLLABLE.match(text) is None:
        unknown = "".join(sorted(set(text) - set(CONSONANTS + VOWELS + "\u0303\u0329")))
        raise ValueError(f"not a syllable: {ipa!r}" + (f" (unknown: {unknown})" if unknown else ""))
    return text


def _without_vowel(text: str) -> str:
    if text.endswith("ɥ"):
        sibilant = any(letter in "szʂʐ" for letter in text)
        return text[:-1] + ("ʮ" if sibilant else "y")
    return text + "\u0329" if text[-1] in _NASALS + "lvzʐɹʋ" else text


def halves(ipa: str) -> tuple[str, str]:
    """Split a spelled syllable into initial (``""`` for none) and final.

    A syllabic consonant is the whole final: ``ŋ̩`` is ``("", "ŋ̩")``, ``hm̩`` is ``("h", "m̩")``.
    """
    cut = 0
    while cut < len(ipa) and ipa[cut] in CONSONANTS:
        cut += 1
    if cut < len(ipa) and ipa[cut] == "\u0329":
        cut -= 1
    return ipa[:cut], ipa[cut:]
