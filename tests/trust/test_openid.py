"""Signing in through an OpenID provider: who comes in, who does not, and what stays ours."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit
from urllib.request import OpenerDirector

import pytest
from fastapi.testclient import TestClient
from joserfc.jwk import ECKey

from api.pace import Pace
from tests.api.house import House
from tests.trust import provider as small
from tests.trust.provider import CLIENT, SECRET, Provider
from tests.trust.test_accounts import now_code
from tracing.access import rules
from tracing.errors import Conflict, NotPermitted, OpenidUnusable
from tracing.openid import Openid
from tracing.settings import Settings

SESSION, TICKET = "xunqin_session", "xunqin_openid"


@pytest.fixture
def provider() -> Iterator[Provider]:
    with small.standing() as found:
        yield found


def settings_for(house: House, issuer: str, **more: Any) -> Settings:
    given = {
        "openid_issuer": issuer,
        "openid_client_id": CLIENT,
        "openid_client_secret": SECRET,
        "public_address": "http://127.0.0.1",
        **more,
    }
    return Settings(data_dir=house.settings.data_dir, **given)


@pytest.fixture
def joined(house: House, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> Openid:
    """The house, with the provider in its settings and zhoumin bound to it."""
    service = house.service
    openid = Openid(service.store, service.accounts, settings_for(house, provider.issuer))
    monkeypatch.setattr(service, "openid", openid)
    quick = Pace(dict.fromkeys(rules().paces, "1000000/second"))
    monkeypatch.setattr(house.app.state.house, "pace", quick)
    openid.bind_for(house.actor("admin"), "zhoumin", "zhou-min")
    return openid


def away(client: TestClient, path: str = "/sign-in/openid?next=/people") -> str:
    """To the provider; its address."""
    sent = client.get(path)
    assert sent.status_code == 303, sent.text
    return sent.headers["location"]


def back(client: TestClient, given: dict[str, str]) -> Any:
    return client.get("/sign-in/openid/back", params=given)


def signed_in(client: TestClient, provider: Provider) -> Any:
    return back(client, provider.authorize(away(client)))


@pytest.mark.usefixtures("joined")
def test_whoever_the_provider_names_comes_in_as_the_bound_account(
    house: House, provider: Provider
) -> None:
    client = house.client()
    assert "统一身份认证" in client.get("/sign-in").text
    answer = signed_in(client, provider)
    assert (answer.status_code, answer.headers["location"]) == (303, "/people")
    assert TICKET not in client.cookies
    page = client.get("/me").text
    assert "zhoumin" in page
    assert "city_station" not in page


@pytest.mark.usefixtures("joined")
def test_what_travels_with_the_browser_names_nothing_and_fits_no_other_browser(
    house: House, provider: Provider
) -> None:
    client, other = house.client(), house.client()
    address = away(client)
    asked = parse_qs(urlsplit(address).query)
    ticket = client.cookies[TICKET]
    assert asked["state"][0] not in ticket
    assert asked["redirect_uri"] == ["http://127.0.0.1/sign-in/openid/back"]
    brought = provider.authorize(address)
    assert back(other, brought).status_code == 401
    away(other)
    assert back(other, brought).status_code == 401
    assert back(client, {**brought, "state": "another"}).status_code == 401


@pytest.mark.usefixtures("joined")
def test_a_return_counts_once(house: House, provider: Provider) -> None:
    client = house.client()
    address = away(client)
    ticket, brought = client.cookies[TICKET], provider.authorize(address)
    assert back(client, brought).status_code == 303
    thief = house.client()
    for code in (brought["code"], provider.authorize(address)["code"]):
        thief.cookies.set(TICKET, ticket)
        again = back(thief, {**brought, "code": code})
        assert again.status_code == 401
        assert SESSION not in thief.cookies


@pytest.mark.usefixtures("joined")
def test_a_code_that_the_provider_gave_before_opens_nothing(
    house: House, provider: Provider
) -> None:
    first, second = house.client(), house.client()
    used = provider.authorize(away(first))
    assert back(first, used).status_code == 303
    fresh = provider.authorize(away(second))
    assert back(second, {**fresh, "code": used["code"]}).status_code == 401


@pytest.mark.usefixtures("joined")
@pytest.mark.parametrize(
    "amiss",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another-service"},
        {"aud": ["another-service", CLIENT]},
        {"azp": "another-service"},
        {"iss": "https://elsewhere.example"},
        {"exp": int(time.time()) - 600},
        {"exp": None},
        {"nbf": int(time.time()) + 6000},
        {"iat": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": "x" * 400},
        {"at_hash": "AAAA"},
        {"amr": "mfa"},
    ],
)
def test_a_token_that_is_not_for_us_now_opens_nothing(
    house: House, provider: Provider, amiss: dict[str, Any]
) -> None:
    provider.amiss = amiss
    client = house.client()
    answer = signed_in(client, provider)
    assert answer.status_code == 401
    assert SESSION not in client.cookies


@pytest.mark.usefixtures("joined")
def test_a_forged_signature_and_a_shared_secret_open_nothing(
    house: House, provider: Provider
) -> None:
    provider.algorithm = "HS256"
    assert signed_in(house.client(), provider).status_code == 401
    provider.algorithm = "ES256"
    assert signed_in(house.client(), provider).status_code == 303
    provider.key = ECKey.generate_key("P-256", {"kid": "one"})
    assert signed_in(house.client(), provider).status_code == 401


@pytest.mark.usefixtures("joined")
def test_the_provider_makes_no_account_and_a_closed_one_stays_closed(
    house: House, provider: Provider
) -> None:
    provider.subject = "somebody-else"
    before = len(house.service.accounts.users(house.actor("admin")))
    answer = signed_in(house.client(), provider)
    assert answer.status_code == 403
    assert "还没有绑定" in answer.text
    assert len(house.service.accounts.users(house.actor("admin"))) == before
    house.service.openid.bind_for(house.actor("admin"), "wangge", "somebody-else")
    house.service.accounts.disable(house.actor("admin"), "wangge")
    try:
        assert signed_in(house.client(), provider).status_code == 401
    finally:
        house.service.accounts.disable(house.actor("admin"), "wangge", disabled=False)
        house.service.openid.unbind_for(house.actor("admin"), "wangge")


def test_the_local_second_factor_is_asked_for_unless_the_providers_word_is_taken(
    house: House, provider: Provider, joined: Openid, monkeypatch: pytest.MonkeyPatch
) -> None:
    factors, actor = house.service.accounts.factors, house.actor("zhoumin")
    secret = factors.begin(actor).secret
    recovery = factors.confirm(actor, now_code(secret))
    try:
        client = house.client()
        answer = signed_in(client, provider)
        assert answer.headers["location"] == "/sign-in/openid/code"
        assert SESSION not in client.cookies
        assert "验证" in client.get("/sign-in/openid/code").text
        assert client.post("/sign-in/openid/code", data={"code": "000000"}).status_code == 401
        entered = client.post("/sign-in/openid/code", data={"code": recovery[0]})
        assert (entered.status_code, entered.headers["location"]) == (303, "/people")
        provider.methods = ("pwd", "mfa")
        assert signed_in(house.client(), provider).headers["location"] == "/sign-in/openid/code"
        trusting = settings_for(house, provider.issuer, openid_second_factor="mfa, hwk")
        openid = Openid(house.service.store, house.service.accounts, trusting)
        monkeypatch.setattr(house.service, "openid", openid)
        assert signed_in(house.client(), provider).headers["location"] == "/people"
        provider.methods = ("pwd",)
        assert signed_in(house.client(), provider).headers["location"] == "/sign-in/openid/code"
    finally:
        factors.end(actor, recovery[1])
    assert joined.bound(actor)


def test_one_binds_and_frees_ones_own_account_after_a_look(
    house: House, provider: Provider, joined: Openid
) -> None:
    joined.unbind(house.actor("zhoumin"))
    client, provider.subject = house.signed_in(), "zhou-min-2"
    answer = back(client, provider.authorize(away(client, "/me/openid")))
    assert answer.headers["location"] == "/me/openid"
    assert not joined.bound(house.actor("zhoumin"))
    assert "绑定到“zhoumin”" in client.get("/me/openid").text
    stranger = house.signed_in("wangge")
    stranger.cookies.set(TICKET, client.cookies[TICKET])
    assert stranger.post("/me/openid", data={"do": "bind"}).status_code == 401
    assert client.post("/me/openid", data={"do": "bind"}).status_code == 303
    assert joined.bound(house.actor("zhoumin"))
    with pytest.raises(Conflict):
        joined.bind_for(house.actor("admin"), "wangge", "zhou-min-2")
    assert client.post("/me/openid", data={"do": "end"}).status_code == 303
    assert not joined.bound(house.actor("zhoumin"))


def test_only_administrators_bind_for_others(house: House, joined: Openid) -> None:
    with pytest.raises(NotPermitted):
        joined.bind_for(house.actor("zhoumin"), "wangge", "x")
    with pytest.raises(NotPermitted):
        joined.unbind_for(house.actor("zhoumin"), "wangge")


@pytest.mark.usefixtures("joined")
def test_a_provider_that_is_away_is_said_so_and_passwords_still_open(
    house: House, provider: Provider
) -> None:
    client = house.client()
    brought = provider.authorize(away(client))
    provider.gone = True
    answer = back(client, brought)
    assert answer.status_code == 503
    assert "统一登录现在用不了" in answer.text


def test_a_provider_that_does_not_answer_is_not_asked_again_at_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def silent(*_: object, **__: object) -> None:
        asked.append(1)
        raise TimeoutError

    monkeypatch.setattr(OpenerDirector, "open", silent)
    given = settings_for(house, "https://login.example")
    openid = Openid(house.service.store, house.service.accounts, given)
    for _ in range(3):
        with pytest.raises(OpenidUnusable):
            openid.begin("/")
    assert len(asked) == 1


def test_without_settings_there_is_no_such_way_in(house: House) -> None:
    client = house.client()
    assert "openid" not in client.get("/sign-in").text
    assert client.get("/sign-in/openid").status_code == 503
    assert back(client, {"state": "a", "code": "b"}).status_code == 503


@pytest.mark.parametrize(
    "wrong",
    [
        {"openid_issuer": "http://login.example"},
        {"openid_issuer": "file:///etc/passwd"},
        {"openid_issuer": "https://user@login.example"},
        {"openid_client_id": ""},
        {"public_address": ""},
    ],
)
def test_unsafe_or_missing_settings_are_refused_at_the_start(
    house: House, wrong: dict[str, str]
) -> None:
    given = settings_for(house, "https://login.example").model_copy(update=wrong)
    with pytest.raises(OpenidUnusable):
        Openid(house.service.store, house.service.accounts, given)


def test_a_provider_that_points_elsewhere_is_not_followed(
    house: House, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    pointed = {**provider.described(), "token_endpoint": "http://169.254.169.254/latest"}
    monkeypatch.setattr(provider, "described", lambda: pointed)
    given = settings_for(house, provider.issuer)
    openid = Openid(house.service.store, house.service.accounts, given)
    with pytest.raises(OpenidUnusable):
        openid.begin("/")
