"""Who comes in: by one-time link, password or key; strangers learn nothing by trying."""

from __future__ import annotations

from contextlib import suppress

import pytest

from tests.store.conftest import Clock
from tests.store.office import PASSWORD, Office, record
from tracing.access import rules
from tracing.accounts import csrf_of
from tracing.errors import (
    Conflict,
    LinkExpired,
    LoginFailed,
    LoginLocked,
    NotFound,
    NotPermitted,
    PasswordWeak,
    RecordInvalid,
    TracingError,
)


@pytest.fixture
def ready(small_office: Office) -> Office:
    """An office whose administrator has a password."""
    link = small_office.accounts.first_start_link()
    assert link is not None
    small_office.accounts.set_password(link, PASSWORD)
    return small_office


def test_the_first_start_gives_a_link_until_somebody_can_sign_in(office: Office) -> None:
    first = office.accounts.first_start_link()
    second = office.accounts.first_start_link()
    assert first is not None
    assert second is not None
    with pytest.raises(LinkExpired):
        office.accounts.set_password(first, PASSWORD)
    office.accounts.set_password(second, PASSWORD)
    assert office.accounts.first_start_link() is None
    with pytest.raises(LinkExpired):
        office.accounts.set_password(second, PASSWORD)
    session = office.accounts.sign_in(" ADMIN ", PASSWORD)
    found = office.accounts.by_session(session.token)
    assert found is not None
    actor, csrf = found
    assert (actor.login, actor.via, csrf) == ("admin", "session", csrf_of(session.token))
    assert session.token not in repr(session)


def test_a_link_dies_of_age(small_office: Office, clock: Clock) -> None:
    link = small_office.accounts.first_start_link()
    clock.forward(hours=rules().sign_in.link_hours + 1)
    with pytest.raises(LinkExpired):
        small_office.accounts.set_password(link or "", PASSWORD)


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "1234567890",
        "abcdefghijkl",
        "aaaaaaaaaaaa",
        "Password123",
        "x" * 300,
        "my admin pw",
    ],
)
def test_weak_passwords_are_refused_and_the_link_lives(small_office: Office, password: str) -> None:
    link = small_office.accounts.first_start_link() or ""
    with pytest.raises(PasswordWeak):
        small_office.accounts.set_password(link, password)
    small_office.accounts.set_password(link, PASSWORD)


def test_known_and_unknown_logins_fail_and_lock_alike(ready: Office, clock: Clock) -> None:
    tries = rules().sign_in.failures
    for login in ("admin", "nobody-here"):
        kinds = []
        for _ in range(tries + 1):
            with pytest.raises((LoginFailed, LoginLocked)) as caught:
                ready.accounts.sign_in(login, "wrong password")
            kinds.append(type(caught.value))
        assert kinds == [LoginFailed] * tries + [LoginLocked]
    with pytest.raises(LoginLocked):
        ready.accounts.sign_in("admin", PASSWORD)
    clock.forward(minutes=rules().sign_in.lock_minutes + 1)
    assert ready.accounts.sign_in("admin", PASSWORD).token


@pytest.mark.parametrize(
    "text", ["", " ", "\ud800", "\x00", "a" * 5000, "'; --", "王" * 100, "admin\n"]
)
def test_strange_logins_passwords_and_tokens_are_only_wrong(office: Office, text: str) -> None:
    for login, password in ((text, PASSWORD + "?"), ("admin", text)):
        with pytest.raises(LoginFailed):
            office.accounts.sign_in(login, password)
    assert office.accounts.by_session(text) is None
    assert office.accounts.by_key(f"xq01234567_{text}") is None
    with pytest.raises(LinkExpired):
        office.accounts.set_password(text, PASSWORD)


@pytest.mark.parametrize("text", ["\ud800", "a\x00b", "'; --"])
def test_strange_texts_are_refused_by_both_databases_alike(office: Office, text: str) -> None:
    auditor = office.hire("auditor", "auditor")
    for ask in (
        lambda: office.cases.get(office.worker, text),
        lambda: office.accounts.create(office.admin, "w9", "小王", "city_station", text),
        lambda: office.drafts.load(office.worker, text),
        lambda: office.audit.page(auditor, object_kind=text),
        lambda: office.people.page(office.worker, side=text),
        lambda: office.people.register(office.worker, record(), idempotency_key=text),
    ):
        with suppress(TracingError):
            ask()


