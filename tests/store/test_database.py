"""Both databases keep the same rows, grow in order, and speak plainly when they are busy."""

from __future__ import annotations

import re
import threading
from collections import Counter as Multiset
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, insert, inspect, update

from tests.store.conftest import NewOffice
from tests.store.office import Office, record
from tests.store.script import a_days_work, register_entry, rows_left
from tracing.errors import StoreBusy, StoreOutdated
from tracing.settings import Settings
from tracing.store import Store, people
from tracing.store import stations as station_rows
from tracing.store.database import Database
from tracing.store.sequence import settle_base
from tracing.store.tables import Base, Counter, Person, Station
from tracing.store.upgrade import upgrade


def test_the_same_day_leaves_the_same_rows_on_both_databases(new_office: NewOffice) -> None:
    light, heavy = new_office("sqlite"), new_office("postgresql")
    a_days_work(light)
    a_days_work(heavy)
    left, right = rows_left(light), rows_left(heavy)
    assert _case_numbers(left) == _case_numbers(right)
    for table in left.keys() - {"counter"}:
        assert left[table] == right[table], table
    assert left["person"].total() == 7


def _case_numbers(rows: dict[str, Multiset[tuple[Any, ...]]]) -> set[Any]:
    """Counters of cases; each database counts its changes in its own way."""
    return {row for row in rows["counter"] if row[0].startswith("case")}


def test_all_migrations_together_are_the_fresh_schema(office: Office) -> None:
    with office.store.read() as tx:
        context = MigrationContext.configure(
            tx.connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, Base.metadata) == []


def test_migrated_and_created_tables_are_the_same_text(tmp_path: Path) -> None:
    migrated = Database(f"sqlite:///{tmp_path / 'migrated.db'}")
    upgrade(migrated)
    created = create_engine(f"sqlite:///{tmp_path / 'created.db'}")
    Base.metadata.create_all(created)
    both = [inspect(engine) for engine in (migrated.engine, created)]
    for table in Base.metadata.tables:
        for question in ("get_columns", "get_indexes", "get_unique_constraints",
                         "get_foreign_keys", "get_pk_constraint"):  # fmt: skip
            answers = [sorted(map(_plain, _listed(getattr(one, question)(table)))) for one in both]
            assert answers[0] == answers[1], (table, question)
    migrated.close()
    created.dispose()


def _plain(answer: object) -> str:
    return re.sub(r" object at 0x\w+", "", str(answer))


def _listed(answer: object) -> Iterator[object]:
    yield from answer if isinstance(answer, list) else [answer]


def test_two_first_starts_at_once_make_one_installation(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, data_dir=tmp_path / "data")  # type: ignore[call-arg]
    with ThreadPoolExecutor(4) as pool:
        stores = list(pool.map(lambda _: Store.open(settings), range(4)))
    digests = {store.vault.digest("exact", "phone", "13800138000") for store in stores}
    assert len(digests) == 1
    with stores[0].read() as tx:
        assert len(station_rows.below(tx, "/")) == 1
    for store in stores:
        store.close()


def test_postgresql_is_never_migrated_by_itself(new_office: NewOffice) -> None:
    office = new_office("postgresql")
    with office.store.write() as tx:
        tx.connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
    with pytest.raises(StoreOutdated):
        Store.open(office.settings)
    with pytest.raises(StoreOutdated):
        office.store.check()


def test_a_second_writer_waits_and_then_hears_that_the_store_is_busy(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, data_dir=tmp_path)  # type: ignore[call-arg]
    store = Store.open(settings)
    patient = Database(settings.database, busy_seconds=0.1)
    with store.write() as tx:
        tx.next_seq()
        with pytest.raises(StoreBusy), patient.write():
            pytest.fail("two writers at once")
        with patient.read() as reading:  # readers go on
            assert station_rows.root(reading).code == settings.root_station_code
    with patient.write() as tx:
        tx.next_seq()
    patient.close()
    store.close()


def test_a_row_held_too_long_is_a_busy_store_on_postgresql(new_office: NewOffice) -> None:
    office = new_office("postgresql")
    impatient = Database(office.settings.database, busy_seconds=0.2)
    with office.store.write() as tx:
        tx.run(update(Station).values(name="改名"))
        with pytest.raises(StoreBusy), impatient.write() as other:
            other.run(update(Station).values(name="又改名"))
    impatient.close()


