"""Names of a large gallery are listened to where they are near, and sound as in the whole table."""

from __future__ import annotations

import numpy as np
import pytest

from matchers.evidence import national_names
from matchers.evidence.listening import Ear, HeardIndex, HeardPart
from matchers.evidence.sounding import Heard
from matchers.sounds import Hearing, SoundEngine

NAMES = national_names()
GALLERY, SAMPLE, LATER = NAMES[:1_400], NAMES[1_400:2_000], NAMES[2_000:2_060]
ASKED = (
    [Hearing("陈海艳")],
    [Hearing("王建国"), Hearing(None, "wang jianguo")],
    [Hearing(None, "chan kwok ming")],
    [Hearing("阿宝")],
    [Hearing("李")],
)


@pytest.fixture(scope="module")
def grown(engine: SoundEngine) -> tuple[Heard, Heard]:
    """A gallery with the nation's names behind it, and the same with names that came since."""
    first = Heard.over_names(engine, GALLERY, SAMPLE)
    later = Heard.over_names(engine, [*GALLERY, *LATER], SAMPLE, first)
    unseen = np.zeros(later.size, np.bool_)
    unseen[::9] = True
    return first, later.without(unseen)


@pytest.mark.parametrize("hearings", ASKED)
def test_near_names_are_as_near_as_in_the_whole_table(
    grown: tuple[Heard, Heard], hearings: list[Hearing]
) -> None:
    heard = grown[1]
    index = HeardIndex.of(heard)
    whole = heard.closeness(hearings, None)
    listened = index.listened(hearings, None, Ear())
    assert whole is not None
    assert listened is not None
    everyone = np.arange(heard.size)
    some = listened.closeness(everyone)
    best = np.argsort(-whole.bits, kind="stable")[:300]
    assert np.isin(best[:100], listened.near).all()
    assert some.bits[best] == pytest.approx(whole.bits[best], abs=1e-3)
    assert (some.likeness == whole.likeness).all()


def test_what_came_since_is_heard_without_sorting_the_others_again(
    grown: tuple[Heard, Heard],
) -> None:
    first, later = grown
    made = HeardIndex.of(first)
    index = made.following(later)
    assert index.tables[0] is made.tables[0]
    part = HeardPart(index, np.array([3, len(GALLERY) + 5], np.int64), Ear())
    close, whole = (one.closeness([Hearing(LATER[5])], None) for one in (part, later))
    assert close is not None
    assert whole is not None
    assert close.bits == pytest.approx(whole.bits[part.strings], abs=1e-3)
    assert close.bits[1] > 5


def test_an_illegible_hearing_is_near_nobody(grown: tuple[Heard, Heard]) -> None:
    part = HeardPart(HeardIndex.of(grown[1]), np.arange(4), Ear())
    assert part.closeness([Hearing("???")], None) is None
