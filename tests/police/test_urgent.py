"""One person who is there now: searched at once with the incident number, reviewed by another."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.api.house import HEARD, portrait
from tests.police.conftest import Town
from tracing.errors import (
    NotFound,
    PoliceOff,
    PoliceRequestNeeded,
    QuotaSpent,
    RecordInvalid,
)
from tracing.police import urgent
from tracing.police.rules import police_rules
from tracing.records import PersonRecord
from tracing.reviews import Emergency
from tracing.store.tables import AuditRow

ASKED = {
    "record": HEARD,
    "emergency": {"incident": "20261122-031", "circumstance": "夜里一人在车站"},
}


def refusals(town: Town, action: str = "police.refuse") -> list[str]:
    with town.house.service.store.read() as tx:
        return list(
            tx.run(select(AuditRow.detail).where(AuditRow.action == action).order_by(AuditRow.id))
            .scalars()
            .all()
        )


def test_an_officer_sees_photo_grade_reasons_and_the_station_only(town: Town) -> None:
    photo = town.house.service.photos.receive(town.officer, portrait("asked"), "a.jpg")
    doc = {**HEARD, "photos": [{"file": photo.id, "face": 0}]}
    client = town.house.signed_in("minjing")
    sent = client.post("/v1/searches", json={**ASKED, "record": doc})
    assert sent.status_code == 201, sent.text
    found = sent.json()["candidates"]
    assert found
    assert len(found) <= police_rules().urgent.listed
    for candidate in found:
        assert candidate["record"] == {"side": candidate["side"]}
        assert not candidate["readable"]
        assert candidate["external_id"] is None
        assert candidate["station"]["name"]
        for reason in candidate["reasons"]:
            told = reason["evidence"] in police_rules().told and reason["bits"] > 0
            assert told or reason["found"] == ""
    (pictured,) = [c for c in found if c["photo"]]
    assert client.get(pictured["photo"]).status_code == 200, "the face of whom the list showed"
    whole = pictured["photo"].partition("/faces")[0]
    assert client.get(f"{whole}/picture").status_code == 404, "not the scene around it"
    assert client.get(whole).status_code == 404
    assert client.get(f"/v1/photos/{photo.id}/picture").status_code == 200, "their own photo"
    assert town.house.signed_in("minjing-2").get(pictured["photo"]).status_code == 404


def test_whatever_an_officer_was_told_has_no_number_or_address_in_it(town: Town) -> None:
    doc = {
        "side": "register",
        "names": [{"text": "慕容长海", "kind": "registered"}],
        "places": [{"kind": "household", "text": "云南省大理市下关镇幸福路"}],
        "numbers": [{"kind": "citizen", "text": "532901195001011119"},
                    {"kind": "phone", "text": "13988887777"}],
        "relatives": [{"relation": "son", "names": [{"text": "慕容小海"}], "phone": "13911112222"}],
        "belongings": ["蓝布包袱"],
    }  # fmt: skip
    town.house.service.people.register(town.house.worker, PersonRecord.model_validate(doc))
    asked = {"side": "found", "names": [{"text": "慕容长海", "kind": "heard"}],
             "numbers": [{"kind": "citizen", "text": "5329??????????????"},
                         {"kind": "phone", "text": "139????????"}],
             "relatives": [{"relation": "son", "names": [{"text": "慕容小海"}]}],
             "places": [{"kind": "heard_home", "text": "大理"}]}  # fmt: skip
    body = town.house.signed_in("minjing").post("/v1/searches", json={**ASKED, "record": asked})
    assert body.json()["candidates"]
    told = str(body.json()["candidates"])
    for kept in ("532901195001011119", "13988887777", "13911112222", "幸福路", "下关", "蓝布"):
        assert kept not in told


@pytest.mark.parametrize("login", ["minjing", "minjing-2"])
def test_an_officer_reaches_no_file_wherever_their_account_stands(town: Town, login: str) -> None:
    """The second one's account stands at the station itself."""
    client, person = town.house.signed_in(login), town.house.people["朱仁江"]
    own = town.house.service.searches.for_person(
        town.house.worker,
        town.house.service.people.register(
            town.house.worker, PersonRecord.model_validate(HEARD)
        ).person_id,
    )
    for path in (
        f"/v1/people/{person}", "/v1/people", f"/people/{person}", "/people",
        f"/v1/searches/{own.search_id}", f"/searches/{own.search_id}", "/reviews", "/v1/reviews",
        f"/police/searches/{own.search_id}",
    ):  # fmt: skip
        assert client.get(path).status_code in {403, 404}, path
    assert client.post(f"/v1/people/{person}/searches").status_code == 404
    colleague = town.house.service.photos.receive(town.house.worker, portrait(), "a.jpg").id
    assert client.get(f"/v1/photos/{colleague}/picture").status_code == 404
    assert client.get("/").headers["location"] == "/police"
    assert client.get("/search").headers["location"] == "/police"


@pytest.mark.parametrize(
    "more",
    [
        {"purpose": "tracing", "legal_basis": "police_request", "reason": "crosscheck"},
        {"emergency": {"incident": "1"}, "record": {**HEARD, "side": "sought"}},
    ],
    ids=["without an incident", "somebody who is not there"],
)
def test_anything_but_one_person_present_needs_a_request(
    town: Town, more: dict[str, object]
) -> None:
    before = len(refusals(town))
    answer = town.house.signed_in("minjing").post("/v1/searches", json={"record": HEARD, **more})
    assert answer.status_code == 403
    assert answer.json()["code"] == PoliceRequestNeeded.code
    assert "两人" in answer.json()["detail"]
    assert len(refusals(town)) == before + 1


def test_no_incident_number_no_search(town: Town) -> None:
    with pytest.raises(RecordInvalid):
        town.house.service.searches.ask(
            town.officer, PersonRecord.model_validate(HEARD), emergency=Emergency("  ")
        )


def test_so_many_in_a_day_and_no_more(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(urgent.reviews, "count_of", lambda *_: police_rules().urgent.per_day)
    with pytest.raises(QuotaSpent):
        town.house.service.searches.ask(
            town.officer, PersonRecord.model_validate(HEARD), emergency=Emergency("1")
        )
    assert QuotaSpent.code in refusals(town)[-1]


def test_without_a_valid_assessment_nothing_is_asked(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(urgent, "switched_off", lambda _tx, scope, _now: scope == "connector")
    with pytest.raises(PoliceOff):
        town.house.service.searches.ask(
            town.officer, PersonRecord.model_validate(HEARD), emergency=Emergency("1")
        )


def test_another_person_reviews_and_the_officer_reads_the_list_for_seven_days(town: Town) -> None:
    service = town.house.service
    client = town.house.signed_in("minjing")
    number = client.post("/v1/searches", json=ASKED).json()["id"]
    (waiting,) = [r for r in service.reviews.waiting(town.actor("lixia")) if r.search_id == number]
    assert waiting.police
    assert waiting.incident == "20261122-031"
    service.reviews.review(town.actor("lixia"), number, "proper", "")
    assert service.reviews.of_own(town.officer, [number])[number].outcome == "proper"
    assert service.reviews.of_own(town.actor("minjing-2"), [number]) == {}
    assert client.get(f"/police/searches/{number}").status_code == 200
    town.ahead = timedelta(days=8)
    with pytest.raises(NotFound):
        service.searches.get(town.officer, number)
    assert number not in {past.search_id for past in service.searches.recent(town.officer, 50)}
