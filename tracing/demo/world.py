"""Fills an installation with the synthetic world, its accounts and its pictures; safe to repeat.

Records go in by `People.register_many` under a checkpoint, pictures by external id, so that an
interrupted start goes on where it stopped and a second start adds nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from tracing.access import Actor, rules
from tracing.accounts import system_actor
from tracing.crosschecks.composing import Asked
from tracing.demo.population import SOURCE, Population
from tracing.demo.trying import TryThis, things_to_try
from tracing.errors import Conflict, NotFound, PhotoError
from tracing.photos.album import PhotoInfo
from tracing.photos.keeping import FaceChoice
from tracing.records import PersonRecord
from tracing.sealing import external_key
from tracing.store import accounts as account_rows
from tracing.store import people as rows

if TYPE_CHECKING:
    from tracing.service import Service

WORKER, OFFICER, ADMIN = "demo-worker", "demo-officer", "admin"
APPROVER, GUARDIAN = "demo-approver", "demo-dpo"
ACCOUNTS = (
    (WORKER, "示范·站务员", "county_station"),
    (OFFICER, "示范·民警", "police_officer"),
    (APPROVER, "示范·审批人", "approver"),
    (GUARDIAN, "示范·信息保护", "data_protection_officer"),
)
POLICE = ("ga-demo", "示范公安局城东派出所")
"""The officer's own unit, below the station."""
SECURITY = "security_administrator"
"""Once somebody has this role, only they open the accounts of approvers and officers."""
PLACE = "320400"
"""The division of the station, 江苏省常州市: what a request of the officer names."""
ASKED_OF_POLICE = "demo-asked-of-police"
SEED = 1
PICTURES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".heic"})
PHOTO_SOURCE = "demo-photos"
PORTRAIT = "portrait"
Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many are done, and how many there are."""


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """An account to sign in with; the password is kept only as a hash."""

    login: str
    display_name: str
    role: str
    password: str

    def __repr__(self) -> str:
        return f"DemoAccount(login={self.login!r}, role={self.role!r})"


@dataclass(frozen=True, slots=True)
class DemoWorld:
    """What stands ready: how many people and pictures, who may sign in, what to try."""

    people: int
    photos: int
    without_face: int
    accounts: tuple[DemoAccount, ...]
    things_to_try: tuple[TryThis, ...]


def prepare(
    service: Service,
    people: int = 20_000,
    photos: Path | None = None,
    seed: int = SEED,
    progress: Progress | None = None,
) -> DemoWorld:
    """Make the demo world ready; a second call finds it ready and only gives new passwords.

    `photos` is a folder in the layout `person/photo.jpg`: the first picture of each person that
    shows a face is enrolled as a register entry of its own with nothing else in it.

    Raises:
        Conflict: this installation has accounts of its own; a demo never goes in beside them.
    """
    accounts = open_accounts(service)
    worker = acting(service, WORKER)
    world = Population.of(people, seed)
    tell = progress or _silent
    if people and recorded(service, SOURCE, world.last_id) is None:
        service.people.register_many(
            worker, _told(world, people, tell), checkpoint=f"demo-{seed}", on_existing="skip"
        )
    enrol_portrait(service, worker)
    ask_police(service, worker)
    enrolled, faceless = (0, 0) if photos is None else enrol_folder(service, worker, photos, tell)
    return DemoWorld(
        people=people,
        photos=enrolled,
        without_face=faceless,
        accounts=accounts,
        things_to_try=things_to_try(world, second_photo(photos)),
    )


def open_accounts(service: Service) -> tuple[DemoAccount, ...]:
    """The demo's accounts, each with a new random password; their older sessions end.

    Raises:
        Conflict: somebody else's accounts are here.
    """
    link = service.accounts.first_start_link()
    admin = acting(service, ADMIN)
    users = service.accounts.users(admin)
    logins = {user.login for user in users}
    if link is None and WORKER not in logins:
        raise Conflict(path="accounts")
    passwords = {ADMIN: _password()}
    service.accounts.set_password(link or service.accounts.new_link(admin, ADMIN), passwords[ADMIN])
    units = {unit.code: unit for unit in service.stations.below(admin)}
    if units[admin.station_code].division is None:
        service.stations.place(admin, admin.station_code, PLACE)
    if POLICE[0] not in units:
        service.stations.add(admin, *POLICE)
    keepers = [user.login for user in users if user.role == SECURITY]
    for login, name, role in ACCOUNTS:
        if login in logins:
            guarded = keepers and role in rules().guarded_roles
            keeper = acting(service, keepers[0]) if guarded else admin
            token = service.accounts.new_link(keeper, login)
        else:
            unit = POLICE[0] if login == OFFICER else admin.station_code
            token = service.accounts.create(admin, login, name, role, unit)
        passwords[login] = _password()
        service.accounts.set_password(token, passwords[login])
    known = {user.login: user for user in service.accounts.users(admin)}
    return tuple(
        DemoAccount(login, known[login].display_name, known[login].role, passwords[login])
        for login in (*(login for login, _, _ in ACCOUNTS), ADMIN)
    )


def ask_police(service: Service, worker: Actor) -> None:
    """Somebody whom the station cannot name, and its request to the officer's unit; once."""
    if recorded(service, PHOTO_SOURCE, ASKED_OF_POLICE) is not None:
        return
    record = {
        "id": ASKED_OF_POLICE,
        "source": PHOTO_SOURCE,
        "side": "found",
        "names": [{"text": "居银江", "latin": "ju yin jiang", "kind": "heard", "dialect": "诸城"}],
        "sex": "male",
        "birth": {"earliest": "1950-01-01", "latest": "1958-12-31", "basis": "apparent"},
    }
    person = service.people.register(worker, PersonRecord.model_validate(record)).person_id
    wanted = Asked("identity_check", frozenset({"names", "sex", "birth"}), POLICE[0])
    request = service.crosschecks.compose(worker, person, wanted)
    service.crosschecks.do(worker, request, "sent")


