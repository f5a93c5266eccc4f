"""A lent gallery is seen for its purposes until its day, and is gone after it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.api.house import House
from tests.exchange.files import LEDGER, excel
from tests.exchange.test_imports import names
from tests.store.conftest import Clock
from tests.store.office import Office
from tests.trust.test_keeping_pages import officers
from tracing.access import Actor
from tracing.errors import GalleryRefused, NotFound, NotPermitted, RecordInvalid
from tracing.exchange.galleries import Agreement, Galleries, closed
from tracing.exchange.imports import Imports, Wish
from tracing.records import PersonRecord
from tracing.store.erasure_replay import replay

GIVEN = Agreement(
    "邻市历年受助名册", "邻市救助管理站", "past_visitors", "statutory_duty", "协2026-7",
    ("tracing",), "2026-03-01", "2026-06-30", 10,
)  # fmt: skip


@pytest.fixture
def dpo(small_office: Office) -> Actor:
    return small_office.hire("dpo", "data_protection_officer")


def galleries_of(office: Office) -> Galleries:
    return Galleries(office.store, office.photos)


def filled(office: Office, dpo: Actor) -> str:
    """A gallery with two records."""
    gallery_id = galleries_of(office).record(dpo, GIVEN)
    own = Imports(office.store, office.photos)
    wish = Wish("ledger", gallery_id=gallery_id)
    seen = own.look(office.worker, excel(LEDGER[0], LEDGER[1], LEDGER[4]), "a.xlsx", wish)
    assert dict(own.run(office.worker, seen.id).counts) == {"created": 2}
    return gallery_id


def unseen(office: Office, purpose: str = "tracing") -> frozenset[str]:
    with office.store.read() as tx:
        return closed(tx, purpose, office.store.now())


@pytest.mark.parametrize("kind", ["population_register", "household_register", "face_database"])
def test_a_register_of_a_population_is_never_taken_over(
    small_office: Office, dpo: Actor, kind: str
) -> None:
    with pytest.raises(GalleryRefused) as refused:
        galleries_of(small_office).record(dpo, replace(GIVEN, kind=kind))
    assert refused.value.facts["reason"] == "population_register"
    assert galleries_of(small_office).listed(dpo) == ()


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"owner": ""}, "owner"),
        ({"number": ""}, "number"),
        ({"kind": "other"}, "kind"),
        ({"legal_basis": "because"}, "legal_basis"),
        ({"purposes": ()}, "purposes"),
        ({"purposes": ("tracing", "debt_collection")}, "purposes"),
        ({"last_day": "2026-02-01"}, "last_day"),
        ({"last_day": "2036-02-01"}, "last_day"),
        ({"first_day": "soon"}, "first_day"),
        ({"keep_days": 5000}, "keep_days"),
    ],
)
def test_an_agreement_names_owner_basis_number_purposes_and_end(
    small_office: Office, dpo: Actor, change: dict[str, Any], path: str
) -> None:
    with pytest.raises(RecordInvalid) as wrong:
        galleries_of(small_office).record(dpo, replace(GIVEN, **change))
    assert wrong.value.facts["path"] == path


def test_a_lent_record_is_on_the_register_side_and_meets_none_of_ours(
    small_office: Office, dpo: Actor
) -> None:
    office = small_office
    own = Imports(office.store, office.photos)
    ours = own.look(office.worker, excel(LEDGER[0], LEDGER[1]), "a.xlsx")
    own.run(office.worker, ours.id)
    gallery_id = filled(office, dpo)
    rows = list(office.people.documents())
    assert sorted((row.side, row.gallery_id == gallery_id) for row in rows) == [
        ("found", False), ("register", True), ("register", True)
    ]  # fmt: skip
    assert galleries_of(office).listed(dpo)[0].people == 2


def test_only_searches_of_its_purposes_see_it_and_none_after_its_day(
    small_office: Office, dpo: Actor, clock: Clock
) -> None:
    office = small_office
    gallery_id = filled(office, dpo)
    assert unseen(office) == frozenset()
    assert unseen(office, "aid") == {gallery_id}
    clock.forward(days=121)  # 2026-06-30, 17:00 in China
    assert unseen(office) == frozenset()
    clock.forward(hours=8)
    assert unseen(office) == {gallery_id}
    assert galleries_of(office).listed(dpo)[0].state == "over"
    with pytest.raises(GalleryRefused):
        Imports(office.store, office.photos).look(
            office.worker, excel(*LEDGER), "b.xlsx", Wish(gallery_id=gallery_id)
        )


def test_after_its_day_it_is_stored_only_and_then_destroyed(office: Office, clock: Clock) -> None:
    dpo = office.hire("dpo", "data_protection_officer")
    filled(office, dpo)
    own = galleries_of(office)
    assert own.tidy() == 0
    clock.forward(days=123)
    assert own.tidy() == 0
    assert {row.protected for row in office.people.documents()} == {True}
    clock.forward(days=10)
    assert own.tidy() == 2
    assert own.tidy() == 0
    assert all(row.erased and row.document == {} for row in office.people.documents())
    listed = own.listed(dpo)[0]
    assert (listed.state, listed.row.erased, listed.people) == ("erased", 2, 0)


def test_a_hold_keeps_a_lent_record_out_of_use_until_it_ends(
    small_office: Office, dpo: Actor, clock: Clock
) -> None:
    office = small_office
    filled(office, dpo)
    held = next(iter(office.people.documents())).person_id
    office.retention.mark(dpo, held, "hold", "court")
    clock.forward(days=140)
    assert galleries_of(office).tidy() == 1
    assert galleries_of(office).listed(dpo)[0].state == "over"
    office.retention.end(dpo, held, "hold")
    assert galleries_of(office).tidy() == 1
    assert galleries_of(office).listed(dpo)[0].state == "erased"


def test_given_back_early_it_is_out_at_once_and_stays_out_after_a_restore(
    small_office: Office, dpo: Actor, clock: Clock
) -> None:
    office = small_office
    gallery_id = filled(office, dpo)
    backup = office.store.data_dir / "backup.db"
    with closing(sqlite3.connect(office.store.data_dir / "xunqin.db")) as link:
        link.execute("VACUUM INTO ?", (str(backup),))
    galleries_of(office).end(dpo, gallery_id)
    assert unseen(office) == {gallery_id}
    with pytest.raises(NotFound):
        galleries_of(office).end(dpo, gallery_id)
    office.store._database.close()
    backup.replace(office.store.data_dir / "xunqin.db")
    for rest in office.store.data_dir.glob("xunqin.db-*"):
        rest.unlink()
    assert unseen(office) == frozenset()
    assert replay(office.store._database, office.store.ledger, clock()) == 0
    assert unseen(office) == {gallery_id}


def test_an_assessment_that_ran_out_closes_every_lent_gallery(house: House) -> None:
    service, dpo = house.service, house.actor(officers(house)[0])
    today = service.store.now().date()
    agreement = replace(GIVEN, first_day=str(today), last_day=str(today + timedelta(days=90)))
    gallery_id = service.galleries.record(dpo, agreement)
    wish = Wish("ledger", gallery_id=gallery_id)
    rows = (("编号", "姓名", "性别"), ("g1", "鄢陵阿七", "男"))
    seen = service.imports.look(house.worker, excel(*rows), "a.xlsx", wish)
    service.imports.run(house.worker, seen.id)
    wanted = PersonRecord.model_validate(
        {"side": "found", "sex": "male", "names": [{"text": "鄢陵阿七", "kind": "stated"}]}
    )

    def found(purpose: str) -> tuple[list[str], int]:
        result = service.searches.ask(house.worker, wanted, purpose, "statutory_duty", "clue")
        lent = {(c.record.names[0].text, c.lender) for c in result.candidates if c.lender}
        assert lent <= {("鄢陵阿七", "邻市历年受助名册（邻市救助管理站）")}
        again = service.searches.get(house.worker, result.search_id)
        assert [c.lender for c in again.candidates] == [c.lender for c in result.candidates]
        shown = [c.record.names[0].text or "" for c in result.candidates if c.record.names]
        return shown, result.gallery_size

    seen_by, counted = found("tracing")
    assert "鄢陵阿七" in seen_by
    outside, fewer = found("aid")
    assert "鄢陵阿七" not in outside
    assert fewer == counted - 1, "nor is it counted"
    day = str(today - timedelta(days=1))
    service.registers.assess(dpo, "gallery", "评-底库", day, day)
    try:
        assert "鄢陵阿七" not in found("tracing")[0]
    finally:
        service.registers.assess(dpo, "gallery", "评-底库-2", day, "2099-12-31")
        service.galleries.end(dpo, gallery_id)
        service.galleries.tidy()


def test_only_the_officer_records_agreements(small_office: Office) -> None:
    with pytest.raises(NotPermitted):
        galleries_of(small_office).record(small_office.worker, GIVEN)
    assert names(small_office) == []
