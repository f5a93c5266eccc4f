"""A station with its police, and the numbers of what lies there: so that doors are really reached.

Each door is knocked at by somebody whom it lets in, and mostly with numbers of things that are
there, several of each because some doors use them up.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from api.security import Door, table
from tests.api.house import HEARD, PASSWORD, House, portrait
from tests.police.conftest import ROLES, wide
from tests.store.office import full_record
from tests.verification.conftest import fact
from tracing.cases import case_rules
from tracing.crosschecks.composing import Asked
from tracing.crosschecks.holding import Said
from tracing.crosschecks.replies import Reply
from tracing.crosschecks.rules import crosscheck_rules
from tracing.exchange.galleries import Agreement
from tracing.police.answers import Question
from tracing.records import PersonRecord
from tracing.reviews import Emergency

EACH = 8
KNOWN_SHARE = 0.75
"""How often a number of something that is there is sent, and not one drawn by chance."""
KEYS = ("zhoumin", "minjing", "baohu")
SESSIONS = ("lixia", "shenpi")
BODIES: Mapping[str, Mapping[str, str]] = {
    "POST /v1/people/{person_id}/exclusions": {"person_id": "other", "reason_code": "excluded_for"},
    "POST /v1/people/{person_id}/verifications": {"person_id": "other", "search_id": "search_id"},
    "POST /v1/people/{person_id}/crosschecks": {"kind": "checks"},
    "POST /v1/inquiries": {"search_id": "shown_in", "person_id": "shown", "kind": "asked_for"},
    "POST /v1/inquiries/{inquiry_id}/answer": {"answer": "said"},
    "POST /v1/crosschecks/{number}/answers/{answer_id}/verification": {"person_id": "other"},
    "POST /v1/searches": {"purpose": "purpose", "legal_basis": "basis"},
    "POST /v1/police/requests": {"purpose": "purpose", "legal_basis": "basis"},
}
"""Fields of bodies that hold a number or a word of ours, and which."""
MEANT: Mapping[str, Mapping[str, str]] = {
    "POST /v1/reviews/{search_id}": {"search_id": "shown_in"},
    "POST /v1/verifications/{verification_id}/reopening": {"verification_id": "settled"},
    "POST /v1/police/requests/{request_id}/approvals": {"request_id": "requested"},
    "POST /v1/police/requests/{request_id}/refusals": {"request_id": "requested"},
    "GET /v1/people/{person_id}/origin": {"person_id": "imported"},
    "GET /v1/crosschecks/{number}/reply": {"number": "received"},
}
"""Doors whose number is another thing's than that of other doors with the same word."""


@dataclass
class Town:
    """Who knocks, and what is there: values by the word that stands for them."""

    house: House
    there: dict[str, Sequence[str | int]] = field(default_factory=dict)

    def headers(self, door: Door) -> dict[str, str]:
        """How somebody proves themselves whom this door lets in; nothing where all are let in."""
        if door.who == "anyone":
            return {}
        for login in SESSIONS if door.who == "person" else KEYS:
            client = self.house.signed_in(login)
            actor = self.house.service.accounts.by_session(client.cookies["xunqin_session"])
            assert actor is not None
            if door.scope not in actor[0].scopes:
                continue
            if door.who == "person":
                return {"Cookie": f"xunqin_session={client.cookies['xunqin_session']}",
                        "X-CSRF-Token": client.headers["X-CSRF-Token"]}  # fmt: skip
            return {"Authorization": f"Bearer {self._key(login)}"}
        raise AssertionError(door)

    def _key(self, login: str) -> str:
        accounts, kept = self.house.service.accounts, (login,)
        if kept not in self.house.keys:
            scopes = frozenset(self.house.actor(login).scopes)
            self.house.keys[kept] = accounts.create_key(
                self.house.actor("admin"), login, scopes, 1
            )[1]
        return self.house.keys[kept]

    def config(self, *, keyless: bool) -> str:
        """The part of schemathesis's TOML that says who knocks where, with which numbers."""
        words = [f"[dictionaries.{word}]\nvalues = {_toml(values)}"
                 for word, values in self.there.items()]  # fmt: skip
        return "\n".join([*words, *self._operations(keyless)])

    def _operations(self, keyless: bool) -> Iterator[str]:
        described = self.house.app.openapi()["paths"]
        for (method, path), door in table().items():
            operation = described.get(path, {}).get(method.lower())
            if operation is None:
                continue
            name = f"{method} {path}"
            drawn = {
                f"path.{p['name']}": MEANT.get(name, {}).get(p["name"], p["name"])
                for p in operation.get("parameters", []) if p["in"] == "path"
            } | {f"body.{at}": word for at, word in BODIES.get(name, {}).items()}  # fmt: skip
            yield f"[[operations]]\ninclude-name = {_toml(name)}"
            if not keyless:
                yield f"headers = {_toml(self.headers(door))}"
            yield "[operations.parameters]"
            for at, word in drawn.items():
                yield f'"{at}" = {{ dictionary = "{word}", probability = {KNOWN_SHARE} }}'


def _toml(value: object) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_toml(text)}" for key, text in value.items()) + " }"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value, ensure_ascii=False)


def inhabited(house: House) -> Town:
    """The town over an open station whose gallery is ready."""
    town = Town(house)
    admin = house.actor("admin")
    house.service.stations.add(admin, "ga3204", "江州市公安局", division="3204")
    for login, name, role, code in ROLES:
        if code != "110100":
            token = house.service.accounts.create(admin, login, name, role, code)
            house.service.accounts.set_password(token, PASSWORD)
    cases = case_rules()
    town.there.update(
        ordinal=[0], run_number=[1], deed=list(crosscheck_rules().deeds),
        checks=list(crosscheck_rules().kinds), excluded_for=list(cases.exclusion_reasons),
        purpose=["tracing"], basis=["statutory_duty", "police_request"],
        asked_for=["presence", "release"], said=["here", "not_here", "granted", "refused"],
    )  # fmt: skip
    _people(town)
    _pairs(town)
    _exchange(town)
    _police(town)
    _crosschecks(town)
    empty = [word for word, values in town.there.items() if not values]
    assert not empty, empty
    return town


