"""Other systems hear that something changed, from both sides, once each; never what."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from sqlalchemy import select

from tests.api.house import record
from tests.police.conftest import Town
from tests.police.test_inquiries import listed
from tracing.crosschecks.composing import Asked
from tracing.demo.world import acting
from tracing.store.tables import WebhookDelivery
from tracing.webhooks import Webhooks

KINDS = frozenset({"crosscheck.changed", "assistance.changed"})


def told(town: Town, deed: Callable[[], object]) -> list[tuple[str, str, str]]:
    """What the outbox gained by a deed: kind, id and path."""
    service, admin = town.house.service, town.actor("admin")
    if "anquan" not in {user.login for user in service.accounts.users(admin)}:
        service.accounts.create(admin, "anquan", "安全", "security_administrator", "320400")
    keeper = acting(service, "anquan")
    inner = {"webhooks": True, "webhook_http": True, "webhook_networks": "127.0.0.0/8"}
    webhooks = Webhooks(service.store, service.settings.model_copy(update=inner))
    number, _ = webhooks.register(keeper, "平台", "http://127.0.0.1:9/hook", KINDS)
    try:
        deed()
        with service.store.read() as tx:
            row = WebhookDelivery
            asked = select(row.kind, row.subject_id, row.href).where(row.endpoint_id == number)
            return [(kind, about, href) for kind, about, href in tx.run(asked)]
    finally:
        webhooks.end(keeper, number)


def test_a_police_request_and_its_approval_are_told(town: Town) -> None:
    police, made = town.house.service.police, ""

    def ask() -> None:
        nonlocal made
        made = town.open_request("shenpi")

    before = told(town, ask)
    assert before == [("crosscheck.changed", made, f"/v1/police/requests/{made}")] * 2
    assert len(told(town, lambda: police.approve(town.actor("baohu"), made))) == 1
    assert len(told(town, lambda: police.end(town.officer, made))) == 1


def test_an_inquiry_is_told_and_asking_for_more_is_assistance(town: Town) -> None:
    inquiries = town.house.service.inquiries
    search, person = listed(town)
    told_of = told(town, lambda: inquiries.ask(town.officer, search, person, "presence"))
    assert [(kind, href) for kind, _, href in told_of] == [("crosscheck.changed", "/v1/inquiries")]
    more = {"reason": "接回", "parts": ("identity",)}
    ((kind, number, _),) = told(
        town, lambda: inquiries.ask(town.officer, search, person, "release", **more)
    )
    assert kind == "assistance.changed"
    holder = town.house.worker
    assert len(told(town, lambda: inquiries.answer(holder, number, "granted"))) == 1


def test_a_stations_request_is_told_once_it_leaves_to_each_listener_once(town: Town) -> None:
    service, worker = town.house.service, town.house.worker
    person = service.people.register(worker, record("夏侯远", 1950, "山东省诸城市", "found"))
    for kind, event in (("identity_check", "crosscheck"), ("assistance", "assistance")):
        wanted = Asked(kind, frozenset({"names"}), "ga3204")
        number = service.crosschecks.compose(worker, person.person_id, wanted)
        assert told(town, partial(service.crosschecks.do, worker, number, "sent")) == [
            (f"{event}.changed", number, f"/v1/crosschecks/{number}")
        ], "the endpoint stands above both sides"
        assert number in [w.id for w in service.crosschecks.waiting(town.officer)]
        assert number not in [w.id for w in service.crosschecks.waiting(town.actor("linzhan"))]
