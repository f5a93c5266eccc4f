"""Recording at the counter and listening elsewhere, in a real browser with a made-up microphone."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.api.house import HEARD, House
from tests.pages.conftest import Opened
from tests.pages.test_pages import SMALL, complaints, fits
from tests.voice.test_voice import wav
from tracing.records import PersonRecord


@pytest.fixture
def person(house: House) -> str:
    record = PersonRecord.model_validate(HEARD)
    return house.service.people.register(house.worker, record).person_id


def link_to(house: House, person: str) -> str:
    clip = house.service.voices.receive(house.worker, person, wav(2))
    return f"/listen/{house.service.voices.link(house.worker, clip, 'volunteer', 7, 5)[1]}"


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_the_new_pages_fit_and_can_be_used_by_everybody(
    opened: Opened, house: House, person: str, size: str
) -> None:
    link = link_to(house, person)
    page = opened(size)
    for path in (link, f"/people/{person}"):
        page.goto(path)
        for summary in page.locator(".clip summary").all():
            summary.click()
        assert fits(page), path
        assert page.evaluate(SMALL) == [], path
        assert complaints(page) == [], path


def test_from_the_microphone_to_the_vote(opened: Opened, house: House, person: str) -> None:
    page = opened()
    page.goto(f"/people/{person}")
    page.get_by_text("录一段").click()
    page.get_by_role("button", name="开始录音").click()
    expect(page.locator("[data-clock]")).to_have_text("1 / 60")
    page.get_by_role("button", name="停止").click()
    expect(page.locator("[data-preview]")).to_be_visible()
    page.get_by_role("button", name="保存录音").click()
    expect(page.get_by_role("status")).to_contain_text("录音已保存")
    page.get_by_text("请人听辨").click()
    page.get_by_text("受邀志愿者").click()
    page.get_by_role("button", name="生成链接").click()
    link = page.locator(".secret").inner_text()
    listener = opened("phone", who=None)
    listener.goto(link)
    listener.get_by_label("省", exact=True).select_option(label="山东省")
    assert listener.locator("#city optgroup").count() == 1
    listener.get_by_label("市、州").select_option("青岛")
    listener.get_by_label("怎么念").fill("ju yin jiang")
    listener.get_by_text("大概").click()
    listener.get_by_role("button", name="交给救助站").click()
    expect(listener.get_by_role("status")).to_contain_text("收到了")
    page.goto(f"/people/{person}")
    expect(page.locator(".votes")).to_contain_text("青岛")


def test_recording_and_listening_work_without_javascript(
    opened: Opened, house: House, person: str, tmp_path: Path
) -> None:
    file = tmp_path / "a.wav"
    file.write_bytes(wav(1))
    page = opened("phone", script=False)
    page.goto(f"/people/{person}")
    page.get_by_text("录一段").click()
    expect(page.get_by_role("button", name="开始录音")).to_be_hidden()
    page.set_input_files("#clip", file)
    page.get_by_role("button", name="保存录音").click()
    expect(page.get_by_role("status")).to_contain_text("录音已保存")
    page.goto(link_to(house, person))
    page.get_by_label("市、州").select_option("潍坊")
    page.get_by_role("button", name="交给救助站").click()
    expect(page.get_by_role("status")).to_contain_text("收到了")
