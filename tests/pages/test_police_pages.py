"""A night and a morning with the police, in a real browser, at a desk and on a phone."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from python_calamine import CalamineWorkbook

from tests.api.house import HEARD, PASSWORD, House, portrait
from tests.pages.conftest import Opened
from tests.pages.test_pages import SMALL, complaints, fits
from tracing.records import PersonRecord

CHILD = {
    "side": "found",
    "names": [{"text": "司马小满", "kind": "stated"}],
    "sex": "male",
    "birth": {"earliest": "2018-01-01", "latest": "2019-12-31", "basis": "apparent"},
    "places": [{"kind": "found", "text": "江州火车站"}],
    "event_at": "2026-11-20",
}


def staff(house: House, size: str) -> dict[str, str]:
    """The night's people, by what they do; each size of window has its own."""
    accounts, admin = house.service.accounts, house.actor("admin")
    unit, parts = f"ga-{size}", ("officer", "first", "second", "reviewer")
    if any(station.code == unit for station in house.service.stations.below(admin)):
        return {part: f"{part}-{size}" for part in parts}
    house.service.stations.add(admin, unit, "江州市公安局城东派出所", division="320400")
    for part, name, role, code in (
        ("officer", "陈警官", "police_officer", unit),
        ("first", "王主任", "approver", "320400"),
        ("second", "刘专员", "data_protection_officer", "320400"),
        ("reviewer", "孙科长", "city_station", "320400"),
    ):
        token = accounts.create(admin, f"{part}-{size}", name, role, code)
        accounts.set_password(token, PASSWORD)
    return {part: f"{part}-{size}" for part in parts}


def good(page: Page, size: str) -> None:
    """The page fits, is big enough for fingers, and can be used by everybody."""
    assert fits(page), page.url
    assert page.evaluate(SMALL) == [], page.url
    if size == "desk":
        assert complaints(page) == [], page.url


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_a_lost_child_at_night_and_a_list_in_the_morning(
    opened: Opened, house: House, size: str, tmp_path: Path
) -> None:
    who = staff(house, size)
    name = "司马小满" if size == "desk" else "司马小芒"
    register_child(house, name)
    officer = opened(size, script=size == "desk", who=who["officer"])
    asks_at_night(officer, size, name, tmp_path)
    listed = officer.url
    station_answers(opened(size, script=size == "desk"), size, name)
    officer.goto(listed)
    expect(officer.locator("#candidate-1")).to_contain_text("人在本站")
    expect(officer.locator("#candidate-1")).to_contain_text("值班 0519-1234567")
    good(officer, size)
    reviewed_in_the_morning(opened(size, script=size == "desk", who=who["reviewer"]), size)
    officer.goto("/police")
    expect(officer.locator("main")).to_contain_text("已复核")
    good(officer, size)


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_a_wide_request_is_refused_then_approved_by_two_run_and_taken_out(
    opened: Opened, house: House, size: str, tmp_path: Path
) -> None:
    who = staff(house, size)
    officer = opened(size, script=size == "desk", who=who["officer"])
    refused, wanted = f"江公协查1号-{size}", f"江公协查2号-{size}"
    for number in (refused, wanted):
        makes_a_request(officer, size, number)
    approver = opened(size, script=size == "desk", who=who["first"])
    approver.goto("/approvals")
    good(approver, size)
    card = approver.locator("article", has_text=refused)
    card.get_by_label("说明").fill("请写明移交文号")
    card.get_by_role("button", name="拒绝").click()
    approver.locator("article", has_text=wanted).get_by_role("button", name="批准").click()
    expect(approver.locator("article", has_text=wanted)).to_contain_text("您已经答复")
    officer.goto("/police")
    officer.get_by_role("link", name=refused).click()
    expect(officer.locator("main")).to_contain_text("请写明移交文号")
    second = opened(size, script=size == "desk", who=who["second"])
    second.goto("/approvals")
    second.locator("article", has_text=wanted).get_by_role("button", name="批准").click()
    good(second, size)
    asks_its_questions(officer, size, wanted, tmp_path)
    while house.service.police_runs.step():
        pass
    officer.reload()
    for ref, word in (
        ("移交1", "有候选"),
        ("不是有效的", "这一行有问题"),
        ("移交3", "可能不在库中"),
    ):
        expect(officer.locator("li", has_text=ref)).to_contain_text(word)
    good(officer, size)
    with officer.expect_download() as download:
        officer.get_by_role("link", name="导出 Excel").click()
    data = Path(download.value.path()).read_bytes()
    table = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()
    assert len(table) > 3
    assert all(wanted in str(row[-1]) and "陈警官" in str(row[-1]) for row in table[1:])


