"""`xunqin calibrate fusion`: the weights of evidence, learned from cases and judged on others."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from api.cli.office import acting, opened
from api.cli.options import Office, json_option
from api.cli.telling import tell_json
from matchers.evidence.promotion import FEWEST_SETTLED, Case, Promotion, promoted
from tracing.evidence_models import EvidenceModels

REASONS = {
    "too_few": f"已确认的不足(教与判各需 {FEWEST_SETTLED} 例),没有改动 / too few settled cases",
    "worse": "留出的人变差了,没有采用 / worse on held-out people, not used",
}
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("fusion")
@click.option("--as", "login", envvar="XUNQIN_AS", help="学本站已确认、已排除的 / in whose name")
@click.option("--gallery", type=_FILE, help="已标注: 底库 JSON 行 / labelled records, one a line")
@click.option("--probes", type=_FILE, help="已标注: 问题,带 true_id / questions with true_id")
@click.option("--back", is_flag=True, help="退回上一个模型 / go back to the model before")
@json_option
@click.pass_obj
def fusion(
    office: Office,
    login: str | None,
    gallery: Path | None,
    probes: Path | None,
    back: bool,
    as_json: bool,
) -> None:
    """用已确认的案例校准各项证据的分量 / refit the weights of evidence on settled cases.

    变差就不采用 / refuses to get worse. 重启服务后生效 / a restart brings it into use.
    """
    settings = office.settings()
    models = EvidenceModels(settings.data_dir, settings.model_file)
    if back:
        _go_back(models, as_json=as_json)
        return
    if (gallery is None) != (probes is None) or (login is None and gallery is None):
        raise click.UsageError("--as LOGIN 或 / or --gallery G --probes P")
    with opened(office) as service:
        cases: list[Case] = []
        if login is not None:
            cases += service.searches.own_cases(acting(service, login))
        if gallery is not None and probes is not None:
            cases += service.searches.labelled_cases(gallery, probes)
    present = models.in_force()
    version = models.next_version()
    done = promoted(present, cases, f"{present.version.partition('+')[0]}+{version:04}")
    report = _report(done, present.hash)
    if done.reason is None:
        path = models.keep(done.model, version, datetime.now(UTC), report)
        report |= {"version": version, "file": path.name, "pinned": models.pinned}
    if as_json:
        tell_json(report)
    else:
        _tell(done, report)


def _go_back(models: EvidenceModels, *, as_json: bool) -> None:
    retired = models.back()
    present = models.in_force()
    if as_json:
        tell_json({"retired": retired.name if retired else None, "hash": present.hash})
    elif retired is None:
        click.echo(
            "没有可退回的,用的是随附的模型 / nothing to go back from, the shipped one is used"
        )
    else:
        click.echo(f"已停用 {retired.stem},重启后用 {present.hash} / retired, restart to use it")


def _report(done: Promotion, before: str) -> dict[str, Any]:
    return {
        "cases": {
            "somebody": done.found,
            "nobody": done.nobody,
            "open": done.open,
            "rejections": done.rejections,
        },
        "held_out": done.held_out,
        "changed": done.reason is None,
        "reason": done.reason,
        "before": {"hash": before, **asdict(done.before)},
        "after": {"hash": done.model.hash, **asdict(done.after)},
        "in_gallery": done.model.in_gallery,
        "temperature": done.model.temperature,
    }


def _tell(done: Promotion, report: dict[str, Any]) -> None:
    click.echo(
        f"确认是某人 {done.found},确认不在库中 {done.nobody},未定 {done.open},"
        f"排除 {done.rejections} / settled with somebody, with nobody, open, rejected"
    )
    old, new = done.before, done.after
    click.echo(
        f"留出 / held out {done.held_out}: Cllr {old.cllr:.4f} → {new.cllr:.4f}, "
        f"Brier {old.brier:.4f} → {new.brier:.4f}"
    )
    if done.reason is not None:
        click.echo(REASONS[done.reason])
        return
    click.echo(
        f"已保存 {report['file']} ({done.model.hash}),重启服务后生效 / saved, restart to use"
    )
    if report["pinned"]:
        click.echo("但 XUNQIN_MODEL_FILE 指定了别的模型 / but XUNQIN_MODEL_FILE names another")
