"""Other systems are told what happened: signed, again and again until taken, and nothing more."""

from __future__ import annotations

import json
import re
import signal
import ssl
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from tests.api.house import House
from tests.conftest import ROOT
from tests.machines.conftest import Receiver
from tests.store.conftest import Clock
from tests.store.office import Office, record
from tracing.access import Actor
from tracing.clues import Clues
from tracing.errors import NotFound, NotPermitted, RecordInvalid
from tracing.store import webhooks as rows
from tracing.store.ids import new_id
from tracing.webhook_addresses import Reachable, networks, webhook_rules
from tracing.webhook_delivery import Deliveries
from tracing.webhooks import Reference, Webhooks, tell

KINDS = frozenset(webhook_rules().kinds)
ABROAD = Reachable(plain_http=False, inner=())


@dataclass
class Post:
    """An office that may tell a receiver on loopback."""

    office: Office
    clock: Clock
    webhooks: Webhooks
    deliveries: Deliveries
    keeper: Actor

    def register(self, url: str, kinds: frozenset[str] = KINDS) -> tuple[str, str]:
        return self.webhooks.register(self.keeper, "市民政系统", url, kinds)

    def happen(self, kind: str = "candidate.landed", station_id: str | None = None) -> str:
        about = new_id()
        with self.office.store.write() as tx:
            own = station_id or self.office.worker.station_id
            tell(tx, kind, Reference(about, f"/v1/searches/{about}", own), self.clock())
        return about


@pytest.fixture
def post(office: Office, clock: Clock) -> Post:
    return post_of(office, clock)


@pytest.fixture
def small_post(small_office: Office, clock: Clock) -> Post:
    return post_of(small_office, clock)


def post_of(office: Office, clock: Clock, **changes: Any) -> Post:
    given = {"webhooks": True, "webhook_http": True, "webhook_networks": "127.0.0.0/8", **changes}
    settings = office.settings.model_copy(update=given)
    keeper = office.hire("anquan", "security_administrator")
    return Post(
        office,
        clock,
        Webhooks(office.store, settings),
        Deliveries(office.store, settings),
        keeper,
    )


def verified(got: tuple[str, dict[str, str], bytes], secret: str) -> dict[str, Any]:
    """The message, once its signature holds; the office's clock stands, so its age is not asked."""
    _, headers, body = got
    moment = headers["webhook-timestamp"]
    signed = Webhook(secret).sign(
        headers["webhook-id"], datetime.fromtimestamp(int(moment), UTC), body.decode()
    )
    assert headers["webhook-signature"] == signed
    return dict(json.loads(body))


def test_a_receiver_is_told_once_and_can_prove_who_told_it(post: Post, receiver: Receiver) -> None:
    _, secret = post.register(receiver.url)
    about = post.happen()
    assert post.deliveries.step() == 1
    assert post.deliveries.step() == 0
    assert len(receiver.got) == 1
    message = verified(receiver.got[0], secret)
    assert message == {
        "type": "candidate.landed",
        "timestamp": post.clock().isoformat(),
        "data": {"id": about, "href": f"/v1/searches/{about}"},
    }
    assert receiver.got[0][0] == "/hook?key=1"
    assert receiver.got[0][1]["host"].startswith("127.0.0.1:")


def test_the_library_of_the_standard_accepts_a_fresh_message(
    receiver: Receiver, house: House
) -> None:
    settings = house.settings.model_copy(
        update={"webhooks": True, "webhook_http": True, "webhook_networks": "127.0.0.0/8"}
    )
    webhooks, keeper = Webhooks(house.service.store, settings), house.actor("anquan")
    number, secret = webhooks.register(keeper, "x", receiver.url, KINDS)
    webhooks.test(keeper, number)
    Deliveries(house.service.store, settings).step()
    _, headers, body = receiver.got[-1]
    assert Webhook(secret).verify(body, headers)["type"] == "endpoint.test"
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body + b" ", headers)
    webhooks.end(keeper, number)


