"""`xunqin sounds`: readings of a town that a station adds itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from api.cli.options import Office, json_option
from api.cli.telling import tell_json, tell_table
from matchers.sounds.laws import LawReadings
from matchers.sounds.sheets import SIZE, template, template_tsv
from tracing.sound_packs import PointCheck, SoundPacks

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
LARGEST_SHEET = 3000


def _packs(office: Office) -> SoundPacks:
    return SoundPacks(office.settings().data_dir)


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.0%}"


@click.group()
def sounds() -> None:
    """方音包 / sound packs: how a town reads the characters of names."""


@sounds.command("list")
@json_option
@click.pass_obj
def list_packs(office: Office, as_json: bool) -> None:
    """列出方音包和各点实测选定的来源 / list packs, and the source measured best per point."""
    packs = _packs(office)
    listed, choices = packs.listed(), packs.choices()
    built_in = LawReadings.load().points()
    if as_json:
        tell_json(
            {
                "packs": [asdict(pack) for pack in listed],
                "built_in": list(built_in),
                "choices": [asdict(choice) for choice in choices],
            }
        )
        return
    tell_table(
        "方音包 / sound packs",
        ("名称", "点", "字", "来源", "许可", "问题"),
        [
            (
                pack.name,
                "、".join(pack.points),
                str(sum(pack.points.values())),
                pack.source,
                pack.licence,
                pack.problem or "",
            )
            for pack in listed
        ],
    )
    click.echo(f"内置 / built in: {'、'.join(built_in)}")
    for choice in choices:
        decided = "选定 / chosen" if choice.decided else "未定 / undecided"
        click.echo(f"{choice.point}: {choice.source} ({decided}, {choice.syllables} 音节)")


@sounds.command("check")
@click.argument("folder", type=FOLDER)
@json_option
@click.pass_obj
def check(office: Office, folder: Path, as_json: bool) -> None:
    """检查一个方音包,不安装 / check a pack without installing it."""
    pack, points = _packs(office).check(folder)
    if as_json:
        tell_json(
            {
                "source": pack.source,
                "licence": pack.licence,
                "points": [asdict(point) for point in points],
            }
        )
        return
    click.echo(f"可以用 / usable: {pack.source} ({pack.licence})")
    _tell_points(points)


def _tell_points(points: Sequence[PointCheck]) -> None:
    tell_table(
        "",
        ("点", "字数", "常用人名字覆盖", "与内置音律一致"),
        [(p.point, str(p.characters), _share(p.covered), _share(p.agreeing)) for p in points],
    )


@sounds.command("add")
@click.argument("folder", type=FOLDER)
@click.option("--name", help="名称 / name; default: the folder's")
@json_option
@click.pass_obj
def add(office: Office, folder: Path, name: str | None, as_json: bool) -> None:
    """安装一个方音包,重启服务后生效 / install a pack; takes effect when the service restarts."""
    added = _packs(office).add(folder, name)
    if as_json:
        tell_json(asdict(added))
        return
    points = "、".join(f"{point} {count} 字" for point, count in added.points.items())
    click.echo(f"已安装,重启服务后生效 / installed, restart to use: {added.name}: {points}")


@sounds.command("remove")
@click.argument("name")
@json_option
@click.pass_obj
def remove(office: Office, name: str, as_json: bool) -> None:
    """删除一个方音包 / delete a pack."""
    _packs(office).remove(name)
    if as_json:
        tell_json({"name": name, "removed": True})
    else:
        click.echo(f"已删除,重启服务后生效 / deleted, restart to take effect: {name}")


@sounds.command("template")
@click.argument("point")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="文件 / file")
@click.option(
    "--size", type=click.IntRange(1, LARGEST_SHEET), default=SIZE, show_default=True, help="字数"
)
@json_option
def sheet(point: str, out: Path | None, size: int, as_json: bool) -> None:
    """按本地口音填写的字表 / a sheet of name characters to fill by ear."""
    rows = template(point, LawReadings.load(), size=size)
    if as_json:
        tell_json({"point": point, "rows": [asdict(row) for row in rows]})
    elif out is not None:
        out.write_text(template_tsv(rows), encoding="utf-8")
        click.echo(f"已写出 {len(rows)} 字 / {len(rows)} characters written: {out}")
    else:
        click.echo(template_tsv(rows), nl=False)