def _people(town: Town) -> None:
    service, worker = town.house.service, town.house.worker
    photos = [service.photos.receive(worker, portrait(), "a.jpg").id for _ in range(EACH)]
    people = []
    for number, photo in enumerate(photos):
        document = {**HEARD, "photos": [{"file": photo, "face": 0}] if number % 2 else []}
        people.append(
            service.people.register(worker, PersonRecord.model_validate(document)).person_id
        )
    for number in range(EACH // 2):
        told = full_record(id=f"n-{number}", prints=[])
        told_id = service.people.register(worker, told).person_id
        service.notices.issue(worker, told_id, "穿蓝布衣", 30)
        people.append(told_id)
    town.there.update(person_id=people, photo_id=photos)


def _pairs(town: Town) -> None:
    """Searches, and of whom they showed some excluded, some put up, some settled."""
    service, worker = town.house.service, town.house.worker
    searches, shown, excluded, put_up, settled = [], [], [], [], []
    for person in islice(town.there["person_id"], EACH):
        found = service.searches.for_person(worker, str(person))
        searches.append(found.search_id)
        first, second, third = [c.person_id for c in found.candidates[:3]]
        shown += [first, second]
        excluded.append(service.searches.exclude(worker, str(person), third, "family_denies", ""))
        put_up.append(service.verifications.open(worker, str(person), first, found.search_id))
        settled.append(service.verifications.open(worker, str(person), second, found.search_id))
        service.verifications.state_groups(worker, settled[-1], frozenset())
        service.verifications.add_fact(worker, settled[-1], fact())
        for actor in (worker, town.house.actor("lixia")):
            service.verifications.answer(actor, settled[-1], "different", "痣不在那里")
    town.there.update(
        search_id=searches, other=shown, exclusion_id=excluded, verification_id=put_up,
        settled=settled,
    )  # fmt: skip


def _exchange(town: Town) -> None:
    service, worker = town.house.service, town.house.worker
    files = [
        service.imports.look(worker, f"编号,姓名,性别\nz-{n},门前柳,男\n".encode(), "a.csv").id
        for n in range(EACH)
    ]
    service.imports.run(worker, files[0])
    came = [p for p in service.people.page(worker, limit=200).items if p.record.id == "z-0"]
    agreement = Agreement("邻市名册", "邻市救助管理站", "past_visitors", "statutory_duty", "协-1",
                          ("tracing",), "2026-01-01", "2027-12-31")  # fmt: skip
    galleries = [service.galleries.record(town.house.actor("baohu"), agreement)
                 for _ in range(EACH)]  # fmt: skip
    town.there.update(import_id=files, gallery_id=galleries,
                      imported=[p.id for p in came])  # fmt: skip


def _police(town: Town) -> None:
    service, officer = town.house.service, town.house.actor("minjing")
    requests = [service.police.create(officer, wide(number=f"江公协查{n}号", export=True))
                for n in range(EACH * 2)]  # fmt: skip
    approved, requested = requests[:EACH], requests[EACH:]
    for number in approved:
        for login in ("shenpi", "baohu"):
            service.police.approve(town.house.actor(login), number)
    for number in approved[: EACH // 2]:
        service.police_runs.ask(officer, number, [Question("1", HEARD), Question("2", {"x": 1})])
    while service.police_runs.step():
        pass
    searches, people, inquiries = [], [], []
    for n in range(EACH):
        found = service.searches.ask(
            officer, PersonRecord.model_validate(HEARD), emergency=Emergency(f"警情{n}号")
        )
        searches.append(found.search_id)
        people.append(found.candidates[-1].person_id)
        about = found.candidates[n // 2].person_id
        if n % 2:
            asked = service.inquiries.ask(officer, found.search_id, about, "release",
                                          reason="联系家属接回", parts=("relatives",))  # fmt: skip
        else:
            asked = service.inquiries.ask(officer, found.search_id, about, "presence")
        inquiries.append(asked)
        if n % 4 == 1:
            service.inquiries.answer(town.house.actor("lixia"), asked, "granted")
    town.there.update(
        request_id=approved, requested=requested, shown_in=searches, shown=people,
        inquiry_id=inquiries,
    )  # fmt: skip


def _crosschecks(town: Town) -> None:
    service, worker = town.house.service, town.house.worker
    files, desk, answers = service.crosscheck_files, service.crosschecks, service.crosscheck_answers
    files.trust(town.house.actor("admin"), "远方救助站", files.own_key()[0])
    numbers, given, received = [], [], []
    answer = Reply("found", "police_register", "李警官", "2026-03-01", "0519-110", "一致")
    for number, person in enumerate(islice(town.there["person_id"], EACH)):
        asked = Asked("identity_check", frozenset({"names", "sex"}), None, "江州市公安局")
        numbers.append(desk.compose(worker, str(person), asked))
        if number % 2:
            continue
        desk.do(worker, numbers[-1], "sent", Said("letter", "江救〔2026〕17号"))
        there, _ = files.receive(worker, files.package(worker, numbers[-1]))
        received.append(there)
        answers.give(worker, there, answer)
        given.append(answers.give(worker, numbers[-1], answer))
    town.there.update(number=[*numbers, *received], answer_id=given,
                      received=received)  # fmt: skip
