"""A station's own cases teach the model, and other cases of its own decide whether it is used."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from matchers.evidence.model import Model
from matchers.evidence.promotion import Case, judged, promoted, taught
from tests.evidence.test_learning import true_m, world


def cases(model: Model, count: int, seed: int, *, present: float = 0.7) -> list[Case]:
    """Settled cases whose levels follow shares of their own."""
    found = world(model, true_m(model), count, seed, present)
    return [Case(f"{seed}-{i}", s.levels, True, s.truth) for i, s in enumerate(found)]


def test_settled_cases_promote_a_model_that_judges_other_people_no_worse(model: Model) -> None:
    done = promoted(model, cases(model, 300, 1), "1+0002")
    assert done.reason is None
    assert done.model.version == "1+0002"
    assert done.model.hash != model.hash
    assert done.after.cllr <= done.before.cllr
    assert done.after.brier <= done.before.brier
    assert 0 < done.held_out < 300
    assert done.found + done.nobody == 300


def test_the_same_cases_in_another_order_teach_the_same(model: Model) -> None:
    known = cases(model, 240, 2)
    one, other = promoted(model, known, "x"), promoted(model, known[::-1], "x")
    assert one.model.in_gallery == other.model.in_gallery
    for key, table in one.model.tables.items():
        np.testing.assert_allclose(table.m, other.model.tables[key].m, atol=1e-9)


def test_wrong_answers_are_not_believed(model: Model) -> None:
    """Two thirds of the answers were entered for the wrong people; the last third knows better."""
    good, right = taught(model, cases(model, 300, 3)), cases(model, 300, 4)
    held_out = promoted(good, right, "x").held_out
    spoiled = [replace(case, truth=0 if case.truth is None else None) for case in right]
    judges = [case for case in right if promoted(good, [case], "x").held_out]
    assert len(judges) == held_out
    kept = {case.person for case in judges}
    mixed = [a if a.person in kept else b for a, b in zip(right, spoiled, strict=True)]
    done = promoted(good, mixed, "x")
    assert done.reason == "worse"
    assert done.model is good


def test_few_cases_change_nothing(model: Model) -> None:
    done = promoted(model, cases(model, 40, 5), "x")
    assert (done.reason, done.model) == ("too_few", model)


def test_cases_that_all_ended_well_leave_the_prior_alone(model: Model) -> None:
    """Who was found is confirmed sooner than who was not: such cases say nothing of the share."""
    assert taught(model, cases(model, 150, 6, present=1.0)).in_gallery == model.in_gallery


def test_rejections_move_no_weight_but_count_in_the_judgement(model: Model) -> None:
    known = cases(model, 120, 7)
    with_rejections = []
    for case in known:
        wrong = next(row for row in range(5) if row != case.truth)
        with_rejections.append(replace(case, rejected=(wrong,)))
    plain, more = taught(model, known), taught(model, with_rejections)
    for key, table in plain.tables.items():
        np.testing.assert_array_equal(table.m, more.tables[key].m)
    assert judged(model, with_rejections).cllr != judged(model, known).cllr


def test_a_rejected_candidate_takes_no_part_in_what_open_cases_teach(model: Model) -> None:
    known = cases(model, 60, 8, present=1.0)
    unsure = [replace(case, settled=False, truth=None) for case in cases(model, 30, 9, present=1.0)]
    best = [replace(c, rejected=(int(np.argmax(c.levels["marks"])),)) for c in unsure]
    learned, otherwise = taught(model, [*known, *unsure]), taught(model, [*known, *best])
    assert not np.array_equal(learned.tables["marks"].m, otherwise.tables["marks"].m)
