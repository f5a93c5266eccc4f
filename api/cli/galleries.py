"""`xunqin gallery` and `xunqin notice`: what was lent to us, and what we tell the public."""

from __future__ import annotations

from dataclasses import asdict

import click

from api.cli.office import acting, opened
from api.cli.options import Office, as_option, json_option
from api.cli.telling import tell_json, tell_table
from tracing.exchange.galleries import Agreement


@click.group()
def gallery() -> None:
    """外来底库 / borrowed galleries."""


@gallery.command("add")
@click.argument("name")
@click.option("--owner", required=True, help="属于哪个单位 / owner")
@click.option("--kind", required=True, help="past_visitors, care_home, hospital, …")
@click.option("--basis", required=True, help="合法性基础 / legal basis")
@click.option("--number", required=True, help="协议编号 / agreement number")
@click.option("--purpose", "purposes", multiple=True, required=True, help="tracing, aid")
@click.option("--from", "first_day", required=True, help="2026-03-01")
@click.option("--until", "last_day", required=True, help="2026-12-31")
@click.option("--keep-days", default=0, help="到期后封存几天 / days kept stored after the end")
@as_option()
@json_option
@click.pass_obj
def add(
    office: Office,
    name: str,
    owner: str,
    kind: str,
    basis: str,
    number: str,
    purposes: tuple[str, ...],
    first_day: str,
    last_day: str,
    keep_days: int,
    login: str,
    as_json: bool,
) -> None:
    """登记协议 / record an agreement; then: xunqin import FILE --gallery ID."""
    agreed = Agreement(name, owner, kind, basis, number, purposes, first_day, last_day, keep_days)
    with opened(office) as service:
        gallery_id = service.galleries.record(acting(service, login), agreed)
    if as_json:
        tell_json({"id": gallery_id})
        return
    click.echo(gallery_id)


@gallery.command("list")
@as_option()
@json_option
@click.pass_obj
def listed(office: Office, login: str, as_json: bool) -> None:
    """列表,含到期日 / what was lent, with its end."""
    with opened(office) as service:
        found = service.galleries.listed(acting(service, login))
    if as_json:
        tell_json([asdict(g) for g in found])
        return
    tell_table(
        "外来底库 / borrowed galleries",
        ("编号", "名称", "单位", "状态", "到期", "记录"),
        [
            (g.row.id, g.row.name, g.row.owner, g.state, f"{g.row.ends_at:%Y-%m-%d}",
             str(g.people))
            for g in found
        ],
    )  # fmt: skip


@gallery.command("end")
@click.argument("gallery_id")
@as_option()
@json_option
@click.pass_obj
def end(office: Office, gallery_id: str, login: str, as_json: bool) -> None:
    """今天起停用 / give a gallery back today."""
    with opened(office) as service:
        service.galleries.end(acting(service, login), gallery_id)
    if as_json:
        tell_json({"id": gallery_id, "ended": True})


@click.group()
def notice() -> None:
    """寻亲公告 / tracing notices."""


@notice.command("issue")
@click.argument("person_id")
@click.option("--text", default="", help="公开说明 / text for the public")
@click.option("--days", type=int, help="公告几天 / days")
@as_option()
@json_option
@click.pass_obj
def issue(
    office: Office, person_id: str, text: str, days: int | None, login: str, as_json: bool
) -> None:
    """发布 / issue a notice, in place of one that runs."""
    with opened(office) as service:
        made = service.notices.issue(acting(service, login), person_id, text, days)
    if as_json:
        tell_json({"id": made})
        return
    click.echo(made)


@notice.command("end")
@click.argument("person_id")
@as_option()
@json_option
@click.pass_obj
def withdraw(office: Office, person_id: str, login: str, as_json: bool) -> None:
    """撤下 / end the running notice."""
    with opened(office) as service:
        service.notices.withdraw(acting(service, login), person_id)
    if as_json:
        tell_json({"person_id": person_id, "ended": True})
