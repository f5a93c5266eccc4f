"""A record is read strictly, faults are named by path, and nothing is lost on the way back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.store.office import full_record, record
from tracing.errors import RecordInvalid
from tracing.records import PersonRecord

LINES = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp")),
    min_size=1,
    max_size=20,
)
DAYS = st.dates().filter(lambda d: 1850 <= d.year <= 2100).map(lambda d: d.isoformat())
SHARES = st.floats(0, 1, allow_nan=False)


def claims(**values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A claim with these values and a source, or the status that it was asked for in vain."""
    said = {"source": LINES, "certainty": SHARES, "at": DAYS, "by": LINES}
    in_vain = st.sampled_from(["unknown", "refused"]).map(lambda status: {"status": status})
    return st.fixed_dictionaries(values, optional=said) | in_vain


def with_kind(kinds: list[str], **values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Such claims, each of one of the kinds."""
    return st.builds(lambda claim, kind: {**claim, "kind": kind}, claims(**values),
                     st.sampled_from(kinds))  # fmt: skip


def birth(pair: tuple[str, str]) -> dict[str, str]:
    return {"earliest": min(pair), "latest": max(pair), "basis": "stated"}


RECORDS = st.fixed_dictionaries(
    {"side": st.sampled_from(["found", "sought", "register"])},
    optional={
        "id": LINES,
        "source": LINES,
        "names": st.lists(
            with_kind(["stated", "registered", "alias", "heard"], text=LINES),
            min_size=1,
            max_size=4,
        ),
        "sex": st.sampled_from(["male", "female", "unknown", "not_stated"])
        | claims(value=st.sampled_from(["male", "female"])),
        "birth": st.tuples(DAYS, DAYS).map(birth) | claims(earliest=DAYS),
        "ethnicity": st.sampled_from(["01", "05"]) | claims(value=st.just("03")),
        "dialects": st.lists(claims(name=LINES), min_size=1, max_size=2),
        "places": st.lists(
            with_kind(["household", "found"], code=st.sampled_from(["44", "440103", "440103001"])),
            min_size=1,
            max_size=3,
        ),
        "numbers": st.lists(
            with_kind(["citizen"], text=st.text("0123456789?X", min_size=1, max_size=18)),
            min_size=1,
            max_size=3,
        ),
        "relatives": st.lists(claims(relation=st.just("father")), min_size=1, max_size=2),
        "marks": st.lists(claims(site=LINES), min_size=1, max_size=2),
        "build": claims(height_cm=st.just([150, 160])),
        "belongings": st.lists(LINES | claims(text=LINES), min_size=1, max_size=3),
        "utterances": st.lists(claims(text=LINES), min_size=1, max_size=3),
        "contact_wish": st.sampled_from(["yes", "no", "not_asked", "cannot_say"]),
        "event_at": DAYS,
    },
)


@settings(max_examples=150, deadline=None)
@given(RECORDS)
def test_a_record_comes_back_as_it_went_in(document: dict[str, Any]) -> None:
    read = PersonRecord.model_validate(document)
    assert read.document() == document
    assert PersonRecord.model_validate(read.document()) == read
    assert PersonRecord.from_json(read.to_json()) == read
    assert json.loads(read.to_json()) == document


def test_missing_unknown_and_refused_stay_three_things() -> None:
    missing = record(names=[{"text": "阿婆", "kind": "nickname"}])
    unknown = record(birth={"status": "unknown"}, sex={"status": "unknown"})
    refused = record(birth={"status": "refused"}, sex={"status": "refused"})
    assert missing.birth is None
    assert "birth" not in missing.document()
    assert unknown.document()["birth"] == {"status": "unknown"}
    assert refused.document()["birth"] == {"status": "refused"}
    assert len({json.dumps(r.document()) for r in (missing, unknown, refused)}) == 3
    assert unknown.sex_word is refused.sex_word is None


FAULTS: list[tuple[dict[str, Any], str, str]] = [
    ({"side": "lost"}, "side", "literal_error"),
    ({"side": None}, "side", "literal_error"),
    ({"nmaes": []}, "nmaes", "extra_forbidden"),
    ({"names": [{"text": "王", "nickname": "老王"}]}, "names[0].nickname", "extra_forbidden"),
    ({"names": [{"text": "王"}, {"text": "李" * 201}]}, "names[1].text", "string_too_long"),
    ({"names": [{"text": "  "}]}, "names[0].text", "string_too_short"),
    ({"names": [{"text": "王\x00"}]}, "names[0].text", "control_character"),
    ({"names": [{"text": "王\n建国"}]}, "names[0].text", "control_character"),
    ({"names": [{"kind": "stated"}]}, "names[0]", "value_missing"),
    ({"names": [{"text": "王", "status": "refused"}]}, "names[0]", "value_and_status"),
    ({"names": [{"text": "王"}] * 51}, "names", "too_long"),
    ({"names": {"text": "王"}}, "names", "tuple_type"),
    ({"sex": "m"}, "sex", "literal_error"),
    ({"sex": {"value": 1}}, "sex.value", "literal_error"),
    ({"birth": {"earliest": "1950-02-30"}}, "birth.earliest", "not_a_day"),
    ({"birth": {"earliest": "1950"}}, "birth.earliest", "not_a_day"),
    ({"birth": {"earliest": "0950-01-01"}}, "birth.earliest", "year_out_of_range"),
    (
        {"birth": {"earliest": "1960-01-01", "latest": "1950-01-01"}},
        "birth",
        "earliest_after_latest",
    ),
    ({"places": [{"kind": "found", "code": "4401"}, {"kind": "found", "code": "44010"}]},
     "places[1].code", "not_a_division_code"),
    ({"places": [{"kind": "found", "lat": 23.1}]}, "places[0]", "coordinate_missing"),
    ({"places": [{"kind": "found", "lat": 123.1, "lon": 1}]}, "places[0].lat", "less_than_equal"),
    ({"places": [{"code": "44"}]}, "places[0].kind", "missing"),
    ({"numbers": [{"kind": "citizen", "text": "44010319510315001XX"}]}, "numbers[0]",
     "not_a_number"),
    ({"numbers": [{"kind": "phone", "text": "一三八"}]}, "numbers[0]", "not_a_number"),
    ({"build": {"height_cm": [165, 158]}}, "build", "lowest_after_highest"),
    ({"build": {"height_cm": [True, 158]}}, "build.height_cm[0]", "int_type"),
    ({"utterances": [{"text": "河", "prompted": "yes"}]}, "utterances[0].prompted", "bool_type"),
    ({"prints": [{"model": "m", "vector": [float("nan")]}]}, "prints[0].vector[0]",
     "finite_number"),
    ({"names": [{"text": "王", "certainty": 1.5}]}, "names[0].certainty", "less_than_equal"),
    ({"event_at": "2026-13-01"}, "event_at", "not_a_day"),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "path", "reason"), FAULTS)
def test_a_fault_is_named_by_its_path_and_never_by_its_value(
    fields: dict[str, Any], path: str, reason: str
) -> None:
    with pytest.raises(RecordInvalid) as caught:
        record(**fields)
    assert caught.value.facts["path"] == path
    assert caught.value.facts["reason"] == reason
    assert "王" not in f"{caught.value!r} {caught.value.facts}"
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("text", ["[]", "1", "", "{", '{"side": "found"', "null", "\ufeff{}"])
def test_what_is_no_json_object_is_refused(text: str) -> None:
    with pytest.raises(RecordInvalid):
        PersonRecord.from_json(text)


def test_a_record_does_not_spell_itself_out_in_logs() -> None:
    person = full_record()
    assert "欧阳" not in repr(person) + str(person) + f"{person}" + repr(person.names)
