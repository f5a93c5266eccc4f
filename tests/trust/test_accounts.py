"""Second factors, sessions, pace, and who may appoint whom."""

from __future__ import annotations

import base64
import time
from typing import Any

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from api.pace import Pace
from tests.api.house import PASSWORD, House
from tests.store.conftest import Clock, NewOffice
from tests.store.office import PASSWORD as OFFICE_PASSWORD
from tests.store.office import Office
from tracing.access import rules
from tracing.errors import (
    CodeNeeded,
    CodeWrong,
    LoginFailed,
    LoginLocked,
    NotFound,
    NotPermitted,
    TooMany,
)


def code_at(secret: str, clock: Clock, steps: int = 0) -> str:
    """What an authenticator shows (RFC 6238)."""
    made = TOTP(base64.b32decode(secret), 6, SHA1(), 30)  # noqa: S303
    return made.generate(int(clock().timestamp()) + 30 * steps).decode()


def now_code(secret: str) -> str:
    """What an authenticator shows at this moment."""
    made = TOTP(base64.b32decode(secret), 6, SHA1(), 30)  # noqa: S303
    return made.generate(int(time.time())).decode()


def with_password(office: Office, login: str, role: str = "city_station") -> Any:
    actor = office.hire(login, role)
    office.accounts.set_password(office.accounts.new_link(office.admin, login), OFFICE_PASSWORD)
    return actor


@pytest.fixture
def enrolled(small_office: Office, clock: Clock) -> tuple[str, tuple[str, ...]]:
    actor = with_password(small_office, "zhou")
    secret = small_office.accounts.factors.begin(actor).secret
    codes = small_office.accounts.factors.confirm(actor, code_at(secret, clock))
    return secret, codes


def test_a_password_alone_no_longer_opens_and_a_code_works_once(
    small_office: Office, clock: Clock, enrolled: tuple[str, tuple[str, ...]]
) -> None:
    accounts, secret = small_office.accounts, enrolled[0]
    with pytest.raises(CodeNeeded):
        accounts.sign_in("zhou", OFFICE_PASSWORD)
    with pytest.raises(LoginFailed):
        accounts.sign_in("zhou", "wrong password", code_at(secret, clock))
    clock.forward(seconds=60)
    code = code_at(secret, clock)
    assert accounts.sign_in("zhou", OFFICE_PASSWORD, code).token
    with pytest.raises(LoginFailed):
        accounts.sign_in("zhou", OFFICE_PASSWORD, code)
    for wrong in ("000000", "", " ", "12345", "１２３４５６", code_at(secret, clock, 3)):
        with pytest.raises((LoginFailed, CodeNeeded)):
            accounts.sign_in("zhou", OFFICE_PASSWORD, wrong)


def test_guessing_codes_locks_like_guessing_passwords(
    small_office: Office, enrolled: tuple[str, tuple[str, ...]]
) -> None:
    for _ in range(rules().sign_in.failures):
        with pytest.raises(LoginFailed):
            small_office.accounts.sign_in("zhou", OFFICE_PASSWORD, "abc")
    with pytest.raises(LoginLocked):
        small_office.accounts.sign_in("zhou", OFFICE_PASSWORD, enrolled[1][0])


def test_a_recovery_code_works_once(
    small_office: Office, enrolled: tuple[str, tuple[str, ...]]
) -> None:
    code = enrolled[1][3]
    assert len(set(enrolled[1])) == 10
    assert small_office.accounts.sign_in("zhou", OFFICE_PASSWORD, code.upper()).token
    with pytest.raises(LoginFailed):
        small_office.accounts.sign_in("zhou", OFFICE_PASSWORD, code)


def test_the_secret_is_in_no_file(
    small_office: Office, enrolled: tuple[str, tuple[str, ...]]
) -> None:
    raw = base64.b32decode(enrolled[0])
    for path in small_office.store.data_dir.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            for needle in (raw, raw.hex().encode(), enrolled[0].encode(), enrolled[1][0].encode()):
                assert needle not in data


