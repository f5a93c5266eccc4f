"""The database: engine, transactions, the growing sequence. The one place that commits.

SQLite: WAL, foreign keys, one writer at a time under `BEGIN IMMEDIATE`, every commit on disk
before it is acknowledged. PostgreSQL: READ COMMITTED with time-outs on locks.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, Executable, Result, create_engine, event
from sqlalchemy import text as sql_text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DataError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.sql.dml import UpdateBase

from tracing.errors import Conflict, RecordInvalid, StoreBusy
from tracing.store.sequence import first_unsettled, next_seq
from tracing.store.tables import Base

_ALONE = sql_text("SELECT pg_advisory_xact_lock(132451209)")
_BUSY_STATES = frozenset({"55P03", "40P01", "40001", "57014"})
"""PostgreSQL: lock not available, deadlock, serialization failure, statement cancelled."""

_TAKEN = frozenset({"SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"})


class Tx:
    """One transaction; handed to the functions of `tracing.store`, which never commit."""

    def __init__(self, connection: Connection, *, writing: bool) -> None:
        self.connection = connection
        self.writing = writing

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.connection.dialect.name

    def run(
        self, statement: Executable, rows: Sequence[Mapping[str, Any]] | None = None
    ) -> Result[*tuple[Any, ...]]:
        """Execute one statement, for each of `rows` if given."""
        return self.connection.execute(statement, rows)

    def changed(self, statement: UpdateBase) -> int:
        """Execute one update or delete; how many rows it changed."""
        return int(self.connection.execute(statement).rowcount)

    def insert(self, statement: Executable, rows: Sequence[Mapping[str, Any]]) -> None:
        """Execute for each of `rows`; nothing to do for none."""
        if rows:
            self.connection.execute(statement, rows)

    def insert_new(self, table: type[Base], values: Mapping[str, Any]) -> bool:
        """Insert one row unless its key is taken; says whether it was inserted.

        On PostgreSQL this waits for a transaction that is inserting the same key right now.
        """
        make = postgresql.insert if self.dialect == "postgresql" else sqlite.insert
        key = table.__table__.primary_key.columns[0]  # type: ignore[attr-defined]  # FromClause
        statement = make(table).values(values).on_conflict_do_nothing().returning(key)
        return self.connection.execute(statement).first() is not None

    def alone(self) -> None:
        """Wait until no other transaction is between `alone` and its end."""
        if self.dialect == "postgresql":
            self.connection.execute(_ALONE)

    def next_seq(self, count: int = 1) -> int:
        """The first of `count` consecutive sequence numbers, above all that are visible."""
        return next_seq(self.connection, count)

    def first_unsettled(self) -> int | None:
        """Sequence numbers from here on may still get company below them; None: none may."""
        return first_unsettled(self.connection)


class Database:
    """Engine of one installation; safe to share between threads, not across a fork."""

    def __init__(self, url: str, *, busy_seconds: float = 10.0) -> None:
        self.url = make_url(url)
        self._busy_seconds = busy_seconds
        self._sqlite = self.url.get_backend_name() == "sqlite"
        self._writer = threading.Lock()
        self.engine = _engine(url, busy_seconds, sqlite=self._sqlite)

    def __repr__(self) -> str:
        return f"Database({self.url.get_backend_name()})"

    @contextmanager
    def read(self) -> Iterator[Tx]:
        """A transaction that changes nothing and is rolled back."""
        with _clear_errors(), self.engine.connect() as connection:
            yield Tx(connection, writing=False)

    @contextmanager
    def write(self) -> Iterator[Tx]:
        """A transaction that commits at the end, or leaves nothing behind.

        Raises:
            StoreBusy: the write lock was not free in time; nothing was written.
            Conflict: something unique is taken; nothing was written.
        """
        if not self._sqlite:
            with _clear_errors(), self.engine.begin() as connection:
                yield Tx(connection, writing=True)
            return
        if not self._writer.acquire(timeout=self._busy_seconds):
            raise StoreBusy
        try:
            with _clear_errors(), self.engine.connect() as connection:
                writer = connection.execution_options(xunqin_write=True)
                with writer.begin():
                    yield Tx(writer, writing=True)
        finally:
            self._writer.release()

    def scrub(self, *, again: bool = False) -> bool:
        """Clear overwritten rows out of the write-ahead log (SQLite) or the table (PostgreSQL).

        False when readers were in the way; what PostgreSQL keeps in its own log and on free disk
        blocks is out of reach from here.
        """
        if not self._sqlite:
            if again:
                return True
            with self.engine.connect() as connection:
                bare = connection.execution_options(isolation_level="AUTOCOMMIT")
                bare.exec_driver_sql("VACUUM person_key")
            return True
        with closing(self.engine.raw_connection()) as link:
            busy, _, _ = link.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy

    def close(self) -> None:
        """Let go of all connections."""
        self.engine.dispose()


@contextmanager
def _clear_errors() -> Iterator[None]:
    """`StoreBusy` for locks and time-outs, `Conflict` for what is unique and taken,
    `RecordInvalid` for text or numbers that the database cannot hold (NUL, half characters).

    Other errors pass, without their parameters.
    """
    try:
        yield
    except PoolTimeout:
        raise StoreBusy from None
    except (DataError, UnicodeEncodeError):
        raise RecordInvalid(path="", reason="not_storable") from None
    except DBAPIError as error:
        if _is_busy(error):
            raise StoreBusy from None
        if _is_taken(error):
            raise Conflict from None
        raise


def _is_busy(error: DBAPIError) -> bool:
    state = getattr(error.orig, "sqlstate", None)
    name = getattr(error.orig, "sqlite_errorname", "") or ""
    return state in _BUSY_STATES or name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))


def _is_taken(error: DBAPIError) -> bool:
    name = getattr(error.orig, "sqlite_errorname", "") or ""
    return getattr(error.orig, "sqlstate", None) == "23505" or name in _TAKEN


def _engine(url: str, busy_seconds: float, *, sqlite: bool) -> Engine:
    if sqlite:
        engine = create_engine(
            url,
            hide_parameters=True,
            connect_args={"timeout": busy_seconds},
            pool_timeout=busy_seconds,
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    milliseconds = int(busy_seconds * 1000)
    return create_engine(
        url,
        hide_parameters=True,
        pool_pre_ping=True,
        pool_timeout=busy_seconds,
        connect_args={"options": f"-c lock_timeout={milliseconds} -c timezone=UTC"},
    )


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "secure_delete=ON",  # a destroyed key must not survive in a free page
        "cache_size=-32000",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get("xunqin_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
