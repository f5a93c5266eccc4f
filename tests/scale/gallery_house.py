"""An installation of eight people with a published gallery, and the same after a restart."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tests.searches.conftest import Town, a_face
from tracing.photos.served import default_faces
from tracing.records import PersonRecord
from tracing.service import Service
from tracing.settings import Settings

ROOT = Path(__file__).resolve().parent.parent.parent
MODEL = default_faces().recipe
NAMES = ("王建国", "李秀英", "张伟", "欧阳娜", "陈静", "周杰", "吴桂芳", "郑小龙")
HOME = {"kind": "household", "code": "320412", "text": "江苏省常州市武进区雪堰镇"}
Answer = list[tuple[str, float]]


@dataclass
class Prepared:
    """An installation of eight people with a published gallery, and who they are."""

    folder: Path
    people: dict[str, str]


def settings(folder: Path) -> Settings:
    return Settings(_env_file=None, data_dir=folder)  # type: ignore[call-arg]


class Again(Town):
    """The town after a restart; counts the records that are opened."""

    def __init__(self, folder: Path, **more: Any) -> None:
        self.service = Service(settings(folder), **more)
        self.admin, self.worker = self._signed_in("admin"), self._signed_in("worker")
        self.opened = 0
        documents = self.service.people.documents

        def counted(after: int = 0) -> Iterator[Any]:
            for row in documents(after):
                self.opened += 1
                yield row

        self.service.people.documents = counted  # type: ignore[assignment,method-assign]

    def answer(self, name: str = "欧阳那") -> Answer:
        found = self.ask(self.heard(name, places=[{"kind": "heard_home", "heard": "wu jin"}]))
        return [(c.person_id, c.bits) for c in found.candidates]

    def relatives(self) -> Answer:
        """Whoever has a wife called so."""
        kin = [{"relation": "spouse", "names": [{"text": "李秀英", "kind": "heard"}]}]
        record = PersonRecord.model_validate({"side": "found", "relatives": kin})
        return [(c.person_id, c.bits) for c in self.ask(record).candidates]

    def everything(self) -> tuple[Answer, Answer]:
        return self.answer(), self.relatives()


@contextmanager
def town(folder: Path, **more: Any) -> Iterator[Again]:
    again = Again(folder, **more)
    try:
        yield again
    finally:
        again.service.close()


def from_records(house: Prepared) -> tuple[Answer, Answer]:
    """What an installation without segments answers."""
    aside = house.folder / "indexes"
    kept = aside.rename(house.folder / "aside") if aside.exists() else None
    with town(house.folder) as plain:
        answers = plain.everything()
    if kept is not None:
        shutil.rmtree(aside)
        kept.rename(aside)
    return answers


def segments(house: Prepared) -> Path:
    return house.folder / "indexes" / "gallery"


def template(number: int) -> Any:
    return np.array(a_face(number), np.float32)
