"""The pages in a real browser: at a desk, on a phone, and without JavaScript."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, expect

from tests.api.house import HEARD, PASSWORD, House, portrait
from tests.api.test_forms import two_faces
from tests.pages.conftest import Opened
from tracing.records import PersonRecord

PATHS = ("/sign-in", "/", "/people", "/arrivals/new", "/reports/new", "/search")
AA = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}}
SMALL = """() => [...document.querySelectorAll(
    'a.btn, button, input:not([type=hidden]), select, summary, nav a, textarea')]
  .filter(e => !e.closest('.unseen, .pick, .crop, .nocrop, .loupe') && !e.matches('.unseen, .tool'))
  .map(e => [e, e.getBoundingClientRect()]).filter(([e, r]) => r.width && r.height < 44)
  .map(([e, r]) => `${e.tagName} ${e.name || e.textContent.trim()} ${r.height}`)"""


def fits(page: Page) -> bool:
    page.wait_for_load_state()
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def complaints(page: Page) -> list[str]:
    found = Axe().run(page, options=AA).response["violations"]
    return [f"{v['id']}: {v['nodes'][0]['html'][:160]}" for v in found]


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    file = tmp_path / "a.jpg"
    file.write_bytes(portrait("asked"))
    return file


@pytest.fixture
def candidates(house: House) -> str:
    """A candidate list to look at."""
    photo = house.service.photos.receive(house.worker, portrait("asked"), "a.jpg")
    record = PersonRecord.model_validate({**HEARD, "photos": [{"file": photo.id, "face": 0}]})
    person = house.service.people.register(house.worker, record).person_id
    found = house.service.searches.for_person(house.worker, person)
    return f"/searches/{found.search_id}"


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_every_page_fits_and_can_be_used_by_everybody(
    opened: Opened, house: House, candidates: str, size: str
) -> None:
    page = opened(size)
    for path in (*PATHS, candidates, f"/people/{house.people['柯林斯']}"):
        page.goto(path)
        assert fits(page), path
        assert page.evaluate(SMALL) == [], path
        if size == "desk" or path in {"/arrivals/new", candidates}:
            assert complaints(page) == [], path


def test_dark_pages_have_contrast_too(opened: Opened, candidates: str) -> None:
    page = opened()
    page.emulate_media(color_scheme="dark")
    for path in ("/arrivals/new", candidates):
        page.goto(path)
        assert complaints(page) == [], path


def test_signing_in_and_out(opened: Opened) -> None:
    page = opened(who=None)
    page.goto("/arrivals/new")
    expect(page).to_have_url(re.compile("/sign-in"))
    page.get_by_label("账号").fill("wangge")
    page.get_by_label("密码").fill("not the password")
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("alert")).to_contain_text("账号或密码不对")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.get_by_role("button", name="退出").click()
    expect(page.get_by_role("status")).to_contain_text("已退出")


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_from_a_photo_and_a_heard_name_to_the_candidates(
    opened: Opened, photo: Path, size: str
) -> None:
    page = opened(size)
    page.goto("/")
    page.locator(".doors").get_by_role("link", name="新来一人").click()
    page.set_input_files("#files", photo)
    expect(page.locator("#photos .scene")).to_be_visible()
    page.get_by_label("像哪几个字").first.fill("柯林丝")
    page.get_by_label("怎么念").first.fill("ke lin si")
    page.get_by_role("button", name="保存并看候选").click()
    expect(page.get_by_role("heading", name="柯林丝（音）的候选")).to_be_visible()
    expect(page.get_by_role("heading", name="可能不在库中")).to_be_visible()
    first = page.locator("#candidate-1")
    expect(first.get_by_role("heading", name="各项分量")).to_be_visible()
    first.get_by_text("排除…").click()
    first.get_by_text("面貌不同").click()
    first.get_by_role("button", name="排除这一人").click()
    expect(page.get_by_role("status")).to_contain_text("已排除")
    page.get_by_role("button", name=re.compile("恢复")).click()
    expect(page.get_by_role("status")).to_contain_text("已恢复")


def test_tapping_a_face_in_the_picture_chooses_it(opened: Opened, tmp_path: Path) -> None:
    file = tmp_path / "two.jpg"
    file.write_bytes(two_faces())
    page = opened("phone")
    page.goto("/arrivals/new")
    page.set_input_files("#files", file)
    page.locator(".scene .hit").nth(1).click()
    expect(page.locator(".crop input[type=radio]").nth(1)).to_be_checked()
    expect(page.locator(".face-box").nth(1)).to_have_class(re.compile(r"\bon\b"))
    page.reload()
    expect(page.locator("#files")).to_be_attached()


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_all_of_it_works_without_javascript(opened: Opened, tmp_path: Path, size: str) -> None:
    file = tmp_path / "two.jpg"
    file.write_bytes(two_faces())
    page = opened(size, script=False)
    page.goto("/arrivals/new")
    page.locator("#heard_text-0").fill("居银江")
    page.set_input_files("#files", file)
    page.get_by_role("button", name="上传照片").click()
    expect(page.locator("#heard_text-0")).to_have_value("居银江")
    page.get_by_role("button", name="保存并看候选").click()
    expect(page.get_by_role("alert").first).to_contain_text("请选哪一张是本人")
    page.locator(".crop input[type=radio]").first.check()
    page.get_by_role("button", name="保存并看候选").click()
    expect(page.get_by_role("heading", name="居银江（音）的候选")).to_be_visible()
    page.locator("#candidate-1 summary").first.click()
    first = page.locator("#candidate-1")
    first.get_by_text("排除…").click()
    first.get_by_text("家属否认").click()
    first.get_by_role("button", name="排除这一人").click()
    expect(page.get_by_role("status")).to_contain_text("已排除")


def test_what_was_typed_comes_back_after_the_page_is_closed(opened: Opened) -> None:
    page = opened()
    page.goto("/reports/new")
    page.get_by_label("姓名").first.fill("陈小妹")
    page.locator("#nickname-0").fill("妹妹")
    expect(page.locator("#draft-state")).to_contain_text("草稿已保存", timeout=8000)
    page.goto("/")
    page.get_by_role("link", name="家属报失，未保存").first.click()
    expect(page.locator("#registered_name-0")).to_have_value("陈小妹")


def test_the_picture_tools_need_no_script(opened: Opened, candidates: str) -> None:
    page = opened("phone", script=False)
    page.goto(candidates)
    page.locator(".loupe .for-flip").first.click()
    flipped = page.locator(".loupe .face").first.evaluate("e => getComputedStyle(e).transform")
    assert flipped.startswith("matrix(-1")


def test_pages_print_without_buttons(opened: Opened, candidates: str) -> None:
    page = opened()
    page.goto(candidates)
    page.emulate_media(media="print")
    assert page.locator(".btn:visible").count() == 0
    expect(page.get_by_role("heading", name="可能不在库中")).to_be_visible()


def test_the_reference_page_is_drawn_from_local_files(opened: Opened) -> None:
    page = opened()
    page.goto("/docs")
    expect(page.get_by_text("/v1/people").first).to_be_visible()
