"""Registering, reading, changing: whole or not at all, once per key, within one's reach."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from tests.store.office import MODEL, Office, full_record, print_of, record
from tracing.errors import (
    Conflict,
    CursorInvalid,
    FaceUnknown,
    IdempotencyMismatch,
    NotFound,
    NotPermitted,
    RecordInvalid,
    VersionConflict,
)
from tracing.photos.keeping import FaceChoice
from tracing.store.ids import new_id


def test_an_admission_opens_its_case_and_lends_it_a_purpose(office: Office) -> None:
    done = office.people.register(office.worker, full_record())
    file = office.people.get(office.worker, done.person_id)
    assert done.case_number == "000000-2026-00001"
    assert file.case is not None
    assert (file.case.reason, file.case.purpose, file.case.legal_basis) == (
        "admission",
        "tracing",
        "statutory_duty",
    )
    assert file.states.identity_status == "unidentified"
    reported = office.people.register(office.worker, record(side="sought"))
    case = office.cases.get(office.worker, reported.case_id or "")
    assert (case.number, case.reason) == ("000000-2026-00002", "missing_report")
    entry = office.people.register(office.worker, record(side="register"))
    assert (entry.case_id, entry.case_number) == (None, None)


def test_a_record_is_read_back_word_for_word(office: Office) -> None:
    person = full_record()
    done = office.people.register(office.worker, person)
    file = office.people.get(office.worker, done.person_id)
    without_vectors = {k: v for k, v in person.document().items() if k != "prints"}
    assert file.record.document() == without_vectors
    (row,) = office.people.documents()
    assert row.document == without_vectors
    assert [(p.model, p.age) for p in row.prints] == [(MODEL, 61)]
    assert np.array_equal(row.prints[0].vector, print_of("ready", 0))


def test_the_same_key_with_the_same_form_registers_once(office: Office) -> None:
    first = office.people.register(office.worker, full_record(), idempotency_key="k")
    again = office.people.register(office.worker, full_record(), idempotency_key="k")
    assert (first.created, again.created) == (True, False)
    assert (again.person_id, again.case_number) == (first.person_id, first.case_number)
    with pytest.raises(IdempotencyMismatch):
        office.people.register(office.worker, record(), idempotency_key="k")
    colleague = office.hire("colleague", "city_station")
    other = office.people.register(colleague, record(), idempotency_key="k")
    assert other.created
    assert sum(1 for _ in office.people.documents()) == 2


def test_the_same_form_sent_four_times_at_once_registers_once(office: Office) -> None:
    barrier = threading.Barrier(4)

    def send(_: int) -> tuple[str, bool]:
        barrier.wait()
        done = office.people.register(office.worker, full_record(), idempotency_key="k")
        return done.person_id, done.created

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(send, range(4)))
    assert len({person for person, _ in answers}) == 1
    assert sorted(created for _, created in answers) == [False, False, False, True]


def test_a_key_is_free_again_after_a_refused_form(office: Office) -> None:
    with pytest.raises(RecordInvalid):
        office.people.register(office.worker, record(station="nowhere"), idempotency_key="k")
    assert office.people.register(office.worker, record(), idempotency_key="k").created


def test_an_external_id_is_recorded_once(office: Office) -> None:
    office.people.register(office.worker, full_record())
    with pytest.raises(Conflict):
        office.people.register(office.worker, full_record(names=[]))
    assert sum(1 for _ in office.people.documents()) == 1


def test_a_change_keeps_what_was_said_before_and_refuses_stale_forms(office: Office) -> None:
    done = office.people.register(office.worker, full_record())
    file = office.people.change(office.worker, done.person_id, full_record(household="乙"), 1)
    assert (file.version, file.record.household) == (2, "乙")
    with pytest.raises(VersionConflict) as caught:
        office.people.change(office.worker, done.person_id, full_record(), 1)
    assert caught.value.facts["version"] == 2
    with pytest.raises(RecordInvalid):
        office.people.change(office.worker, done.person_id, full_record(side="sought"), 2)
    (row,) = office.people.documents()
    assert len(row.prints) == 1  # brought again, not doubled


def test_shared_numbers_find_the_other_side(office: Office) -> None:
    done = office.people.register(office.worker, full_record())
    probe = record(
        side="sought",
        numbers=[{"kind": "phone", "text": "+86 139 0013 9000"}],
        relatives=[{"relation": "son", "phone": "138-0013-8000"}],
    )
    shared = office.people.sharing_numbers(probe.document())
    assert [(s.person_id, s.own, s.theirs) for s in shared] == [
        (done.person_id, "self", "relative"),
        (done.person_id, "relative", "self"),
    ]


def test_a_station_sees_its_own_people_and_those_below_it(office: Office) -> None:
    office.stations.add(office.admin, "3204", "市站")
    office.stations.add(office.admin, "320402", "天宁站", parent_code="3204")
    office.stations.add(office.admin, "32", "短码站")  # its code begins the others'
    city, county, other = (
        office.hire(f"w{code}", "city_station", code) for code in ("3204", "320402", "32")
    )
    held = office.people.register(county, record()).person_id
    for actor in (county, city, office.worker):
        assert office.people.get(actor, held).station.code == "320402"
        assert [file.id for file in office.people.page(actor).items] == [held]
    assert office.people.page(other).items == ()
    for person_id in (held, new_id(), "no id"):
        with pytest.raises(NotFound):
            office.people.get(other, person_id)
        with pytest.raises(NotFound):
            office.people.change(other, person_id, record(), 1)
    with pytest.raises(RecordInvalid):
        office.people.register(county, record(station="3204"))
    assert office.people.register(city, record(station="320402")).created


@pytest.mark.parametrize(
    ("role", "may_read", "may_write"),
    [
        ("city_station", True, True),
        ("hospital", False, True),
        ("system_administrator", False, False),
        ("security_administrator", False, False),
        ("auditor", False, False),
        ("police_officer", False, False),
        ("data_protection_officer", True, False),
        ("enquirer", False, False),
    ],
)
def test_a_role_decides_who_reads_and_who_writes(
    small_office: Office, role: str, may_read: bool, may_write: bool
) -> None:
    held = small_office.people.register(small_office.worker, record()).person_id
    actor = small_office.hire("somebody", role)
    if may_read:
        assert small_office.people.get(actor, held).id == held
    else:
        with pytest.raises(NotPermitted):
            small_office.people.get(actor, held)
    if may_write:
        assert small_office.people.register(actor, record()).created
    else:
        with pytest.raises(NotPermitted):
            small_office.people.register(actor, record())


def test_pages_follow_one_another_and_forged_markers_are_refused(office: Office) -> None:
    ids = [office.people.register(office.worker, record()).person_id for _ in range(5)]
    seen: list[str] = []
    cursor = None
    while True:
        page = office.people.page(office.worker, cursor=cursor, limit=2)
        seen += [file.id for file in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert sorted(seen) == sorted(ids)
    assert seen == sorted(ids, reverse=True)
    marker = office.people.page(office.worker, limit=2).next_cursor or ""
    for forged in ("", "x", marker[:-1], marker + "0", f"{ids[0]}.{marker[25:]}", "\x00.\uffff"):
        with pytest.raises(CursorInvalid):
            office.people.page(office.worker, cursor=forged)
    with pytest.raises(CursorInvalid):  # a marker of another list
        office.people.page(office.worker, side="found", cursor=marker)


def test_a_photo_comes_with_its_person_and_its_print_with_the_chosen_face(office: Office) -> None:
    family = office.photos.receive(office.worker, b"faces:3 family", "f.jpg")
    assert (family.chosen, family.advice, family.taken) == (None, ("several_faces",), "2019-05-01")
    named = record(photos=[{"file": family.id, "face": 1}, {"file": "from-a-folder.jpg"}])
    done = office.people.register(office.worker, named)
    (row,) = office.people.documents()
    assert row.photo == (family.id, 1)
    assert [p.ordinal for p in row.prints] == [1]
    assert np.array_equal(row.prints[0].vector, print_of("faces:3 family", 1))
    seq = row.seq
    chosen = office.photos.choose(office.worker, family.id, 2, {0: "mother"})
    assert [face.relation for face in chosen.faces] == ["mother", None, None]
    (row,) = office.people.documents(seq)
    assert np.array_equal(row.prints[0].vector, print_of("faces:3 family", 2))
    office.photos.choose(office.worker, family.id, None)
    (row,) = office.people.documents(row.seq)
    assert (row.prints, row.photo) == ((), (family.id, None))
    assert office.people.get(office.worker, done.person_id).photos[0].chosen is None


def test_a_photo_belongs_to_one_person_and_has_only_its_own_faces(office: Office) -> None:
    photo = office.photos.receive(office.worker, b"faces:1 one", "a.jpg")
    with pytest.raises(FaceUnknown):
        office.people.register(office.worker, record(), faces=[FaceChoice(photo.id, 1)])
    office.people.register(office.worker, record(), faces=[FaceChoice(photo.id)])
    with pytest.raises(Conflict):
        office.people.register(office.worker, record(), faces=[FaceChoice(photo.id)])
    with pytest.raises(RecordInvalid):
        office.people.register(office.worker, record(), faces=[FaceChoice(new_id())])
    assert sum(1 for _ in office.people.documents()) == 1


def test_the_gallery_does_not_spell_people_out_in_logs(office: Office) -> None:
    office.people.register(office.worker, full_record())
    (row,) = office.people.documents()
    file = office.people.get(office.worker, row.person_id)
    assert "欧阳" not in repr(row) + repr(file)
    assert "array" not in repr(row)
