"""Erasing takes two people, leaves noise and a certificate, and outlives a restored database."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.store.conftest import NewOffice
from tests.store.office import Office, full_record, record
from tests.store.test_leaks import leaks
from tracing.errors import Conflict, LedgerBroken, NotFound, NotPermitted
from tracing.photos.keeping import FaceChoice
from tracing.store import Store, people
from tracing.store.tables import Candidate, Erasure, FacePrint, Person, PersonVersion, Search


def asked(office: Office, person: str) -> str:
    return office.erasures.request(office.worker, person, "person", "consent_withdrawn")


def officer(office: Office) -> object:
    return office.hire("dpo", "data_protection_officer")


def whole_file(office: Office) -> tuple[str, str, str]:
    """A person with a photo, an earlier version, a draft and a recording; ids."""
    photo = office.photos.receive(office.worker, b"faces:1 portrait", "p.jpg")
    done = office.people.register(office.worker, full_record(), faces=[FaceChoice(photo.id, 0)])
    office.people.change(office.worker, done.person_id, full_record(belongings=["藤箱"]), 1)
    draft = office.drafts.save(office.worker, "arrival", {"n": "欧阳"}, photos=[photo.id])
    return done.person_id, photo.id, draft


def test_one_asks_another_approves_and_a_certificate_without_a_name_remains(
    office: Office,
) -> None:
    person, _, draft = whole_file(office)
    number = asked(office, person)
    file = office.erasures.approve(officer(office), number)
    assert (file.state, file.receipt is not None, file.person_id) == ("done", True, person)
    assert {k: v for k, v in file.counts.items() if v} == {
        "photos": 1, "prints": 2, "versions": 1, "drafts": 1,
    }  # fmt: skip
    assert (file.requested_by, file.decided_by) == ("worker", "dpo")
    assert leaks(repr(file).encode()) == []
    assert office.drafts.load(office.worker, draft) is None
    with pytest.raises(NotFound):
        office.people.get(office.worker, person)


def test_nobody_approves_their_own_request(office: Office) -> None:
    person = office.people.register(office.worker, record()).person_id
    dpo = officer(office)
    number = office.erasures.request(dpo, person, "guardian", "purpose_met")
    with pytest.raises(NotPermitted) as caught:
        office.erasures.approve(dpo, number)
    assert caught.value.facts["reason"] == "own_request"
    assert office.people.get(office.worker, person).id == person
    with pytest.raises(NotPermitted):
        office.erasures.approve(office.worker, number)
    office.erasures.refuse(dpo, number, "mistake")
    with pytest.raises(Conflict):
        office.erasures.approve(office.hire("dpo-2", "data_protection_officer"), number)


def test_a_second_request_for_the_same_person_is_the_first_one(small_office: Office) -> None:
    person = small_office.people.register(small_office.worker, record()).person_id
    asked(small_office, person)
    with pytest.raises(Conflict):
        asked(small_office, person)


def test_another_station_neither_asks_nor_approves(small_office: Office) -> None:
    office = small_office
    person = office.people.register(office.worker, record()).person_id
    office.stations.add(office.admin, "320499", "别处站")
    elsewhere = office.hire("elsewhere", "data_protection_officer", "320499")
    with pytest.raises(NotFound):
        office.erasures.request(elsewhere, person, "person", "consent_withdrawn")
    number = asked(office, person)
    with pytest.raises(NotFound):
        office.erasures.approve(elsewhere, number)
    assert office.erasures.listed(elsewhere) == ()


def test_a_record_under_a_hold_is_not_erased(small_office: Office) -> None:
    office = small_office
    person = office.people.register(office.worker, record()).person_id
    number = asked(office, person)
    dpo = officer(office)
    office.retention.mark(dpo, person, "hold", "court")
    for attempt in (lambda: office.erasures.approve(dpo, number), lambda: asked(office, person)):
        with pytest.raises(NotPermitted) as caught:
            attempt()
        assert caught.value.facts["reason"] == "legal_hold"
    office.retention.end(dpo, person, "hold")
    assert office.erasures.approve(dpo, number).state == "done"


def test_the_destroyed_key_is_on_no_page_of_the_disk(small_office: Office) -> None:
    office = small_office
    person, photo, _ = whole_file(office)
    with office.store.read() as tx:
        row = people.find(tx, person)
    assert row is not None
    assert row.wrapped is not None
    folder = office.store.data_dir
    assert any(row.wrapped in p.read_bytes() for p in folder.rglob("*") if p.is_file())
    office.erasures.approve(officer(office), asked(office, person))
    for path in folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert row.wrapped not in data, path.name
            assert row.document not in data, path.name
            assert photo not in path.name
            assert leaks(data) == []


def test_no_row_of_any_table_still_opens(small_office: Office) -> None:
    office = small_office
    person, _, _ = whole_file(office)
    office.erase(person)
    with office.store.read() as tx:
        for table in (FacePrint, PersonVersion):
            assert tx.run(select(table.person_id).where(table.person_id == person)).all() == []
        payloads = select(Search.payload).where(Search.probe_person_id == person)
        assert set(tx.run(payloads).scalars()) <= {b""}
        shown = select(Candidate.payload).where(Candidate.person_id == person)
        assert set(tx.run(shown).scalars()) <= {b""}


def test_a_restored_database_erases_again_before_it_answers(small_office: Office) -> None:
    office, folder = small_office, small_office.store.data_dir
    person, _, _ = whole_file(office)
    other = office.people.register(office.worker, record()).person_id
    copy = folder / "backup.db"
    source = sqlite3.connect(folder / "xunqin.db")
    with sqlite3.connect(copy) as target:
        source.backup(target)
    source.close()
    target.close()
    number = office.erase(person)
    office.close()
    for old in folder.glob("xunqin.db*"):
        old.unlink()
    shutil.move(copy, folder / "xunqin.db")
    restored = Store.open(office.settings, now=office.store.now)
    try:
        with restored.read() as tx:
            row, kept = people.find(tx, person), people.find(tx, other)
            states = dict(tx.run(select(Erasure.id, Erasure.state)).all())
        assert row is not None
        assert (row.wrapped, row.document) == (None, b"")
        assert kept is not None
        assert kept.wrapped is not None
        assert states == {number: "done"}
    finally:
        restored.close()


def test_a_crash_between_ledger_and_commit_is_finished_by_the_next_start(
    small_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = small_office
    person = office.people.register(office.worker, record()).person_id
    number = asked(office, person)
    append = office.store.ledger.append

    def power_cut(entry: dict[str, object]) -> str:
        append(entry)
        raise RuntimeError("power cut")

    monkeypatch.setattr(office.store.ledger, "append", power_cut)
    with pytest.raises(RuntimeError):
        office.erasures.approve(officer(office), number)
    office.close()
    again = Store.open(office.settings, now=office.store.now)
    with again.read() as tx:
        row = people.find(tx, person)
        assert tx.connection.scalar(select(Erasure.state)) == "done"
    again.close()
    assert row is not None
    assert row.wrapped is None


def test_a_changed_ledger_stops_the_start_and_a_torn_last_line_does_not(
    new_office: NewOffice,
) -> None:
    office = new_office()
    for _ in range(2):
        office.erase(office.people.register(office.worker, record()).person_id)
    path = office.settings.erasure_ledger_path
    whole = path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600
    first = json.loads(whole.split(b"\n")[0])
    changed = {**first, "person_id": "0" * 24}
    path.write_bytes(whole.replace(json.dumps(first, sort_keys=True).encode(),
                                   json.dumps(changed, sort_keys=True).encode()))  # fmt: skip
    with pytest.raises(LedgerBroken):
        Store.open(office.settings)
    path.write_bytes(whole + b'{"half')
    Store.open(office.settings).close()
    office.erase(office.people.register(office.worker, record()).person_id)
    assert len(office.store.ledger.entries()) == 3


def test_a_lost_ledger_is_written_again_from_the_database(small_office: Office) -> None:
    office = small_office
    person = office.people.register(office.worker, record()).person_id
    office.erase(person)
    Path(office.settings.erasure_ledger_path).unlink()
    Store.open(office.settings).close()
    assert [entry["person_id"] for entry in office.store.ledger.entries()] == [person]


def test_an_erased_person_stays_a_stub_in_the_table(small_office: Office) -> None:
    office = small_office
    person = office.people.register(office.worker, full_record()).person_id
    office.erase(person)
    with office.store.read() as tx:
        row = tx.run(select(*Person.__table__.columns).where(Person.id == person)).mappings().one()
    assert {k for k in ("sex", "birth_from", "home_division", "event_on") if row[k]} == set()
