"""`xunqin master`: the master key; API keys are `xunqin key`."""

from __future__ import annotations

import click

from api.cli.office import opened
from api.cli.options import Office, json_option
from api.cli.telling import tell_json
from tracing.master_rotation import MasterState


@click.group()
def master() -> None:
    """主密钥 / the master key."""


@master.command("status")
@json_option
@click.pass_obj
def status(office: Office, as_json: bool) -> None:
    """哪一把在用,还有多少没换 / which one is in use, what is left to wrap anew."""
    with opened(office) as service:
        _tell(service.master.state(), as_json)


@master.command("rotate")
@click.option("--now", "at_once", is_flag=True, help="在此换完,不等后台 / finish here")
@json_option
@click.pass_obj
def rotate(office: Office, at_once: bool, as_json: bool) -> None:
    """换主密钥,服务不停 / change the master key while the service runs."""
    with opened(office) as service:
        service.master.begin()
        while at_once and service.master.step():
            pass
        _tell(service.master.state(), as_json)


@master.command("finish")
@json_option
@click.pass_obj
def finish(office: Office, as_json: bool) -> None:
    """换完后删去旧主密钥 / remove the old key once nothing lies under it."""
    with opened(office) as service:
        dropped = service.master.finish()
    if as_json:
        tell_json({"dropped": dropped})
    else:
        click.echo(f"已删去旧主密钥 / old master keys removed: {dropped}")


def _tell(state: MasterState, as_json: bool) -> None:
    if as_json:
        tell_json({"current": state.current, "left": state.left})
    else:
        click.echo(f"在用 / in use: {state.current}    未换 / left: {state.left}")
