"""`xunqin serve`: the web server."""

from __future__ import annotations

import socket

import click
import uvicorn

from api.app import create_app
from api.cli.options import Office, json_option
from api.cli.telling import tell_json
from api.logs import configure
from api.patience import IDLE_SECONDS, PatientProtocol
from tracing.service import Service
from tracing.settings import Settings

BACKLOG = 512
GRACE_SECONDS = 15


def listen(settings: Settings) -> socket.socket:
    """The socket to serve on, bound before anything is printed: port 0 gets a free one."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    place = socket.socket(family)
    place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        place.bind((settings.host, settings.port))
    except OSError as error:
        place.close()
        raise click.ClickException(
            f"端口 {settings.port} 不能用 / cannot listen on port {settings.port}: {error.strerror}"
        ) from error
    place.listen(BACKLOG)
    return place


def address_of(place: socket.socket, https_only: bool = False) -> str:
    """Where browsers find it."""
    host, port = place.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    return f"{'https' if https_only else 'http'}://{shown}:{port}"


def run(service: Service, settings: Settings, place: socket.socket) -> None:
    """Serve until told to stop; requests under way are finished first."""
    configure(settings.log_level)
    config = uvicorn.Config(
        create_app(service, settings),
        http=PatientProtocol,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # api.proxied reads them, from proxies that are named
        date_header=True,
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_keep_alive=IDLE_SECONDS,
    )
    uvicorn.Server(config).run(sockets=[place])


@click.command()
@click.option("--host", help="监听地址 / address (XUNQIN_HOST)")
@click.option("--port", type=click.IntRange(0, 65535), help="端口,0 为任意 / port, 0 for any free")
@json_option
@click.pass_obj
def serve(office: Office, host: str | None, port: int | None, as_json: bool) -> None:
    """启动服务 / start the server; prints the address and, at first start, a one-time link."""
    changes = {k: v for k, v in (("host", host), ("port", port)) if v is not None}
    settings = office.settings(**changes)
    place = listen(settings)
    service = Service(settings)
    if not service.require_faces():
        click.echo(
            "面貌模型还没有校准,面貌不计分;请运行 xunqin calibrate faces。\n"
            "The face model is not calibrated and faces weigh nothing; run xunqin calibrate faces.",
            err=True,
        )
    token = service.accounts.first_start_link()
    address = address_of(place)
    link = f"{address}/first/{token}" if token else None
    if as_json:
        tell_json({"address": address, "first_link": link})
    else:
        click.echo(f"寻亲已启动 / xunqin is up: {address}")
        if link:
            click.echo("第一次使用,请打开这个链接设置管理员密码(只能用一次):")
            click.echo("First start: open this link once to set the administrator's password:")
            click.echo(f"  {link}")
        click.echo("按 Ctrl+C 停止 / press Ctrl+C to stop")
    run(service, settings, place)