def test_a_lost_telephone_is_reset_down_the_tree_only(
    small_office: Office, enrolled: tuple[str, tuple[str, ...]]
) -> None:
    office = small_office
    office.stations.add(office.admin, "320499", "别处站")
    elsewhere = office.hire("elsewhere", "system_administrator", "320499")
    for deed in (
        lambda: office.accounts.factors.reset(elsewhere, "zhou"),
        lambda: office.accounts.sign_everyone_out(elsewhere, "zhou"),
        lambda: office.accounts.new_link(elsewhere, "zhou"),
        lambda: office.accounts.disable(elsewhere, "zhou"),
        lambda: office.accounts.create(elsewhere, "new", "new", "county_station", "000000"),
    ):
        with pytest.raises(NotFound):
            deed()
    office.accounts.factors.reset(office.admin, "zhou")
    assert office.accounts.sign_in("zhou", OFFICE_PASSWORD).token


def test_a_role_that_must_have_a_second_factor_can_do_nothing_before(
    new_office: NewOffice, clock: Clock
) -> None:
    office = new_office()
    settings = office.settings.model_copy(update={"second_factor_roles": "auditor, approver"})
    later = Office(settings, clock)
    with_password(later, "shen", "auditor")
    token = later.accounts.sign_in("shen", OFFICE_PASSWORD).token
    found = later.accounts.by_session(token)
    assert found is not None
    assert (found[0].must_enrol, found[0].scopes) == (True, frozenset())
    secret = later.accounts.factors.begin(found[0]).secret
    later.accounts.factors.confirm(found[0], code_at(secret, clock))
    again = later.accounts.by_session(token)
    assert again is not None
    assert "audit.read" in again[0].scopes
    with pytest.raises(CodeWrong):
        later.accounts.factors.end(found[0], "123")
    later.close()


def test_who_runs_the_system_appoints_neither_auditors_nor_approvers(
    small_office: Office,
) -> None:
    office = small_office
    office.hire("early", "auditor")
    security = with_password(office, "anquan", "security_administrator")
    for role in rules().guarded_roles:
        with pytest.raises(NotPermitted) as caught:
            office.accounts.create(office.admin, "x1", "x1", role, "000000")
        assert caught.value.facts["reason"] == "separation"
    for deed in (office.accounts.new_link, office.accounts.disable):
        with pytest.raises(NotPermitted):
            deed(office.admin, "early")
    with pytest.raises(NotPermitted):
        office.accounts.create(security, "x2", "x2", "city_station", "000000")
    assert office.accounts.create(security, "x3", "x3", "auditor", "000000")
    assert office.accounts.create(office.admin, "x4", "x4", "city_station", "000000")


def test_no_administrator_reads_people_and_the_auditor_changes_nothing() -> None:
    roles = rules().roles
    for role in ("system_administrator", "security_administrator", "auditor"):
        assert not roles[role] & {"people.read", "people.write", "photos.read", "search",
                                  "people.erase", "cases.read"}, role  # fmt: skip
    assert roles["auditor"] == {"audit.read"}
    assert not roles["system_administrator"] & {"audit.read"}