def test_old_failures_and_a_right_password_are_forgotten(ready: Office, clock: Clock) -> None:
    for _ in range(2):
        for _ in range(rules().sign_in.failures - 1):
            with pytest.raises(LoginFailed):
                ready.accounts.sign_in("admin", "wrong password")
        clock.forward(minutes=rules().sign_in.failures_forgotten_minutes + 1)
    assert ready.accounts.sign_in("admin", PASSWORD).token


def test_a_session_ends_by_sign_out_by_age_and_by_a_new_password(
    ready: Office, clock: Clock
) -> None:
    accounts = ready.accounts
    ended, changed, aged = (accounts.sign_in("admin", PASSWORD).token for _ in range(3))
    accounts.sign_out(ended)
    accounts.sign_out("never given out")
    assert accounts.by_session(ended) is None
    assert accounts.by_session(changed) is not None
    accounts.set_password(accounts.new_link(ready.admin, "worker"), PASSWORD)
    assert accounts.by_session(aged) is not None
    clock.forward(hours=ready.settings.session_hours)
    assert accounts.by_session(aged) is None
    fresh = accounts.sign_in("admin", PASSWORD).token
    accounts.set_password(accounts.new_link(ready.admin, "admin"), PASSWORD)
    assert accounts.by_session(fresh) is None


def test_a_disabled_account_is_out_at_once_and_nobody_disables_themselves(ready: Office) -> None:
    accounts = ready.accounts
    accounts.set_password(accounts.new_link(ready.admin, "worker"), PASSWORD)
    token = accounts.sign_in("worker", PASSWORD).token
    _, secret = accounts.create_key(ready.admin, "worker", {"search"}, 10)
    accounts.disable(ready.admin, "worker")
    assert accounts.by_session(token) is None
    assert accounts.by_key(secret) is None
    with pytest.raises(LoginFailed):
        accounts.sign_in("worker", PASSWORD)
    with pytest.raises(NotPermitted):
        accounts.disable(ready.admin, "admin")
    accounts.disable(ready.admin, "worker", disabled=False)
    assert accounts.sign_in("worker", PASSWORD).token


def test_a_key_does_no_more_than_its_scopes_until_it_ends(office: Office, clock: Clock) -> None:
    prefix, secret = office.accounts.create_key(office.admin, "worker", {"people.read"}, 30)
    actor = office.accounts.by_key(secret)
    assert actor is not None
    assert (actor.via, actor.scopes) == ("key", frozenset({"people.read"}))
    with pytest.raises(RecordInvalid):
        office.accounts.create_key(office.admin, "worker", {"audit.read"}, 30)
    for wrong in ("", prefix, f"{prefix}_", f"{prefix}_{'x' * 43}", secret + "x", "xq00000000_y"):
        assert office.accounts.by_key(wrong) is None
    (info,) = office.accounts.keys(office.admin)
    assert (info.login, info.last_used_at, info.revoked) == ("worker", clock(), False)
    clock.forward(days=31)
    assert office.accounts.by_key(secret) is None
    prefix, secret = office.accounts.create_key(office.admin, "worker", {"search"}, 30)
    office.accounts.revoke_key(office.admin, prefix)
    assert office.accounts.by_key(secret) is None


def test_accounts_are_made_down_the_tree_only(office: Office) -> None:
    office.stations.add(office.admin, "3204", "市站")
    office.stations.add(office.admin, "3205", "邻站")
    local = office.hire("local-admin", "system_administrator", "3204")
    office.accounts.create(local, "w1", "小王", "city_station", "3204")
    for station in ("3205", "000000", "none"):
        with pytest.raises(NotFound):
            office.accounts.create(local, "w2", "小李", "city_station", station)
    for login in ("worker", "admin", "absent"):
        with pytest.raises(NotFound):
            office.accounts.new_link(local, login)
    with pytest.raises(Conflict):
        office.accounts.create(local, "W1", "小王", "city_station", "3204")
    with pytest.raises(RecordInvalid):
        office.accounts.create(local, "w3", "小张", "emperor", "3204")
    with pytest.raises(NotPermitted):
        office.accounts.create(office.worker, "w4", "小赵", "city_station", "000000")
    assert [user.login for user in office.accounts.users(local)] == ["local-admin", "w1"]
