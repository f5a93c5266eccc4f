"""The pages about keeping and erasing, from the request to the printed certificate."""

from __future__ import annotations

import re

from tests.api.house import PASSWORD, House, portrait, record
from tracing.demo.world import enrol


def officers(house: House) -> tuple[str, str]:
    """Two data protection officers of the station."""
    for login in ("dpo-a", "dpo-b"):
        if login not in house.sessions:
            token = house.service.accounts.create(
                house.actor("admin"), login, login, "data_protection_officer", "320400"
            )
            house.service.accounts.set_password(token, PASSWORD)
            house.signed_in(login)
    return "dpo-a", "dpo-b"


def test_from_the_request_to_the_certificate_and_out_of_every_search(house: House) -> None:
    name = "上官婉儿"
    person = house.service.people.register(
        house.worker, record(name, 1951, "山东省诸城市", "sought")
    ).person_id
    worker, asking, answering = house.signed_in(), *map(house.signed_in, officers(house))
    assert f"/people/{person}/keeping" in worker.get(f"/people/{person}").text
    assert name in asking.get(f"/people/{person}/keeping").text
    form = {"asked_by": "person", "reason": "consent_withdrawn"}
    sent = asking.post(f"/people/{person}/erasure", data=form)
    number = sent.headers["location"]
    assert re.fullmatch(r"/erasures/[0-9a-v]{24}", number)
    assert asking.post(f"/people/{person}/erasure", data=form).status_code == 409
    own = asking.post(f"{number}/approve")
    assert own.status_code == 403
    assert "不能批准自己的申请" in own.text
    assert name in answering.get(number).text
    house.service.searches.follow()
    gallery = house.service.searches.people
    assert worker.post(f"{number}/approve").status_code == 403
    assert answering.post(f"{number}/approve").headers["location"] == number
    assert house.service.searches.people == (gallery or 0) - 1, "gone when the answer is given"
    certificate = answering.get(number).text
    assert "删除证明" in certificate
    assert name not in certificate
    assert worker.get(f"/people/{person}").status_code == 404
    assert worker.get(f"/v1/people/{person}").status_code == 404
    assert number in asking.get("/erasures").text


def test_a_hold_a_review_and_storage_only_on_their_page(house: House) -> None:
    person = house.service.people.register(
        house.worker, record("司空图", 1952, "山东省诸城市", "register")
    ).person_id
    dpo, worker = house.signed_in(officers(house)[0]), house.signed_in()
    marking = f"/people/{person}/retention"
    assert worker.post(marking, data={"kind": "hold", "reason": "court"}).status_code == 403
    assert dpo.post(marking, data={"kind": "hold", "reason": "x"}).status_code == 422
    assert dpo.post(marking, data={"kind": "y", "reason": "court"}).status_code == 422
    assert dpo.post(marking, data={"kind": "stored_only", "reason": "disputed"}).status_code == 303
    assert person in dpo.get("/retention").text
    assert worker.get(f"/people/{person}").status_code == 403
    assert person not in worker.get("/v1/people").text
    page = dpo.get(f"/people/{person}/keeping").text
    assert "司空图" not in page
    dpo.post(marking, data={"kind": "stored_only", "do": "end"})
    assert worker.get(f"/people/{person}").status_code == 200


def test_who_may_not_look_at_photos_is_told_so_and_gets_no_broken_picture(house: House) -> None:
    person = enrol(house.service, house.worker, portrait(), "a.jpg", "photos-are-closed")
    assert person is not None
    worker, dpo = house.signed_in(), house.signed_in(officers(house)[0])
    for page in ("/people", f"/people/{person}"):
        assert "/v1/photos/" in worker.get(page).text
        seen = dpo.get(page)
        assert seen.status_code == 200
        assert "/v1/photos/" not in seen.text
        assert "这个账号不看照片" in seen.text