def test_over_tls_the_name_is_proved_though_the_connection_goes_to_an_address(
    small_post: Post, receiver: Receiver, tmp_path: Path
) -> None:
    post, server = small_post, ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trusted = certificate_for("localhost", tmp_path)
    server.load_cert_chain(trusted)
    receiver.server.socket = server.wrap_socket(receiver.server.socket, server_side=True)
    for host in ("localhost", "127.0.0.1"):
        post.register(receiver.url.replace("http://127.0.0.1", f"https://{host}"))
    post.happen()
    assert post.deliveries.step() == 2
    assert receiver.got == [], "an authority that this machine does not know"
    post.deliveries._trust.load_verify_locations(trusted)
    post.clock.forward(seconds=webhook_rules().again_after[0])
    assert post.deliveries.step() == 2
    assert [h["host"].partition(":")[0] for _, h, _ in receiver.got] == ["localhost"]
    assert post.webhooks.standing().waiting == 1, "the certificate is of the name, not the address"


def certificate_for(name: str, folder: Path) -> Path:
    """A certificate of its own authority with its key, one file."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    called = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(called)
        .issuer_name(called)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    both = made.public_bytes(serialization.Encoding.PEM)
    both += key.private_bytes(serialization.Encoding.PEM, form, plain)
    file = folder / "server.pem"
    file.write_bytes(both)
    return file


def test_what_is_not_taken_comes_again_later_under_the_same_id_with_the_same_bytes(
    post: Post, receiver: Receiver
) -> None:
    post.register(receiver.url)
    receiver.answers = [(500, {}), (429, {})]
    post.happen()
    post.deliveries.step()
    assert post.deliveries.step() == 0, "not before its time"
    for wait in webhook_rules().again_after[:2]:
        post.clock.forward(seconds=wait)
        assert post.deliveries.step() == 1
    ids = {headers["webhook-id"] for _, headers, _ in receiver.got}
    assert len(receiver.got) == 3
    assert len(ids) == 1
    assert len({body for _, _, body in receiver.got}) == 1
    assert len({h["webhook-signature"] for _, h, _ in receiver.got}) == 3, "each at its own time"
    assert post.webhooks.standing().waiting == 0


def test_what_is_never_taken_lies_dead_until_somebody_decides(
    small_post: Post, receiver: Receiver
) -> None:
    post = small_post
    post.register(receiver.url)
    tries = len(webhook_rules().again_after) + 1
    receiver.answers = [(503, {})] * (tries * 2)
    post.happen()
    post.happen()
    for wait in (*webhook_rules().again_after, 0):
        post.deliveries.step()
        post.clock.forward(seconds=wait)
    first, second = post.webhooks.dead(post.keeper)
    assert (first.attempts, first.fault) == (tries, "http_503")
    assert post.deliveries.step() == 0
    assert post.webhooks.standing().dead == 2
    post.webhooks.discard(post.keeper, second.id)
    with pytest.raises(NotFound):
        post.webhooks.retry(post.keeper, second.id)
    post.webhooks.retry(post.keeper, first.id)
    receiver.answers = []
    assert post.deliveries.step() == 1
    assert receiver.got[-1][1]["webhook-id"] == f"msg_{first.id}"
    assert post.webhooks.standing().dead == 0


def test_a_receiver_that_is_gone_is_not_asked_again(small_post: Post, receiver: Receiver) -> None:
    small_post.register(receiver.url)
    receiver.answers = [(410, {})]
    small_post.happen()
    small_post.deliveries.step()
    assert [d.fault for d in small_post.webhooks.dead(small_post.keeper)] == ["http_410"]


def test_a_redirect_leads_nowhere(small_post: Post, receiver: Receiver) -> None:
    small_post.register(receiver.url)
    receiver.answers = [(307, {"Location": receiver.url})]
    small_post.happen()
    small_post.deliveries.step()
    assert len(receiver.got) == 1
    assert small_post.webhooks.standing().waiting == 1


def test_what_is_rolled_back_is_told_to_nobody(post: Post, receiver: Receiver) -> None:
    post.register(receiver.url)

    def fall_over() -> None:
        with post.office.store.write() as tx:
            tell(tx, "clue.changed", Reference(new_id(), "/clues", None), post.clock())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fall_over()
    assert post.deliveries.step() == 0


def test_killed_between_sending_and_marking_it_comes_twice_under_one_id(
    small_post: Post, receiver: Receiver
) -> None:
    post = small_post
    _, secret = post.register(receiver.url)
    post.happen()
    command = [sys.executable, "-m", "tests.machines.killing", str(post.office.settings.data_dir)]
    killed = subprocess.run([*command, post.clock().isoformat()], cwd=ROOT, check=False, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    assert len(receiver.got) == 1
    assert post.deliveries.step() == 0, "it still belongs to the one that died"
    post.clock.forward(seconds=webhook_rules().lease_seconds)
    assert post.deliveries.step() == 1
    first, second = receiver.got
    assert first[1]["webhook-id"] == second[1]["webhook-id"]
    assert verified(first, secret) == verified(second, secret)
    assert post.deliveries.step() == 0


def test_only_stations_above_and_only_chosen_kinds_are_told(
    small_post: Post, receiver: Receiver
) -> None:
    post, office = small_post, small_post.office
    office.stations.add(office.admin, "320401", "天宁站")
    office.accounts.create(office.admin, "anquan-2", "安全", "security_administrator", "320401")
    below = office.acting("anquan-2")
    own, _ = post.webhooks.register(below, "own", receiver.url, KINDS)
    above, _ = post.register(receiver.url, frozenset({"clue.changed"}))
    post.happen("candidate.landed", below.station_id)
    assert post.deliveries.step() == 1
    post.happen("clue.changed", below.station_id)
    assert post.deliveries.step() == 2
    post.happen("clue.changed", post.office.worker.station_id)
    assert post.deliveries.step() == 1, "what happens above is not told below"
    assert [e.id for e in post.webhooks.endpoints(below)] == [own]
    with pytest.raises(NotFound):
        post.webhooks.end(below, above)


def test_with_no_setting_nothing_leaves_and_nothing_is_lost(
    small_office: Office, clock: Clock, receiver: Receiver
) -> None:
    post = post_of(small_office, clock, webhooks=False)
    post.register(receiver.url)
    post.happen()
    assert post.deliveries.step() == 0
    assert receiver.got == []
    assert post.webhooks.standing().waiting == 1


def test_an_inner_address_is_refused_at_the_desk_and_again_when_sending(
    small_office: Office, clock: Clock, receiver: Receiver
) -> None:
    open_post, shut = (
        post_of(small_office, clock),
        post_of(small_office, clock, webhook_networks=""),
    )
    with pytest.raises(RecordInvalid) as refused:
        shut.register(receiver.url)
    assert refused.value.facts["reason"] == "address_inner"
    open_post.register(receiver.url.replace("127.0.0.1", "localhost"))
    shut.happen()
    shut.deliveries.step()
    assert receiver.got == [], "a name that leads inside is refused once it is looked up"
    with small_office.store.read() as tx:
        taken = rows.totals(tx)
    assert taken == {"waiting": 1}


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/x",
        "ftp://example.org/x",
        "https://user:pw@example.org/x",
        "https://example.org/x#y",
        "https:///x",
        "https://exa mple.org/",
        "https://example.org\\@10.0.0.1/",
        "https://[::1]/",
        "https://10.1.2.3/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::ffff:127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://0.0.0.0/",
        "https://example.org:99999/",
        "https://例子.中国/",
        "",
        "https://" + "a" * 600,
    ],
)
def test_addresses_that_no_message_may_go_to(url: str) -> None:
    with pytest.raises(RecordInvalid):
        ABROAD.target(url)


def test_cloud_metadata_stays_out_of_reach_whatever_the_settings_say() -> None:
    everywhere = Reachable(plain_http=True, inner=networks("0.0.0.0/0, ::/0"))
    for address in ("169.254.169.254", "fd00:ec2::254", "100.100.100.200", "168.63.129.16"):
        with pytest.raises(RecordInvalid):
            everywhere.choose([address])
    assert everywhere.choose(["10.0.0.1"]) == "10.0.0.1"


def test_a_name_with_one_inner_address_among_others_is_refused() -> None:
    assert ABROAD.choose(["93.184.215.14"]) == "93.184.215.14"
    for found in (["93.184.215.14", "10.0.0.1"], ["fe80::1%eth0"], [], ["nonsense"]):
        with pytest.raises(RecordInvalid):
            ABROAD.choose(found)


@given(st.ip_addresses())
def test_whatever_is_not_global_is_never_reached(address: Any) -> None:
    hidden = getattr(address, "ipv4_mapped", None) or address
    if not hidden.is_global or hidden.is_multicast:
        with pytest.raises(RecordInvalid):
            ABROAD.choose([str(address)])


def test_a_message_holds_ids_and_paths_and_no_word_of_anybody(
    small_post: Post, receiver: Receiver
) -> None:
    post = small_post
    post.register(receiver.url)
    clues = Clues(post.office.store, post.office.photos._intake)
    clues.receive({"what": "桥下坐着一位老人", "contact": "13900139000"}, b"")
    post.office.people.register(post.office.worker, record(names=[{"text": "欧阳建国"}]))
    post.deliveries.step()
    sent = b"".join(body for _, _, body in receiver.got).decode()
    assert '"clue.changed"' in sent
    assert re.fullmatch(r"[ -~]*", sent), "no Chinese letter leaves"
    assert "139" not in re.sub(r'"(id|timestamp)":"[^"]*"', "", sent)


def test_only_who_keeps_security_registers_and_the_secret_is_sealed(
    small_post: Post, receiver: Receiver
) -> None:
    post = small_post
    for login, role in (("worker", "city_station"), ("shen", "auditor")):
        with pytest.raises(NotPermitted):
            post.webhooks.register(post.office.hire(login, role), "x", receiver.url, KINDS)
    _, secret = post.register(receiver.url)
    shown = post.webhooks.endpoints(post.keeper)
    assert "key=1" not in shown[0].address
    raw = b"".join(p.read_bytes() for p in post.office.settings.data_dir.glob("xunqin.db*"))
    assert secret.encode() not in raw
    assert b"/hook" not in raw


def test_old_messages_are_forgotten_and_dead_ones_later(
    small_post: Post, receiver: Receiver
) -> None:
    post = small_post
    post.register(receiver.url)
    receiver.answers = [(410, {})]
    post.happen()
    post.happen()
    post.deliveries.step()
    post.clock.forward(days=webhook_rules().kept_days + 1)
    post.webhooks.tidy()
    assert post.webhooks.endpoints(post.keeper)[0].sent == 0
    assert post.webhooks.endpoints(post.keeper)[0].dead == 1
    post.clock.forward(days=webhook_rules().dead_days)
    post.webhooks.tidy()
    assert post.webhooks.standing().dead == 0


def test_the_page_registers_shows_the_secret_once_and_lists_what_failed(house: House) -> None:
    client = house.signed_in("anquan")
    form = {"label": "省平台", "url": "https://hooks.example.org/a?k=1", "kind": "clue.changed"}
    made = client.post("/webhooks", data=form).text
    assert re.search(r"whsec_[\w+/=]{40,}", made)
    page = client.get("/webhooks").text
    assert "whsec_" not in page
    assert "https://hooks.example.org/a<" in page
    wrong = client.post("/webhooks", data={**form, "url": "https://10.0.0.1/"})
    assert wrong.status_code == 422
    assert 'value="https://10.0.0.1/"' in wrong.text, "what was typed is kept"
    assert house.signed_in().get("/webhooks").status_code == 403
