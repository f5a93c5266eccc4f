"""Machines prove themselves by secret, certificate or token, and the trail names each of them."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from fastapi.testclient import TestClient
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey
from sqlalchemy import update

from api.app import create_app
from tests.api.house import HEARD, House, unpaced
from tests.machines.conftest import Receiver
from tests.store.office import Office, record
from tracing.api_keys import KeyPaper
from tracing.errors import Conflict, NotFound, NotPermitted, PurposeForbidden, RecordInvalid
from tracing.machine_tokens import MachineTokens, TokensUnusable
from tracing.records import PersonRecord
from tracing.store import accounts as rows
from tracing.store.tables import AuditRow

HEADER = "X-Client-Certificate"
ISSUER = "https://issuer.example/realms/stations"


def make_certificate() -> bytes:
    """A client certificate of a machine, DER."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "police-gateway")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.DER)


def as_nginx(der: bytes) -> str:
    """`$ssl_client_escaped_cert`."""
    pem = x509.load_der_x509_certificate(der).public_bytes(serialization.Encoding.PEM)
    return quote(pem.decode(), safe="")


def as_caddy(der: bytes) -> str:
    """`{http.request.tls.client.certificate_der_base64}`."""
    return base64.b64encode(der).decode()


@pytest.fixture
def certificate(house: House) -> bytes:
    der = make_certificate()
    paper = KeyPaper("市公安局", certificate=hashlib.sha256(der).hexdigest().upper())
    house.service.accounts.create_key(house.actor("admin"), "zhoumin", {"people.read"}, 1, paper)
    return der


def from_address(house: House, peer: str, **settings: Any) -> TestClient:
    """A connection from this address to a server with these settings."""
    given = {"client_certificate_header": HEADER, "trusted_proxy": "10.0.0.5", **settings}
    app = create_app(house.service, house.settings.model_copy(update=given))
    return TestClient(app, base_url="http://127.0.0.1", client=(peer, 50000))


@pytest.mark.parametrize("written", [as_nginx, as_caddy, lambda der: f":{as_caddy(der)}:"])
def test_a_machine_comes_in_by_the_certificate_its_proxy_has_checked(
    house: House, certificate: bytes, written: Any
) -> None:
    client = from_address(house, "10.0.0.5")
    headers = {HEADER: written(certificate)}
    assert client.get("/v1/people", headers=headers).status_code == 200
    assert client.post("/v1/people", headers=headers, json=HEARD).status_code == 403
    assert (
        client.get("/v1/people", headers={HEADER: written(make_certificate())}).status_code == 401
    )


def test_the_same_header_from_anybody_else_is_not_heard(house: House, certificate: bytes) -> None:
    headers = {HEADER: as_nginx(certificate), "X-Forwarded-For": "10.0.0.5"}
    for peer in ("10.0.0.6", "127.0.0.1", "testclient", "::1"):
        assert from_address(house, peer).get("/v1/people", headers=headers).status_code == 401
    off = from_address(house, "10.0.0.5", client_certificate_header="")
    assert off.get("/v1/people", headers=headers).status_code == 401
    nobody = from_address(house, "10.0.0.5", trusted_proxy="")
    assert nobody.get("/v1/people", headers=headers).status_code == 401


def test_a_forwarded_address_does_not_make_a_visitor_the_proxy(
    house: House, certificate: bytes
) -> None:
    client = from_address(house, "10.0.0.5")
    headers = {HEADER: as_nginx(certificate), "X-Forwarded-For": "203.0.113.9"}
    assert client.get("/v1/people", headers=headers).status_code == 200, "the visitor behind it"


@pytest.mark.parametrize("text", ["", "x", "::", "%", "A" * 20_000, "-----BEGIN CERTIFICATE-----"])
def test_a_spoiled_certificate_is_nobody(house: House, text: str) -> None:
    client = from_address(house, "10.0.0.5")
    assert client.get("/v1/people", headers={HEADER: text}).status_code == 401


