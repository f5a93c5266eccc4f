"""`xunqin faces`: the face model in use, and photos that it has not encoded yet."""

from __future__ import annotations

import click

from api.cli.office import opened
from api.cli.options import Office, json_option
from api.cli.telling import tell_json
from tracing.photos.reencoding import COUNTED_MOST, Left
from tracing.service import Service


@click.group()
def faces() -> None:
    """面貌模型与照片 / the face model, and encoding photos again when it changes."""


@faces.command()
@json_option
@click.pass_obj
def status(office: Office, as_json: bool) -> None:
    """看所用模型、是否校准、还剩多少照片 / the model in use, calibrated or not, photos left."""
    with opened(office) as service:
        _tell(service, as_json)


@faces.command()
@json_option
@click.pass_obj
def encode(office: Office, as_json: bool) -> None:
    """现在就把剩下的照片处理完 / encode the photos that are left now.

    可以随时中断再来,也可以同时开几个 / stop and start it at will, or run several at once;
    the running service does the same work in the background.
    """
    with opened(office) as service:
        done = 0
        while count := service.reencoding.batch():
            done += count
            if not as_json:
                left = _count(service.reencoding.left())
                click.echo(f"已处理 {done},还剩 {left} / done {done}, left {left}")
        _tell(service, as_json)


def _count(left: Left) -> str:
    return f"{COUNTED_MOST}+" if left.photos >= COUNTED_MOST else str(left.photos)


def _tell(service: Service, as_json: bool) -> None:
    served, calibrated = service.intake.served(), service.require_faces()
    left = service.reencoding.left()
    if as_json:
        tell_json(
            {
                "recipe": served.recipe,
                "detector": served.detector,
                "dim": served.dim,
                "calibrated": calibrated,
                "photos_left": left.photos,
                "ready_made_of_other_models": left.ready_made,
            }
        )
        return
    click.echo(f"模型 / model: {served.recipe} ({served.dim}), {served.detector}")
    click.echo(
        "已校准 / calibrated" if calibrated else "未校准,面貌不计分 / not calibrated: no bits"
    )
    click.echo(f"还剩照片 / photos left: {_count(left)}")
    if left.ready_made:
        click.echo(
            f"别的模型做好送来的面貌 {left.ready_made} 个,要由来源重做 / "
            "ready-made prints of another model, which their source has to make anew"
        )
