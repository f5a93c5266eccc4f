"""PFIF of every version is read, what has no place stays text, and nothing hostile gets in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.exchange.files import FOURTH, OLD, SECOND, THIRD, VERSIONS, tombstone
from tests.fuzz.files import cut, doubled, flipped, lengthened
from tracing.errors import FileRefused
from tracing.exchange.incoming import Incoming
from tracing.exchange.pfif_read import read_pfif
from tracing.exchange.pfif_record import ages_on, incoming
from tracing.exchange.pfif_structure import departures, pfif_structure

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def taken(text: str) -> Incoming:
    (one,) = incoming(read_pfif(text.encode()), NOW, "own.example.org")
    return one


def document(text: str) -> dict[str, Any]:
    record = taken(text).record
    assert record is not None
    return record.document()


def test_a_file_of_2005_keeps_name_home_phone_and_whereabouts() -> None:
    found = document(OLD)
    assert (found["id"], found["source"]) == ("old.example.org/p.7", "old.example.org")
    assert found["names"][0]["latin"] == "KATHERINE DOE"
    assert found["names"][0]["by"] == "Volunteer Desk"
    assert found["places"][0]["text"] == "LA BATON ROUGE 1 MAIN ST"
    assert found["places"][1]["text"] == "shelter at the river center"
    assert found["numbers"] == [{"kind": "phone", "text": "225555-0101"}]
    told = taken(OLD).provenance
    assert told is not None
    assert set(told.held) == {
        "author_email", "description", "home_postal_code", "photo_url"
    }  # fmt: skip
    assert told.notes[0]["author_made_contact"] == "true"


def test_a_file_of_2010_joins_a_chinese_name_and_links_without_merging() -> None:
    found, one = document(SECOND), taken(SECOND)
    assert found["names"][0]["text"] == "王建国"
    assert (found["side"], found["sex"]["value"]) == ("sought", "male")
    assert (found["birth"]["earliest"], found["birth"]["latest"]) == ("1950-09-01", "1950-09-30")
    assert found["places"][0]["code"] == "44"
    assert one.provenance is not None
    assert one.provenance.links == ("third.example.org/1",)


def test_several_full_names_are_all_kept() -> None:
    named = FOURTH.replace(
        "<pfif:full_name>李秀英</pfif:full_name>",
        "<pfif:full_name>李秀英\n  Li Xiuying </pfif:full_name>",
    )
    assert named != FOURTH
    claims = [(n.get("text") or n["latin"], n["kind"]) for n in document(named)["names"]]
    assert claims[:2] == [("李秀英", "stated"), ("Li Xiuying", "alias")]


def test_an_atom_feed_of_2011_is_a_person_in_a_station() -> None:
    found, one = document(THIRD), taken(THIRD)
    assert found["side"] == "found"
    assert found["places"] == [
        {"kind": "found", "text": "常州市天宁区", "at": "2011-05-01T00:00:00+00:00"}
    ]
    assert (found["birth"]["earliest"], found["birth"]["latest"]) == ("1945-05-01", "1951-04-30")
    assert one.provenance is not None
    assert one.provenance.held == {"sex": "other"}
    assert (one.clone, one.expires_at) == (True, datetime(2099, 1, 1, tzinfo=UTC))


def test_a_file_of_today_loses_nothing() -> None:
    found, one = document(FOURTH), taken(FOURTH)
    assert [n.get("text") for n in found["names"]] == ["李秀英", "李阿英", "小英"]
    assert one.provenance is not None
    assert dict(one.provenance.held) == {
        "description": "左手戴银镯", "age": "82", "home_postal_code": "561000",
        "profile_urls": "https://example.org/a1", "shelter": "三号楼",
    }  # fmt: skip


@pytest.mark.parametrize("version", VERSIONS)
def test_every_field_of_a_file_is_in_the_record_or_kept_as_text(version: str) -> None:
    """What is neither a date nor an id, word for word."""
    own = pfif_structure()
    (person,) = read_pfif(VERSIONS[version].encode())
    one = taken(VERSIONS[version])
    assert one.record is not None
    assert one.provenance is not None
    kept = one.record.to_json().decode() + str(one.provenance.document())
    for name, value in {**person.fields, **person.foreign}.items():
        if name in own.keeps or name in {"date_of_birth", "age"}:
            continue
        assert all(part in kept for part in value.split()), name
    assert list(one.provenance.notes) == [dict(note) for note in person.notes]


def test_an_expired_record_is_an_end_and_says_nothing() -> None:
    one = taken(tombstone("fourth.example.org/a1", "2026-02-25"))
    assert (one.gone, one.record) == (True, None)


def test_an_own_record_that_comes_back_is_not_taken_in() -> None:
    one = taken(FOURTH.replace("fourth.example.org/a1", "OWN.example.org/notice.1"))
    assert one.fault is not None
    assert one.fault.reason == "own_record"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("fourth.example.org/a1", "no-domain"), "pfif_record_id"),
        (("<pfif:full_name>李秀英</pfif:full_name>", ""), None),
        (("李秀英", "李" * 300), "required"),
    ],
)
def test_a_wrong_record_says_which_field(change: tuple[str, str], reason: str | None) -> None:
    text = FOURTH.replace(*change)
    if "full_name>李李" in text:  # a name too long for one field leaves no name at all
        text = text.replace("<pfif:alternate_names>李阿英\n小英</pfif:alternate_names>", "")
    fault = taken(text).fault
    assert (fault.reason if fault else None) == reason


LAUGHS = """<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><pfif:pfif xmlns:pfif="http://zesty.ca/pfif/1.4">&c;</pfif:pfif>"""
OUTSIDE = """<!DOCTYPE p [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<pfif:pfif xmlns:pfif="http://zesty.ca/pfif/1.4"><pfif:person><pfif:full_name>&x;</pfif:full_name>
</pfif:person></pfif:pfif>"""
HOSTILE = {
    "billion laughs": (LAUGHS.encode(), "xml_dtd"),
    "an entity from outside": (OUTSIDE.encode(), "xml_dtd"),
    "a parameter entity": (b'<!DOCTYPE p SYSTEM "http://127.0.0.1:9/x.dtd"><p/>', "xml_dtd"),
    "the same in UTF-16": (
        LAUGHS.replace("?>", ' encoding="UTF-16"?>', 1).encode("utf-16"),
        "xml_dtd",
    ),
    "an entity without a declaration": (b"<a>&x;</a>", "not_xml"),
    "an abyss": (b"<a>" * 5000, "xml_too_deep"),
    "a value without end": (
        FOURTH.replace("左手戴银镯", "镯" * 200_000).encode(), "value_too_long"
    ),
    "more than fits": (b"<a>" + b" " * 33_000_000, "too_large"),
    "a page of the web": (b"<html><body>404</body></html>", "not_pfif"),
    "a version of tomorrow": (FOURTH.replace("pfif/1.4", "pfif/9.9").encode(), "pfif_version"),
    "a prefix that nobody has declared": (FOURTH.replace("xmlns:pfif", "xls:pfif").encode(),
                                          "not_xml"),
    "nothing": (b"", "not_xml"),
    "noise": (bytes(range(256)), "not_xml"),
}  # fmt: skip


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_xml_is_refused_by_name(case: str) -> None:
    data, reason = HOSTILE[case]
    with pytest.raises(FileRefused) as refused:
        read_pfif(data)
    assert refused.value.facts["reason"] == reason


@given(
    st.sampled_from(sorted(VERSIONS)),
    st.sampled_from([flipped, cut, lengthened, doubled]),
    st.randoms(use_true_random=False),
)
def test_a_spoiled_file_is_read_or_refused(version: str, spoil: Any, dice: Any) -> None:
    try:
        persons = read_pfif(spoil(dice, VERSIONS[version].encode()))
    except FileRefused:
        return
    for one in incoming(persons, NOW, ""):
        assert one.record is not None or one.fault is not None or one.gone or one.notes_only


def test_a_prefix_that_nobody_declared_is_no_xml() -> None:
    with pytest.raises(FileRefused) as refused:
        read_pfif(OLD.replace("<p:first_name>", "<q:first_name>", 1)
                  .replace("</p:first_name>", "</q:first_name>", 1).encode())  # fmt: skip
    assert refused.value.facts["reason"] == "not_xml"


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        (
            {"person_record_id": "a.org/1", "source_date": "2026-03-01T00:00:00Z",
             "full_name": "李"},
            [],
        ),
        ({"person_record_id": "a.org/1", "full_name": "李"}, [("source_date", "required")]),
        (
            {"person_record_id": "a", "source_date": "2026-03-01", "full_name": "李", "x": "1"},
            [("x", "unknown_field"), ("person_record_id", "form"), ("source_date", "form")],
        ),
    ],
)  # fmt: skip
def test_what_departs_from_the_published_structure_is_named(
    fields: dict[str, str], wrong: list[tuple[str, str]]
) -> None:
    assert departures(pfif_structure().versions["1.4"], "person", fields) == wrong


def test_an_age_goes_out_as_it_came_in() -> None:
    birth = {"earliest": "1945-05-01", "latest": "1951-04-30"}
    assert ages_on(birth, datetime(2011, 4, 30, tzinfo=UTC).date()) == "60-65"
