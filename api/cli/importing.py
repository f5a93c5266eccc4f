"""`xunqin import`: records of docs/record.md one a line, ledgers, PFIF."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from hashlib import blake2b
from pathlib import Path

import click

from api.cli.office import acting, opened
from api.cli.options import Office, as_option, json_option
from api.cli.telling import tell_json, tell_table
from tracing.access import Actor
from tracing.errors import Conflict, PhotoError, RecordInvalid
from tracing.exchange.imports import KINDS, ImportFile, Wish
from tracing.exchange.layout import LAYOUTS
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
@click.option("--kind", type=click.Choice(KINDS), help="文件种类 / kind of file, if not by itself")
@click.option("--layout", type=click.Choice(LAYOUTS), help="台账样式 / layout of the ledger")
@click.option(
    "--mapping",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="列名对照表 / your own layout, a TOML file",
)
@click.option("--source", default="", help="来源名称 / what the source is called")
@click.option("--gallery", "gallery_id", help="外来底库编号 / id of a borrowed gallery")
@click.option("--preview", is_flag=True, help="只看不收 / look, write nothing")
@as_option()
@json_option
@click.pass_obj
def import_file(
    office: Office,
    file: Path,
    update: bool,
    kind: str | None,
    layout: str | None,
    mapping: Path | None,
    source: str,
    gallery_id: str | None,
    preview: bool,
    login: str,
    as_json: bool,
) -> None:
    """导入,可中断后重来 / import a file; stopped half-way it goes on where it was.

    Excel, CSV and PFIF are taken in by external id and provenance; so are records one a line with
    --kind records, --gallery or --preview. Other NDJSON is read with its photos, from beside the
    file. A row that cannot be read is named and passed over.
    """
    wish = Wish(
        kind or "",
        layout or "",
        mapping.read_bytes() if mapping else b"",
        source,
        gallery_id,
    )
    plain = file.suffix in (".ndjson", ".jsonl") and not (preview or gallery_id or kind)
    with opened(office) as service:
        actor = acting(service, login)
        if plain:
            _with_photos(service, actor, file, update=update, as_json=as_json)
            return
        seen = service.imports.look(actor, file.read_bytes(), file.name, wish)
        found = seen if preview else service.imports.run(actor, seen.id)
    _tell_import(found, as_json=as_json)


def _with_photos(
    service: Service, actor: Actor, file: Path, *, update: bool, as_json: bool
) -> None:
    faults = Faults()
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


def _tell_import(found: ImportFile, *, as_json: bool) -> None:
    """The first look, or the report."""
    faults = [{"row": row, "path": path, "code": code} for row, path, code in found.faults]
    look = found.look
    if as_json:
        columns = [asdict(column) for column in look.columns] if look else []
        report = {
            "id": found.id,
            "kind": found.kind,
            "state": found.state,
            "rows": look.rows if look else 0,
            "counts": dict(found.counts),
            "columns": columns,
            "held_as_text": dict(found.held),
            "faults": faults,
        }
        tell_json(report)
        return
    if look and look.columns:
        tell_table(look.layout, ("列 / heading", "当作 / taken for", "有内容", "看不懂"),
                   [(c.heading, c.taken_for or "文字 / text", str(c.filled), str(c.faulty))
                    for c in look.columns])  # fmt: skip
    counted = dict(found.counts) if found.counts else {
        "rows": look.rows, "good": look.good, "faulty": look.faulty} if look else {}  # fmt: skip
    click.echo(", ".join(f"{name} {count}" for name, count in counted.items()))
    if found.held:
        told = ", ".join(f"{name} × {count}" for name, count in found.held.items())
        click.echo(f"保存为文字 / kept as text: {told}")
    for fault in faults[:SHOWN_FAULTS]:
        click.echo("  " + ", ".join(f"{key}={value}" for key, value in fault.items()), err=True)
