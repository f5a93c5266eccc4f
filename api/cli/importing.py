"""`xunqin import`: records of docs/record.md, one JSON object a line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

import click

from api.cli.office import acting, opened
from api.cli.options import Office, as_option, json_option
from api.cli.telling import tell_json
from tracing.access import Actor
from tracing.errors import Conflict, PhotoError, RecordInvalid
from tracing.photos.keeping import FaceChoice
from tracing.records import PersonRecord
from tracing.service import Service

SHOWN_FAULTS = 20


@dataclass(slots=True)
class Faults:
    """Lines that could not be read: number, path of the field and reason; never the value."""

    total: int = 0
    first: list[dict[str, object]] = field(default_factory=list)

    def add(self, line: int, error: RecordInvalid | PhotoError) -> None:
        """Count a fault and keep the first few."""
        self.total += 1
        if len(self.first) < SHOWN_FAULTS:
            self.first.append({"line": line, "code": error.code, **error.facts})


def records(file: Path, faults: Faults, *, with_photos: bool) -> Iterator[tuple[int, PersonRecord]]:
    """The readable records of a file, those with photos or those without, with line numbers."""
    with file.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                record = PersonRecord.from_json(line)
            except RecordInvalid as error:
                if not with_photos:
                    faults.add(number, error)
                continue
            if bool(record.photos) == with_photos:
                yield number, record


def _digest(file: Path) -> str:
    total = blake2b(digest_size=16)
    with file.open("rb") as content:
        while block := content.read(1 << 20):
            total.update(block)
    return total.hexdigest()


def _photo(folder: Path, name: str) -> Path:
    """The photo beside the file; a name that leads out of the folder is refused."""
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()) or not path.is_file():
        raise RecordInvalid(path="photos", reason="photo_unknown")
    return path


def enrol(service: Service, actor: Actor, record: PersonRecord, folder: Path) -> bool:
    """Register one record with its photos; False when it is recorded already."""
    faces = []
    for photo in record.photos:
        path = _photo(folder, photo.file)
        taken = service.photos.receive(actor, path.read_bytes(), path.name)
        only = 0 if len(taken.faces) == 1 else None
        faces.append(FaceChoice(taken.id, photo.face if photo.face is not None else only))
    bare = PersonRecord.model_validate(
        {key: value for key, value in record.document().items() if key != "photos"}
    )
    try:
        service.people.register(actor, bare, faces=faces)
    except Conflict:
        return False
    return True


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--update", is_flag=True, help="已有的也更新 / renew records that exist already")
@as_option()
@json_option
@click.pass_obj
def import_file(office: Office, file: Path, update: bool, login: str, as_json: bool) -> None:
    """导入 NDJSON,可中断后重来 / import records; stopped half-way it goes on where it was.

    Photos are read from beside the file. A line that cannot be read is named and passed over.
    """
    faults = Faults()
    with opened(office) as service:
        actor = acting(service, login)
        plain = (record for _, record in records(file, faults, with_photos=False))
        done = service.people.register_many(
            actor,
            plain,
            checkpoint=f"import-{_digest(file)}",
            on_existing="change" if update else "skip",
        )
        created, skipped = done.created, done.skipped
        for number, record in records(file, faults, with_photos=True):
            try:
                fresh = enrol(service, actor, record, file.parent)
            except (PhotoError, RecordInvalid) as error:
                faults.add(number, error)
                continue
            created, skipped = created + fresh, skipped + (not fresh)
    report = {
        "created": created,
        "changed": done.changed,
        "skipped": skipped,
        "unreadable": faults.total,
        "faults": faults.first,
    }
    if as_json:
        tell_json(report)
        return
    click.echo(
        f"新增 {created},更新 {done.changed},已有 {skipped},看不明白 {faults.total}"
        " / created, changed, skipped, unreadable"
    )
    for fault in faults.first:
        click.echo("  " + ", ".join(f"{key}={value}" for key, value in fault.items()), err=True)
