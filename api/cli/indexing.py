"""`xunqin index`: what the indexes hold, making them anew, proving them against the records."""

from __future__ import annotations

import sys
from dataclasses import asdict

import click

from api.cli.office import opened
from api.cli.options import Office, json_option
from api.cli.telling import tell_json, tell_table
from tracing.index_engines import EngineState


@click.group()
def index() -> None:
    """索引:人脸与各栏 / the indexes, caches of the records: faces, and columns of the gallery."""


@index.command("status")
@json_option
@click.pass_obj
def status(office: Office, as_json: bool) -> None:
    """索引里有什么 / what the indexes hold, and up to which change."""
    with opened(office) as service:
        _tell(service.face_index.state(), service.gallery_segments.state(), as_json)


@index.command("rebuild")
@click.option("--new-key", is_flag=True, help="换新的索引密钥 / under a new index key")
@json_option
@click.pass_obj
def rebuild(office: Office, new_key: bool, as_json: bool) -> None:
    """按档案重建,验证后替换旧的 / make them anew; they replace the old once proven."""
    with opened(office) as service:
        if new_key:
            service.gallery_segments.renew_key()
        service.gallery.rebuild()
        service.face_index.rebuild(new_key=new_key)
        _tell(service.face_index.state(), service.gallery_segments.state(), as_json)


@index.command("verify")
@json_option
@click.pass_obj
def verify(office: Office, as_json: bool) -> None:
    """与档案核对;有错时以 1 退出 / check against the records; ends with 1 if anything is wrong."""
    with opened(office) as service:
        service.gallery_segments.verify()
        found, columns = service.face_index.verify(), service.gallery.verify()
    whole = found.whole and columns.whole
    if as_json:
        tell_json({**asdict(found), "whole": whole, "gallery": asdict(columns)})
    else:
        click.echo("完好 / whole" if whole else "有错,请重建 / wrong, rebuild it")
        click.echo(f"人脸 / faces: {found.rows} / {found.expected} 人 / people")
        click.echo(f"抽查找到自己 / sampled found themselves: {found.found_themselves:.1%}")
        for name, share in found.measured.items():
            click.echo(f"{name}: {share:.3f}")
        click.echo(f"各栏 / columns: {columns.rows} / {columns.expected} 份档案 / records")
        click.echo(f"抽查与档案相符 / sampled as recorded: {columns.agreeing} / {columns.sampled}")
    if not whole:
        sys.exit(1)


def _tell(faces: EngineState, gallery: EngineState, as_json: bool) -> None:
    if as_json:
        tell_json({**asdict(faces), "gallery": asdict(gallery)})
        return
    for title, state in (("人脸索引 / face index", faces), ("各栏 / columns", gallery)):
        facts = {"engine": state.engine, "model": state.model, "rows": state.rows}
        facts |= {"applied": state.applied, **state.facts}
        rows = [(name, "—" if value is None else str(value)) for name, value in facts.items()]
        tell_table(title, ("", ""), rows)