def enrol_portrait(service: Service, worker: Actor) -> None:
    """The shipped portrait as a register entry."""
    enrol(service, worker, portrait("enrolled"), f"{PORTRAIT}.jpg", PORTRAIT)


def portrait(which: str) -> bytes:
    """One of the two shipped pictures, `enrolled` or `asked`."""
    return files("tracing.demo").joinpath("pictures").joinpath(f"collins-{which}.jpg").read_bytes()


def enrol(
    service: Service,
    worker: Actor,
    data: bytes,
    filename: str,
    external_id: str,
    side: str = "register",
) -> str | None:
    """A record with nothing but this photo, once: its person, or None where no face is seen.

    Raises:
        PhotoError: the file is no usable photo.
    """
    before = recorded(service, PHOTO_SOURCE, external_id)
    if before is not None:
        return before
    photo = service.photos.receive(worker, data, filename)
    if not photo.faces:
        return None
    record = {"id": external_id, "source": PHOTO_SOURCE, "side": side}
    return service.people.register(
        worker,
        PersonRecord.model_validate(record),
        faces=(FaceChoice(photo.id, largest(photo)),),
    ).person_id


def recorded(service: Service, source: str, external_id: str) -> str | None:
    """The person already recorded under this external id."""
    key = external_key(source, external_id)
    digest = service.store.vault.digest("exact", key.kind, key.text)
    with service.store.read() as tx:
        hits = rows.with_exact(tx, key.kind, [digest]).get(digest, ())
    return hits[0].person_id if hits else None


def acting(service: Service, login: str) -> Actor:
    """The account acting through the demo on this machine. Raises NotFound."""
    with service.store.read() as tx:
        account = account_rows.by_login(tx, login)
    if account is None:
        raise NotFound
    return system_actor(account)


def enrol_folder(service: Service, worker: Actor, folder: Path, tell: Progress) -> tuple[int, int]:
    """One photo of each person in the folder: how many were enrolled, how many showed no face."""
    everybody = list(people_in(folder))
    enrolled = faceless = 0
    for number, (person, pictures) in enumerate(everybody):
        tell("photos", number, len(everybody))
        if _enrol_first(service, worker, person, pictures):
            enrolled += 1
        else:
            faceless += 1
    return enrolled, faceless


def people_in(folder: Path) -> Iterator[tuple[str, list[Path]]]:
    """Sub-folders with pictures, by name, each with its pictures by name."""
    for person in sorted(path for path in folder.iterdir() if path.is_dir()):
        pictures = sorted(p for p in person.iterdir() if p.suffix.lower() in PICTURES)
        if pictures:
            yield person.name, pictures


def second_photo(folder: Path | None) -> tuple[str, Path] | None:
    """Somebody of the folder and a picture that is not the enrolled one."""
    if folder is None:
        return None
    return next(((person, p[-1]) for person, p in people_in(folder) if len(p) > 1), None)


def _enrol_first(service: Service, worker: Actor, person: str, pictures: list[Path]) -> bool:
    """Whether one of the pictures showed a face; the first that does is enrolled."""
    for picture in pictures:
        try:
            if enrol(service, worker, picture.read_bytes(), picture.name, person):
                return True
        except PhotoError:
            continue
    return False


def largest(photo: PhotoInfo) -> int:
    """The face with the largest box."""

    def area(box: tuple[int, int, int, int]) -> int:
        return (box[2] - box[0]) * (box[3] - box[1])

    return max(photo.faces, key=lambda face: area(face.box)).ordinal


def _told(world: Population, people: int, tell: Progress) -> Iterator[PersonRecord]:
    """The world's records, with word of how far it is at each thousand."""
    for number, document in enumerate(world.records()):
        if number % 1000 == 0:
            tell("people", number, people)
        yield PersonRecord.model_validate(document)
    tell("people", people, people)


def _password() -> str:
    """Four groups of four letters and digits that are told apart when read aloud: 80 bits."""
    letters = "abcdefghijkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(4))


def _silent(_what: str, _done: int, _all: int) -> None:
    """No word of progress."""
