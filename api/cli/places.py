"""`xunqin places`: places that no register holds, added with where they were learnt."""

from __future__ import annotations

from dataclasses import asdict
from typing import Literal

import click

from api.cli.options import Office, json_option
from api.cli.telling import tell_json, tell_table
from tracing import added_places


@click.group()
def places() -> None:
    """地名 / places that the tables do not hold."""


@places.command("add")
@click.argument("name")
@click.option("--within", required=True, help="所在县 6 位或乡镇 9 位代码 / county or town code")
@click.option("--source", required=True, help="从哪里知道的 / where this was learnt")
@click.option(
    "--level", type=click.Choice(["village", "town"]), default="village", show_default=True
)
@json_option
@click.pass_obj
def add(
    office: Office,
    name: str,
    within: str,
    source: str,
    level: Literal["village", "town"],
    as_json: bool,
) -> None:
    """加一个地名,重启服务后生效 / add a place; takes effect when the service restarts."""
    added = added_places.add(office.settings().data_dir, name, within, level, source)
    if as_json:
        tell_json({"code": added.code, **asdict(added.addition)})
    else:
        click.echo(f"已加入,重启服务后生效 / added, restart to use: {name} {added.code}")


@places.command("list")
@json_option
@click.pass_obj
def listed(office: Office, as_json: bool) -> None:
    """本站加过的地名 / places this installation has added."""
    found = added_places.added_places(office.settings().data_dir)
    if as_json:
        tell_json([asdict(addition) for addition in found])
        return
    rows = [(place.name, place.within, place.level, place.source) for place in found]
    tell_table("地名 / places", ("名称", "在", "级别", "来源"), rows)
