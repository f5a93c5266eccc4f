"""The trail grows with every deed, in its transaction, and shows where it was touched."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import delete, update

from tests.store.office import Office, record
from tests.store.script import a_days_work
from tracing.errors import CursorInvalid, NotPermitted, RecordInvalid
from tracing.store.tables import AuditRow


@pytest.fixture
def sealed(small_office: Office) -> Office:
    a_days_work(small_office)
    return small_office


def test_reading_and_writing_leave_their_rows(sealed: Office) -> None:
    auditor = sealed.hire("auditor", "auditor")
    page = sealed.audit.page(auditor, limit=200)
    actions = {row.action for row in page.items}
    assert actions >= {
        "person.register", "person.read", "person.list", "person.change", "person.import",
        "person.erase", "photo.receive", "photo.choose", "photo.read", "case.read",
        "account.create", "station.create", "key.create",
    }  # fmt: skip
    assert sealed.audit.page(auditor, limit=1).items[0].action == "audit.read"
    with pytest.raises(NotPermitted):
        sealed.audit.page(sealed.worker)
    for forged in ("x", "-1", "1" * 30):
        with pytest.raises(CursorInvalid):
            sealed.audit.page(auditor, cursor=forged)


def test_who_looked_at_this_person_is_one_question(sealed: Office) -> None:
    auditor = sealed.hire("auditor", "auditor")
    person = sealed.people.register(sealed.worker, record()).person_id
    sealed.people.get(sealed.worker, person)
    rows = sealed.audit.page(auditor, object_kind="person", object_id=person).items
    assert [(row.action, row.account_id) for row in rows] == [
        ("person.read", sealed.worker.account_id),
        ("person.register", sealed.worker.account_id),
    ]


def test_a_refused_deed_leaves_neither_row_nor_change(sealed: Office) -> None:
    sealed.audit.seal_chain()
    with pytest.raises(RecordInvalid):
        sealed.people.register(sealed.worker, record(station="nowhere"))
    assert sealed.audit.verify().unsealed == 0


def test_an_untouched_chain_is_whole_on_both_databases(office: Office) -> None:
    a_days_work(office)
    state = office.audit.verify()
    assert state.whole
    assert state.sealed > 15
    office.people.register(office.worker, record())
    assert office.audit.verify().unsealed == 1
    assert office.audit.seal_chain() == 1
    assert office.audit.seal_chain() == 0
    assert office.audit.verify().sealed == state.sealed + 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"action": "person.list"}, "row_changed"),
        ({"account_id": None}, "row_changed"),
        ({"detail": "{}"}, "row_changed"),
        ({"outcome": "refused"}, "row_changed"),
        ({"previous": b"\x01" * 32}, "chain_broken"),
        ({"hash": b"\x01" * 32}, "row_changed"),
        ({"chain": 9999}, "row_missing"),
    ],
)
def test_a_changed_row_is_named(sealed: Office, change: dict[str, Any], reason: str) -> None:
    with sealed.store.write() as tx:
        touched = tx.connection.scalar(
            update(AuditRow).where(AuditRow.chain == 4).values(**change).returning(AuditRow.id)
        )
    state = sealed.audit.verify()
    assert not state.whole
    assert state.reason == reason
    assert touched is not None
    assert state.first_bad == (touched + 1 if reason == "row_missing" else touched)


def test_a_removed_row_is_noticed_at_the_next(sealed: Office) -> None:
    with sealed.store.write() as tx:
        tx.run(delete(AuditRow).where(AuditRow.chain == 4))
    state = sealed.audit.verify()
    assert (state.sealed, state.reason) == (3, "row_missing")
