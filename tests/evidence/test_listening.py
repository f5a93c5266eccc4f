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


@pytest.mark.parametrize(
    "hearings",
    [
        [Hearing("王建国"), Hearing(None, "wang jianguo")],
        [Hearing("建国"), Hearing("黄建国")],
        [Hearing("李"), Hearing("阿宝"), Hearing("李小宝")],
        [Hearing("王建国"), Hearing(None, "xx qq zz")],
    ],
)
def test_several_hearings_find_the_same_names_by_one_part_and_by_both(
    grown: tuple[Heard, Heard], hearings: list[Hearing], monkeypatch: pytest.MonkeyPatch
) -> None:
    index = HeardIndex.of(grown[1])
    by_one = index.listened(hearings, None, Ear())
    monkeypatch.setattr("matchers.sounds.nearest.PARTLY", -1)
    monkeypatch.setattr("matchers.sounds.nearest.TOGETHER", 10_000)
    by_both = index.listened(hearings, None, Ear())
    assert by_one is not None
    assert by_both is not None
    assert by_both.near.tolist() == by_one.near.tolist()
    everyone = np.arange(grown[1].size)
    one, both = by_one.closeness(everyone), by_both.closeness(everyone)
    assert both.bits == pytest.approx(one.bits, abs=1e-4)


@pytest.mark.parametrize("sampled", [20_000, 100])
def test_of_too_many_near_names_the_nearest_are_kept(
    grown: tuple[Heard, Heard], monkeypatch: pytest.MonkeyPatch, sampled: int
) -> None:
    """Whether the limit is first taken from a sample of the names or not."""
    index = HeardIndex.of(grown[0])
    whole = index.listened([Hearing("陈海艳")], None, Ear())
    monkeypatch.setattr("matchers.sounds.nearest.MOST", 60)
    monkeypatch.setattr("matchers.sounds.nearest.WANTED", 400)
    monkeypatch.setattr("matchers.sounds.nearest._SAMPLE", sampled)
    few = index.listened([Hearing("陈海艳")], None, Ear())
    assert whole is not None
    assert few is not None
    assert 20 < len(few.near) <= 60
    bits = whole.closeness(np.arange(grown[0].size)).bits
    assert np.isin(np.argsort(-bits, kind="stable")[:8], few.near).all()


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
