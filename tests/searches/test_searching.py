"""Who may this be: asked, answered, kept, read again."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.searches.conftest import Town, a_face
from tracing.errors import NotFound, PurposeForbidden, PurposeMissing, RecordInvalid
from tracing.exclusions import Exclusions
from tracing.photos.served import default_faces
from tracing.records import PersonRecord


def _names(result: Any) -> list[str | None]:
    return [c.record.names[0].text if c.record.names else None for c in result.candidates]


def test_a_homophone_finds_its_bearer_and_the_reasons_add_up(town: Town) -> None:
    result = town.ask(town.heard("黄建国", sex="male"), limit=10)
    true = town.write("sought", "黄见国", sex="male")
    after = town.ask(town.heard("黄建国", sex="male"), limit=10)
    assert after.candidates[0].person_id == true
    assert result.gallery_size + 1 == after.gallery_size
    for candidate in after.candidates:
        assert sum(r.bits for r in candidate.reasons) == pytest.approx(candidate.bits, abs=1e-9)
    pairs = after.candidates[0].alignment
    assert [(p.heard, p.char) for p in pairs] == [("黄", "黄"), ("建", "见"), ("国", "国")]
    assert {p.step for p in pairs} == {0}


def test_nobody_and_everybody_share_one(town: Town) -> None:
    result = town.ask(town.heard("欧阳石榴"), limit=50)
    shown = sum(c.probability for c in result.candidates)
    assert 0.8 < result.nobody + shown < 1 + 1e-9  # the rest is shared by those who are not shown
    assert result.nobody > result.candidates[0].probability


def test_the_right_face_is_first_and_a_record_without_a_print_is_not_listed(town: Town) -> None:
    vectors = {}
    for seed in range(8):
        vectors[seed] = a_face(seed)
        print_ = {"model": default_faces().recipe, "vector": vectors[seed]}
        town.register({"side": "register", "id": f"face-{seed}", "prints": [print_]})
    asked = a_face(99, near=np.array(vectors[3], np.float32), apart=0.35)
    probe = PersonRecord.model_validate(
        {"side": "found", "prints": [{"model": default_faces().recipe, "vector": asked}]}
    )
    result = town.ask(probe, limit=50)
    assert result.candidates[0].external_id == "face-3"
    assert len(result.candidates) == 8
    assert {r.evidence for c in result.candidates for r in c.reasons} == {"face"}
    assert result.faces_needed == 300
    assert town.service.searches.get(town.worker, result.search_id) == result


def test_prints_of_another_model_are_not_compared(town: Town) -> None:
    probe = PersonRecord.model_validate(
        {"side": "found", "prints": [{"model": "sim-128", "vector": a_face(3)}]}
    )
    assert town.ask(probe).candidates == ()


def test_an_admission_supplies_the_purpose_of_its_searches(town: Town) -> None:
    person = town.write("found", "王建国")
    result = town.service.searches.for_person(town.worker, person)
    assert (result.purpose, result.case_number is not None) == ("tracing", True)
    assert person not in {c.person_id for c in result.candidates}


@pytest.mark.parametrize(
    ("purpose", "basis", "reason", "error"),
    [
        ("", "", "", PurposeMissing),
        ("tracing", "statutory_duty", "  ", PurposeMissing),
        ("tracing", "because", "clue", PurposeMissing),
        ("debt_collection", "statutory_duty", "clue", PurposeForbidden),
    ],
)
def test_a_search_outside_a_case_needs_a_lawful_purpose(
    town: Town, purpose: str, basis: str, reason: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        town.service.searches.ask(town.worker, town.heard("王建国"), purpose, basis, reason)


def test_every_search_leaves_an_audit_row_with_whom_it_showed(town: Town) -> None:
    result = town.ask(town.heard("张志强"), limit=3)
    link = town.service.accounts.create(town.admin, "auditor", "auditor", "auditor", "000000")
    town.service.accounts.set_password(link, "a long enough one, 9")
    session = town.service.accounts.sign_in("auditor", "a long enough one, 9")
    found = town.service.accounts.by_session(session.token)
    assert found is not None
    rows = town.service.audit.page(found[0], object_kind="search", object_id=result.search_id)
    assert [row.action for row in rows.items] == ["search.ask"]
    assert all(c.person_id in rows.items[0].detail for c in result.candidates)
    assert "张志强" not in rows.items[0].detail


def test_a_search_reads_again_as_it_was_answered(town: Town) -> None:
    person = town.write("found", "刘海燕", sex="female")
    result = town.service.searches.for_person(town.worker, person)
    again = town.service.searches.get(town.worker, result.search_id)
    assert again == result
    assert town.service.searches.recent(town.worker)[0].search_id == result.search_id
    assert town.service.searches.latest(town.worker, person) == result.search_id


def test_an_erased_person_is_gone_from_new_and_old_lists(town: Town) -> None:
    true = town.write("sought", "司马相如")
    before = town.ask(town.heard("司马相如"))
    assert before.candidates[0].person_id == true
    erasures = town.service.erasures
    number = erasures.request(town.worker, true, "person", "consent_withdrawn")
    erasures.approve(_eraser(town), number)
    assert true not in {c.person_id for c in town.ask(town.heard("司马相如")).candidates}
    again = town.service.searches.get(town.worker, before.search_id)
    assert true not in {c.person_id for c in again.candidates}


def _eraser(town: Town) -> Any:
    link = town.service.accounts.create(
        town.admin, "officer", "officer", "data_protection_officer", "000000"
    )
    town.service.accounts.set_password(link, "a long enough one, 9")
    session = town.service.accounts.sign_in("officer", "a long enough one, 9")
    found = town.service.accounts.by_session(session.token)
    assert found is not None
    return found[0]


def test_a_changed_record_is_found_under_its_new_name_only(town: Town) -> None:
    person = town.write("sought", "诸葛孔明")
    file = town.service.people.get(town.worker, person)
    changed = PersonRecord.model_validate(
        {"side": "sought", "names": [{"text": "慕容复", "kind": "registered"}]}
    )
    town.service.people.change(town.worker, person, changed, file.version)
    top = town.ask(town.heard("慕容复")).candidates[0]
    assert (top.person_id, top.record.names[0].text) == (person, "慕容复")
    assert "诸葛孔明" not in _names(town.ask(town.heard("诸葛孔明")))


def test_an_excluded_candidate_folds_away_until_taken_back_or_changed(town: Town) -> None:
    searches = town.service.searches
    person = town.write("found", "上官云", sex="female")
    other = town.write("sought", "上官芸", sex="female")
    assert searches.for_person(town.worker, person).candidates[0].person_id == other
    kept = searches.exclude(town.worker, person, other, "face_differs", "耳朵不同")
    folded = searches.for_person(town.worker, person)
    assert other not in {c.person_id for c in folded.candidates}
    assert [(e.person_id, e.reason_code, e.note) for e in folded.excluded] == [
        (other, "face_differs", "耳朵不同")
    ]
    searches.restore(town.worker, kept)
    searches.restore(town.worker, kept)
    assert searches.for_person(town.worker, person).candidates[0].person_id == other
    searches.exclude(town.worker, person, other, "marks_differ")
    changed = PersonRecord.model_validate(
        {"side": "sought", "names": [{"text": "上官芸"}], "sex": "female", "ethnicity": "01"}
    )
    town.service.people.change(town.worker, other, changed, 1)
    assert searches.for_person(town.worker, person).candidates[0].person_id == other


def test_an_exclusion_is_looked_at_again_once_the_model_is_another(town: Town) -> None:
    searches, store = town.service.searches, town.service.store
    person, other = town.write("found", "司空见", sex="male"), town.write("sought", "司空见")
    assert searches.for_person(town.worker, person).candidates[0].person_id == other
    kept = searches.exclude(town.worker, person, other, "age_impossible", "差二十岁")
    assert not _reviews(town, person)
    newer = Exclusions(store, "another model's hash")
    with store.read() as tx:
        assert newer.in_force(tx, town.worker, person) == ()
        (review,) = newer.to_review(tx, town.worker, person)
    assert (review.exclusion_id, review.reason_code, review.note) == (
        kept,
        "age_impossible",
        "差二十岁",
    )


def test_an_exclusion_is_looked_at_again_once_a_record_says_something_else(town: Town) -> None:
    searches = town.service.searches
    person, other = town.write("found", "司徒雷"), town.write("sought", "司徒雷")
    searches.for_person(town.worker, person)
    searches.exclude(town.worker, person, other, "marks_differ", "没有痣")
    changed = PersonRecord.model_validate({"side": "found", "names": [{"text": "司徒磊"}]})
    town.service.people.change(town.worker, person, changed, 1)
    result = searches.for_person(town.worker, person)
    assert other in {c.person_id for c in result.candidates}
    assert [e.note for e in result.reviews] == ["没有痣"]
    assert searches.get(town.worker, result.search_id).reviews == result.reviews
    searches.exclude(town.worker, person, other, "marks_differ")
    assert not _reviews(town, person), "excluded anew: nothing is left to look at"


def _reviews(town: Town, person: str) -> Any:
    return town.service.searches.for_person(town.worker, person).reviews


def test_what_two_namesakes_share_is_not_worth_asking(town: Town) -> None:
    home = [{"kind": "household", "code": "340602"}]
    for father in ("轩辕大", "澹台明"):
        relatives = [{"relation": "father", "names": [{"text": father}]}]
        town.write("sought", "尉迟恭", places=home, relatives=relatives)
    asked = [q.evidence for q in town.ask(town.heard("尉迟恭")).questions]
    assert asked.index("relatives") < asked.index("places")


def test_bad_exclusions_are_refused(town: Town) -> None:
    searches = town.service.searches
    person, other = town.write("found", "甲乙"), town.write("sought", "甲乙")
    with pytest.raises(RecordInvalid):
        searches.exclude(town.worker, person, other, "I do not like them")
    with pytest.raises(RecordInvalid):
        searches.exclude(town.worker, person, person, "other")
    with pytest.raises(NotFound):
        searches.exclude(town.worker, person, "0" * 24, "other")
    with pytest.raises(NotFound):
        searches.restore(town.worker, "0" * 24)


def test_hearings_that_no_one_can_read_leave_the_rest_of_the_record_to_speak(town: Town) -> None:
    for text in ("😀😀", "?", "a", "王" * 200, "༄༅།", "x" * 200):
        result = town.ask(town.heard(text, sex="male"))
        assert result.nobody > 0.1
