"""One day's work at a station, the same on every database, and what it leaves in the tables."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime
from typing import Any

from sqlalchemy import Table, select

from tests.store.office import Office, full_record, record
from tracing.photos.keeping import FaceChoice
from tracing.store.ids import is_id
from tracing.store.tables import Base


def a_days_work(office: Office) -> dict[str, str]:
    """Admission with photos, a report, a register import, changes, a draft; ids by word."""
    worker = office.worker
    office.stations.add(office.admin, "320402-1", "天宁救助点", division="320402")
    point = office.hire("point", "city_station", "320402-1")
    portrait = office.photos.receive(worker, b"faces:1 portrait", "欧阳建国.jpg")
    family = office.photos.receive(worker, b"faces:3 family", "全家福.jpg")
    office.photos.choose(worker, family.id, 2, {0: "father", 1: "mother"})
    found = office.people.register(
        worker,
        full_record(),
        faces=[FaceChoice(portrait.id, 0), FaceChoice(family.id)],
        idempotency_key="form-1",
    )
    sought = office.people.register(
        point, record(side="sought", names=[{"text": "欧阳建国", "kind": "registered"}])
    )
    office.people.register_many(worker, [register_entry(n) for n in range(5)], checkpoint="census")
    office.people.change(worker, found.person_id, full_record(belongings=["红色棉袄", "藤箱"]), 1)
    office.people.get(worker, sought.person_id)
    office.people.page(worker, side="register", limit=3)
    office.photos.crop(worker, family.id, 2)
    office.drafts.save(worker, "admission", {"name": "欧阳"}, photos=[portrait.id])
    office.cases.get(worker, found.case_id or "")
    office.accounts.create_key(office.admin, "worker", {"search", "people.read"}, 30)
    office.erase(sought.person_id)
    office.audit.seal_chain()
    return {"found": found.person_id, "sought": sought.person_id, "family": family.id}


def register_entry(number: int) -> Any:
    """An entry of a population register."""
    return record(
        side="register",
        id=f"P{number}",
        source="census",
        names=[{"text": "张伟", "kind": "registered"}],
        birth={"earliest": f"{1900 + number % 100}-01-01", "basis": "document"},
    )


def rows_left(office: Office) -> dict[str, Counter[tuple[Any, ...]]]:
    """All rows by table; ids and sealed bytes told by kind, sequence numbers by their order."""
    with office.store.read() as tx:
        found = {t.name: list(tx.run(select(*t.columns)).mappings()) for t in _tables()}
    order = {seq: rank for rank, seq in enumerate(sorted(row["seq"] for row in found["person"]))}
    return {
        name: Counter(
            tuple(order[v] if k == "seq" else _kind(v) for k, v in row.items()) for row in rows
        )
        for name, rows in found.items()
    }


def _tables() -> list[Table]:
    return Base.metadata.sorted_tables


def _kind(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return ("bytes", len(bytes(value)))
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str):
        return " ".join("id" if is_id(word) else word for word in _words(value))
    return value


def _words(text: str) -> list[str]:
    for mark in '"[],:{}':
        text = text.replace(mark, " ")
    if text.startswith(("xq", "$argon2")) or re.fullmatch(r"[0-9a-f]{64}", text):
        return ["secret"]
    return text.split()
