"""Nobody comes in who does not belong, and every door has its row."""

from __future__ import annotations

import re

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from api import app as application
from api.security import DOORS
from tests.api.house import HEARD, PASSWORD, House

OWN = {"/me", "/me/sessions", "/me/factor", "/me/openid"}
"""What everybody who is signed in may do with their own account."""


def doors_built() -> set[tuple[str, str]]:
    """Every route that the application offers."""
    return {
        (method, route.path)
        for router in application.ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }


def test_every_door_has_its_security_row_and_every_row_its_door() -> None:
    rows = {(door.method, door.path) for door in DOORS}
    assert doors_built() - rows == set(), "a route without a security row"
    assert rows - doors_built() == set(), "a row without a route"
    assert len(rows) == len(DOORS), "two rows for one route"


def test_a_change_by_a_signed_in_person_always_asks_for_the_csrf_token() -> None:
    for door in DOORS:
        if door.method != "GET" and door.who != "anyone":
            assert door.csrf, door
        if door.who != "anyone" and door.path not in {"/", "/sign-out"} | OWN:
            assert door.scope, door


def test_a_door_without_a_row_lets_nobody_in(house: House) -> None:
    client = house.signed_in()
    doors = house.app.state.house.doors
    house.app.state.house.doors = {k: v for k, v in doors.items() if k[1] != "/people"}
    try:
        assert client.get("/people").status_code == 403
    finally:
        house.app.state.house.doors = doors


@pytest.mark.parametrize("door", [d for d in DOORS if d.who != "anyone"], ids=lambda d: d.path)
def test_without_a_sign_in_no_door_opens(house: House, door: object) -> None:
    method, path = door.method, re.sub(r"\{\w+\}", "x1", door.path)  # type: ignore[attr-defined]
    answer = house.client().request(method, path)
    if path.startswith("/v1"):
        assert answer.status_code == 401
        assert answer.json()["code"] == "not_signed_in"
        assert answer.headers["www-authenticate"] == "Bearer"
    else:
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/sign-in")


def test_a_key_opens_only_the_doors_of_its_scopes(house: House) -> None:
    client = house.with_key("people.read")
    assert client.get("/v1/people").status_code == 200
    assert client.post("/v1/people", json=HEARD).status_code == 403
    assert client.get("/people").status_code == 303, "pages are for people, not for keys"


@pytest.mark.parametrize("secret", ["", "x", "xq12345678_wrong", "x" * 5000, "xq\u00e9"])
def test_a_wrong_key_is_nobody(house: House, secret: str) -> None:
    headers = [(b"Authorization", f"Bearer {secret}".encode())]
    assert house.client().get("/v1/people", headers=headers).status_code == 401


def test_a_grid_worker_may_register_and_read_nobody(house: House) -> None:
    client = house.signed_in("wangge")
    assert client.get("/people").status_code == 403
    desk = client.get("/").text
    assert 'href="/arrivals/new"' in desk
    assert 'href="/people"' not in desk
    assert 'href="/search"' not in desk
    done = client.post("/arrivals", data={"do": "save", "heard_text": "老魏", "once": "grid-1"})
    assert done.headers["location"].startswith("/registered/")
    assert client.get(done.headers["location"]).status_code == 200


def test_an_administrator_sees_accounts_and_no_people(house: House) -> None:
    client = house.signed_in("admin")
    assert client.get("/").headers["location"] == "/accounts"
    assert "zhoumin" in client.get("/accounts").text
    assert client.get("/people").status_code == 403
    assert client.get("/v1/people").status_code == 403


def test_a_change_without_the_token_of_the_session_is_refused(house: House) -> None:
    client = house.signed_in()
    for token in (None, "", "0" * 64, "é"):
        headers = [] if token is None else [(b"X-CSRF-Token", token.encode())]
        bare = house.client()
        bare.cookies = client.cookies
        answer = bare.post("/v1/people", json=HEARD, headers=headers)
        assert answer.status_code == 403
        assert answer.json()["code"] == "request_forged"


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}],
)
def test_a_request_from_another_site_is_refused(house: House, headers: dict[str, str]) -> None:
    assert house.signed_in().post("/v1/people", json=HEARD, headers=headers).status_code == 403
    signing = {"login": "zhoumin", "password": PASSWORD}
    assert house.client().post("/sign-in", data=signing, headers=headers).status_code == 403


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(house: House) -> None:
    answer = house.client().post("/sign-in", data={"login": "zhoumin", "password": PASSWORD})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


def test_a_wrong_password_and_an_unknown_account_look_the_same(house: House) -> None:
    known = house.client().post("/sign-in", data={"login": "zhoumin", "password": "wrong-one-99"})
    unknown = house.client().post("/sign-in", data={"login": "nobody", "password": "wrong-one-99"})
    assert known.status_code == unknown.status_code == 401
    assert known.text.replace("zhoumin", "") == unknown.text.replace("nobody", "")


def test_signing_in_never_leads_to_another_site(house: House) -> None:
    for target in ("https://evil.example", "//evil.example", "/\\evil.example", "javascript:x"):
        data = {"login": "zhoumin", "password": PASSWORD, "next": target}
        assert house.client().post("/sign-in", data=data).headers["location"] == "/"


def test_after_signing_out_the_session_is_worth_nothing(house: House) -> None:
    client = house.signed_in("wangge")
    token, _ = house.sessions.pop("wangge")
    assert client.post("/sign-out").headers["location"] == "/sign-in?said=left"
    again = house.client()
    again.cookies.set("xunqin_session", token)
    assert again.get("/people").status_code == 303


@pytest.mark.parametrize("path", ["/sign-in", "/", "/people", "/v1/people", "/docs", "/nowhere"])
def test_every_answer_wears_its_armour(house: House, path: str) -> None:
    answer = house.signed_in().get(path)
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert "server" not in answer.headers


def test_no_page_holds_inline_script_or_style(house: House) -> None:
    client = house.signed_in()
    for path in ("/", "/people", "/arrivals/new", "/reports/new", "/search", "/docs"):
        page = client.get(path).text
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", page), path
        assert not re.search(r"(?:src|href)=\"https?:", page), path


def test_an_unexpected_error_gives_a_number_and_nothing_else(
    house: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("居银江 320400195001010011")

    monkeypatch.setattr(house.service.people, "page", broken)
    client = house.with_key("people.read")
    quiet = TestClient(house.app, raise_server_exceptions=False, headers=dict(client.headers))
    answer = quiet.get("/v1/people")
    assert answer.status_code == 500
    assert re.fullmatch(r"[0-9a-f]{8}", answer.json()["id"])
    told = capsys.readouterr()
    assert "居银江" not in answer.text + told.out + told.err
    assert answer.json()["id"] in told.out + told.err


def test_logs_hold_doors_and_never_names(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    client = house.signed_in()
    done = client.post("/arrivals", data={"do": "save", "heard_text": "辛弃疾", "once": "log"})
    client.get(done.headers["location"])
    client.get("/people?cursor=辛弃疾")
    told = capsys.readouterr()
    assert "/arrivals" in told.out + told.err
    for secret in ("辛弃疾", done.headers["location"].rsplit("/", 1)[1], "cursor"):
        assert secret not in told.out + told.err
