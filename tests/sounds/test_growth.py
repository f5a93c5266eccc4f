"""Tables that grow, parts of tables, and the slow way of scoring as the oracle of all of them."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchers.sounds import Hearing, NameTable, SoundEngine
from matchers.sounds.features import Floats
from matchers.sounds.hypotheses import Pass, passes
from matchers.sounds.parts import FAR, Edits

SURNAMES = ["王", "李", "张", "刘", "陈", "欧阳", "单", "黄"]
GIVEN = "国秀英伟洋静志强敏金菊杰丽涛红佳"
NAMES = [
    "王建国", "李秀英", "张伟", "欧阳美玲", "单雄", "阿卜杜拉·买买提", "扎西顿珠", "國慶",
    "陈静", "黄金菊", "Tom Wang", "王", "林小燕", "", "诸葛亮", "刘洋",
]  # fmt: skip
HEARINGS = [
    Hearing("黄金果"),
    Hearing("建国王"),
    Hearing("阿燕"),
    Hearing("国庆", "gwok hing", dialect="香港"),
    Hearing(latin="wongkinkwok"),
    Hearing("欧阳老师"),
]
names = st.builds(
    lambda surname, rest: surname + "".join(rest),
    st.sampled_from(SURNAMES),
    st.lists(st.sampled_from(GIVEN), min_size=1, max_size=3),
)


@pytest.fixture(scope="module")
def table(engine: SoundEngine) -> NameTable:
    return engine.table(NAMES)


def part_nats(rows: Floats, tokens: Sequence[int], edits: Edits) -> float:
    """One part of a name at one point, syllable by syllable."""
    heard, said = len(rows), len(tokens)
    if heard == said:
        return sum(float(rows[i, token]) for i, token in enumerate(tokens))
    if heard and said == heard + 1:
        left = [part_nats(rows, (*tokens[:i], *tokens[i + 1 :]), edits) for i in range(said)]
        return min(left) + edits.missing
    if said and heard == said + 1:
        left = [part_nats(np.delete(rows, i, 0), tokens, edits) for i in range(heard)]
        return min(left) + edits.extra
    return float(FAR)


def pass_nats(
    step: Pass, rows: Floats, surname: Sequence[int], rest: Sequence[int], edits: Edits
) -> float:
    total = step.nats
    if step.surname is not None:
        total += part_nats(rows[slice(*step.surname)], surname, edits)
    if step.given is not None and step.single:
        total += min((float(rows[step.given[0], token]) for token in rest), default=float(FAR))
    elif step.given is not None:
        total += part_nats(rows[slice(*step.given)], rest, edits)
    return total


def slowly(table: NameTable, hearings: Sequence[Hearing]) -> Floats:
    """Every name at every point in every way it may have been said, one after another."""
    engine = table.engine
    uniform = engine.speech.perception.uniform()
    edits = engine.penalties.edits(uniform)
    prior = engine.prior_nats(hearings, None)
    totals = np.repeat(prior[:, None], len(table.names), axis=1)
    for hearing in hearings:
        best = np.full(totals.shape, FAR)
        for way in engine.ears.heard(hearing):
            rows = table.heard_rows(way).all()
            longest = table.surnames.longest()
            steps = passes(way, engine.penalties, engine.address, uniform, longest)
            for place in range(len(table.names)):
                surname = table.surnames.sequence(int(table.surname_of[place]))
                rest = table.given.sequence(int(table.given_of[place]))
                for point in range(len(prior)):
                    found = [pass_nats(s, rows[point], surname, rest, edits) for s in steps]
                    best[point, place] = min(best[point, place], min(found) + way.charge)
        totals = totals + best
    return np.asarray(totals.min(0), np.float32)


@pytest.mark.parametrize("hearing", HEARINGS, ids=lambda h: h.text or h.latin)
def test_the_fast_way_is_the_slow_way(table: NameTable, hearing: Hearing) -> None:
    expected = slowly(table, [hearing])
    sensible = expected < FAR
    assert sensible.sum() > 1
    for found in (table.score([hearing]).nats, table.score_some([hearing], np.arange(len(NAMES)))):
        np.testing.assert_allclose(found[sensible], expected[sensible], atol=2e-3)
        assert (found[~sensible] >= expected[sensible].max() - 1e-3).all()


def test_several_hearings_are_one_dialect(table: NameTable) -> None:
    both = [Hearing("汪金果"), Hearing("王建锅", dialect="成都")]
    expected = slowly(table, both)
    sensible = expected < FAR
    np.testing.assert_allclose(table.score(both).nats[sensible], expected[sensible], atol=2e-3)


@settings(max_examples=15, deadline=None)
@given(st.lists(names, min_size=1, max_size=8, unique=True), st.sampled_from(HEARINGS))
def test_further_names_score_as_in_one_table(
    engine: SoundEngine, further: list[str], hearing: Hearing
) -> None:
    first = engine.table(NAMES)
    later = first.more(further)
    together = engine.table([*NAMES, *further], first.vocabulary.perception)
    expected = together.score_some([hearing], np.arange(len(NAMES), len(together.names)))
    np.testing.assert_allclose(later.score([hearing]).nats, expected, atol=2e-3)
    np.testing.assert_allclose(
        first.score([hearing]).nats,
        together.score_some([hearing], np.arange(len(NAMES))),
        atol=2e-3,
    )


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.sampled_from(range(len(NAMES))), min_size=1, max_size=6, unique=True),
    st.sampled_from(HEARINGS),
)
def test_some_names_score_and_align_as_in_the_whole_table(
    engine: SoundEngine, chosen: list[int], hearing: Hearing
) -> None:
    table = engine.table(NAMES)
    whole = table.score_some([hearing], np.array(chosen, np.intp))
    part = table.some(chosen)
    assert part.names == tuple(NAMES[place] for place in chosen)
    np.testing.assert_allclose(part.score_some([hearing], np.arange(len(chosen))), whole, atol=2e-3)
    found = table.align_some(hearing, chosen)
    assert found == [table.align(hearing, place) for place in chosen]


@settings(max_examples=15, deadline=None)
@given(st.lists(names, min_size=1, max_size=6, unique=True), st.sampled_from(HEARINGS))
def test_further_names_align_as_in_one_table(
    engine: SoundEngine, further: list[str], hearing: Hearing
) -> None:
    first = engine.table(NAMES)
    together = engine.table([*NAMES, *further], first.vocabulary.perception)
    later = first.more(further)
    here = later.align_some(hearing, range(len(further)))
    there = together.align_some(hearing, range(len(NAMES), len(together.names)))
    assert [a.pairs for a in here] == [a.pairs for a in there]


def test_growing_does_not_change_how_a_listener_hears(engine: SoundEngine) -> None:
    chooser = random.Random(3)
    many = ["".join((chooser.choice(SURNAMES), chooser.choice(GIVEN))) for _ in range(50)]
    first = engine.table(NAMES)
    assert first.more(many).vocabulary.perception is first.vocabulary.perception
    assert first.more([]).names == ()
    assert first.align_some(Hearing("王"), []) == []
