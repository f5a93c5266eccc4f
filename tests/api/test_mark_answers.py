"""The checklist of marks: looked at, answered, weighed in the next list, and taken back."""

from __future__ import annotations

import re

import pytest

from tests.api.house import House
from tracing.answers import SearchResult
from tracing.records import PersonRecord

MOLE = {"site": "right_eyebrow", "kind": "mole", "text": "绿豆大小"}
SCAR = {"site": "left_hand", "kind": "scar"}


def write(house: House, side: str, name: str, **more: object) -> str:
    kind = "heard" if side == "found" else "registered"
    doc = {"side": side, "names": [{"text": name, "kind": kind}], "event_at": "2026-03-20", **more}
    return house.service.people.register(house.worker, PersonRecord.model_validate(doc)).person_id


def bits(result: SearchResult, person_id: str) -> dict[str, float]:
    candidate = next(c for c in result.candidates if c.person_id == person_id)
    return {reason.evidence: reason.bits for reason in candidate.reasons}


def newest(house: House, person_id: str) -> SearchResult:
    search_id = house.service.searches.latest(house.worker, person_id)
    assert search_id is not None
    return house.service.searches.get(house.worker, search_id)


@pytest.mark.parametrize(
    ("sides", "name"),
    [(("found", "sought"), "闻人渡秋"), (("sought", "found"), "闻人渡春")],
)
def test_answers_go_into_the_file_of_the_one_who_is_there_and_count(
    house: House, sides: tuple[str, str], name: str
) -> None:
    """Whoever searches, the marks the family listed are looked for on the one who was found."""
    listed, there = [MOLE, SCAR], []
    asks = write(house, sides[0], name, marks=there if sides[0] == "found" else listed)
    other = write(house, sides[1], name, marks=there if sides[1] == "found" else listed)
    found = asks if sides[0] == "found" else other
    client = house.signed_in()
    first = client.post(f"/people/{asks}/searches").headers["location"]
    page = client.get(first).text
    assert "右眉有痣吗？" in page
    assert "绿豆大小" in page
    answers = {"person_id": other, "mark-0": "yes", "mark-1": "no"}
    again = client.post(f"{first}/marks", data=answers)
    assert again.headers["location"].endswith("?said=marked")
    weighed = bits(newest(house, asks), other)
    assert weighed["marks"] > 1
    assert weighed["looked"] < -1
    page = client.get(again.headers["location"]).text
    assert "看到的特征已记下" in page
    assert "看过，没有：左手 疤" in page
    record = house.service.people.get(house.worker, found).record
    assert [(m.site, m.absent, m.source, m.by) for m in record.marks] == [
        ("right_eyebrow", None, "checklist", "zhoumin"),
        ("left_hand", True, "checklist", "zhoumin"),
    ]
    second = again.headers["location"].partition("?")[0]
    taken_back = {"person_id": other, "mark-0": "unseen", "mark-1": "unseen"}
    client.post(f"{second}/marks", data=taken_back)
    assert house.service.people.get(house.worker, found).record.marks == ()
    assert not {"marks", "looked"} & set(bits(newest(house, asks), other))


def test_only_what_is_asked_can_be_answered(house: House) -> None:
    asks = write(house, "found", "百里惊蛰", marks=[MOLE])
    other = write(house, "sought", "百里惊蛰", marks=[MOLE, SCAR])
    client = house.signed_in()
    where = client.post(f"/people/{asks}/searches").headers["location"]
    page = client.get(where).text
    assert "左手有疤吗？" in page
    assert "右眉有痣吗？" not in page  # written down at the admission already
    assert re.search(r'name="mark-0" value="unseen" checked', page)
    wrong = client.post(f"{where}/marks", data={"person_id": other, "mark-0": "maybe"})
    assert wrong.status_code == 422
    nobody = client.post(f"{where}/marks", data={"person_id": asks, "mark-0": "yes"})
    assert nobody.status_code == 404
    client.post(f"{where}/marks", data={"person_id": other, "mark-7": "yes"})
    assert len(house.service.people.get(house.worker, asks).record.marks) == 1
