"""Bulk import: rows a second of CPU and peak memory, through the same path as `xunqin import`.

    python -m benchmarks bulk --rows 100000 [--kind ledger|pfif|records]

Synthetic records are written to a file of that kind and taken in, into a fresh SQLite database in
a temporary folder. Then the same file is taken in again, which must write nobody. `peak_bytes` is
the peak of the whole process, the file included.
"""

from __future__ import annotations

import csv
import json
import resource
import tempfile
import time
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.protocol import emit, parser
from tracing.access import Actor
from tracing.accounts import Accounts, system_actor
from tracing.exchange.imports import KINDS, Imports, Wish
from tracing.photos.album import Photos
from tracing.photos.intake import Intake
from tracing.settings import Settings
from tracing.store import Store
from tracing.store import accounts as account_rows

_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗"
_GIVEN = "建国秀英桂兰志强丽华明芳军敏静伟勇艳杰娟涛超霞平刚玉文辉力"
_HOMES = ("广东省广州市荔湾区", "山东省诸城市", "江苏省常州市天宁区", "贵州省安顺市西秀区")


def _person(dice: Random, number: int) -> dict[str, Any]:
    name = dice.choice(_SURNAMES) + "".join(dice.sample(_GIVEN, 2))
    year = dice.randrange(1930, 2015)
    return {
        "id": f"b{number}",
        "source": "成批",
        "side": "register",
        "names": [{"text": name, "kind": "registered"}],
        "sex": dice.choice(("male", "female")),
        "birth": {"earliest": f"{year}-01-01", "latest": f"{year}-12-31", "basis": "stated"},
        "places": [{"kind": "household", "text": dice.choice(_HOMES)}],
    }


def made(kind: str, rows: int, seed: int) -> bytes:
    """A file of that kind with so many people."""
    dice = Random(seed)
    people = (_person(dice, number) for number in range(rows))
    if kind == "records":
        return b"".join(json.dumps(p, ensure_ascii=False).encode() + b"\n" for p in people)
    if kind == "pfif":
        return _pfif([(p["id"], p["names"][0]["text"], p["birth"]["earliest"][:4]) for p in people])
    text = StringIO()
    sheet = csv.writer(text)
    sheet.writerow(("编号", "姓名", "性别", "出生日期", "户籍地"))
    for p in people:
        sex = "男" if p["sex"] == "male" else "女"
        sheet.writerow((p["id"], p["names"][0]["text"], sex, p["birth"]["earliest"][:4],
                        p["places"][0]["text"]))  # fmt: skip
    return text.getvalue().encode()


def _pfif(people: list[tuple[str, str, str]]) -> bytes:
    inside = "".join(
        f"<p:person><p:person_record_id>bulk.example.org/{number}</p:person_record_id>"
        f"<p:source_date>2026-01-01T00:00:00Z</p:source_date><p:full_name>{name}</p:full_name>"
        f"<p:date_of_birth>{year}</p:date_of_birth></p:person>"
        for number, name, year in people
    )
    return f'<p:pfif xmlns:p="http://zesty.ca/pfif/1.4">{inside}</p:pfif>'.encode()


def taken_in(own: Imports, actor: Actor, data: bytes, kind: str) -> dict[str, Any]:
    """Looked at and taken in: seconds of CPU of each, and what became of the rows."""
    before = time.process_time()
    seen = own.look(actor, data, f"bulk.{kind}", Wish(kind))
    looked = time.process_time()
    done = own.run(actor, seen.id)
    return {"look_cpu_s": looked - before, "run_cpu_s": time.process_time() - looked,
            "counts": dict(done.counts)}  # fmt: skip


def main(arguments: list[str]) -> int:
    """Run it."""
    options = parser("bulk", "how fast files come in")
    options.add_argument("--rows", type=int, default=20_000)
    options.add_argument("--kind", choices=KINDS, default="records")
    given = options.parse_args(arguments)
    data = made(given.kind, given.rows, given.seed)
    with tempfile.TemporaryDirectory(prefix="xunqin-bulk-") as folder:
        settings = Settings(data_dir=Path(folder))
        store = Store.open(settings, now=lambda: datetime.now(UTC))
        accounts = Accounts(store, settings)
        accounts.first_start_link()
        actor = _worker(store, accounts)
        own = Imports(store, Photos(store, Intake(settings)))
        first = taken_in(own, actor, data, given.kind)
        again = taken_in(own, actor, data, given.kind)
        store.close()
    cpu = first["look_cpu_s"] + first["run_cpu_s"]
    emit("bulk", given.seed, {
        "kind": given.kind,
        "rows": given.rows,
        "file_bytes": len(data),
        "rows_per_cpu_second": given.rows / cpu,
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "first": first,
        "again": again,
    })  # fmt: skip
    return 0


def _worker(store: Store, accounts: Accounts) -> Actor:
    """An account that may import."""
    with store.read() as tx:
        admin = account_rows.by_login(tx, "admin")
    if admin is None:
        raise SystemExit("no account")
    boss = system_actor(admin)
    accounts.create(boss, "worker", "worker", "city_station", boss.station_code)
    with store.read() as tx:
        account = account_rows.by_login(tx, "worker")
    if account is None:
        raise SystemExit("no account")
    return system_actor(account)
