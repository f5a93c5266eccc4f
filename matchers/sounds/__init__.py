"""Sounds: finding a name or a place that was heard in dialect.

engine = SoundEngine.standard(*packs_and_laws)
table = engine.table(distinct_names)
scores = table.score([Hearing(text="黄金果", latin="wang jin gok", dialect="广州")])
table.align(hearing, scores.best(1)[0])
"""

from matchers.sounds.alignment import Alignment, Pair
from matchers.sounds.engine import SoundEngine
from matchers.sounds.hearing import (
    Hearing,
    HearingEmpty,
    HearingError,
    HearingTooLong,
    HearingUnreadable,
)
from matchers.sounds.hypotheses import Hypothesis
from matchers.sounds.likeness import Likeness
from matchers.sounds.ranks import Rank, rank
from matchers.sounds.reading import Reading, Readings
from matchers.sounds.readings import CANTONESE, MANDARIN, Voices
from matchers.sounds.table import NameScores, NameTable

__all__ = [
    "CANTONESE",
    "MANDARIN",
    "Alignment",
    "Hearing",
    "HearingEmpty",
    "HearingError",
    "HearingTooLong",
    "HearingUnreadable",
    "Hypothesis",
    "Likeness",
    "NameScores",
    "NameTable",
    "Pair",
    "Rank",
    "Reading",
    "Readings",
    "SoundEngine",
    "Voices",
    "rank",
]
