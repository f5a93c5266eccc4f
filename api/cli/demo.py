"""`xunqin demo`: a synthetic population to try everything on."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from api.cli.options import Office, json_option
from api.cli.serving import address_of, listen, run
from api.cli.telling import tell_json
from tracing.demo import DemoWorld, prepare
from tracing.demo import check as prove
from tracing.service import Service
from tracing.settings import Settings

WORDS = {"people": "写入人口资料 / writing records", "photos": "读照片 / reading photos"}


@click.command()
@click.option(
    "--photos",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="照片夹 person/photo.jpg / folder of photos",
)
@click.option("--people", type=click.IntRange(0, 5_000_000), default=20_000, show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), help="端口 / port")
@click.option("--check", is_flag=True, help="只验证 / prove it in the terminal, then end")
@json_option
@click.pass_obj
def demo(
    office: Office,
    photos: Path | None,
    people: int,
    port: int | None,
    check: bool,
    as_json: bool,
) -> None:
    """示范:虚构人口、示范账号、三件可试的事 / synthetic people, accounts, three things to try."""
    changes: dict[str, Any] = {} if port is None else {"port": port}
    if office.data is None:
        changes["data_dir"] = office.settings().data_dir / "demo"
    settings = office.settings(**changes)
    if check:
        _check(settings, photos, people, as_json)
    else:
        _show(settings, photos, people, as_json)


def _check(settings: Settings, photos: Path | None, people: int, as_json: bool) -> None:
    service = Service(settings)
    try:
        report = prove(service, photos, people)
    finally:
        service.close()
    if as_json:
        tell_json({"ok": report.ok, "lines": report.lines})
    else:
        click.echo("\n".join(report.lines))
    sys.exit(0 if report.ok else 1)


def _show(settings: Settings, photos: Path | None, people: int, as_json: bool) -> None:
    place = listen(settings)
    service = Service(settings)
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        console=Console(stderr=True),
        transient=True,
    )
    with bar:
        tasks: dict[str, Any] = {}

        def tell(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(WORDS.get(what, what), total=total)
            bar.update(tasks[what], completed=done, total=total)

        world = prepare(service, people, photos, progress=tell)
    address = address_of(place)
    if as_json:
        tell_json(_as_document(address, world))
    else:
        click.echo("\n".join(_lines(address, world)))
    run(service, settings, place)


def _as_document(address: str, world: DemoWorld) -> dict[str, Any]:
    return {
        "address": address,
        "people": world.people,
        "photos": world.photos,
        "accounts": [
            {"login": a.login, "password": a.password, "role": a.role} for a in world.accounts
        ],
        "things_to_try": [
            {
                "kind": t.kind,
                "title": t.title,
                "do": t.do,
                "expect": t.expect,
                "record": t.record,
                "photo": str(t.photo) if t.photo else None,
                "expect_id": t.expect_id,
            }
            for t in world.things_to_try
        ],
    }


def _lines(address: str, world: DemoWorld) -> list[str]:
    lines = [
        "",
        f"寻亲示范已启动 / the demo is up: {address}",
        f"虚构人口 {world.people:,} 人,照片 {world.photos:,} 张 / synthetic people and photos",
        "",
        "账号 / accounts:",
        *(f"  {a.login:<14} {a.password:<20} {a.display_name}" for a in world.accounts),
        "",
        "试三件事 / three things to try:",
    ]
    for number, thing in enumerate(world.things_to_try, 1):
        lines += [f"  {number}. {thing.title}", f"     做:{thing.do}", f"     看:{thing.expect}"]
    return [*lines, "", "按 Ctrl+C 停止 / press Ctrl+C to stop"]
