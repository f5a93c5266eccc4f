"""Names heard in many ways find their bearers."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchers.sounds import (
    Hearing,
    HearingEmpty,
    HearingError,
    HearingTooLong,
    HearingUnreadable,
    Hypothesis,
    Likeness,
    NameTable,
    SoundEngine,
    rank,
)

NAMES = [
    "王建国", "李秀英", "张伟", "刘洋", "陈静", "杨志强", "赵敏", "黄金菊",
    "周杰", "吴磊", "徐丽", "孙涛", "朱红", "胡佳佳", "郭靖", "何婷",
    "高翔", "林小燕", "罗永强", "郑爽", "梁宏达", "谢芳", "宋丹丹", "唐艳",
    "许晴", "韩雪", "冯巩", "邓丽君", "曹云", "彭德怀", "曾志伟", "萧敬腾",
    "田亮", "董洁", "袁泉", "潘长江", "于洋", "蒋雯", "蔡国庆", "余男",
    "杜鹃", "叶童", "程林", "苏有朋", "魏晨", "吕良伟", "丁海", "任泉",
    "沈腾", "姚明", "卢燕", "欧阳美玲", "诸葛亮", "单雄", "仇英", "解晓东",
    "尉迟敬德", "阿卜杜拉·买买提", "古丽娜扎尔", "扎西顿珠", "买买提·吐尔逊", "國慶",
    "翟天临", "区伟文",
]  # fmt: skip


@pytest.fixture(scope="module")
def table(engine: SoundEngine) -> NameTable:
    return engine.table(NAMES)


def first(table: NameTable, *hearings: Hearing) -> str:
    return table.names[int(table.score(hearings).best(1)[0])]


@pytest.mark.parametrize(
    ("heard", "name"),
    [
        (Hearing("王建国"), "王建国"),
        (Hearing("黄建过"), "王建国"),
        (Hearing("汪剑锅"), "王建国"),
        (Hearing("王建國"), "王建国"),
        (Hearing("国庆"), "國慶"),
        (Hearing(latin="wong gin gwok", dialect="香港"), "王建国"),
        (Hearing(latin="wangjianguo"), "王建国"),
        (Hearing("建国"), "王建国"),
        (Hearing("建国王"), "王建国"),
        (Hearing("杨志"), "杨志强"),
        (Hearing("林小小燕"), "林小燕"),
        (Hearing("阿燕"), "林小燕"),
        (Hearing("佳佳"), "胡佳佳"),
        (Hearing("高师傅"), "高翔"),
        (Hearing("欧阳梅林"), "欧阳美玲"),
        (Hearing("丹雄"), "单雄"),
        (Hearing("善雄"), "单雄"),
        (Hearing("求英"), "仇英"),
        (Hearing("谢小东"), "解晓东"),
        (Hearing("玉池敬德"), "尉迟敬德"),
        (Hearing("阿布都拉买买提"), "阿卜杜拉·买买提"),
        (Hearing("古力那扎"), "古丽娜扎尔"),
        (Hearing("扎西顿主"), "扎西顿珠"),
        (Hearing(latin="Zhaxi Dunzhu"), "扎西顿珠"),
        (Hearing(latin="Teng Li-chün"), "邓丽君"),
        (Hearing(latin="Tsang Chi Wai", dialect="香港"), "曾志伟"),
        (Hearing(latin="Au Wai Man", dialect="香港"), "区伟文"),
    ],
)
def test_a_name_heard_in_some_way_finds_its_bearer(
    table: NameTable, heard: Hearing, name: str
) -> None:
    assert first(table, heard) == name


@pytest.mark.parametrize(
    ("heard", "hypothesis"),
    [
        ("王建国", Hypothesis.FULL),
        ("建国", Hypothesis.GIVEN_ONLY),
        ("建国王", Hypothesis.SWAPPED),
        ("阿燕", Hypothesis.NICKNAME),
        ("高师傅", Hypothesis.TITLE),
        ("可建国", Hypothesis.SURNAME_WILD),
    ],
)
def test_the_answer_says_how_the_name_was_said(
    table: NameTable, heard: str, hypothesis: Hypothesis
) -> None:
    best = int(table.score([Hearing(heard)]).best(1)[0])
    assert table.align(Hearing(heard), best).hypothesis == hypothesis


def test_characters_and_homophones_are_told_apart(table: NameTable) -> None:
    scores = table.score([Hearing("王建国")])
    assert scores.likeness[NAMES.index("王建国")] == Likeness.IDENTICAL
    assert scores.likeness[NAMES.index("李秀英")] == Likeness.OTHER
    heard = table.score([Hearing("汪健帼")])
    assert heard.likeness[NAMES.index("王建国")] == Likeness.HOMOPHONE
    assert table.score([Hearing("国庆")]).likeness[NAMES.index("國慶")] == Likeness.IDENTICAL


def test_a_second_hearing_adds_its_evidence(table: NameTable) -> None:
    one = table.score([Hearing("汪金果")])
    two = table.score([Hearing("汪金果"), Hearing("王建锅")])
    truth = NAMES.index("王建国")
    margin_one = np.delete(one.nats, truth).min() - one.nats[truth]
    margin_two = np.delete(two.nats, truth).min() - two.nats[truth]
    assert margin_two > margin_one


def test_characters_and_letters_of_one_hearing_are_not_two_hearings(table: NameTable) -> None:
    truth = NAMES.index("王建国")
    text = table.score([Hearing("王建国")]).nats[truth]
    both = table.score([Hearing("王建国", "wang jian guo")]).nats[truth]
    twice = table.score([Hearing("王建国"), Hearing(latin="wang jian guo")]).nats[truth]
    assert both < twice
    assert both == pytest.approx(text, abs=2.5)


def test_a_known_dialect_is_a_prior_and_no_filter(table: NameTable) -> None:
    scores = table.score([Hearing("王建国", dialect="广州")])
    assert table.names[int(scores.best(1)[0])] == "王建国"
    prior = table.engine.prior_nats([Hearing("王", dialect="香港")], None)
    points = table.engine.points
    assert points[int(prior.argmin())] == "广州"
    assert float(np.exp(-prior).sum()) == pytest.approx(1, abs=1e-4)
    assert (np.exp(-prior) > 0).all()


@pytest.mark.parametrize(
    ("hearing", "error"),
    [
        (Hearing(), HearingEmpty),
        (Hearing("  "), HearingEmpty),
        (Hearing("😀🎉"), HearingUnreadable),
        (Hearing("。。。"), HearingUnreadable),
        (Hearing("123"), HearingUnreadable),
        (Hearing("王" * 200), HearingTooLong),
        (Hearing(latin="zzz"), HearingUnreadable),
    ],
)
def test_what_cannot_be_a_name_is_a_clear_error(
    table: NameTable, hearing: Hearing, error: type[HearingError]
) -> None:
    with pytest.raises(error):
        table.score([hearing])


def test_odd_names_in_the_gallery_do_no_harm(engine: SoundEngine) -> None:
    odd = engine.table(["😀", "", "王" * 200, "A", "王建国", "·", "Tom Wang", "王"])
    scores = odd.score([Hearing("王建国")])
    assert np.isfinite(scores.nats).all()
    assert odd.names[int(scores.best(1)[0])] == "王建国"
    assert len(engine.table([]).score([Hearing("王")]).nats) == 0
    letters = odd.score([Hearing(latin="a")])
    assert np.isfinite(letters.nats).all()


def test_alignment_pairs_syllables_and_says_how_near(table: NameTable) -> None:
    found = table.align(Hearing("王金锅"), NAMES.index("王建国"))
    assert [(pair.heard, pair.char) for pair in found.pairs] == [
        ("王", "王"),
        ("金", "建"),
        ("锅", "国"),
    ]
    assert [pair.step for pair in found.pairs][::2] == [0, 0]
    assert 0 < found.pairs[1].distance <= 1
    unheard = table.align(Hearing("杨志"), NAMES.index("杨志强")).pairs[-1]
    assert (unheard.heard, unheard.char, unheard.word) == ("", "强", "missing")
    swapped = table.align(Hearing("建国王"), NAMES.index("王建国"))
    assert [pair.char for pair in swapped.pairs] == ["建", "国", "王"]


@settings(max_examples=12, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_the_gallery_changes_nothing(
    engine: SoundEngine, shuffler: random.Random
) -> None:
    names = list(NAMES[:24])
    straight = engine.table(names).score([Hearing("黄金锅")]).nats
    order = list(range(len(names)))
    shuffler.shuffle(order)
    shuffled = engine.table([names[i] for i in order]).score([Hearing("黄金锅")]).nats
    np.testing.assert_allclose(shuffled, straight[order], atol=2e-3)


def test_the_bound_never_hides_a_better_name(engine: SoundEngine) -> None:
    chooser = random.Random(5)
    surnames, given = (
        "王李张刘陈杨赵黄周吴",
        "国秀英伟洋静志强敏金菊杰磊丽涛红佳靖婷翔燕永爽宏达芳丹",
    )
    names = list(
        dict.fromkeys(
            chooser.choice(surnames) + chooser.choice(given) + chooser.choice(given)
            for _ in range(7000)
        )
    )
    table = engine.table(names)
    scores = table.score([Hearing("黄金果")])
    oracle = table.score_some([Hearing("黄金果")], np.arange(len(names)))
    assert not scores.exact.all()
    np.testing.assert_allclose(scores.nats[scores.exact], oracle[scores.exact], atol=1e-4)
    assert (scores.nats[~scores.exact] <= oracle[~scores.exact] + 1e-4).all()
    best = np.sort(oracle)[:100]
    np.testing.assert_allclose(np.sort(scores.nats)[:100], best, atol=1e-4)


def test_an_engine_is_its_parts(engine: SoundEngine) -> None:
    quiet = replace(engine, penalties=replace(engine.penalties, given_only=50.0))
    found = quiet.table(NAMES).align(Hearing("建国"), NAMES.index("王建国"))
    assert found.hypothesis != Hypothesis.GIVEN_ONLY


@given(
    st.lists(st.integers(0, 4), min_size=1, max_size=30),
    st.integers(0, 29),
    st.randoms(use_true_random=False),
)
def test_fair_ranks_do_not_depend_on_order(
    nats: list[int], place: int, shuffler: random.Random
) -> None:
    values = np.array(nats, np.float32)
    truth = place % len(nats)
    order = list(range(len(nats)))
    shuffler.shuffle(order)
    assert rank(values, truth) == rank(values[order], order.index(truth))


def test_ties_share_their_places() -> None:
    found = rank(np.array([1, 2, 2, 2, 5], np.float32), 2)
    assert (found.better, found.equal) == (1, 3)
    assert [found.recall(k) for k in (1, 2, 4)] == [0, pytest.approx(1 / 3), 1]
    assert found.reciprocal() == pytest.approx((1 / 2 + 1 / 3 + 1 / 4) / 3)
