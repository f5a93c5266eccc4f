"""A flipped byte, a missing row, a cut end: found and named. And who looked at this person."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import OperationalError

from tests.api.house import House, record
from tests.store.conftest import Clock
from tests.store.office import Office
from tests.store.office import record as person_record
from tests.store.script import a_days_work
from tests.trust.test_keeping_pages import officers
from tracing.audit_checkpoints import AuditCheckpoint, read_checkpoints
from tracing.audit_looks import Lookers
from tracing.errors import NotFound, NotPermitted
from tracing.store import audit as trail
from tracing.store.tables import AuditRow


@pytest.fixture
def sealed(small_office: Office) -> Office:
    a_days_work(small_office)
    small_office.audit.checkpoint()
    assert small_office.audit.verify().whole
    return small_office


COLUMNS = [column.name for column in AuditRow.__table__.columns]


@pytest.mark.parametrize("column", COLUMNS)
def test_a_flipped_byte_in_any_column_is_found(sealed: Office, column: str) -> None:
    row = next(r for r in _rows(sealed) if r.chain == 5)
    with sealed.store.write() as tx:
        where = AuditRow.chain == 5
        tx.run(update(AuditRow).where(where).values({column: _flipped(getattr(row, column))}))
    state = sealed.audit.verify()
    assert not state.whole
    assert state.first_bad is not None
    assert abs(state.first_bad - row.id) <= 1 or column == "id"


def _rows(office: Office) -> list[trail.Entry]:
    with office.store.read() as tx:
        return trail.sealed_after(tx, 0, 1000)


def _flipped(value: Any) -> Any:
    if isinstance(value, bytes):
        return bytes([value[0] ^ 1]) + value[1:]
    if isinstance(value, str):
        return chr(ord(value[0]) ^ 1) + value[1:] if value else "x"
    if isinstance(value, int):
        return value + 100_000
    return value.replace(microsecond=1) if value is not None else "x"


def test_a_cut_end_is_found_by_the_checkpoint(sealed: Office) -> None:
    last = max(row.chain or 0 for row in _rows(sealed))
    with sealed.store.write() as tx:
        tx.run(delete(AuditRow).where(AuditRow.chain > last - 3))
    state = sealed.audit.verify()
    assert (state.whole, state.reason) == (False, "tail_missing")
    assert (state.sealed, state.checkpoint) == (last - 3, last)


def test_a_chain_computed_anew_differs_from_a_checkpoint_kept_elsewhere(sealed: Office) -> None:
    own = sealed.store.data_dir / "audit" / "checkpoints.ndjson"
    kept = read_checkpoints(own.read_text().splitlines())
    own.unlink()
    with sealed.store.write() as tx:
        tx.run(update(AuditRow).where(AuditRow.chain == 5).values(outcome="refused"))
        tx.run(update(AuditRow).values(chain=None, previous=None, hash=None))
    sealed.audit.seal_chain()
    assert sealed.audit.verify().whole, "the chain alone cannot tell"
    assert sealed.audit.verify(kept).reason == "checkpoint_differs"


def test_a_forged_checkpoint_is_told_from_a_signed_one(sealed: Office) -> None:
    point = sealed.audit.checkpoint()
    assert point is not None
    forged: AuditCheckpoint = replace(point, chain=point.chain + 1)
    assert sealed.audit.verify([forged]).reason == "checkpoint_forged"
    assert json.loads(point.line)["chain"] == point.chain


def test_checkpoints_come_by_themselves_and_not_all_the_time(
    small_office: Office, clock: Clock
) -> None:
    path = small_office.store.data_dir / "audit" / "checkpoints.ndjson"
    for _ in range(3):
        small_office.people.register(small_office.worker, person_record())
        small_office.audit.seal_chain()
        small_office.audit.keep_checkpoints()
    assert len(path.read_text().splitlines()) == 1
    clock.forward(hours=2)
    small_office.audit.keep_checkpoints()
    small_office.audit.keep_checkpoints()
    assert len(path.read_text().splitlines()) == 2


def test_without_its_audit_row_a_deed_does_not_happen_and_says_so(
    small_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OperationalError("insert", {}, Exception("disk full"))

    before = small_office.people.page(small_office.worker).items
    monkeypatch.setattr(trail, "append", full)
    with pytest.raises(OperationalError):
        small_office.people.register(small_office.worker, person_record())
    monkeypatch.undo()
    assert small_office.people.page(small_office.worker).items == before


def test_a_station_without_reach_is_told_nothing(small_office: Office) -> None:
    office = small_office
    person = office.people.register(office.worker, person_record()).person_id
    office.stations.add(office.admin, "320499", "别处站")
    elsewhere = office.hire("elsewhere", "auditor", "320499")
    with pytest.raises(NotFound):
        Lookers(office.store).at(elsewhere, person)
    with pytest.raises(NotPermitted):
        Lookers(office.store).at(office.worker, person)


def test_every_way_of_seeing_a_person_is_on_the_auditors_page(house: House) -> None:
    people = house.service.people
    person = people.register(
        house.worker, record("拓跋焘", 1951, "山东省诸城市", "sought")
    ).person_id
    worker, dpo = house.signed_in(), house.signed_in(officers(house)[0])
    worker.get(f"/people/{person}")
    worker.get("/people")
    asked = worker.post(f"/people/{person}/searches")
    assert asked.status_code in (200, 303)
    other = house.service.searches.ask(
        house.worker,
        record("拓跋涛", 1951, "山东省诸城市", "found"),
        "tracing",
        "statutory_duty",
        "clue",
    )
    shown = [c.person_id for c in other.candidates]
    house.signed_in("wangge").get(f"/people/{person}")
    page = dpo.get(f"/audit/people/{person}").text
    assert "拓跋焘" not in page
    for words in ("查看资料", "浏览名单", "查找此人", "被拒绝", "周敏", "寻亲", "江州市救助管理站"):
        assert words in page, words
    assert person in shown
    assert f"名单第 {shown.index(person) + 1} 位" in page
    assert worker.get(f"/audit/people/{person}").status_code == 403
    assert dpo.get(f"/audit?person={person}").headers["location"] == f"/audit/people/{person}"
    assert "24 位" in dpo.get("/audit?person=拓跋焘").text
    assert "完好" in dpo.post("/audit").text


def test_a_number_out_of_reach_that_was_tried_leaves_a_row(house: House) -> None:
    unknown = "0" * 24
    house.signed_in().get(f"/people/{unknown}")
    dpo = house.service.accounts.by_session(
        house.signed_in(officers(house)[0]).cookies["xunqin_session"]
    )
    assert dpo is not None
    rows = house.service.audit.page(dpo[0], object_kind="person", object_id=unknown).items
    assert [(row.action, row.outcome) for row in rows] == [("door.refused", "refused")]
