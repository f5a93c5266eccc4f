"""The station that holds a candidate is told, confirms, answers; more only by its leave."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.api.house import HEARD, record
from tests.police.conftest import Town
from tracing.errors import AlreadyDecided, Conflict, NotFound, NotPermitted, RecordInvalid
from tracing.records import PersonRecord
from tracing.reviews import Emergency


def listed(town: Town, name: str = "朱仁江") -> tuple[str, str]:
    """A search of the officer's and the person it lists."""
    doc: dict[str, Any] = {**HEARD, "names": [{"text": name, "kind": "heard"}]}
    found = town.house.service.searches.ask(
        town.officer, PersonRecord.model_validate(doc), emergency=Emergency("警情7号")
    )
    return found.search_id, found.candidates[0].person_id


def somebody(town: Town, name: str, **more: Any) -> tuple[str, str]:
    doc = {**record(name, 1953, "山东省诸城市", "sought").document(), **more}
    person = town.house.service.people.register(
        town.house.worker, PersonRecord.model_validate(doc)
    ).person_id
    search_id, first = listed(town, name)
    assert first == person, "else the test says nothing"
    return search_id, person


def test_the_station_is_told_confirms_receipt_and_says_the_person_is_here(town: Town) -> None:
    service = town.house.service
    search_id, person = somebody(town, "慕容一鹤", contact_wish="no")
    number = service.inquiries.ask(town.officer, search_id, person, "presence")
    with pytest.raises(Conflict):
        service.inquiries.ask(town.officer, search_id, person, "presence")
    assert number not in {i.id for i in service.inquiries.asked_of(town.actor("linzhan"))}
    (told,) = [i for i in service.inquiries.asked_of(town.actor("lixia")) if i.id == number]
    assert (told.officer, told.unit, told.number) == ("警官陈", "江州市公安局", "警情7号")
    assert told.contact_no, "the station is warned before it says where somebody is"
    service.inquiries.receive(town.actor("lixia"), number)
    with pytest.raises(AlreadyDecided):
        service.inquiries.receive(town.actor("lixia"), number)
    with pytest.raises(NotFound):
        service.inquiries.answer(town.actor("linzhan"), number, "here")
    with pytest.raises(RecordInvalid):
        service.inquiries.answer(town.actor("lixia"), number, "granted")
    service.inquiries.answer(town.actor("lixia"), number, "here", "住203室")
    (mine,) = [i for i in service.inquiries.mine(town.officer) if i.id == number]
    assert (mine.answer, mine.note, mine.received_by) == ("here", "住203室", "李霞")
    with pytest.raises(NotFound):
        service.inquiries.released(town.officer, number)


def test_more_than_the_list_only_with_a_reason_and_the_stations_leave(town: Town) -> None:
    service = town.house.service
    relatives = [{"relation": "son", "names": [{"text": "慕容小山"}], "phone": "13911112222"}]
    search_id, person = somebody(town, "慕容二鹤", relatives=relatives)
    inquiries = service.inquiries
    for more in ({"reason": "", "parts": ("relatives",)}, {"reason": "联系", "parts": ()},
                 {"reason": "联系", "parts": ("everything",)}):  # fmt: skip
        with pytest.raises(RecordInvalid):
            inquiries.ask(town.officer, search_id, person, "release", **more)  # type: ignore[arg-type]
    asked = {"reason": "联系家属接回", "parts": ("relatives",)}
    number = inquiries.ask(town.officer, search_id, person, "release", **asked)  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        inquiries.released(town.officer, number)
    with pytest.raises(RecordInvalid):
        inquiries.answer(town.actor("lixia"), number, "refused")
    inquiries.answer(town.actor("lixia"), number, "granted")
    given = inquiries.released(town.officer, number)[1].document()
    assert set(given) == {"side", "relatives"}
    assert given["relatives"][0]["phone"] == "13911112222"
    with pytest.raises(NotFound):
        inquiries.released(town.actor("minjing-2"), number)
    looks = service.lookers.at(town.actor("baohu"), person)
    assert {"inquiry.ask", "inquiry.answer", "inquiry.read"} <= {
        look.action for look in looks.items
    }
    town.ahead = timedelta(days=4)
    with pytest.raises(NotFound):
        inquiries.released(town.officer, number)


def test_a_station_may_refuse_with_its_reason(town: Town) -> None:
    inquiries = town.house.service.inquiries
    search_id, person = somebody(town, "慕容三鹤")
    asked = {"reason": "核实", "parts": ("numbers",)}
    number = inquiries.ask(town.officer, search_id, person, "release", **asked)  # type: ignore[arg-type]
    inquiries.answer(town.actor("lixia"), number, "refused", "请先出具协查函")
    (mine,) = [i for i in inquiries.mine(town.officer) if i.id == number]
    assert (mine.answer, mine.note, mine.readable) == ("refused", "请先出具协查函", False)


def test_only_whom_ones_own_list_has_shown_can_be_asked_about(town: Town) -> None:
    inquiries = town.house.service.inquiries
    search_id, person = somebody(town, "慕容四鹤")
    elsewhere = town.house.people["陈阿宝"]
    for actor, search, about in (
        (town.actor("minjing-2"), search_id, person),
        (town.officer, search_id, elsewhere),
        (town.officer, "0" * 24, person),
        (town.officer, "x", person),
    ):
        with pytest.raises(NotFound):
            inquiries.ask(actor, search, about, "presence")
    with pytest.raises(NotPermitted):
        inquiries.ask(town.house.worker, search_id, person, "presence")
    with pytest.raises(NotPermitted):
        inquiries.asked_of(town.officer)


def test_somebody_protected_meanwhile_is_gone_and_cannot_be_told_of(town: Town) -> None:
    service = town.house.service
    search_id, person = somebody(town, "慕容五鹤")
    asked = {"reason": "核实", "parts": ("identity",)}
    open_one = service.inquiries.ask(town.officer, search_id, person, "presence")
    granted = service.inquiries.ask(town.officer, search_id, person, "release", **asked)  # type: ignore[arg-type]
    service.inquiries.answer(town.actor("lixia"), granted, "granted")
    service.protections.protect(town.house.worker, person, "domestic_violence")
    with pytest.raises(NotPermitted):
        service.inquiries.answer(town.actor("lixia"), open_one, "here")
    assert not {open_one, granted} & {i.id for i in service.inquiries.mine(town.officer)}
    with pytest.raises(NotFound):
        service.inquiries.released(town.officer, granted)
    page = town.house.signed_in("minjing").get(f"/police/searches/{search_id}")
    assert person not in page.text
