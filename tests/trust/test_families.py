"""A family sees its own enquiry in fixed words, and nothing by which it could learn more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from api.security import DOORS
from tests.api.house import PASSWORD, House, close_house, open_house, portrait
from tracing.access import rules
from tracing.errors import Conflict, LoginFailed, NotFound, NotPermitted, RecordInvalid
from tracing.families import family_rules
from tracing.records import PersonRecord
from tracing.retention import retention_rules

REPORT = {
    "side": "sought",
    "names": [{"text": "朱仁海", "kind": "registered"}],
    "sex": "male",
    "birth": {"earliest": "1950-01-01", "latest": "1950-12-31", "basis": "document"},
    "places": [{"kind": "household", "text": "山东省诸城市"},
               {"kind": "last_seen", "text": "青岛站"}],
    "relatives": [{"relation": "son", "names": [{"text": "朱小山"}], "phone": "13900000000"}],
    "event_at": "2026-03-01",
}  # fmt: skip


@pytest.fixture(scope="module")
def own_house() -> Iterator[House]:
    """A station of its own: accounts are opened and closed in it."""
    house = open_house()
    yield house
    close_house(house)


class Family:
    """A family with its report, a photo and an account, and the worker who opened it."""

    def __init__(self, house: House) -> None:
        self.house = house
        service = house.service
        self.photo = service.photos.receive(house.worker, portrait(), "a.jpg").id
        record = PersonRecord.model_validate(
            {**REPORT, "photos": [{"file": self.photo, "face": 0}]}
        )
        self.person = service.people.register(house.worker, record).person_id
        self.login, token = service.families.open(house.worker, self.person)
        service.accounts.set_password(token, PASSWORD)
        self.client = house.signed_in(self.login)

    def page(self) -> str:
        answer = self.client.get("/my-case")
        assert answer.status_code == 200
        return answer.text


@pytest.fixture
def family(own_house: House) -> Iterator[Family]:
    made = Family(own_house)
    yield made
    for account in own_house.service.families.listed(own_house.worker, made.person):
        own_house.service.families.end(own_house.worker, made.person, account.login)


def change(family: Family, **news: Any) -> None:
    people = family.house.service.people
    held = people.get(family.house.worker, family.person)
    record = PersonRecord.model_validate({**held.record.document(), **news})
    people.change(family.house.worker, family.person, record, held.version)


def skeleton(page: str) -> str:
    """The page without its words."""
    return re.sub(r">[^<]*<", "><", re.sub(r' aria-current="step"', "", page))


def test_a_family_sees_what_it_handed_in_and_one_of_three_steps(family: Family) -> None:
    page = family.page()
    for given in ("朱仁海", "诸城", "青岛站", f"/my-case/photos/{family.photo}"):
        assert given in page
    for hidden in ("朱小山", "13900000000", family.person, "%", "候选", "可能"):
        assert hidden not in page.split("<main", 1)[1].split("</main>", 1)[0]
    assert family.client.get(f"/my-case/photos/{family.photo}").content.startswith(b"\xff\xd8")
    assert family.client.get("/").headers["location"] == "/my-case"


def test_what_the_station_learns_later_is_not_shown(family: Family) -> None:
    before = family.page()
    change(family, names=[{"text": "郑守望", "kind": "alias"}], belongings=["红棉袄"])
    later = family.house.service.photos.receive(family.house.worker, portrait("asked"), "b.jpg")
    record = PersonRecord.model_validate({**REPORT, "photos": [{"file": later.id, "face": 0}]})
    held = family.house.service.people.get(family.house.worker, family.person)
    family.house.service.people.change(family.house.worker, family.person, record, held.version)
    assert family.page() == before
    assert family.client.get(f"/my-case/photos/{later.id}").status_code == 404


def test_searches_and_candidates_change_nothing_that_a_family_sees(family: Family) -> None:
    before = family.page()
    found = PersonRecord.model_validate({**REPORT, "side": "found"})
    other = family.house.service.people.register(family.house.worker, found).person_id
    result = family.house.service.searches.for_person(family.house.worker, family.person)
    assert other in [candidate.person_id for candidate in result.candidates]
    assert family.page() == before


def test_every_step_has_the_same_shape(family: Family) -> None:
    pages, families = [], family.house.service.families
    for step in family_rules().steps:
        families.say(family.house.worker, family.person, step)
        pages.append(family.page())
    assert len(set(pages)) == len(pages)
    assert len(set(map(skeleton, pages))) == 1
    with pytest.raises(RecordInvalid):
        families.say(family.house.worker, family.person, "found")


def test_no_other_door_opens_for_a_family(family: Family) -> None:
    """Every door of the house, with real numbers of other people in its address."""
    house, client = family.house, family.client
    other = house.people["柯林斯"]
    photo = house.service.people.get(house.worker, other).photos[0].id
    own = {"/my-case", "/my-case/photos/{photo_id}"}
    numbers = {"person_id": other, "photo_id": photo, "ordinal": "0", "login": "zhoumin"}
    asked = 0
    for door in DOORS:
        if door.who == "anyone" or door.scope is None or door.path in own:
            continue
        path = re.sub(r"\{(\w+)\}", lambda m: numbers.get(m[1], photo), door.path)
        answer = client.request(door.method, path, data={} if door.csrf else None)
        assert answer.status_code in (401, 403), (door, answer.status_code)
        asked += 1
    assert asked > 100
    for address in (photo, "nothing", family.person, "0" * 24):
        assert client.get(f"/my-case/photos/{address}").status_code == 404


def test_the_role_holds_its_own_case_and_no_more() -> None:
    assert rules().roles["enquirer"] == {"own_case"}
    holders = {role for role, scopes in rules().roles.items() if "own_case" in scopes}
    assert holders == {"enquirer"}


def test_a_family_that_is_not_let_see_anything_any_more_sees_nothing(
    own_house: House, family: Family
) -> None:
    own_house.service.families.end(own_house.worker, family.person, family.login)
    assert family.client.get("/my-case").status_code == 303
    with pytest.raises(LoginFailed):
        own_house.service.accounts.sign_in(family.login, PASSWORD)


def test_a_record_stored_only_is_not_shown_and_comes_back(own_house: House) -> None:
    family = Family(own_house)
    accounts = own_house.service.accounts
    accounts.set_password(
        accounts.create(own_house.actor("admin"), "baohu", "保护", "data_protection_officer",
                        "320400"), PASSWORD)  # fmt: skip
    officer, reason = own_house.actor("baohu"), retention_rules().reasons["stored_only"][0]
    own_house.service.retention.mark(officer, family.person, "stored_only", reason)
    assert "请联系救助站" in family.page()
    assert "朱仁海" not in family.page()
    assert family.client.get(f"/my-case/photos/{family.photo}").status_code == 404
    own_house.service.retention.end(officer, family.person, "stored_only")
    assert "朱仁海" in family.page()


def test_an_account_that_belongs_to_no_record_sees_nothing(own_house: House) -> None:
    accounts = own_house.service.accounts
    admin = own_house.actor("admin")
    accounts.set_password(accounts.create(admin, "bare", "家属", "enquirer", "320400"), PASSWORD)
    page = own_house.signed_in("bare").get("/my-case")
    assert page.status_code == 200
    assert "请联系救助站" in page.text


def test_the_station_opens_and_ends_accounts_on_the_persons_page(family: Family) -> None:
    worker, path = family.house.signed_in(), f"/people/{family.person}/family"
    made = worker.post(path, data={"do": "open"}).text
    assert re.search(r"/first/[\w-]{40,}", made)
    logins = sorted(set(re.findall(r"jia-\d{8}", made)))
    assert len(logins) == 2
    assert "/first/" in worker.post(path, data={"do": "link", "login": logins[0]}).text
    told = worker.post(path, data={"do": "say", "step": "will_call"})
    assert told.status_code == 200
    assert "等电话" in family.page()
    ended = worker.post(path, data={"do": "end", "login": logins[0]})
    assert logins[0] not in ended.text
    assert worker.post(path, data={"do": "say", "step": "found"}).status_code == 422
    assert worker.post(path, data={"do": "end", "login": "jia-00000000"}).status_code == 422


def test_only_reports_of_families_and_only_so_many(own_house: House, family: Family) -> None:
    families, worker = own_house.service.families, own_house.worker
    for _ in range(family_rules().most - 1):
        families.open(worker, family.person)
    with pytest.raises(Conflict):
        families.open(worker, family.person)
    with pytest.raises(RecordInvalid):
        families.open(worker, own_house.people["柯林斯"])
    with pytest.raises(NotPermitted):
        families.open(own_house.actor("wangge"), family.person)
    with pytest.raises(NotFound):
        families.new_link(worker, family.person, "zhoumin")
    with pytest.raises(NotFound):
        families.end(worker, family.person, "admin")


def test_each_look_of_a_family_is_in_the_trail(family: Family) -> None:
    accounts, admin = family.house.service.accounts, family.house.actor("admin")
    accounts.set_password(accounts.create(admin, "trail", "审计", "auditor", "320400"), PASSWORD)
    auditor = family.house.actor("trail")

    def looks() -> int:
        page = family.house.service.audit.page(
            auditor, action="family.read", object_id=family.person
        )
        return len(page.items)

    before = looks()
    family.page()
    assert looks() == before + 1
