"""Standard Mandarin readings taken apart, as sound laws refer to them.

Names of parts are those of Hanyu Pinyin with nothing hidden: ``yue`` has no initial and the
final ``üe``, ``dui`` has the final ``uei``, the vowel of ``zhi`` and ``zi`` is ``ï``.
"""

from dataclasses import dataclass
from functools import cache

from matchers.sounds import packaged
from matchers.sounds.mandarin import TONES, numbered, split_spelling

_APICAL = frozenset(("zh", "ch", "sh", "r", "z", "c", "s"))
_LABIAL = frozenset(("b", "p", "m", "f"))


@dataclass(frozen=True, slots=True)
class Mandarin:
    """One standard reading: initial and final in full pinyin, tone ``1``–``5``."""

    initial: str
    final: str
    tone: str

    @property
    def sounds(self) -> tuple[str, str, str]:
        """Initial and final in IPA and tone in Chao digits, as in Beijing."""
        initials, finals = _sounds()
        retroflex = self.initial in ("zh", "ch", "sh", "r")
        final = ("ʅ" if retroflex else "ɿ") if self.final == "ï" else finals[self.final]
        return initials[self.initial], final, TONES[self.tone]


@cache
def _sounds() -> tuple[dict[str, str], dict[str, str]]:
    table = packaged.rows("mandarin")
    initials = {row["pinyin"]: row["ipa"] for row in table if row["part"] == "initial"}
    finals = {row["pinyin"]: row["ipa"] for row in table if row["part"] == "final"}
    return initials, {**{name.replace("v", "ü"): ipa for name, ipa in finals.items()}, "o": "o"}


def taken_apart(syllable: str) -> Mandarin | None:
    """Take ``"lü4"``, ``"lv4"`` or ``"zhong1"`` apart; None for what is no full syllable."""
    letters, tone = syllable[:-1].replace("u:", "v").replace("ü", "v"), syllable[-1:]
    if not letters or tone not in TONES:
        return None
    initial, final = split_spelling(letters)
    final = final.replace("v", "ü")
    if final == "i" and initial in _APICAL:
        final = "ï"
    elif final == "uo" and initial in _LABIAL:
        final = "o"
    known = final == "ï" or final in _sounds()[1]
    return Mandarin(initial, final, tone) if known else None


@cache
def standard_readings(char: str) -> tuple[Mandarin, ...]:
    """Give the standard readings of one character, commonest first; neutral tones left out."""
    parts = [taken_apart(syllable) for syllable in numbered(char)]
    return tuple(dict.fromkeys(part for part in parts if part and part.tone != "5"))