def test_an_unknown_login_costs_as_much_as_a_wrong_password(
    small_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_password(small_office, "zhou")
    hasher, calls = small_office.accounts._hasher, []
    verify = hasher.verify

    def counted(password: Any, hashed: Any) -> bool:
        calls.append(hashed.split("$")[:-2])
        return verify(password, hashed)

    monkeypatch.setattr(hasher, "verify", counted)
    for login in ("zhou", "nobody-here"):
        with pytest.raises(LoginFailed):
            small_office.accounts.sign_in(login, "wrong password")
    assert len(calls) == 2
    assert calls[0] == calls[1], "one hash each, of the same cost"


def test_sessions_are_listed_and_each_can_be_ended(small_office: Office, clock: Clock) -> None:
    actor, accounts = with_password(small_office, "zhou"), small_office.accounts
    tokens = []
    for _ in range(3):
        tokens.append(accounts.sign_in("zhou", OFFICE_PASSWORD).token)
        clock.forward(minutes=1)
    assert accounts.by_session(tokens[1]) is not None
    listed = accounts.sessions(actor)
    assert [s.seen_at is not None for s in listed] == [False, True, False]
    accounts.end_session(actor, listed[1].id)
    assert [accounts.by_session(t) is not None for t in tokens] == [True, False, True]
    accounts.sign_everyone_out(small_office.admin, "zhou")
    assert [accounts.by_session(t) for t in tokens] == [None] * 3


def test_a_window_that_is_full_says_how_long_to_wait() -> None:
    pace = Pace({"search": "3/minute", "other": "1/minute"})
    for _ in range(3):
        pace.count("search", "zhou")
    with pytest.raises(TooMany) as caught:
        pace.count("search", "zhou")
    assert 0 < int(str(caught.value.facts["seconds"])) <= 61
    pace.count("search", "wang")
    pace.count("other", "zhou")


def test_too_many_sign_ins_searches_and_keys_are_refused_politely(house: House) -> None:
    state = house.app.state.house
    kept, state.pace = state.pace, Pace({**rules().paces, "sign_in": "2/minute",
                                         "search": "1/minute", "bad_key": "1/minute"})  # fmt: skip
    try:
        visitor, worker = house.client(), house.signed_in()
        answers = [visitor.post("/sign-in", data={"login": "x", "password": "y"}) for _ in range(3)]
        assert [a.status_code for a in answers] == [401, 401, 429]
        assert 0 < int(answers[-1].headers["retry-after"]) <= 61
        bad = {"Authorization": "Bearer xq12345678_guess"}
        assert [visitor.get("/v1/people", headers=bad).status_code for _ in range(2)] == [401, 429]
        body = {"record": {"side": "found"}}
        codes = [worker.post("/v1/searches", json=body).status_code for _ in range(2)]
        assert codes[1] == 429
        assert worker.get("/people").status_code == 200, "other work goes on"
    finally:
        state.pace = kept


def test_the_second_factor_is_turned_on_and_off_on_its_page(house: House) -> None:
    accounts = house.service.accounts
    link = accounts.create(house.actor("admin"), "xinren", "新人", "city_station", "320400")
    accounts.set_password(link, PASSWORD)
    client = house.signed_in("xinren")
    page = client.post("/me/factor", data={"do": "begin"}).text
    assert 'src="data:image/svg+xml' in page
    secret = page.split('class="secret">')[1].split("<")[0]
    assert client.post("/me/factor", data={"do": "confirm", "code": "1"}).status_code == 422
    now = accounts._store.now
    page = client.post("/me/factor", data={"do": "confirm", "code": code_at(secret, now)}).text  # type: ignore[arg-type]
    assert "备用码" in page
    recovery = page.split('class="secret">')[1].split()[0]
    form = {"login": "xinren", "password": PASSWORD}
    asked = house.client().post("/sign-in", data=form)
    assert asked.status_code == 401
    assert 'name="code"' in asked.text
    assert house.client().post("/sign-in", data={**form, "code": recovery}).status_code == 303
    assert "已开启" in client.get("/me").text
    admin = house.signed_in("admin")
    assert admin.post("/accounts/xinren", data={"do": "reset_factor"}).status_code == 200
    assert house.client().post("/sign-in", data=form).status_code == 303
    assert "/first/" in admin.post("/accounts/xinren", data={"do": "link"}).text
    admin.post("/accounts/xinren", data={"do": "close"})
    assert client.get("/me").status_code == 303
    assert admin.post("/accounts/admin", data={"do": "close"}).status_code == 403
