"""Opening the store: schema, keys, first station; everything a service needs to remember."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import insert, select

from tracing.errors import KeyMissing
from tracing.sealing import Ciphers, Vault, keys_from_command, open_master, parse_keys
from tracing.sealing.master import KeySource
from tracing.sealing.vault import PURPOSES, Purpose
from tracing.settings import Settings
from tracing.store import upgrade
from tracing.store.database import Database, Tx
from tracing.store.erasure_ledger import ErasureLedger
from tracing.store.erasure_replay import replay
from tracing.store.ids import new_id
from tracing.store.sequence import settle_base
from tracing.store.tables import ServiceKey, Station


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Store:
    """The open database and its vault; made by `Store.open`, shared by all services."""

    def __init__(
        self, database: Database, vault: Vault, settings: Settings, now: Callable[[], datetime]
    ) -> None:
        self._database = database
        self.vault = vault
        self.data_dir = settings.data_dir
        self.ledger = ErasureLedger(settings.erasure_ledger_path)
        self.now = now

    @classmethod
    def open(cls, settings: Settings, *, now: Callable[[], datetime] = _utc_now) -> Store:
        """Open, and at the very first start create: schema (SQLite), keys, root station.

        Raises:
            KeyMissing: the database holds data and the master key is absent, open to others or
                another one; nothing is changed.
            LedgerBroken: the ledger of erasures was changed.
            StoreOutdated: on PostgreSQL, the schema is not this version's.
        """
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        database = Database(settings.database)
        try:
            with _one_start_at_a_time(settings.data_dir):
                if database.url.get_backend_name() == "sqlite":
                    upgrade.upgrade(database)
                else:
                    upgrade.require_current(database)
                store = cls(database, _unlock(database, settings, now), settings, now)
                replay(database, store.ledger, now())
        except BaseException:
            database.close()
            raise
        return store

    @contextmanager
    def read(self) -> Iterator[Tx]:
        """A transaction that changes nothing."""
        with self._database.read() as tx:
            yield tx

    @contextmanager
    def write(self) -> Iterator[Tx]:
        """A transaction that commits at the end, or leaves nothing; raises `StoreBusy`."""
        with self._database.write() as tx:
            yield tx

    def scrub(self, *, again: bool = False) -> bool:
        """Clear destroyed keys out of the database's log; False when readers are in the way.

        `again` is for later rounds: it does nothing where the first one cannot fail.
        """
        return self._database.scrub(again=again)

    def check(self) -> None:
        """Raise what keeps the store from answering: schema or connection."""
        upgrade.require_current(self._database)

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()


@contextmanager
def _one_start_at_a_time(folder: Path) -> Iterator[None]:
    """SQLite does not wait while another process is only just turning on its log (WAL)."""
    with (folder / "starting.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _unlock(database: Database, settings: Settings, now: Callable[[], datetime]) -> Vault:
    """The vault, with service keys made at first start.

    The key file is written before the rows: a start that stops between the two finds a key
    and no rows, and goes on.
    """
    with database.read() as tx:
        used = tx.run(select(ServiceKey.purpose)).first() is not None
    source = key_source(settings)
    first = source() if source is not None else None
    master = first or open_master(settings.master_key_path, may_create=not used)
    vault = Vault(master, Ciphers(settings.cipher), source or _file_source(settings))
    with database.write() as tx:
        tx.alone()
        wrapped = _service_keys(tx)
        if not wrapped:
            _first_rows(tx, vault, settings, now())
        elif "sign" not in wrapped:
            _new_service_key(tx, vault, "sign", now())
        wrapped = _service_keys(tx)
        settle_base(tx.connection)
    if not set(PURPOSES) <= set(wrapped):
        raise KeyMissing(reason="service_key")
    return vault.with_service_keys(wrapped)


def _service_keys(tx: Tx) -> dict[str, bytes]:
    rows = tx.run(select(ServiceKey.purpose, ServiceKey.wrapped))
    return {row.purpose: row.wrapped for row in rows}


def key_source(settings: Settings) -> KeySource | None:
    """Where master keys come from when it is not the key file; None for the file."""
    if settings.master_key is not None:
        text = settings.master_key.get_secret_value()
        return lambda: parse_keys(text)
    if settings.master_key_command is not None:
        command = settings.master_key_command
        return lambda: keys_from_command(command)
    return None


def _file_source(settings: Settings) -> KeySource:
    return lambda: open_master(settings.master_key_path, may_create=False)


def _new_service_key(tx: Tx, vault: Vault, purpose: Purpose, at: datetime) -> None:
    wrapped = vault.wrap(vault.new_key(), "service", purpose)
    tx.run(insert(ServiceKey).values(purpose=purpose, wrapped=wrapped, created_at=at))


def _first_rows(tx: Tx, vault: Vault, settings: Settings, at: datetime) -> None:
    for purpose in PURPOSES:
        _new_service_key(tx, vault, purpose, at)
    code = settings.root_station_code
    tx.run(
        insert(Station).values(
            id=new_id(),
            code=code,
            name=settings.root_station_name,
            path=f"/{code}/",
            created_at=at,
        )
    )
