"""`xunqin calibrate`: numbers of the matchers, learned from cases that were confirmed."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click

from api.cli.calibrating_fusion import fusion
from api.cli.office import acting, opened
from api.cli.options import Office, json_option
from api.cli.telling import tell_json
from matchers.faces.reliability import drawing
from matchers.sounds.fitting import FEWEST_PAIRS
from matchers.sounds.pairs import ConfirmedPair, PairsUnreadable, read_pairs
from tracing.errors import PairsInvalid
from tracing.fitted_ears import FittedEars, NamesCalibrated
from tracing.photos.calibrations import FaceCalibrations
from tracing.photos.face_calibration import calibrate as calibrate_faces
from tracing.photos.intake import Intake
from tracing.sound_packs import SoundPacks

REASONS = {
    "too_few_pairs": f"不足 {FEWEST_PAIRS} 对,没有改动 / fewer than {FEWEST_PAIRS} pairs",
    "too_few_names": "不同的姓名太少,没有改动 / too few different names",
    "not_better": "留出的样本没有变好,没有改动 / not better on held-out pairs",
}


@click.group()
def calibrate() -> None:
    """校准 / learn from confirmed cases."""


calibrate.add_command(fusion)


@calibrate.command("names")
@click.option(
    "--pairs",
    "sheet",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="制表符分隔: heard true dialect [listener] / tab-separated file",
)
@click.option("--as", "login", envvar="XUNQIN_AS", help="以谁的账号读本站已确认的 / in whose name")
@json_option
@click.pass_obj
def names(office: Office, sheet: Path | None, login: str | None, as_json: bool) -> None:
    """用已确认的(听到的,真实的)姓名校准听觉 / refit the ear on confirmed names.

    变差就不采用 / refuses to get worse. 重启服务后生效 / a restart brings it into use.
    """
    if sheet is None and login is None:
        raise click.UsageError("--pairs FILE 或 / or --as LOGIN")
    pairs = _from_sheet(sheet) if sheet is not None else ()
    if login is not None:
        with opened(office) as service:
            pairs += service.hearings.pairs(acting(service, login))
    data_dir = office.settings().data_dir
    done = FittedEars(data_dir).calibrate(pairs, SoundPacks(data_dir), datetime.now(UTC))
    if as_json:
        tell_json(_document(done))
    else:
        _tell(done)


@calibrate.command("faces")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--source", default="", help="照片来历 / where the photos come from")
@json_option
@click.pass_obj
def faces(office: Office, folder: Path, source: str, as_json: bool) -> None:
    """用本地照片 person/photo.jpg 校准面貌 / fit face weights on a folder of photos.

    可附 ages.tsv: photo age group / ages may stand beside. 只留曲线和人数,不留照片。
    重启服务后生效 / a restart brings it into use.
    """
    settings = office.settings()
    kept = FaceCalibrations(settings.data_dir)
    with Intake(settings) as intake:
        try:
            done = calibrate_faces(
                folder, intake, version=kept.next_version(), source=source or "station's photos"
            )
        except ValueError as error:
            raise click.ClickException(
                f"照片不够校准,没有改动。请放入更多有几张照片的人。\n"
                f"Too few photos to calibrate with, nothing was changed: {error}"
            ) from None
    path = kept.keep(done.calibration)
    document = {
        "version": done.calibration.version,
        "file": path.name,
        "photos": done.photos,
        "without_face": done.without_face,
        "unreadable": done.unreadable,
        "report": dict(done.calibration.report),
    }
    if as_json:
        tell_json(document)
        return
    click.echo(f"照片 {done.photos},没有脸 {done.without_face},读不出 {done.unreadable} / photos")
    report = dict(done.calibration.report)
    rows = report.pop("reliability", ())
    for name, value in report.items():
        click.echo(f"  {name}: {value}")
    click.echo("可靠性:分量 · 与实际 ● / reliability: bits claimed · and borne out ●")
    click.echo(drawing(rows))
    click.echo(f"  图 / picture: {path.with_suffix('.svg').name}")
    click.echo(f"已保存第 {done.calibration.version} 版,重启服务后生效 / saved, restart to use it")


def _from_sheet(sheet: Path) -> tuple[ConfirmedPair, ...]:
    try:
        return read_pairs(sheet.read_bytes())
    except PairsUnreadable as problem:
        raise PairsInvalid(problems="; ".join(problem.problems)) from problem


def _document(done: NamesCalibrated) -> dict[str, object]:
    fitted = done.fitted
    return {
        "pairs": fitted.pairs,
        "held_out": fitted.held_out,
        "changed": done.version is not None,
        "version": done.version,
        "reason": fitted.reason,
        "factors": dict(fitted.factors),
        "before": asdict(fitted.before) if fitted.before else None,
        "after": asdict(fitted.after) if fitted.after else None,
        "sources": [asdict(choice) for choice in done.sources],
    }


def _tell(done: NamesCalibrated) -> None:
    fitted = done.fitted
    click.echo(f"已确认的 / confirmed pairs: {fitted.pairs}")
    for choice in done.sources:
        state = "选定 / chosen" if choice.decided else "未定 / undecided"
        click.echo(f"  {choice.point}: {choice.source} ({state}, {choice.syllables} 音节)")
    if fitted.before and fitted.after:
        click.echo(
            f"留出 / held out {fitted.held_out}: "
            f"{fitted.before.bits:.3f} → {fitted.after.bits:.3f} bits, "
            f"R@10 {fitted.before.recall10:.3f} → {fitted.after.recall10:.3f}"
        )
    if fitted.reason is not None:
        click.echo(REASONS[fitted.reason])
    else:
        click.echo(f"已保存第 {done.version} 版,重启服务后生效 / saved, restart to use it")