def test_a_certificate_given_twice_is_nobody(house: House, certificate: bytes) -> None:
    client = from_address(house, "10.0.0.5")
    twice = [(HEADER, as_caddy(certificate)), (HEADER, as_caddy(certificate))]
    assert client.get("/v1/people", headers=twice).status_code == 401


def test_the_secret_of_a_machine_with_a_certificate_opens_nothing(house: House) -> None:
    finger = secrets.token_hex(32)
    paper = KeyPaper(certificate=":".join(finger[i : i + 2] for i in range(0, 64, 2)))
    accounts, admin = house.service.accounts, house.actor("admin")
    _, secret = accounts.create_key(admin, "zhoumin", {"people.read"}, 1, paper)
    assert accounts.by_key(secret) is None
    assert accounts.by_certificate(finger) is not None
    with pytest.raises(Conflict):
        accounts.create_key(admin, "zhoumin", {"people.read"}, 1, paper)


@pytest.mark.parametrize(
    ("paper", "path"),
    [
        (KeyPaper(certificate="abc"), "certificate"),
        (KeyPaper(certificate="a" * 64, client_id="x"), "client_id"),
        (KeyPaper(client_id="two words"), "client_id"),
        (KeyPaper(purpose="commercial"), "purpose"),
        (KeyPaper(legal_basis="curiosity"), "legal_basis"),
        (KeyPaper("长" * 201), "organisation"),
    ],
)
def test_a_paper_that_says_something_unknown_is_refused(
    small_office: Office, paper: KeyPaper, path: str
) -> None:
    with pytest.raises(RecordInvalid) as refused:
        small_office.accounts.create_key(small_office.admin, "worker", {"search"}, 1, paper)
    assert refused.value.facts["path"] == path


SIGNING = ECKey.generate_key("P-256", {"kid": "one"})


@pytest.fixture
def tokens(house: House, tmp_path: Path) -> Iterator[TestClient]:
    """A server that believes an issuer, whose one machine is `gateway-…`."""
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps(KeySet([SIGNING]).as_dict(private=False)), encoding="utf-8")
    paper = KeyPaper("省平台", client_id="gateway")
    accounts, admin = house.service.accounts, house.actor("admin")
    prefix, _ = accounts.create_key(admin, "zhoumin", {"people.read"}, 1, paper)
    settings = {"token_issuer": ISSUER, "token_keys_file": keys}
    unpaced_app = create_app(house.service, house.settings.model_copy(update=settings))
    unpaced_app.state.house.pace = house.app.state.house.pace
    unpaced(House(house.service, house.settings, unpaced_app, house.worker))
    yield TestClient(unpaced_app, base_url="http://127.0.0.1")
    accounts.revoke_key(admin, prefix)
    with house.service.store.write() as tx:
        rows.set_key(tx, prefix, {"client_id": None})


def token(key: Any = SIGNING, header: dict[str, Any] | None = None, **changes: Any) -> str:
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": ["xunqin"], "sub": "x", "client_id": "gateway",
              "iat": now, "exp": now + 300, **changes}  # fmt: skip
    kept = {k: v for k, v in claims.items() if v is not None}
    return jwt.encode(
        header or {"alg": "ES256", "kid": "one"}, kept, key, algorithms=["ES256", "HS256"]
    )


def asked_with(client: TestClient, bearer: str) -> int:
    return client.get("/v1/people", headers={"Authorization": f"Bearer {bearer}"}).status_code


