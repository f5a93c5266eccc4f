"""`xunqin user`, `xunqin key` and `xunqin station`."""

from __future__ import annotations

import click

from api.cli.office import DEFAULT_ADMIN, acting, opened
from api.cli.options import Office, as_option, json_option
from api.cli.telling import tell_json, tell_table
from tracing.api_keys import KeyPaper
from tracing.stations import Stations


@click.group()
def user() -> None:
    """账号 / accounts."""


@user.command("create")
@click.argument("new_login", metavar="LOGIN")
@click.option("--name", "display_name", required=True, help="姓名 / name of the person")
@click.option("--role", required=True, help="角色,如 county_station / role")
@click.option("--station", "station_code", help="站代码 / station code; default: your own")
@as_option(DEFAULT_ADMIN)
@json_option
@click.pass_obj
def user_create(
    office: Office,
    new_login: str,
    display_name: str,
    role: str,
    station_code: str | None,
    login: str,
    as_json: bool,
) -> None:
    """新建账号,打印一次性链接 / create an account; prints its one-time link."""
    with opened(office) as service:
        actor = acting(service, login)
        token = service.accounts.create(
            actor, new_login, display_name, role, station_code or actor.station_code
        )
    _tell_link(new_login, token, as_json)


@user.command("link")
@click.argument("other_login", metavar="LOGIN")
@as_option(DEFAULT_ADMIN)
@json_option
@click.pass_obj
def user_link(office: Office, other_login: str, login: str, as_json: bool) -> None:
    """忘记密码时的新链接 / a new link for a forgotten password."""
    with opened(office) as service:
        token = service.accounts.new_link(acting(service, login), other_login)
    _tell_link(other_login, token, as_json)


def _tell_link(login: str, token: str, as_json: bool) -> None:
    path = f"/first/{token}"
    if as_json:
        tell_json({"login": login, "path": path})
        return
    click.echo(f"账号 / account: {login}")
    click.echo("请本人在服务地址后接这个路径设置密码,只能用一次 / append to the server's address:")
    click.echo(f"  {path}")


@user.command("list")
@as_option(DEFAULT_ADMIN)
@json_option
@click.pass_obj
def user_list(office: Office, login: str, as_json: bool) -> None:
    """列出账号 / list accounts."""
    with opened(office) as service:
        users = service.accounts.users(acting(service, login))
    if as_json:
        fields = ("login", "display_name", "role", "station_code", "has_password", "disabled")
        tell_json([{name: getattr(u, name) for name in fields} for u in users])
        return
    tell_table(
        "账号 / accounts",
        ("login", "姓名", "角色", "站"),
        [(u.login, u.display_name, u.role, f"{u.station_name} {u.station_code}") for u in users],
    )


@user.command("bind")
@click.argument("other_login", metavar="LOGIN")
@click.argument("subject")
@as_option(DEFAULT_ADMIN)
@click.pass_obj
def user_bind(office: Office, other_login: str, subject: str, login: str) -> None:
    """绑定统一登录 / bind a subject of the OpenID provider to an account."""
    with opened(office) as service:
        service.openid.bind_for(acting(service, login), other_login, subject)
    click.echo(f"已绑定 / bound: {other_login}")


@user.command("unbind")
@click.argument("other_login", metavar="LOGIN")
@as_option(DEFAULT_ADMIN)
@click.pass_obj
def user_unbind(office: Office, other_login: str, login: str) -> None:
    """解除统一登录的绑定 / end an account's binding."""
    with opened(office) as service:
        service.openid.unbind_for(acting(service, login), other_login)
    click.echo(f"已解除 / ended: {other_login}")


@click.group()
def key() -> None:
    """API 密钥 / API keys."""


