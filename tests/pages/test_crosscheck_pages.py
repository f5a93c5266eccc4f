"""核查与协查 in a real browser: composed, sent, answered, put up for verification."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.api.house import HEARD, PASSWORD, House, portrait
from tests.pages.conftest import Opened
from tests.pages.test_pages import SMALL, complaints, fits
from tracing.records import PersonRecord

POLICE = "诸城市公安局刑侦大队"


def seen(page: Page, name: str) -> None:
    """Fits the screen, nothing too small to press; a picture of it where one is asked for."""
    assert fits(page), name
    assert page.evaluate(SMALL) == [], name
    folder = os.environ.get("XUNQIN_PICTURES")
    if folder:
        width = (page.viewport_size or {"width": 0})["width"]
        page.screenshot(path=str(Path(folder) / f"{name}-{width}.png"), full_page=True)


def somebody(house: House, name: str) -> str:
    """Somebody in a station of their own, with a face."""
    photo = house.service.photos.receive(house.worker, portrait(), "a.jpg")
    record = {
        **HEARD,
        "names": [{"text": name, "latin": "ju yin jiang", "kind": "heard", "dialect": "诸城"}],
        "photos": [{"file": photo.id, "face": 0}],
        "marks": [{"site": "chin", "kind": "mole", "text": "黄豆大"}],
        "utterances": [{"text": "我家门口有条河", "at": "2026-03-20"}],
    }
    return house.service.people.register(
        house.worker, PersonRecord.model_validate(record)
    ).person_id


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_from_the_persons_page_to_the_verification(opened: Opened, house: House, size: str) -> None:
    person = somebody(house, "居银江")
    page = opened(size, script=False)
    page.goto(f"/people/{person}")
    seen(page, "person")
    page.get_by_role("link", name="请人核查").click()
    page.get_by_role("link", name="DNA 采样比对").click()
    page.get_by_role("link", name="身份核查").click()
    seen(page, "compose")
    page.get_by_label("别的单位").fill(POLICE)
    page.get_by_role("button", name="生成核查函").click()
    expect(page.get_by_text("读 jū yín jiāng")).to_be_visible()
    seen(page, "draft")
    address = page.url.partition("?")[0]
    page.get_by_label("信函").check()
    page.get_by_label("文号、单号或电话").fill("江救〔2026〕17号")
    page.get_by_role("button", name="登记已发出").click()
    expect(page.get_by_text("再问一次")).to_be_visible()
    seen(page, "sent")
    page.get_by_label("查到线索").check()
    page.get_by_label("谁答复的").fill("李警官 诸城市公安局")
    page.get_by_label("电话或文号").fill("0536-110")
    page.get_by_label("姓名", exact=True).fill("朱仁江")
    page.get_by_label("出生年").fill("1953")
    page.get_by_label("户籍地或住址").fill("山东省诸城市")
    page.get_by_role("button", name="保存答复").click()
    expect(page.get_by_role("button", name="提交核验").first).to_be_visible()
    seen(page, "answered")
    page.get_by_role("button", name="提交核验").first.click()
    expect(page.get_by_text("李警官")).to_be_visible()
    assert "/verifications/" in page.url
    page.goto("/crosschecks")
    expect(page.get_by_text(POLICE).first).to_be_visible()
    seen(page, "list")
    page.goto("/crosschecks/take")
    seen(page, "take")
    checked = opened(size)
    for path in (address, "/crosschecks", f"/people/{person}/crosschecks/new"):
        checked.goto(path)
        if size == "desk":
            assert complaints(checked) == [], path


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_an_officer_answers_on_their_own_page(opened: Opened, house: House, size: str) -> None:
    admin, code, login = house.actor("admin"), f"GA-{size}", f"asked-officer-{size}"
    house.service.stations.add(admin, code, f"城区公安局{size}")
    token = house.service.accounts.create(admin, login, "李警官", "police_officer", code)
    house.service.accounts.set_password(token, PASSWORD)
    person = somebody(house, "居银河")
    page = opened(size, script=False)
    page.goto(f"/people/{person}/crosschecks/new?kind=face_check")
    page.get_by_label("本系统里的单位").select_option(code)
    page.get_by_role("button", name="生成核查函").click()
    page.get_by_role("button", name=f"发送给 城区公安局{size}").click()
    address = page.url.partition("?")[0]

    officer = opened(size, script=False, who=login)
    officer.goto("/")
    desk = officer.get_by_role("region", name="请我们核查的")
    expect(desk).to_contain_text("江州市救助管理站")
    seen(officer, "officer-desk")
    desk.get_by_role("link", name="人像比对").click()
    assert officer.url.partition("?")[0] == address
    expect(officer.get_by_role("button", name="按函件内容在本站查找")).to_have_count(0)
    officer.get_by_role("button", name="受理", exact=True).click()
    seen(officer, "officer")
    officer.get_by_label("没有查到").check()
    officer.get_by_label("电话或文号").fill("110")
    officer.get_by_role("button", name="保存答复").click()
    expect(officer.get_by_text("答复已保存")).to_be_visible()
    assert person not in officer.content()
    officer.goto("/police")
    expect(officer.get_by_role("heading", name="请我们核查的")).to_have_count(0)
    page.goto(address)
    expect(page.get_by_text("没有查到").first).to_be_visible()
    expect(page.get_by_text("对方在线答复")).to_be_visible()
