"""`xunqin audit`: prove the trail, and sign how far it has come."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from api.cli.office import acting, opened
from api.cli.options import Office, as_option, json_option
from api.cli.telling import tell_json, tell_table
from tracing.audit import ChainState
from tracing.audit_checkpoints import read_checkpoints
from tracing.audit_files import export, proven


@click.group()
def audit() -> None:
    """审计 / the audit trail."""


@audit.command("verify")
@click.option(
    "--checkpoint",
    "paths",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    help="另处保存的校验点 / checkpoints kept elsewhere",
)
@click.option(
    "--file",
    "exported",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="核对导出的文件,不用数据库和密钥 / prove an exported file, without database or keys",
)
@click.option("--key", help="应有的公钥 (base64) / the public key to expect")
@json_option
@click.pass_obj
def verify(
    office: Office, paths: tuple[Path, ...], exported: Path | None, key: str | None, as_json: bool
) -> None:
    """核对全部记录,指出第一条不符的 / prove the trail; names the first row that does not fit."""
    others = [p for path in paths for p in read_checkpoints(path.read_text("utf-8").splitlines())]
    named: dict[str, str] = {}
    if exported is None:
        with opened(office) as service:
            state = service.audit.verify(others)
    else:
        with exported.open("r", encoding="utf-8", errors="replace") as lines:
            found = proven((line.rstrip("\n") for line in lines), others, key)
        state = found.state
        if found.key:
            named = {"key": found.key}
    if as_json:
        tell_json({**asdict(state), **named, "whole": state.whole})
    else:
        click.echo(_told(state))
        if named:
            click.echo(f"签名公钥 / signed with: {named['key']}")
    if not state.whole:
        raise click.exceptions.Exit(1)


def _told(state: ChainState) -> str:
    if state.whole:
        return (
            f"完好:{state.sealed} 条,另有 {state.unsealed} 条待入链\n"
            f"whole: {state.sealed} rows, {state.unsealed} not in the chain yet"
        )
    if state.first_bad is None:
        return (
            f"不完好:{state.reason},{state.sealed} 条之后,校验点 {state.checkpoint}\n"
            f"not whole: {state.reason} after row {state.sealed}, checkpoint {state.checkpoint}"
        )
    return (
        f"不完好:第一条不符的是 {state.first_bad}({state.reason})\n"
        f"not whole: the first bad row is {state.first_bad} ({state.reason})"
    )


@audit.command("checkpoint")
@json_option
@click.pass_obj
def checkpoint(office: Office, as_json: bool) -> None:
    """签名的校验点,请另处保存 / a signed checkpoint, to be kept elsewhere."""
    del as_json  # a checkpoint is one line of JSON either way
    with opened(office) as service:
        point = service.audit.checkpoint()
    click.echo(point.line if point else "")


@audit.command("export")
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path))
@as_option()
@json_option
@click.pass_obj
def exporting(office: Office, path: Path, login: str, as_json: bool) -> None:
    """导出全部记录和签名 / write all rows with their signatures to a new file."""
    with opened(office) as service:
        try:
            count = export(service.store, acting(service, login), path)
        except FileExistsError:
            raise click.ClickException(
                "文件已存在,请换一个名字 / the file exists: choose another name"
            ) from None
    if as_json:
        tell_json({"rows": count})
    else:
        click.echo(f"已导出 {count} 条 / {count} rows written")


@audit.command("looks")
@click.argument("person_id")
@as_option()
@json_option
@click.pass_obj
def looks(office: Office, person_id: str, login: str, as_json: bool) -> None:
    """谁看过这个人 / who looked at this person."""
    with opened(office) as service:
        found = service.lookers.at(acting(service, login), person_id)
    if as_json:
        tell_json(asdict(found))
        return
    tell_table(
        f"谁看过 {person_id}",
        ("时间", "谁", "做了什么", "目的", "案件"),
        [
            (f"{look.at:%Y-%m-%d %H:%M}", f"{look.who} {look.station}", look.action,
             look.purpose or "", look.case_number or "")
            for look in found.items
        ],
    )  # fmt: skip
