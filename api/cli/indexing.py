"""`xunqin index`: what the face index holds, making it anew, proving it against the records."""

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
    """人脸索引 / the face index, a cache of the records in the engine of the settings."""


@index.command("status")
@json_option
@click.pass_obj
def status(office: Office, as_json: bool) -> None:
    """索引里有什么 / what the index holds, and up to which change."""
    with opened(office) as service:
        _tell(service.face_index.state(), as_json)


@index.command("rebuild")
@click.option("--new-key", is_flag=True, help="换新的索引密钥 / under a new index key")
@json_option
@click.pass_obj
def rebuild(office: Office, new_key: bool, as_json: bool) -> None:
    """按档案重建,验证后替换旧的 / make it anew; it replaces the old once proven."""
    with opened(office) as service:
        service.face_index.rebuild(new_key=new_key)
        _tell(service.face_index.state(), as_json)


@index.command("verify")
@json_option
@click.pass_obj
def verify(office: Office, as_json: bool) -> None:
    """与档案核对;有错时以 1 退出 / check against the records; ends with 1 if anything is wrong."""
    with opened(office) as service:
        found = service.face_index.verify()
    if as_json:
        tell_json(asdict(found))
    else:
        click.echo("完好 / whole" if found.whole else "有错,请重建 / wrong, rebuild it")
        click.echo(f"{found.rows} / {found.expected} 人 / people")
        click.echo(f"抽查找到自己 / sampled found themselves: {found.found_themselves:.1%}")
        for name, share in found.measured.items():
            click.echo(f"{name}: {share:.3f}")
    if not found.whole:
        sys.exit(1)


def _tell(state: EngineState, as_json: bool) -> None:
    if as_json:
        tell_json(asdict(state))
        return
    facts = {"engine": state.engine, "model": state.model, "rows": state.rows}
    facts |= {"applied": state.applied, **state.facts}
    rows = [(name, "—" if value is None else str(value)) for name, value in facts.items()]
    tell_table("人脸索引 / face index", ("", ""), rows)
