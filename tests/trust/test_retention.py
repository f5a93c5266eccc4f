"""What is kept how long: reviews ask, prints go, nothing unresolved ends by itself."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, update

from tests.store.conftest import Clock
from tests.store.office import Office, full_record, record
from tests.store.test_reencoding import Newer
from tracing.errors import NotPermitted, RecordInvalid
from tracing.photos.keeping import FaceChoice
from tracing.photos.reencoding import Reencoding
from tracing.photos.served import ServedFaces
from tracing.retention import retention_rules
from tracing.store.tables import Draft, FacePrint, Person


@pytest.fixture
def dpo(small_office: Office) -> Any:
    return small_office.hire("dpo", "data_protection_officer")


def prints(office: Office, person: str) -> int:
    with office.store.read() as tx:
        return len(tx.run(select(FacePrint.id).where(FacePrint.person_id == person)).all())


def end_tracing(office: Office, person: str, result: str) -> None:
    with office.store.write() as tx:
        values = {"tracing_result": result, "seq": tx.next_seq()}
        tx.run(update(Person).where(Person.id == person).values(**values))


def with_face(office: Office) -> str:
    photo = office.photos.receive(office.worker, b"faces:2 together", "p.jpg")
    chosen = [FaceChoice(photo.id, 0)]
    return office.people.register(office.worker, full_record(), faces=chosen).person_id


def test_every_class_names_its_source_and_its_trust() -> None:
    for name, own in retention_rules().classes.items():
        assert own.days > 0, name
        assert len(own.source) > 20, name
        assert own.trust in {"A", "B", "D"}, "a C is never built in"


def test_an_unresolved_person_is_reviewed_yearly_and_never_expires(
    small_office: Office, clock: Clock, dpo: Any
) -> None:
    person = with_face(small_office)
    assert small_office.retention.worklist(dpo).reviews == ()
    clock.forward(days=366)
    (due,) = small_office.retention.worklist(dpo).reviews
    assert (due.person_id, due.kept_class) == (person, "unresolved")
    small_office.retention.mark(dpo, person, "review", "still_tracing")
    assert small_office.retention.worklist(dpo).reviews == ()
    clock.forward(days=365 * 30)
    small_office.retention.tidy()
    assert small_office.people.get(small_office.worker, person).record.names
    assert prints(small_office, person) > 0


def test_the_print_of_a_reunited_person_goes_after_180_days(office: Office, clock: Clock) -> None:
    person = with_face(office)
    office.retention.tidy()
    end_tracing(office, person, "reunited")
    office.retention.tidy()
    clock.forward(days=179)
    assert office.retention.tidy() == 0
    clock.forward(days=2)
    seq = max(row.seq for row in office.people.documents())
    assert office.retention.tidy() == 1
    assert prints(office, person) == 0
    (row,) = office.people.documents(seq)
    assert (row.person_id, row.prints) == (person, ()), "galleries see that the print is gone"
    assert office.people.get(office.worker, person).photos, "the file and its photos stay"
    with office.store.read() as tx:
        assert tx.run(select(FacePrint.id)).all() == [], "nor do the others in the photos"


def test_a_new_face_model_makes_no_print_of_whoever_was_reunited_long_ago(
    small_office: Office, clock: Clock, dpo: Any
) -> None:
    office, kept, intake = small_office, with_face(small_office), Newer()
    photo = office.photos.receive(office.worker, b"faces:1 alone", "p.jpg")
    person = office.people.register(
        office.worker, record(id="long-ago"), faces=[FaceChoice(photo.id, 0)]
    ).person_id
    for one in (kept, person):
        end_tracing(office, one, "reunited")
    office.retention.tidy()
    office.retention.mark(dpo, kept, "keep_print", "consent_self")
    clock.forward(days=181)
    work = Reencoding(office.store, intake)
    assert work.left().photos == 2
    work.batch()
    assert (prints(office, person), prints(office, kept)) == (1, 2)
    assert intake.asked == 1, "the old print waits for housekeeping, no new one is made"
    assert work.left().photos == 0
    assert office.retention.tidy() == 1
    assert prints(office, person) == 0
    work = Reencoding(office.store, Newer(ServedFaces("newest-64", 64, "drawn")))
    work.batch()
    assert (prints(office, person), work.left().photos) == (0, 0)


@pytest.mark.parametrize("kept", ["consent_self", "consent_guardian", "repeated_loss"])
def test_consent_or_a_written_reason_keeps_the_print(
    small_office: Office, clock: Clock, dpo: Any, kept: str
) -> None:
    person = with_face(small_office)
    end_tracing(small_office, person, "reunited")
    small_office.retention.tidy()
    small_office.retention.mark(dpo, person, "keep_print", kept)
    clock.forward(days=400)
    assert small_office.retention.tidy() == 0
    small_office.retention.end(dpo, person, "keep_print")
    assert small_office.retention.tidy() == 1


def test_a_tracing_taken_up_again_stops_the_clock(small_office: Office, clock: Clock) -> None:
    person = with_face(small_office)
    end_tracing(small_office, person, "reunited")
    small_office.retention.tidy()
    clock.forward(days=100)
    end_tracing(small_office, person, "open")
    small_office.retention.tidy()
    end_tracing(small_office, person, "reunited")
    small_office.retention.tidy()
    clock.forward(days=100)
    assert small_office.retention.tidy() == 0
    clock.forward(days=81)
    assert small_office.retention.tidy() == 1


def test_a_hold_keeps_the_print(small_office: Office, clock: Clock, dpo: Any) -> None:
    person = with_face(small_office)
    end_tracing(small_office, person, "reunited")
    small_office.retention.tidy()
    small_office.retention.mark(dpo, person, "hold", "complaint")
    clock.forward(days=400)
    assert small_office.retention.tidy() == 0


def test_a_record_stored_only_is_in_no_list_no_search_and_cannot_be_read(
    small_office: Office, dpo: Any
) -> None:
    office, worker = small_office, small_office.worker
    person = with_face(office)
    photo = office.people.get(worker, person).photos[0].id
    office.retention.mark(dpo, person, "stored_only", "disputed")
    for look in (
        lambda: office.people.get(worker, person),
        lambda: office.people.change(worker, person, full_record(), 1),
        lambda: office.photos.picture(worker, photo),
        lambda: office.photos.choose(worker, photo, 1),
    ):
        with pytest.raises(NotPermitted) as caught:
            look()
        assert caught.value.facts["reason"] == "stored_only"
    assert office.people.page(worker).items == ()
    assert office.people.rows_of([person])[person].protected, "no gallery shows it"
    assert [m.person_id for m in office.retention.worklist(dpo).stored_only] == [person]
    office.retention.end(dpo, person, "stored_only")
    assert office.people.get(worker, person).id == person


def test_a_draft_left_for_a_week_goes(small_office: Office, clock: Clock) -> None:
    small_office.drafts.save(small_office.worker, "arrival", {"name": "欧阳"})
    clock.forward(days=8)
    small_office.retention.tidy()
    with small_office.store.read() as tx:
        assert tx.run(select(Draft.id)).all() == []


def test_marks_need_the_scope_and_a_reason_of_the_list(small_office: Office, dpo: Any) -> None:
    person = small_office.people.register(small_office.worker, record()).person_id
    with pytest.raises(NotPermitted):
        small_office.retention.mark(small_office.worker, person, "hold", "court")
    with pytest.raises(RecordInvalid):
        small_office.retention.mark(dpo, person, "hold", "because")
    small_office.retention.mark(dpo, person, "hold", "court")
    small_office.retention.end(dpo, person, "hold")
    (mark,) = small_office.retention.marks(dpo, person)
    assert (mark.kind, mark.reason, mark.ended_at is not None) == ("hold", "court", True)
