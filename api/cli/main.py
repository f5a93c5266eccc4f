"""The commands of `xunqin`; each is loaded when it is called, so that `--help` is quick."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

import click

from api.app_version import release
from api.cli.options import Office

COMMANDS: Mapping[str, tuple[str, str, str]] = {
    "serve": ("api.cli.serving", "serve", "启动服务 / start the server"),
    "demo": ("api.cli.demo", "demo", "示范 / synthetic people to try everything on"),
    "import": ("api.cli.importing", "import_file", "导入 / import records, ledgers, PFIF"),
    "export": ("api.cli.exporting", "export", "导出 / notices, or records by cursor"),
    "gallery": ("api.cli.galleries", "gallery", "外来底库 / borrowed galleries"),
    "notice": ("api.cli.galleries", "notice", "寻亲公告 / tracing notices"),
    "search": ("api.cli.search", "search", "查找 / search, with purpose, basis and reason"),
    "locate": ("api.cli.locating", "locate", "找家 / where home may be, from places as heard"),
    "places": ("api.cli.places", "places", "地名 / places that no register holds"),
    "sounds": ("api.cli.sounds", "sounds", "方音包 / sound packs"),
    "index": ("api.cli.indexing", "index", "索引 / the face index: status, rebuild, verify"),
    "calibrate": ("api.cli.calibrating", "calibrate", "校准 / learn from confirmed cases"),
    "faces": ("api.cli.faces", "faces", "面貌模型 / the face model and photos left to encode"),
    "crosscheck": (
        "api.cli.crosschecking",
        "crosscheck",
        "核查协查 / requests: verify files, keys of other systems",
    ),
    "erase": ("api.cli.erasing", "erase", "删除资料 / erase a person, by two people"),
    "audit": ("api.cli.auditing", "audit", "审计 / prove the audit trail"),
    "user": ("api.cli.accounts", "user", "账号 / accounts"),
    "key": ("api.cli.accounts", "key", "API 密钥 / API keys"),
    "master": ("api.cli.master", "master", "主密钥 / the master key"),
    "station": ("api.cli.accounts", "station", "站 / stations"),
    "migrate": ("api.cli.migrating", "migrate", "更新数据库 / upgrade the database"),
}


class Commands(click.Group):
    """A group whose commands are looked up in the table."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load a command."""
        if cmd_name not in COMMANDS:
            return None
        module, name, _ = COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list in `--help`, without loading anything."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, words) for name, (_, _, words) in COMMANDS.items()])


@click.command(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="数据文件夹 / data folder (XUNQIN_DATA_DIR)",
)
@click.version_option(release(), prog_name="xunqin")
@click.pass_context
def main(context: click.Context, data: Path | None) -> None:
    """寻亲: family tracing and identity-matching search for rescue stations."""
    context.obj = Office(data)