def test_nothing_of_a_failed_deed_stays(office: Office) -> None:
    before = rows_left(office)
    with pytest.raises(ZeroDivisionError):
        _stop_half_way(office)
    assert rows_left(office) == before


def _stop_half_way(office: Office) -> None:
    with office.store.write() as tx:
        tx.run(insert(Counter).values(name="half", value=1))
        raise ZeroDivisionError


def test_sequence_numbers_grow_with_every_change(office: Office) -> None:
    seen: list[int] = []
    for _ in range(3):
        done = office.people.register(office.worker, record())
        seen.append(list(office.people.documents())[-1].seq)
    office.people.change(office.worker, done.person_id, record(household="x"), 1)
    follower = list(office.people.documents(seen[-1]))
    assert seen == sorted(set(seen))
    assert [row.person_id for row in follower] == [done.person_id]


def test_a_follower_never_steps_over_a_change_that_commits_late(new_office: NewOffice) -> None:
    office = new_office("postgresql")
    last = max((row.seq for row in office.people.documents()), default=0)
    people_seen: list[str] = []
    with ExitStack() as late:
        slow = late.enter_context(office.store.write())
        slow_seq = slow.next_seq()  # takes its number first and commits last
        quick = office.people.register(office.worker, record()).person_id
        for row in office.people.documents(last):
            people_seen.append(row.person_id)
            last = row.seq
        assert quick not in people_seen
        with office.store.read() as tx:
            (newest,) = [p for p in people.page(tx, "/", None, None, 5) if p.id == quick]
        assert newest.seq > slow_seq
        slow.run(
            update(Person).where(Person.id == quick).values(event_division="320402", seq=slow_seq)
        )
    again = [row.seq for row in office.people.documents(last)]
    assert again == [slow_seq]


def test_a_database_restored_into_a_younger_cluster_goes_on_growing(new_office: NewOffice) -> None:
    office = new_office("postgresql")
    office.people.register(office.worker, record())
    far = 1 << 55
    with office.store.write() as tx:
        tx.run(update(Person).values(seq=far))
    with office.store.write() as tx:
        settle_base(tx.connection)
    office.people.register(office.worker, record())
    rows = list(office.people.documents())
    assert [row.seq > far for row in rows] == [False, True]
    with office.store.write() as tx:
        settle_base(tx.connection)
    assert list(office.people.documents(rows[-1].seq)) == []


def test_an_import_goes_on_where_it_stopped(office: Office) -> None:
    def breaks_off() -> Iterator[object]:
        for number in range(1500):
            if number == 1200:
                raise ConnectionResetError
            yield register_entry(number)

    with pytest.raises(ConnectionResetError):
        office.people.register_many(office.worker, breaks_off(), checkpoint="census")  # type: ignore[arg-type]
    done = office.people.register_many(
        office.worker, (register_entry(n) for n in range(1500)), checkpoint="census"
    )
    assert (done.created, done.position) == (500, 1500)
    again = office.people.register_many(office.worker, map(register_entry, range(1500)))
    assert (again.created, again.skipped) == (0, 1500)
    assert sum(1 for _ in office.people.documents()) == 1500


def test_an_entry_sent_again_with_news_is_changed_not_doubled(office: Office) -> None:
    office.people.register_many(office.worker, [register_entry(1), register_entry(2)])
    news = register_entry(2).model_copy(update={"household": "东街 3 号"})
    done = office.people.register_many(
        office.worker, [register_entry(1), news, news], on_existing="change"
    )
    assert (done.created, done.changed, done.skipped) == (0, 1, 2)
    documents = [row.document for row in office.people.documents()]
    assert sorted(d.get("household", "") for d in documents) == ["", "东街 3 号"]


def test_many_at_once_register_without_losing_or_doubling(office: Office) -> None:
    barrier = threading.Barrier(4)

    def register(number: int) -> str:
        barrier.wait()
        done = office.people.register(office.worker, record(household=str(number)))
        return done.case_number or ""

    with ThreadPoolExecutor(4) as pool:
        numbers = list(pool.map(register, range(4)))
    assert sorted(numbers) == [f"000000-2026-{n:05d}" for n in range(1, 5)]
