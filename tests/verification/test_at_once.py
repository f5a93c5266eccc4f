"""Two people at the same moment on real databases, and what is left on the disk."""

from __future__ import annotations

import threading

import pytest

from tests.store.conftest import NewOffice
from tests.store.office import record
from tests.verification.conftest import Desk, cases, fact
from tracing.access import Actor
from tracing.errors import (
    TracingError,
)
from tracing.store import people as person_rows


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_of_two_second_examiners_at_once_one_answers(new_office: NewOffice, kind: str) -> None:
    desk = Desk(new_office(kind))
    number = desk.pair()
    desk.verifications.add_fact(desk.first, number, fact())
    desk.verifications.answer(desk.first, number, "same", "对")
    both = [desk.second, desk.office.hire("third", "city_station")]
    start, ended = threading.Barrier(2), []

    def examine(who: Actor) -> None:
        start.wait()
        try:
            ended.append(desk.verifications.answer(who, number, "same", f"{who.login} 看过"))
        except TracingError as refused:
            ended.append(refused.code)

    threads = [threading.Thread(target=examine, args=(who,)) for who in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ended) == ["already_decided", "confirmed"]
    assert len(cases(desk)) == 1
    assert len(desk.seen(number).answers) == 2
    with desk.office.store.read() as tx:
        inside = person_rows.find(tx, desk.seen(number).probe.person_id)
    assert inside is not None
    assert inside.identity_status == "confirmed"


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_same_pair_put_up_twice_at_once_is_one_verification(
    new_office: NewOffice, kind: str
) -> None:
    desk = Desk(new_office(kind))
    pair = [
        desk.office.people.register(desk.first, record(side=side, names=[])).person_id
        for side in ("found", "sought")
    ]
    start, numbers = threading.Barrier(2), []

    def put_up(who: Actor, order: list[str]) -> None:
        start.wait()
        numbers.append(desk.verifications.open(who, *order))

    threads = [
        threading.Thread(target=put_up, args=(desk.first, pair)),
        threading.Thread(target=put_up, args=(desk.second, pair[::-1])),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(numbers) == 2
    assert len(set(numbers)) == 1


def test_the_disk_shows_no_fact_no_reason_and_no_name(desk: Desk) -> None:
    number = desk.pair(marks=[{"site": "chin", "kind": "mole", "text": "绿豆大小"}])
    desk.verifications.hold_back(desk.first, number, ["marks.0", "belongings.0"])
    desk.verifications.add_fact(desk.first, number, fact(text="说得出绿豆大小"))
    desk.agree(number)
    desk.verifications.set_result(
        desk.first, number, "reunited", collector="大儿子来接", document_seen=True
    )
    stored = b"".join(file.read_bytes() for file in desk.office.store.data_dir.glob("xunqin.db*"))
    assert b"person_link" in stored, "the search looks where the rows are"
    for secret in (
        "村支书王某",
        "0516-1234567",
        "绿豆大小",
        "村里说得一样",
        "大儿子来接",
        "supports",
    ):
        assert secret.encode() not in stored, secret
