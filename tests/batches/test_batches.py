"""Many questions: each gets its own answer, whatever becomes of the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.exchange.files import excel
from tests.searches.conftest import Town, a_face, town
from tracing import batches as batches_module
from tracing import comparing
from tracing.batch_answers import Answer, Question
from tracing.batch_files import AnswerFile
from tracing.clocks import CHINA
from tracing.errors import Conflict, RecordInvalid
from tracing.exchange.galleries import Agreement
from tracing.exchange.imports import Wish
from tracing.photos.served import default_faces

__all__ = ["town"]


PURPOSE = "tracing"


def heard(text: str, **more: Any) -> dict[str, Any]:
    return {"side": "found", "names": [{"text": text, "kind": "heard"}], **more}


def questions(*records: Any) -> list[Question]:
    return [Question(row, record) for row, record in enumerate(records, 1)]


class Notebook:
    """Keeps answers in a list, and breaks off where it is told to."""

    def __init__(self, breaks_at: int = 10**9) -> None:
        self.answers: list[Answer] = []
        self.breaks_at = breaks_at

    def kept(self) -> int:
        return self.answers[-1].row if self.answers else 0

    def keep(self, answers: Sequence[Answer]) -> Sequence[Answer]:
        if len(self.answers) + len(answers) > self.breaks_at:
            raise KeyboardInterrupt
        self.answers.extend(answers)
        return answers


def test_each_question_gets_the_answer_of_a_single_search(town: Town) -> None:
    asked = ["黄建国", "李秀英", "陈海燕", "欧阳不在册"]
    found = list(town.service.batches.answers(questions(*map(heard, asked)), PURPOSE, limit=5))
    assert [answer.row for answer in found] == [1, 2, 3, 4]
    for text, answer in zip(asked, found, strict=True):
        alone = town.ask(town.heard(text), limit=5)
        assert [one.person_id for one in answer.listed] == [c.person_id for c in alone.candidates]
        assert answer.nobody == pytest.approx(alone.nobody, abs=1e-9)
        assert answer.people == alone.gallery_size
        for one, candidate in zip(answer.listed, alone.candidates, strict=True):
            assert one.bits == pytest.approx(candidate.bits, abs=1e-9)
            assert one.grade == candidate.grade
            assert sum(term.bits for term in one.terms) == pytest.approx(one.bits, abs=1e-9)


def test_one_bad_row_hurts_no_other(town: Town) -> None:
    rows = questions(
        heard("王建国"),
        {"side": "found", "names": [{"text": 7}]},
        RecordInvalid(path="", reason="not_json"),
        {"names": []},
        heard("李秀英"),
    )
    found = list(town.service.batches.answers(rows, PURPOSE))
    assert [answer.outcome == "error" for answer in found] == [False, True, True, True, False]
    assert [answer.code for answer in found[1:4]] == ["record_invalid"] * 3
    assert (found[1].facts or {})["path"] == "names[0].text"
    assert found[0].listed
    assert found[4].listed


def test_a_row_that_no_comparison_survives_is_an_error_of_its_own(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    compare = comparing.compare_many

    def failing(*args: Any) -> Iterator[Any]:
        for found in compare(*args):
            if found.probe.claims.names[0].text == "坏一行":
                raise ZeroDivisionError
            yield found

    monkeypatch.setattr(batches_module, "compare_many", failing)
    rows = questions(heard("王建国"), heard("坏一行"), heard("李秀英"))
    found = list(town.service.batches.answers(rows, PURPOSE))
    assert [answer.outcome for answer in found] == ["candidates", "error", "candidates"]
    assert found[1].code == "internal"


def test_a_ready_made_print_finds_its_person_and_one_of_another_model_is_counted(
    town: Town,
) -> None:
    made = {"model": default_faces().recipe, "vector": a_face(40)}
    person = town.register({"side": "register", "prints": [made]})
    foreign = {"model": "another-512", "vector": [0.5, 0.5]}
    rows = questions({"side": "found", "prints": [made]}, {"side": "found", "prints": [foreign]})
    own, other = town.service.batches.answers(rows, PURPOSE)
    assert own.listed[0].person_id == person
    assert (own.prints_unread, other.prints_unread) == (0, 1)
    assert (other.outcome, other.listed) == ("nobody", ())


def test_the_person_asked_about_and_those_left_out_are_no_candidates(town: Town) -> None:
    record = heard("王建国")
    (first,) = town.service.batches.answers([Question(1, record)], PURPOSE)
    best, second = (one.person_id for one in first.listed[:2])
    (left,) = town.service.batches.answers([Question(1, record, best, (second,))], PURPOSE)
    assert {best, second}.isdisjoint(one.person_id for one in left.listed)
    assert left.people == first.people - 2


def test_a_protected_person_is_nobody_and_is_named_for_the_note_alone(town: Town) -> None:
    name = {"text": "司马相如", "kind": "registered"}
    person = town.register({"side": "register", "names": [name], "sex": "male"})
    rows = questions({**heard("司马相如"), "sex": "male"})
    (before,) = town.service.batches.answers(rows, PURPOSE)
    assert before.listed[0].person_id == person
    town.service.protections.protect(town.worker, person, "domestic_violence")
    (after,) = town.service.batches.answers(rows, PURPOSE)
    assert person not in [one.person_id for one in after.listed]
    assert after.protected == (person,)


def test_somebody_erased_while_a_batch_runs_is_in_no_later_answer(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches_module, "BLOCK", 1)
    person = town.write("register", "端木赐", sex="male")
    found = town.service.batches.answers(questions(heard("端木赐"), heard("端木赐")), PURPOSE)
    assert next(found).listed[0].person_id == person
    town.erase(person)
    assert person not in [one.person_id for one in next(found).listed]


def test_broken_off_and_run_again_every_row_is_answered_once(town: Town) -> None:
    rows = questions(*(heard(text) for text in ("王建国", "李秀英", "张志强") * 50))
    notebook = Notebook(breaks_at=100)
    with pytest.raises(KeyboardInterrupt):
        list(town.service.batches.run(rows, notebook, PURPOSE))
    assert notebook.kept() == 64
    notebook.breaks_at = 10**9
    again = [answer.row for answer in town.service.batches.run(rows, notebook, PURPOSE)]
    assert again == list(range(65, 151))
    assert [answer.row for answer in notebook.answers] == list(range(1, 151))


def test_answers_are_read_back_as_they_were_kept(town: Town, tmp_path: Path) -> None:
    path, vault = tmp_path / "batches" / "b1", town.service.store.vault
    rows = questions(heard("王建国"), {"side": "nowhere"}, heard("陈海燕"))
    given = list(town.service.batches.run(rows, AnswerFile(path, vault, "b1"), PURPOSE))
    kept = AnswerFile(path, vault, "b1")
    assert list(kept.read()) == given
    assert kept.kept() == 3
    assert "王建国".encode() not in path.read_bytes()
    with pytest.raises(Conflict):
        AnswerFile(path, vault, "b2")
    with pytest.raises(Conflict):
        kept.keep([given[0]])


def test_half_a_block_at_the_end_is_cut_off(town: Town, tmp_path: Path) -> None:
    path, vault = tmp_path / "b", town.service.store.vault
    answers = list(
        town.service.batches.answers(questions(heard("王建国"), heard("李秀英")), PURPOSE)
    )
    AnswerFile(path, vault, "b").keep(answers[:1])
    whole = path.stat().st_size
    AnswerFile(path, vault, "b").keep(answers[1:])
    for size in (path.stat().st_size - 1, whole + 1):
        with path.open("r+b") as file:
            file.truncate(size)
        again = AnswerFile(path, vault, "b")
        assert again.kept() == 1
        assert path.stat().st_size == whole
        again.keep(answers[1:])
        assert list(again.read()) == answers


def test_who_may_not_be_shown_any_more_leaves_an_answer(town: Town) -> None:
    (answer,) = town.service.batches.answers(questions(heard("王建国")), PURPOSE)
    less = answer.less({answer.listed[0].person_id})
    assert [one.rank for one in less.listed] == list(range(1, len(answer.listed)))
    assert less.listed[0] == replace(answer.listed[1], rank=1)
    assert answer.less(()) is answer


def lent_for_tracing(town: Town, name: str) -> None:
    """A borrowed gallery with one man in it, lent from today for 30 days more."""
    service, dpo = town.service, town.hire("lender", "000000", "data_protection_officer")
    today = service.store.now().astimezone(CHINA).date()
    agreement = Agreement(
        "邻市历年受助名册", "邻市救助管理站", "past_visitors", "statutory_duty", "协2026-9",
        ("tracing",), str(today), str(today + timedelta(days=30)), 3,
    )  # fmt: skip
    wish = Wish("ledger", gallery_id=service.galleries.record(dpo, agreement))
    seen = service.imports.look(
        town.worker, excel(("编号", "姓名", "性别"), ("g1", name, "男")), "a.xlsx", wish
    )
    service.imports.run(town.worker, seen.id)


def test_a_lent_gallery_answers_for_its_purposes_until_its_day_only(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {row.person_id for row in town.service.people.documents()}
    lent_for_tracing(town, "令狐借来")
    (lent,) = {row.person_id for row in town.service.people.documents()} - before
    asked = questions({**heard("令狐借来"), "sex": "male"})

    def listed(purpose: str) -> tuple[bool, int]:
        (answer,) = town.service.batches.answers(asked, purpose)
        notebook = Notebook()
        (kept,) = town.service.batches.run(asked, notebook, purpose)
        assert notebook.answers == [kept]
        assert (kept.listed, kept.people) == (answer.listed, answer.people)
        return lent in [one.person_id for one in answer.listed], answer.people

    seen, everybody = listed("tracing")
    assert seen
    assert listed("aid") == (False, everybody - 1), "nor is it counted"
    over = town.service.store.now() + timedelta(days=31)
    monkeypatch.setattr(town.service.store, "now", lambda: over)
    assert listed("tracing") == (False, everybody - 1)
