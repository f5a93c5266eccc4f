"""What a worker reads: grade, key line, relatives, questions, and the page of all evidence."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from matchers.claims import PersonClaims
from matchers.evidence.levels import Comparator, positions
from matchers.evidence.page import render
from matchers.explain import (
    Reason,
    grade,
    key_line,
    margins,
    next_questions,
    reasons,
    recorded_shares,
    relative,
)
from matchers.fusion import Model, fuse
from tests.conftest import ROOT
from tests.evidence.conftest import Bench


def code(model: Model, key: str, level: str) -> int:
    return positions(model.tables[key].levels)[level]


def told(model: Model, **levels: str) -> tuple[Reason, ...]:
    """Reasons of one record among many that agree on nothing."""
    columns = {}
    for key, level in levels.items():
        columns[key] = np.ones(2000, np.int8)
        columns[key][0] = code(model, key, level)
    return reasons(model, fuse(model, columns), 0, {"names": "旺见过"}, {"names": "王建国"})


def test_the_key_line_says_what_speaks_for_and_against(model: Model) -> None:
    line = key_line(
        told(
            model,
            names="heard_sound_17",
            places="county_same.none",
            birth="year_over_10",
        )
    )
    assert line == "+姓名(音近) +县 −出生年不符"


def test_a_reason_says_what_was_asked_and_found_and_how_rare_it_is(model: Model) -> None:
    reason = told(model, names="heard_sound_14")[0]
    assert (reason.asked, reason.found) == ("旺见过", "王建国")
    assert reason.one_in > 500
    assert not reason.contradiction


@pytest.mark.parametrize(
    ("posterior", "margin", "expected"),
    [
        (0.99, 0.98, "strong"),
        (0.95, 0.5, "probable"),
        (0.6, 0.4, "probable"),
        (0.6, 0.05, "possible"),
        (0.1, 0.05, "possible"),
        (1.0, 0.0, "possible"),
    ],
)
def test_a_grade_needs_posterior_and_margin(
    model: Model, posterior: float, margin: float, expected: str
) -> None:
    assert grade(model.grading, posterior, margin) == expected


def test_margins_are_over_the_best_other_answer_nobody_included() -> None:
    assert margins([0.6, 0.2], nobody=0.1) == pytest.approx([0.4, -0.4])
    assert margins([0.3], nobody=0.7) == pytest.approx([-0.4])


def test_a_close_face_with_an_impossible_age_looks_like_kin(model: Model) -> None:
    def person(name: str) -> PersonClaims:
        return PersonClaims.from_document({"names": [{"text": name, "kind": "registered"}]})

    kin = told(model, face="bits_+7.0", birth="day_over_10")
    assert relative(person("王大山"), person("王建国"), kin)
    assert relative(PersonClaims(), person("王建国"), kin)
    assert not relative(person("李大山"), person("王建国"), kin)
    assert not relative(person("王大山"), person("王建国"), told(model, face="bits_+7.0"))


def test_the_next_question_is_about_what_tells_most_and_is_recorded(model: Model) -> None:
    fused = fuse(model, {"sex": np.array([2, 2, 1], np.int8), "names": np.zeros(3, np.int8)})
    recorded = {"names": 1.0, "marks": 0.4, "sex": 1.0, "ethnicity": 1.0, "birth": 0.0}
    asked = next_questions(model, fused, recorded)
    assert [q.evidence for q in asked[:2]] == ["names", "marks"]
    assert "sex" not in {q.evidence for q in asked}
    assert "birth" not in {q.evidence for q in asked}
    assert all(a.expected_bits >= b.expected_bits for a, b in pairwise(asked))


def test_what_the_likely_candidates_lack_is_not_asked_for(model: Model) -> None:
    fused = fuse(model, {"sex": np.array([2, 1], np.int8)})
    shares = recorded_shares(fused, {"marks": np.array([True, False]), "build": np.zeros(2, bool)})
    assert 0.5 < shares["marks"] < 1.0
    assert shares["build"] == 0.0


def test_every_comparator_keeps_to_the_seam(bench: Bench, model: Model) -> None:
    for key, comparator in bench.using.items():
        assert isinstance(comparator, Comparator)
        assert comparator.key == key
        assert comparator.levels == model.tables[key].levels
        nothing = PersonClaims()
        assert comparator.values(nothing) == ()
        assert comparator.describe(nothing) == ""
        prepared = comparator.prepare(())
        assert len(comparator.levels_of(nothing, prepared)) == 0


def test_the_page_of_evidence_is_fresh(model: Model) -> None:
    page = Path(ROOT, "docs", "evidence.md")
    assert page.read_text("utf-8") == render(model), "python -m matchers.evidence.page"
