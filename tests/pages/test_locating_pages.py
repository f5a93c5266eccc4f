"""找家 in a real browser: what an elder says, one piece after another, until home is on record."""

from __future__ import annotations

import csv
import io
import re

import pytest
from playwright.sync_api import Page, expect

from tests.api.house import House
from tests.pages.conftest import Opened
from tests.pages.test_pages import SMALL, complaints, fits
from tracing.locating_deeds import Call, Fragment, Speaker
from tracing.records import PersonRecord


@pytest.fixture(autouse=True)
def warm(house: House) -> None:
    """A server warms up before anybody asks; here nobody starts it that way."""
    house.service.locator.warm()


def elder(house: House) -> str:
    """Somebody whose accent a listener has voted."""
    record = PersonRecord.model_validate(
        {
            "side": "found",
            "names": [{"text": "居银江", "latin": "ju yin jiang", "kind": "heard"}],
            "sex": "male",
            "dialects": [{"name": "诸城", "basis": "listener", "certainty": 0.9}],
        }
    )
    return house.service.people.register(house.worker, record).person_id


def begun(house: House) -> str:
    """A locating with something to see."""
    own = house.service.locatings.start(house.worker, elder(house))
    for what in (
        Fragment(text="主猫鸭", latin="zhu mao ya", level="village"),
        Fragment(text="白吃河", level="town", sure="unsure"),
        Speaker(dialect="诸城"),
    ):
        house.service.locatings.add(house.worker, own, what)
    return f"/locate/{own}"


def say(page: Page, text: str, latin: str, level: str) -> None:
    page.locator(".addone label", has_text=re.compile(rf"^\s*{level}\s*$")).click()
    page.get_by_label("像哪几个字").fill(text)
    page.get_by_label("怎么念").fill(latin)
    page.get_by_role("button", name="加一条").click()
    expect(page.get_by_role("status")).to_contain_text(f"已加：“{text or latin}")


def warmest(page: Page) -> str:
    return page.locator("#county h2").inner_text()


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_an_elder_says_three_things_and_home_goes_on_the_record(
    opened: Opened, house: House, size: str
) -> None:
    person = elder(house)
    page = opened(size)
    page.goto(f"/people/{person}")
    page.get_by_role("button", name="找家").click()
    expect(page.get_by_role("heading", name="找家：居银江（音）")).to_be_visible()
    say(page, "张村", "", "村")
    before = page.locator(".heat > li").first.inner_text()
    say(page, "主猫鸭", "zhu mao ya", "村")
    say(page, "", "ju ma ya", "村")
    say(page, "百吃河", "bai chi he", "镇、集")
    page.get_by_role("button", name="删 张村").click()
    expect(page.get_by_role("status")).to_contain_text("已撤销")
    assert page.locator(".heat > li").first.inner_text() != before
    assert warmest(page) == "诸城市"
    expect(page.locator("#county .place")).to_have_text(re.compile("1$"))
    village = page.locator(".vils > li", has_text="朱马院").first
    village.get_by_text("记一次电话").click()
    village.locator("label", has_text="无人接").click()
    village.get_by_label("打的号码").fill("0536-6062114")
    village.get_by_label("问了谁").fill("村委")
    village.get_by_role("button", name="记下").click()
    expect(page.locator(".vils > li", has_text="朱马院").first).to_contain_text("0536-6062114")
    page.locator("#county").get_by_text("记到档案").first.click()
    form = page.locator("#county .drop[open]")
    form.locator("label", has_text="出生地").click()
    form.locator("label", has_text="大概").click()
    form.get_by_role("button", name="记到档案").click()
    expect(page.get_by_role("status")).to_contain_text("诸城市")
    places = house.service.people.get(house.worker, person).record.places
    assert [(p.kind, p.code, p.certainty) for p in places] == [("birthplace", "370782", 0.6)]
    page.get_by_role("link", name="看档案").click()
    page.get_by_role("button", name=re.compile("找候选|查找|候选")).first.click()
    expect(page.get_by_role("button", name="找家")).to_be_visible()
    expect(page.locator("#candidate-1")).to_contain_text("诸城")
    home = [
        reason
        for candidate in house.service.searches.for_person(house.worker, person).candidates
        for reason in candidate.reasons
        if reason.evidence == "places" and "诸城" in reason.found
    ]
    assert home, "the next search compares the place"
    assert all("370782" in reason.asked or "诸城" in reason.asked for reason in home)