def test_a_token_of_the_issuer_opens_what_the_machine_may_do(tokens: TestClient) -> None:
    assert asked_with(tokens, token()) == 200
    assert asked_with(tokens, token(aud="xunqin", client_id=None, azp="gateway")) == 200
    headers = {"Authorization": f"Bearer {token()}"}
    assert tokens.post("/v1/people", headers=headers, json=HEARD).status_code == 403
    assert tokens.get("/people", headers=headers, follow_redirects=False).status_code == 303


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://other.example"},
        {"iss": None},
        {"aud": "somebody-else"},
        {"aud": None},
        {"exp": int(time.time()) - 3600},
        {"exp": None},
        {"exp": int(time.time()) + 10 * 86400},
        {"exp": "soon"},
        {"nbf": int(time.time()) + 3600},
        {"client_id": "nobody"},
        {"client_id": None},
        {"client_id": 7},
        {"client_id": {"a": 1}},
    ],
)
def test_a_token_that_proves_something_else_is_nobody(
    tokens: TestClient, changes: dict[str, Any]
) -> None:
    assert asked_with(tokens, token(**changes)) == 401


def test_a_token_signed_by_another_or_by_nobody_is_nobody(tokens: TestClient) -> None:
    other = ECKey.generate_key("P-256", {"kid": "one"})
    assert asked_with(tokens, token(other)) == 401
    public = json.dumps(SIGNING.as_dict(private=False)).encode()
    shared = OctKey.import_key(public)
    assert asked_with(tokens, token(shared, {"alg": "HS256", "kid": "one"})) == 401
    head, body, _ = token().split(".")
    none = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    for spoiled in (f"{none}.{body}.", f"{head}.{body}.", f"{head}.{body}.AAAA", "a.b.c", "..",
                    "é.é.é", "x" * 9000 + ".a.b"):  # fmt: skip
        headers = [(b"Authorization", f"Bearer {spoiled}".encode())]
        assert tokens.get("/v1/people", headers=headers).status_code == 401


def test_without_an_issuer_no_token_is_believed(house: House) -> None:
    assert asked_with(house.client(), token()) == 401


def test_where_the_keys_are_missing_a_token_is_told_so_and_they_are_not_asked_for_at_once_again(
    house: House, tmp_path: Path
) -> None:
    settings = house.settings.model_copy(
        update={"token_issuer": ISSUER, "token_keys_file": tmp_path / "keys.json"}
    )
    now = [time.time()]
    checking = MachineTokens(settings, clock=lambda: now[0])
    with pytest.raises(TokensUnusable):
        checking.client_of(token())
    (tmp_path / "keys.json").write_text(json.dumps(KeySet([SIGNING]).as_dict(private=False)))
    with pytest.raises(TokensUnusable):
        checking.client_of(token())
    now[0] += 61
    assert checking.client_of(token()) == "gateway"


def test_the_issuer_may_change_its_keys(house: House, tmp_path: Path) -> None:
    keys, new = tmp_path / "keys.json", ECKey.generate_key("P-256", {"kid": "two"})
    keys.write_text(json.dumps(KeySet([SIGNING]).as_dict(private=False)))
    settings = house.settings.model_copy(update={"token_issuer": ISSUER, "token_keys_file": keys})
    now = [time.time()]
    checking = MachineTokens(settings, clock=lambda: now[0])
    assert checking.client_of(token()) == "gateway"
    keys.write_text(json.dumps(KeySet([new]).as_dict(private=False)))
    newer = token(new, {"alg": "ES256", "kid": "two"})
    assert checking.client_of(newer) is None, "not asked for again at once"
    now[0] += 61
    assert checking.client_of(newer) == "gateway"
    assert checking.client_of(token()) is None


def test_a_key_searches_for_its_own_purpose_only(house: House) -> None:
    accounts, admin = house.service.accounts, house.actor("admin")
    _, secret = accounts.create_key(
        admin, "zhoumin", {"search"}, 1, KeyPaper("民政局", purpose="aid")
    )
    machine = accounts.by_key(secret)
    assert machine is not None
    heard = PersonRecord.model_validate(HEARD)
    with pytest.raises(PurposeForbidden):
        house.service.searches.ask(machine, heard, "tracing", "statutory_duty", "clue")
    assert house.service.searches.ask(machine, heard, "aid", "statutory_duty", "clue").purpose


def test_the_auditor_sees_what_one_key_did_and_nothing_of_another(house: House) -> None:
    accounts, admin = house.service.accounts, house.actor("admin")
    made = [
        accounts.create_key(admin, "zhoumin", {"people.read", "search"}, 1, KeyPaper(name))
        for name in ("市公安局", "民政系统")
    ]
    client = house.client()
    for (_, secret), count in zip(made, (2, 1), strict=True):
        client.headers["Authorization"] = f"Bearer {secret}"
        for _ in range(count):
            client.get("/v1/people")
    client.post("/v1/people", json=HEARD)
    (first, gone), (second, _) = made
    auditor = house.actor("shen")
    counted = {p: dict_of(house.service.audit.of_key(auditor, p)) for p in (first, second)}
    assert counted[first] == {("person.list", "done"): 2}
    assert counted[second] == {("person.list", "done"): 1, ("door.refused", "refused"): 1}
    accounts.revoke_key(admin, first)
    assert accounts.by_key(gone) is None
    page = house.signed_in("shen").get(f"/keys/{first}").text
    assert "市公安局" in page
    assert "已停用" in page
    assert "被拒绝" in page or "拒绝" in page, "the try after its end"
    assert house.signed_in("anquan").get(f"/keys/{first}").status_code == 200
    assert house.signed_in("zhoumin").get(f"/keys/{first}").status_code == 403
    assert house.signed_in("shen").get("/keys/xq00000000").status_code == 404


def dict_of(counts: Any) -> dict[tuple[str, str], int]:
    return {(action, outcome): count for action, outcome, count in counts}


def test_a_row_that_loses_the_name_of_its_key_is_found(small_office: Office) -> None:
    office = small_office
    _, secret = office.accounts.create_key(office.admin, "worker", {"people.read"}, 1)
    machine = office.accounts.by_key(secret)
    assert machine is not None
    office.people.register(office.worker, record(names=[{"text": "欧阳建国"}]))
    office.people.page(machine)
    office.audit.seal_chain()
    assert office.audit.verify().whole
    with office.store.write() as tx:
        tx.run(update(AuditRow).where(AuditRow.key_prefix.is_not(None)).values(key_prefix=None))
    assert office.audit.verify().reason == "row_changed"


def test_a_key_of_another_branch_is_nobodys_to_read(small_office: Office) -> None:
    office = small_office
    office.stations.add(office.admin, "320401", "天宁站")
    office.accounts.create(office.admin, "shen-2", "审", "auditor", "320401")
    prefix, _ = office.accounts.create_key(office.admin, "worker", {"search"}, 1)
    with pytest.raises(NotFound):
        office.accounts.key(office.acting("shen-2"), prefix)
    with pytest.raises(NotPermitted):
        office.accounts.key(office.worker, prefix)


def test_keys_are_fetched_from_the_issuer_and_nothing_but_keys(
    house: House, receiver: Receiver
) -> None:
    update = {"token_issuer": ISSUER, "token_keys_url": receiver.url}
    now = [time.time()]
    checking = MachineTokens(house.settings.model_copy(update=update), clock=lambda: now[0])
    good = json.dumps(KeySet([SIGNING]).as_dict(private=False)).encode()
    for page, status in ((good, 503), (b"<html>", 200), (b"[]", 200), (good + b" " * 10**6, 200)):
        receiver.page, receiver.answers = page, [(status, {})]
        now[0] += 61
        with pytest.raises(TokensUnusable):
            checking.client_of(token())
    receiver.page = good
    now[0] += 61
    assert checking.client_of(token()) == "gateway"


def test_a_browser_with_a_certificate_that_is_no_machines_keeps_its_session(house: House) -> None:
    client = from_address(house, "10.0.0.5")
    client.cookies.set("xunqin_session", house.signed_in().cookies["xunqin_session"])
    headers = {HEADER: as_nginx(make_certificate())}
    assert client.get("/v1/people", headers=headers).status_code == 200