@key.command("create")
@click.argument("owner", metavar="LOGIN")
@click.option("--scope", "scopes", multiple=True, required=True, help="可重复 / repeatable")
@click.option("--days", type=click.IntRange(1, 730), default=90, show_default=True)
@click.option("--organisation", default="", help="使用单位 / who uses it")
@click.option("--purpose", default="tracing", show_default=True, help="用途 / what for")
@click.option("--basis", default="statutory_duty", show_default=True, help="依据 / legal basis")
@click.option("--certificate", default="", help="客户端证书 SHA-256 / of its client certificate")
@click.option("--client-id", default="", help="令牌里的客户端编号 / its name in tokens")
@as_option(DEFAULT_ADMIN)
@json_option
@click.pass_obj
def key_create(
    office: Office,
    owner: str,
    scopes: tuple[str, ...],
    days: int,
    organisation: str,
    purpose: str,
    basis: str,
    certificate: str,
    client_id: str,
    login: str,
    as_json: bool,
) -> None:
    """新建密钥,只显示一次 / create a key; its secret is shown once."""
    paper = KeyPaper(organisation, purpose, basis, certificate, client_id)
    with opened(office) as service:
        prefix, secret = service.accounts.create_key(
            acting(service, login), owner, frozenset(scopes), days, paper
        )
    if as_json:
        tell_json({"prefix": prefix, "secret": secret})
        return
    click.echo(f"新密钥,只显示这一次 / the new key, shown once:\n  {secret}")


@key.command("list")
@as_option(DEFAULT_ADMIN)
@json_option
@click.pass_obj
def key_list(office: Office, login: str, as_json: bool) -> None:
    """列出密钥 / list keys."""
    with opened(office) as service:
        keys = service.accounts.keys(acting(service, login))
    if as_json:
        fields = (
            "prefix",
            "login",
            "organisation",
            "purpose",
            "proof",
            "scopes",
            "expires_at",
            "last_used_at",
            "revoked",
        )
        tell_json([{name: getattr(k, name) for name in fields} for k in keys])
        return
    tell_table(
        "密钥 / keys",
        ("prefix", "login", "单位", "scopes", "有效到", ""),
        [
            (
                k.prefix,
                k.login,
                k.organisation,
                " ".join(k.scopes),
                f"{k.expires_at:%Y-%m-%d}",
                "已停用" if k.revoked else "",
            )
            for k in keys
        ],
    )


@key.command("revoke")
@click.argument("prefix")
@as_option(DEFAULT_ADMIN)
@json_option
@click.pass_obj
def key_revoke(office: Office, prefix: str, login: str, as_json: bool) -> None:
    """停用密钥 / revoke a key at once."""
    with opened(office) as service:
        service.accounts.revoke_key(acting(service, login), prefix)
    if as_json:
        tell_json({"prefix": prefix, "revoked": True})
    else:
        click.echo(f"已停用 / revoked: {prefix}")


@click.group()
def station() -> None:
    """站 / stations."""


@station.command("add")
@click.argument("code")
@click.option("--name", required=True, help="站名 / name")
@click.option("--parent", "parent_code", help="上级站代码 / code of the station above")
@click.option("--division", help="行政区划代码 / division code")
@as_option(DEFAULT_ADMIN)
@json_option
@click.pass_obj
def station_add(
    office: Office,
    code: str,
    name: str,
    parent_code: str | None,
    division: str | None,
    login: str,
    as_json: bool,
) -> None:
    """加一个站 / add a station below another."""
    with opened(office) as service:
        added = Stations(service.store).add(
            acting(service, login), code, name, parent_code=parent_code, division=division
        )
    if as_json:
        tell_json({"code": added.code, "name": added.name})
    else:
        click.echo(f"已加站 / added: {added.name} {added.code}")


@station.command("place")
@click.argument("code")
@click.argument("division")
@as_option(DEFAULT_ADMIN)
@json_option
@click.pass_obj
def station_place(office: Office, code: str, division: str, login: str, as_json: bool) -> None:
    """写明站在哪个地区 / say in which division a station lies."""
    with opened(office) as service:
        placed = Stations(service.store).place(acting(service, login), code, division)
    if as_json:
        tell_json({"code": placed.code, "name": placed.name, "division": placed.division})
    else:
        click.echo(f"已写明 / placed: {placed.name} {placed.code} {placed.division}")


@station.command("list")
@as_option(DEFAULT_ADMIN)
@json_option
@click.pass_obj
def station_list(office: Office, login: str, as_json: bool) -> None:
    """列出站 / list stations."""
    with opened(office) as service:
        found = Stations(service.store).below(acting(service, login))
    if as_json:
        tell_json([{"code": s.code, "name": s.name, "division": s.division} for s in found])
    else:
        rows = [(s.code, s.name, s.division or "") for s in found]
        tell_table("站 / stations", ("代码", "站名", "地区"), rows)
