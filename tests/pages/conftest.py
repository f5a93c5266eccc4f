"""The station behind a real server on loopback, and a real browser in front of it."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from api.cli.serving import address_of, listen
from tests.api.conftest import house, the_house
from tests.api.house import House

__all__ = ["house"]

SIZES = {"desk": (1280, 900), "phone": (390, 844)}
MICROPHONE = ("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream")
Opened = Callable[..., Page]


@pytest.fixture(scope="session")
def address(request: pytest.FixtureRequest) -> Iterator[str]:
    """A server in a thread, on a free port."""
    station = the_house(request.config)
    place = listen(station.settings.model_copy(update={"port": 0}))
    config = uvicorn.Config(
        station.app, http="httptools", log_config=None, access_log=False, lifespan="off"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [place]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.02)
    yield address_of(place)
    server.should_exit = True
    thread.join(timeout=10)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium, which hears a beep wherever a page asks for the microphone."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("Chromium must run in the checks")
        pytest.skip("no chromium on this machine")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", *MICROPHONE]
        )
        yield started
        started.close()


@pytest.fixture
def opened(address: str, browser: Browser, house: House) -> Iterator[Opened]:
    """Opens a page as a signed-in worker; errors on the console fail the test."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def open_page(size: str = "desk", *, script: bool = True, who: str | None = "zhoumin") -> Page:
        width, height = SIZES[size]
        context = browser.new_context(
            viewport={"width": width, "height": height},
            locale="zh-CN",
            reduced_motion="reduce",
            java_script_enabled=script,
            is_mobile=size == "phone",
            has_touch=size == "phone",
            base_url=address,
        )
        contexts.append(context)
        if who is not None:
            token = house.signed_in(who).cookies["xunqin_session"]
            context.add_cookies([{"name": "xunqin_session", "value": token, "url": address}])
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on(
            "console",
            lambda message: (
                errors.append(message.text)
                if message.type == "error" and "Failed to load resource" not in message.text
                else None
            ),
        )
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []
