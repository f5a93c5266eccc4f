"""Between two installations: what is signed holds, what was changed or is another's is refused."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.crosschecks.conftest import Station, reply
from tests.store.conftest import Clock
from tracing.crosschecks import packages, replies, signing
from tracing.crosschecks.holding import Said
from tracing.errors import (
    KeyNotTrusted,
    NotFound,
    PackageAltered,
    PackageUnreadable,
    PurposeForbidden,
    RecordInvalid,
    ReplyForAnother,
)

Change = Callable[[dict[str, bytes]], None]


def introduce(one: Station, other: Station) -> None:
    """`one` trusts the key of `other`."""
    key, _ = other.files.own_key()
    one.files.trust(one.office.admin, "远方救助站", key)


def changed(data: bytes, change: Change) -> bytes:
    """The same ZIP with other contents."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return target.getvalue()


def asked(here: Station) -> tuple[str, bytes]:
    number = here.sent(
        "assistance", sections=frozenset({"names", "sex", "birth", "places", "photos"}),
        to_name="远方救助站", person=here.person(contact_wish="yes"),
    )  # fmt: skip
    return number, here.files.package(here.worker, number)


def test_a_request_goes_far_and_its_signed_answer_comes_back_once(
    here: Station, far: Station
) -> None:
    introduce(far, here)
    introduce(here, far)
    number, data = asked(here)
    there, new = far.files.receive(far.worker, data)
    assert new
    assert far.files.receive(far.worker, data) == (there, False), "imported twice counts once"
    file = far.seen(there)
    assert (file.received, file.state, file.heading.key_known) == (True, "received", True)
    assert file.contents.photos == here.seen(number).contents.photos
    assert [n.text for n in file.contents.record.names][:2] == ["欧阳建国", "黄金果"]
    with pytest.raises(NotFound):
        far.files.reply_file(far.worker, there)
    far.answers.give(far.worker, there, reply(evidence="village", who="村支书"))
    assert far.seen(there).state == "done"
    answer = far.files.reply_file(far.worker, there)
    far.desk.do(far.worker, there, "fed_back", Said("gov_mail", "回函1号"))
    assert here.answers.take(here.worker, answer) == (number, True)
    assert here.answers.take(here.worker, answer) == (number, False)
    (given_,) = here.seen(number).answers
    assert (given_.source, given_.reply.who, given_.key_known) == ("file", "村支书", True)
    verification = here.answers.verify(here.worker, number, given_.id)
    (fact,) = here.verifications.get(here.worker, verification).facts
    assert fact.entry.kind == "village"


def test_an_unknown_key_and_no_key_are_taken_in_by_people_only(here: Station, far: Station) -> None:
    _, data = asked(here)

    def unsigned(files: dict[str, bytes]) -> None:
        del files["manifest.sig"]
        manifest = json.loads(files["manifest.json"])
        del manifest["key"]
        files["manifest.json"] = json.dumps(manifest).encode()

    for package, known in ((data, False), (changed(data, unsigned), None)):
        with pytest.raises(KeyNotTrusted):
            far.files.receive(far.worker, package)
        there, _ = far.files.receive(far.worker, package, by_hand=True)
        assert far.seen(there).heading.key_known is known


@pytest.mark.parametrize(
    "change",
    [
        lambda files: files.update({"record.json": files["record.json"].replace(b"male", b"MALE")}),
        lambda files: files.update({"photos/1.jpg": files["photos/1.jpg"] + b"x"}),
        lambda files: files.update({"photos/2.jpg": b"\xff\xd8\xff"}),
        lambda files: files.pop("reply.json"),
        lambda files: files.update({"manifest.sig": b"AAAA"}),
        lambda files: files.pop("manifest.sig"),
        lambda files: files.update(
            {"manifest.json": files["manifest.json"].replace(b"sha256", b"sha257")}
        ),
    ],
)
def test_a_package_that_was_changed_anywhere_is_refused(here: Station, change: Change) -> None:
    _, data = asked(here)
    assert packages.read(data).signed
    with pytest.raises(PackageAltered):
        packages.read(changed(data, change))


@given(st.binary(max_size=200) | st.binary(max_size=60).map(lambda b: b"PK\x03\x04" + b))
def test_what_is_no_package_and_no_reply_is_refused_in_words(data: bytes) -> None:
    for read in (packages.read, replies.read):
        with pytest.raises(PackageUnreadable):
            read(data)