def test_an_answer_from_the_village_moves_the_list(opened: Opened, house: House) -> None:
    own = house.service.locatings.start(house.worker, elder(house))
    house.service.locatings.add(house.worker, own, Fragment(text="主猫鸭", level="village"))
    page = opened()
    page.goto(f"/locate/{own}")
    before = page.locator(".heat").inner_text()
    village = page.locator(".vils > li", has_text="朱马院").first
    village.get_by_text("记一次电话").click()
    village.locator("label", has_text="不认识").click()
    village.get_by_role("button", name="记下").click()
    expect(page.get_by_role("status")).to_contain_text("不认识")
    assert page.locator(".heat").inner_text() != before
    page.get_by_role("status").get_by_role("button", name="撤销").click()
    expect(page.get_by_role("status")).to_contain_text("已撤销")
    assert page.locator(".heat").inner_text() == before


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_the_pages_fit_and_can_be_used_by_everybody(
    opened: Opened, house: House, size: str
) -> None:
    own = begun(house)
    page = opened(size)
    for path in ("/locate", own, f"{own}/sheet", f"{own}/person"):
        page.goto(path)
        page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
        assert fits(page), path
        assert page.evaluate(SMALL) == [], path
        assert complaints(page) == [], path
    page.goto(own)
    page.emulate_media(color_scheme="dark")
    assert complaints(page) == []


def test_all_of_it_works_without_javascript(opened: Opened, house: House) -> None:
    page = opened("phone", script=False)
    page.goto("/locate")
    page.get_by_role("button", name="新找一家").click()
    expect(page.get_by_text("加第一条")).to_be_visible()
    page.get_by_role("button", name="加一条").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("像哪几个字").fill("zhu mao ya")
    page.get_by_role("button", name="加一条").click()
    expect(page.locator(".chip b")).to_have_text("zhu mao ya")
    page.get_by_label("像哪里口音").fill("诸城")
    page.get_by_role("button", name="保存").click()
    expect(page.locator("#county h2")).to_be_visible()
    page.get_by_role("button", name="撤销").first.click()
    expect(page.get_by_role("status")).to_contain_text("已撤销")
    page.get_by_role("link", name="关联到人员").first.click()
    page.get_by_role("button", name="就关联这份档案").first.click()
    expect(page.get_by_role("status")).to_contain_text("已关联")
    expect(page.get_by_role("link", name="看档案")).to_be_visible()


def test_a_call_to_a_place_that_is_gone_can_be_taken_back(opened: Opened, house: House) -> None:
    own = begun(house)
    gone = Call("370782998999", "没有的村", "unknown")
    house.service.locatings.add(house.worker, own.removeprefix("/locate/"), gone)
    page = opened()
    page.goto(own)
    expect(page.get_by_role("alert")).to_contain_text("没有这个代码的地方")
    page.get_by_role("button", name="撤销").first.click()
    expect(page.locator("#county h2")).to_have_text("诸城市")


def test_decoys_are_told_apart_only_afterwards(opened: Opened, house: House) -> None:
    own = house.service.locatings.start(house.worker, elder(house))
    what = Fragment(text="高美", level="county", sure="unsure")
    house.service.locatings.add(house.worker, own, what)
    page = opened()
    page.goto(f"/locate/{own}")
    names = page.locator(".aloud li")
    expect(names).to_have_count(4)
    for number in range(4):
        names.nth(number).locator("label", has_text=re.compile(r"^\s*认得")).click()
    page.get_by_role("button", name="记下反应").click()
    expect(page.get_by_role("status")).to_contain_text("不算数")


def test_the_sheet_prints_and_opens_in_a_spreadsheet(opened: Opened, house: House) -> None:
    own = begun(house)
    page = opened()
    page.goto(f"{own}/sheet")
    expect(page.locator(".phones tbody tr")).not_to_have_count(0)
    page.emulate_media(media="print")
    assert page.locator(".btn:visible").count() == 0
    expect(page.get_by_text("有此人").first).to_be_visible()
    answer = house.signed_in().get(f"{own}/table")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert any("朱马院" in row for row in rows)
    assert "居银江" not in answer.text + answer.headers["content-disposition"]
