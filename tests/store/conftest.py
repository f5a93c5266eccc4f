"""A private PostgreSQL for the session, and stores of both kinds to work on."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr

from tests.store.office import Office
from tracing.settings import Settings
from tracing.store import migrate

NewOffice = Callable[..., Office]


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.time = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def forward(self, **by: float) -> None:
        self.time += timedelta(**by)


def _unavailable(reason: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(f"PostgreSQL must run in the checks: {reason}")
    pytest.skip(f"PostgreSQL CANNOT BE TESTED HERE: {reason}")


def _as_owner(command: list[str]) -> None:
    """Run as the user postgres when we are root, whom initdb refuses."""
    if os.geteuid() == 0:
        command = ["runuser", "-u", "postgres", "--", *command]
    subprocess.run(command, check=True, capture_output=True, cwd="/", timeout=60)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Path]:
    """The socket folder of a running cluster of our own; no TCP."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        _unavailable("no initdb below /usr/lib/postgresql")
    if os.geteuid() == 0:
        try:
            pwd.getpwnam("postgres")
        except KeyError:
            _unavailable("we are root and there is no user postgres")
    tools, folder = found[-1].parent, Path(tempfile.mkdtemp(prefix="xq-pg-"))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
        data = folder / "data"
        _as_owner([str(tools / "initdb"), "-D", str(data), "-A", "trust", "-U", "postgres",
                   "-E", "UTF8", "--locale=C", "--no-sync"])  # fmt: skip
        options = f"-k {folder} -c listen_addresses= -c fsync=off -c shared_buffers=32MB"
        control = str(tools / "pg_ctl")
        _as_owner(
            [control, "-D", str(data), "-o", options, "-l", str(folder / "log"), "-w", "start"]
        )
        try:
            yield folder
        finally:
            _as_owner([control, "-D", str(data), "-m", "immediate", "-w", "stop"])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_template(postgres: Path) -> str:
    """A migrated database that others are copied from."""
    _execute(postgres, "CREATE DATABASE template_xq")
    migrate(_settings(postgres, _url(postgres, "template_xq")))
    return "template_xq"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file that others are copied from."""
    folder = tmp_path_factory.mktemp("template")
    settings = _settings(folder, None)
    migrate(settings)
    return folder / "xunqin.db"


def _url(sockets: Path, name: str) -> SecretStr:
    return SecretStr(f"postgresql+psycopg://postgres@/{name}?host={sockets}")


def _settings(folder: Path, url: SecretStr | None) -> Settings:
    return Settings(_env_file=None, data_dir=folder, database_url=url)  # type: ignore[call-arg]


@pytest.fixture
def clock() -> Clock:
    """A clock that stands until it is moved."""
    return Clock()


@pytest.fixture
def new_office(tmp_path: Path, clock: Clock, request: pytest.FixtureRequest) -> Iterator[NewOffice]:
    """Opens offices, each with its own database and data folder; closes them at the end."""
    opened: list[Office] = []
    dropped: list[tuple[Path, str]] = []

    def make(kind: str = "sqlite") -> Office:
        folder, url = tmp_path / f"data-{len(opened)}", None
        folder.mkdir()
        if kind == "postgresql":
            sockets: Path = request.getfixturevalue("postgres")
            name = f"t{len(opened)}_{secrets.token_hex(6)}"
            template = request.getfixturevalue("postgres_template")
            _execute(sockets, f'CREATE DATABASE "{name}" TEMPLATE {template} STRATEGY file_copy')
            dropped.append((sockets, name))
            url = _url(sockets, name)
        else:
            shutil.copy(request.getfixturevalue("sqlite_template"), folder / "xunqin.db")
        opened.append(Office(_settings(folder, url), clock))
        return opened[-1]

    yield make
    for office in opened:
        office.close()
    for sockets, name in dropped:
        _execute(sockets, f'DROP DATABASE "{name}" WITH (FORCE)')


def _execute(sockets: Path, statement: str) -> None:
    with psycopg.connect(f"host={sockets} user=postgres dbname=postgres", autocommit=True) as link:
        link.execute(statement.encode())


@pytest.fixture(params=["sqlite", "postgresql"])
def office(new_office: NewOffice, request: pytest.FixtureRequest) -> Office:
    """A working office, once on SQLite and once on PostgreSQL."""
    return new_office(request.param)


@pytest.fixture
def small_office(new_office: NewOffice) -> Office:
    """A working office on SQLite."""
    return new_office()
