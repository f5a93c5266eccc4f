"""核验 in a real browser: from the candidate list to the second answer, desk and phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.api.house import HEARD, PASSWORD, House
from tests.pages.conftest import Opened
from tests.pages.test_pages import SMALL, complaints, fits
from tracing.records import PersonRecord

MARKED = {**HEARD, "marks": [{"site": "chin", "kind": "mole"}], "belongings": ["蓝布包袱"]}


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_two_people_verify_a_candidate(opened: Opened, house: House, size: str) -> None:
    admin, accounts = house.actor("admin"), house.service.accounts
    second = f"second-examiner-{size}"
    token = accounts.create(admin, second, "第二位", "city_station", "320400")
    accounts.set_password(token, PASSWORD)
    record = PersonRecord.model_validate(MARKED)
    person = house.service.people.register(house.worker, record).person_id
    found = house.service.searches.for_person(house.worker, person)

    page = opened(size, script=False)
    page.goto(f"/searches/{found.search_id}")
    page.get_by_role("button", name="申请核验").first.click()
    address = page.url
    page.get_by_label("哪一种").select_option("village")
    page.get_by_label("谁答复的").fill("村支书")
    page.get_by_label("打的号码").fill("0536-1234567")
    page.get_by_label("对得上").check()
    page.get_by_role("button", name="保存这件事实").click()
    page.get_by_role("button", name="保存", exact=True).first.click()
    for path in (address, f"{address}/script", "/verifications", "/search?urgent=1"):
        page.goto(path)
        assert fits(page), path
        assert page.evaluate(SMALL) == [], path
    page.goto(f"{address}/script")
    for box in page.get_by_role("checkbox").all()[:2]:
        box.check()
    page.get_by_role("button", name="生成话术").click()
    expect(page.get_by_text("请您先说说")).to_be_visible()
    expect(page.get_by_text("蓝布包袱")).to_be_hidden()
    page.goto(address)
    page.get_by_label("是同一个人", exact=True).check()
    page.get_by_label("理由").first.fill("村里说得一样")
    page.get_by_role("button", name="提交结论").click()
    expect(page.get_by_text("等第二位核验人")).to_be_visible()

    other = opened(size, who=second)
    other.goto(address)
    assert "村里说得一样" not in other.content()
    assert fits(other)
    for path in (address, f"{address}/script", "/reviews", "/face-ledger"):
        other.goto(path)
        assert fits(other), path
        assert other.evaluate(SMALL) == [], path
        if size == "desk":
            assert complaints(other) == [], path
    other.goto(address)
    other.get_by_label("是同一个人", exact=True).check()
    other.get_by_label("理由").first.fill("照片和事实都对")
    other.get_by_role("button", name="提交结论").click()
    expect(other.get_by_text("后来怎样")).to_be_visible()
    assert other.evaluate(SMALL) == []
    expect(other.get_by_text("村里说得一样")).to_be_visible()
