"""`xunqin migrate`: the database to this version's schema."""

from __future__ import annotations

import click

from api.cli.options import Office, json_option
from api.cli.telling import tell_json
from tracing.store.upgrade import migrate as upgrade


@click.command()
@json_option
@click.pass_obj
def migrate(office: Office, as_json: bool) -> None:
    """更新数据库结构 / bring the database to this version's schema."""
    revision = upgrade(office.settings())
    if as_json:
        tell_json({"revision": revision})
    else:
        click.echo(f"数据库版本 / schema: {revision}")
