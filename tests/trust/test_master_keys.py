"""Master keys come from three sources and change while people work."""

from __future__ import annotations

import os
import secrets
import sys
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from tests.store.conftest import NewOffice
from tests.store.office import Office, full_record, record
from tests.store.script import a_days_work
from tracing import master_rotation
from tracing.errors import KeyMissing, RotationUnfinished
from tracing.master_rotation import MasterRotation
from tracing.sealing import AesGcm, CipherMissing, Ciphers, SealBroken, Sm4Gcm, keys_from_command
from tracing.settings import Settings
from tracing.store import Store

LINE = "7 " + "ab" * 32


def test_keys_come_from_the_environment_or_from_a_command(new_office: NewOffice) -> None:
    office = new_office()
    text = office.settings.master_key_path.read_text().strip()
    office.settings.master_key_path.unlink()
    script = office.store.data_dir / "keystore.py"
    script.write_text(f"print({text!r})")
    for given_as in (
        {"master_key": SecretStr(text)},
        {"master_key_command": f"{sys.executable} -I {script}"},
    ):
        settings = office.settings.model_copy(update=given_as)
        Store.open(settings).close()
        assert text.split()[1] not in repr(settings)
        assert not settings.master_key_path.exists()
    with pytest.raises(KeyMissing):
        Store.open(office.settings)


@pytest.mark.parametrize("command", ["/nonexistent/keys", "false", "echo no-key", "'unclosed"])
def test_a_command_without_keys_stops_the_start(command: str) -> None:
    with pytest.raises(KeyMissing) as caught:
        keys_from_command(command)
    assert LINE not in str(caught.value.facts)


def aged(office: Office) -> None:
    """The key file as if it had been written minutes ago."""
    old = time.time() - 3600
    os.utime(office.settings.master_key_path, (old, old))


def test_a_rotation_keeps_everything_readable_and_the_old_key_can_go(office: Office) -> None:
    ids = a_days_work(office)
    office.photos.receive(office.worker, b"faces:1 loose", "l.jpg")
    rotation = MasterRotation(office.store, office.settings)
    before = office.store.vault.master_in_use
    state = rotation.begin()
    assert (state.current, state.left > 8) == (before + 1, True)
    with pytest.raises(RotationUnfinished):
        rotation.begin()
    aged(office)
    with pytest.raises(RotationUnfinished):
        rotation.finish()
    while rotation.step():
        pass
    assert rotation.state().left == 0
    assert rotation.finish() == 1
    assert len(office.settings.master_key_path.read_text().split()) == 2
    again = Store.open(office.settings)
    again.close()
    assert office.people.get(office.worker, ids["found"]).photos
    assert office.photos.picture(office.worker, ids["family"])
    assert list(office.people.documents())


def test_a_new_key_is_not_trusted_to_be_known_everywhere_at_once(small_office: Office) -> None:
    rotation = MasterRotation(small_office.store, small_office.settings)
    rotation.begin()
    while rotation.step():
        pass
    with pytest.raises(RotationUnfinished):
        rotation.finish()


def test_people_work_on_while_keys_are_wrapped_anew(
    small_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = small_office
    monkeypatch.setattr(master_rotation, "BATCH", 2)
    written = [office.people.register(office.worker, full_record(id=f"n{n}")).person_id
               for n in range(8)]  # fmt: skip
    other = Store.open(office.settings)  # a process that was started before
    rotation = MasterRotation(other, office.settings)
    rotation.begin()
    trouble: list[BaseException] = []

    def wrap() -> None:
        try:
            while rotation.step():
                pass
        except BaseException as error:  # noqa: BLE001  # told by the test below
            trouble.append(error)

    worker = threading.Thread(target=wrap)
    worker.start()
    for person in written:
        assert office.people.get(office.worker, person).id == person
        written_now = office.people.register(office.worker, record()).person_id
        assert office.people.get(office.worker, written_now).id == written_now
    worker.join()
    assert trouble == []
    while rotation.step():
        pass
    assert rotation.state().left == 0
    other.close()


def test_a_crash_in_the_middle_is_gone_on_with(
    small_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = small_office
    for n in range(5):
        office.people.register(office.worker, full_record(id=f"n{n}"))
    rotation = MasterRotation(office.store, office.settings)
    monkeypatch.setattr(master_rotation, "BATCH", 3)
    total = rotation.begin().left
    assert rotation.step() == 3
    office.close()
    fresh = Store.open(office.settings)
    rotation = MasterRotation(fresh, office.settings)
    assert rotation.state().left == total - 3
    while rotation.step():
        pass
    assert rotation.state().left == 0
    fresh.close()


@given(st.binary(max_size=200), st.binary(max_size=40))
def test_what_either_cipher_sealed_opens_under_either_setting(plain: bytes, bound: bytes) -> None:
    key = secrets.token_bytes(32)
    for name in ("aes-256-gcm", "sm4-gcm"):
        sealed = Ciphers(name).seal(key, plain, bound)
        assert sealed[0] == {"aes-256-gcm": 1, "sm4-gcm": 2}[name]
        assert Ciphers().open(key, sealed, bound) == plain
        for wrong in (sealed[:-1], b"\x03" + sealed[1:], b"", bytes([3 - sealed[0]]) + sealed[1:]):
            with pytest.raises(SealBroken):
                Ciphers().open(key, wrong, bound)
        with pytest.raises(SealBroken):
            Ciphers().open(key, sealed, bound + b"x")


def test_ciphers_are_those_of_the_standards() -> None:
    assert (AesGcm.mark, Sm4Gcm.mark) == (1, 2)
    with pytest.raises(CipherMissing):
        Ciphers("rot13")


def test_a_house_that_chose_sm4_reads_what_it_wrote_before(new_office: NewOffice) -> None:
    office = new_office()
    person = office.people.register(office.worker, full_record()).person_id
    settings: Settings = office.settings.model_copy(update={"cipher": "sm4-gcm"})
    office.close()
    later = Office(settings, office.store.now)
    assert later.people.get(later.worker, person).record.names
    new = later.people.register(later.worker, record()).person_id
    assert later.people.get(later.worker, new).id == new
    later.close()