def register_child(house: House, name: str) -> None:
    """A child who is in the station's care, with a photo."""
    taken = house.service.photos.receive(house.worker, portrait(), "p.jpg")
    doc = {**CHILD, "names": [{"text": name, "kind": "stated"}],
           "photos": [{"file": taken.id, "face": 0}]}  # fmt: skip
    house.service.people.register(house.worker, PersonRecord.model_validate(doc))


def asks_at_night(officer: Page, size: str, name: str, folder: Path) -> None:
    """Without an incident number nothing is asked; with it the list comes at once."""
    officer.goto("/")
    assert officer.url.endswith("/police")
    good(officer, size)
    officer.get_by_label("叫什么").fill(name)
    officer.get_by_role("button", name="马上查").last.click()
    expect(officer.locator("#summary")).to_contain_text("请填警情编号")
    good(officer, size)
    picture = folder / "child.jpg"
    picture.write_bytes(portrait("asked"))
    officer.get_by_label("警情编号").fill(f"20261122-{size}")
    officer.locator("#files").set_input_files(picture)
    if size == "desk":  # with scripts the photo goes ahead; without, with the form
        officer.locator("#photos .shot").wait_for()
    officer.get_by_role("button", name="马上查").last.click()
    expect(officer.get_by_role("heading", name="可能不在库中")).to_be_visible()
    good(officer, size)
    first = officer.locator("#candidate-1")
    expect(first).to_contain_text("江州市救助管理站")
    assert "江州火车站" not in officer.content(), "where the child was found is not on the list"
    assert "/people/" not in officer.content()
    first.get_by_role("button", name="确认").click()
    expect(first).to_contain_text("等待确认收到")
    good(officer, size)


def station_answers(station: Page, size: str, name: str) -> None:
    """The station finds the question on its desk, confirms that it has it, and answers."""
    station.goto("/")
    station.get_by_role("link", name=name).first.click()
    good(station, size)
    card = station.locator("article", has=station.get_by_role("heading", name=name))
    card.get_by_role("button", name="确认收到").click()
    card.get_by_label("人在本站").check()
    card.get_by_label("说明").fill("住二楼,值班 0519-1234567")
    good(station, size)
    card.get_by_role("button", name="回答").click()
    expect(station.locator("main")).to_contain_text("人在本站")


def reviewed_in_the_morning(reviewer: Page, size: str) -> None:
    """Somebody else looks at the night's search."""
    reviewer.goto("/reviews")
    mine = reviewer.locator("article", has_text=f"20261122-{size}")
    expect(mine).to_contain_text("民警")
    good(reviewer, size)
    mine.get_by_role("radio").first.check()
    mine.get_by_role("button", name="保存").click()
    expect(reviewer.locator("article", has_text=f"20261122-{size}")).to_have_count(0)


def makes_a_request(officer: Page, size: str, number: str) -> None:
    """A form that says what is unclear in it, then a request that waits for approval."""
    officer.goto("/police")
    officer.get_by_role("link", name="新申请").click()
    good(officer, size)
    officer.get_by_role("radio", name=re.compile("^一份名单")).check()
    officer.get_by_label("案件或协查编号").fill(number)
    officer.get_by_label("事由").fill("福利院移交人员核查")
    officer.get_by_label("问哪些地区的救助站").fill("某某某地")
    officer.get_by_role("button", name="提交审批").click()
    expect(officer.locator("#summary")).to_contain_text("认不出这个地区")
    good(officer, size)
    officer.get_by_label("问哪些地区的救助站").fill("3204")
    officer.get_by_label("需要拿走结果文件").check()
    officer.get_by_role("button", name="提交审批").click()
    expect(officer.locator("main")).to_contain_text("等待审批")
    good(officer, size)


def asks_its_questions(officer: Page, size: str, number: str, folder: Path) -> None:
    """The file of questions of an approved request, one of its rows broken."""
    nobody = {"side": "found", "names": [{"text": "𠮷𠮷𠮷", "kind": "heard"}]}
    rows = [{"ref": "移交1", "record": HEARD}, {"ref": "移交3", "record": nobody}]
    first, last = (json.dumps(row, ensure_ascii=False) for row in rows)
    file = folder / "list.ndjson"
    file.write_text(f"{first}\n{{broken\n{last}\n", "utf-8")
    officer.goto("/police")
    officer.get_by_role("link", name=number).click()
    good(officer, size)
    officer.get_by_label("问题表").set_input_files(file)
    officer.get_by_role("button", name="开始查").click()
    expect(officer.locator("main")).to_contain_text("还有 2 个在查")
