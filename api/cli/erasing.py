"""`xunqin erase`: ask, answer, list, and the certificate as data."""

from __future__ import annotations

from dataclasses import asdict

import click

from api.cli.office import acting, opened
from api.cli.options import Office, as_option, json_option
from api.cli.telling import tell_json, tell_table
from tracing.erasures import ErasureFile, erasure_rules


@click.group()
def erase() -> None:
    """删除资料,一人申请、另一人批准 / erase a person: one asks, another approves."""


@erase.command("request")
@click.argument("person_id")
@click.option("--asked-by", type=click.Choice(erasure_rules().asked_by), required=True)
@click.option("--reason", type=click.Choice(erasure_rules().reasons), required=True)
@as_option()
@json_option
@click.pass_obj
def request(
    office: Office, person_id: str, asked_by: str, reason: str, login: str, as_json: bool
) -> None:
    """申请删除 / ask that a record be erased."""
    with opened(office) as service:
        number = service.erasures.request(acting(service, login), person_id, asked_by, reason)
    if as_json:
        tell_json({"erasure": number, "state": "requested"})
    else:
        click.echo(f"已申请,等另一人批准 / asked; another person has to approve: {number}")


@erase.command("approve")
@click.argument("erasure_id")
@as_option()
@json_option
@click.pass_obj
def approve(office: Office, erasure_id: str, login: str, as_json: bool) -> None:
    """批准并立即销毁密钥 / approve; the key is destroyed at once and for good."""
    with opened(office) as service:
        _tell(service.erasures.approve(acting(service, login), erasure_id), as_json)


@erase.command("refuse")
@click.argument("erasure_id")
@click.option("--reason", type=click.Choice(erasure_rules().refusals), required=True)
@as_option()
@json_option
@click.pass_obj
def refuse(office: Office, erasure_id: str, reason: str, login: str, as_json: bool) -> None:
    """不批准 / refuse, with the reason that the asker is told."""
    with opened(office) as service:
        actor = acting(service, login)
        service.erasures.refuse(actor, erasure_id, reason)
        _tell(service.erasures.get(actor, erasure_id), as_json)


@erase.command("show")
@click.argument("erasure_id")
@as_option()
@json_option
@click.pass_obj
def show(office: Office, erasure_id: str, login: str, as_json: bool) -> None:
    """删除证明 / the certificate."""
    with opened(office) as service:
        _tell(service.erasures.get(acting(service, login), erasure_id), as_json)


@erase.command("list")
@as_option()
@json_option
@click.pass_obj
def listed(office: Office, login: str, as_json: bool) -> None:
    """申请和结果 / requests and their answers."""
    with opened(office) as service:
        found = service.erasures.listed(acting(service, login))
    if as_json:
        tell_json([asdict(file) for file in found])
        return
    tell_table(
        "删除申请 / erasures",
        ("编号", "状态", "原因", "申请人", "申请时间"),
        [(f.id, f.state, f.reason, f.requested_by, f"{f.requested_at:%Y-%m-%d}") for f in found],
    )


def _tell(file: ErasureFile, as_json: bool) -> None:
    if as_json:
        tell_json(asdict(file))
        return
    rows = [(name, str(value)) for name, value in asdict(file).items() if value is not None]
    tell_table("删除证明 / certificate of erasure", ("", ""), rows)