def test_a_bomb_is_not_unpacked() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", b" " * 50_000_000)
    with pytest.raises(PackageUnreadable):
        packages.read(target.getvalue())


def test_a_package_for_a_forbidden_purpose_is_refused(
    here: Station, far: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    introduce(far, here)
    _, data = asked(here)
    read = packages.read(data)
    request = {**read.request, "purpose": "debt_collection"}
    monkeypatch.setattr(
        packages, "read", lambda _: packages.Package(request, read.record, (), "x", read.key, b"1")
    )
    with pytest.raises(PurposeForbidden):
        far.files.receive(far.worker, data)


def far_reply(here: Station, far: Station, number: str, code: str | None = None) -> bytes:
    """A reply signed far away; `code` is that of the request unless another is given."""
    file = here.seen(number)
    return replies.signed(
        far.office.store.vault, "远方", number, file.number, code or file.heading.reply_code,
        reply(evidence="village"),
    )  # fmt: skip


def test_a_reply_to_another_request_or_by_another_code_is_refused(
    here: Station, far: Station
) -> None:
    introduce(here, far)
    number, _ = asked(here)
    for data in (
        far_reply(here, far, number, "AAAA-AAAA"),
        far_reply(here, far, number).replace(number.encode(), b"0" * 24),
    ):
        with pytest.raises((ReplyForAnother, PackageAltered)):
            here.answers.take(here.worker, data)
    unknown = replies.signed(far.office.store.vault, "远方", "0" * 24, "x", "x", reply())
    with pytest.raises(ReplyForAnother):
        here.answers.take(here.worker, unknown)
    assert here.seen(number).answers == ()
    auditor = here.office.hire("auditor", "auditor")
    trail = here.office.audit.page(auditor, action="crosscheck.take").items
    assert [row.outcome for row in trail] == ["refused"] * 3


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_reply_changed_in_any_letter_is_refused(here: Station, data: st.DataObject) -> None:
    vault = here.office.store.vault
    text = replies.signed(vault, "这里", "a" * 24, "1", "CODE-CODE", reply()).decode()
    at = data.draw(st.sampled_from([i for i, c in enumerate(text) if c.isalnum()]))
    letter = data.draw(st.sampled_from([c for c in "aZ7建" if c != text[at]]))
    altered = f"{text[:at]}{letter}{text[at + 1 :]}".encode()
    with pytest.raises((PackageAltered, PackageUnreadable)):
        replies.read(altered)


def test_a_reply_by_an_unknown_key_needs_somebody_who_asked(here: Station, far: Station) -> None:
    number, _ = asked(here)
    data = far_reply(here, far, number)
    with pytest.raises(KeyNotTrusted):
        here.answers.take(here.worker, data)
    assert here.answers.take(here.worker, data, by_hand=True) == (number, True)
    assert [a.key_known for a in here.seen(number).answers] == [False]


def test_a_key_that_is_trusted_no_longer_is_unknown(here: Station, far: Station) -> None:
    introduce(far, here)
    (key,) = far.files.keys(far.office.admin)
    assert key.fingerprint == here.files.own_key()[1]
    far.files.distrust(far.office.admin, key.id)
    with pytest.raises(KeyNotTrusted):
        far.files.receive(far.worker, asked(here)[1])
    with pytest.raises(RecordInvalid):
        far.files.trust(far.office.admin, "某处", "no key")


def test_a_signature_of_one_thing_is_none_of_another(here: Station) -> None:
    vault = here.office.store.vault
    signature = signing.sign(vault, replies.FORMAT, b"text")
    assert signing.is_signed(vault.verifying_key, replies.FORMAT, b"text", signature)
    assert not signing.is_signed(vault.verifying_key, packages.FORMAT, b"text", signature)


def test_a_received_request_is_blanked_some_time_after_it_was_closed(
    here: Station, far: Station, clock: Clock
) -> None:
    there, _ = far.files.receive(far.worker, asked(here)[1], by_hand=True)
    far.answers.give(far.worker, there, reply("none", "village"))
    far.desk.do(far.worker, there, "fed_back", Said("fax", "9"))
    far.desk.do(far.worker, there, "closed")
    clock.forward(days=89)
    assert far.desk.tidy() == 0
    clock.forward(days=2)
    assert far.desk.tidy() == 1
    with pytest.raises(NotFound):
        far.seen(there)
