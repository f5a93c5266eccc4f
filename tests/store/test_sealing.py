"""Keys lie in one place, open one thing, and their absence is said before anything is done."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.store.conftest import NewOffice
from tests.store.office import Office, full_record, record
from tracing.errors import KeyMissing, NotFound
from tracing.sealing import MasterKeys, SealBroken, Vault, exact_keys, open_master
from tracing.sealing.exact import check_character, normal_form
from tracing.store import Store, people


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(open_master(tmp_path / "keys" / "master.key", may_create=True))


def test_the_master_key_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "master.key"
    first = open_master(path, may_create=True)
    assert path.stat().st_mode & 0o777 == 0o600
    assert open_master(path, may_create=False).key(1) == first.key(1)
    assert first.key(1).hex() not in repr(first)
    assert os.listdir(path.parent) == ["master.key"]  # noqa: PTH208  # hidden files as well


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_key_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "master.key"
    open_master(path, may_create=True)
    path.chmod(mode)
    with pytest.raises(KeyMissing) as caught:
        open_master(path, may_create=True)
    assert caught.value.facts["reason"] == "mode"


@pytest.mark.parametrize(
    "text", ["", "1", "x 00", "1 00ff", "1 zz", "0 " + "0" * 64, ("1 " + "0" * 64 + "\n") * 2]
)
def test_a_damaged_key_file_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "master.key"
    path.touch(mode=0o600)
    path.write_text(text)
    with pytest.raises(KeyMissing) as caught:
        open_master(path, may_create=True)
    assert caught.value.facts["reason"] == "damaged"


def test_keys_wrapped_before_a_rotation_still_open(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    before = Vault(open_master(path, may_create=True))
    wrapped = before.wrap(b"k" * 32, "person", "p1")
    with path.open("a") as file:
        file.write("2 " + "ab" * 32 + "\n")
    after = Vault(open_master(path, may_create=False))
    assert after.unwrap(wrapped, "person", "p1") == b"k" * 32
    assert after.wrap(b"k" * 32, "person", "p1")[:4] == (2).to_bytes(4, "big")


@given(st.binary(max_size=200), st.integers(0, 10_000))
def test_a_seal_opens_only_unchanged_with_its_key_in_its_place(plain: bytes, at: int) -> None:
    keeper = Vault(MasterKeys(current=1, keys={1: b"m" * 32}))
    key = keeper.new_key()
    sealed = keeper.seal(key, plain, "document", "p1", 1)
    assert keeper.open(key, sealed, "document", "p1", 1) == plain
    spoilt = bytearray(sealed)
    spoilt[at % len(sealed)] ^= 1
    for other in (
        (key, bytes(spoilt), ("document", "p1", 1)),
        (keeper.new_key(), sealed, ("document", "p1", 1)),
        (key, sealed, ("document", "p2", 1)),
        (key, sealed, ("document", "p1", 2)),
        (key, sealed[:20], ("document", "p1", 1)),
    ):
        with pytest.raises(SealBroken):
            keeper.open(other[0], other[1], *other[2])


def test_a_lost_master_key_stops_the_start_and_no_new_one_is_made(small_office: Office) -> None:
    path = small_office.settings.master_key_path
    kept = path.read_bytes()
    path.unlink()
    with pytest.raises(KeyMissing) as caught:
        Store.open(small_office.settings)
    assert caught.value.facts["reason"] == "absent"
    assert not path.exists()
    path.touch(mode=0o600)
    path.write_text("1 " + "cd" * 32)
    with pytest.raises(KeyMissing) as other:
        Store.open(small_office.settings)
    assert other.value.facts["reason"] == "other_key"
    path.write_bytes(kept)
    Store.open(small_office.settings).close()


def test_destroying_a_persons_key_makes_everything_of_theirs_unreadable(
    office: Office,
) -> None:
    photo = office.photos.receive(office.worker, b"faces:2 young", "young.jpg")
    office.photos.choose(office.worker, photo.id, 1)
    person = full_record(photos=[{"file": photo.id}])
    done = office.people.register(office.worker, person)
    before = office.people.rows_of([done.person_id])[done.person_id]
    with office.store.read() as tx:
        stolen = people.find(tx, done.person_id)
    office.erase(done.person_id)
    for look in (
        lambda: office.people.get(office.worker, done.person_id),
        lambda: office.photos.picture(office.worker, photo.id),
        lambda: office.erase(done.person_id),
    ):
        with pytest.raises(NotFound):
            look()
    (row,) = office.people.documents(before.seq)
    assert row.erased
    assert (row.document, row.prints, row.photo) == ({}, (), None)
    assert stolen is not None
    assert stolen.wrapped is not None
    assert not list((office.store.data_dir / "photos").glob("*/*"))
    assert office.people.sharing_numbers(person.document()) == ()
    # the same external id may come in again, as somebody new
    assert office.people.register(office.worker, full_record()).person_id != done.person_id


def test_two_installations_do_not_share_digests(new_office: NewOffice) -> None:
    first, second = new_office(), new_office()
    assert first.store.vault.digest("exact", "phone", "13800138000") != second.store.vault.digest(
        "exact", "phone", "13800138000"
    )


@pytest.mark.parametrize(
    ("kind", "text", "plain"),
    [
        ("citizen", "440103 19510315 001x", "44010319510315001X"),
        ("citizen", "440103510315001", "44010319510315001X"),
        ("citizen", "44010319510315????", None),
        ("citizen", "4401031951031500", None),
        ("phone", "+86 138-0013-8000", "13800138000"),
        ("phone", "0086 13800138000", "13800138000"),
        ("phone", "138 0013 8000", "13800138000"),
        ("phone", "0519-8660 1234", "051986601234"),
        ("phone", "1380013????", None),
        ("phone", "110", None),
        ("card", "ab 12-34", "AB1234"),
    ],
)
def test_a_number_has_one_normal_form(kind: str, text: str, plain: str | None) -> None:
    assert normal_form(kind, text) == plain


def test_the_check_character_is_that_of_the_standard() -> None:
    assert check_character("11010519491231002") == "X"
    assert check_character("44052418800101001") == "4"


def test_numbers_of_the_person_and_of_relatives_are_told_apart() -> None:
    keys = exact_keys(full_record().document())
    assert [(key.kind, key.owner) for key in keys] == [
        ("external", "self"),
        ("household", "self"),
        ("citizen", "self"),
        ("phone", "self"),
        ("phone", "relative"),
    ]
    assert "1380" not in repr(keys)
    assert exact_keys(record().document()) == ()
