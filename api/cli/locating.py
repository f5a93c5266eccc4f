"""`xunqin locate`: where home may be, in the terminal; nothing is kept and nobody is named."""

from __future__ import annotations

from collections.abc import Mapping

import click
from rich.console import Console
from rich.table import Table

from api import phrasing
from api.cli.options import Office, json_option
from api.cli.telling import tell_json
from api.language import Languages, Words
from api.v1.location_models import Location
from matchers.places.locating import CountyFound, Fragment, Located, PlaceLevel, Question
from tracing.locating_question import ask
from tracing.service import open_locator, sound_engine

LEVELS: Mapping[str, PlaceLevel] = {
    "village": "village", "村": "village",
    "town": "town", "镇": "town", "乡": "town",
    "county": "county", "县": "county",
    "city": "city", "市": "city",
    "province": "province", "省": "province",
}  # fmt: skip
VILLAGES_SHOWN = 3


def fragment(said: str, level: PlaceLevel | None = None) -> Fragment:
    """`村:主猫鸭/zhu mao ya`: level, characters, Latin letters; one of the last two is enough."""
    head, colon, rest = said.replace("：", ":").partition(":")
    if colon and head.strip() in LEVELS:
        level, said = LEVELS[head.strip()], rest
    text, _, latin = (part.strip() for part in said.partition("/"))
    if text.isascii() and not latin:
        text, latin = "", text
    return Fragment(text=text or None, latin=latin or None, level=level)


@click.command()
@click.argument("said", nargs=-1)
@click.option("--level", type=click.Choice(list(LEVELS)), help="没写级别的当作 / level of the rest")
@click.option("--latin", multiple=True, help="怎么念 / as it sounds, in Latin letters; repeatable")
@click.option("--dialect", help="像哪里口音 / accent of")
@click.option("--province", help="说是哪个省 / stated province")
@click.option("--surname", help="姓 / surname")
@click.option("--landmark", multiple=True, help="山、水、路 / river, hill, road; repeatable")
@click.option("--limit", type=click.IntRange(1, 100), default=10, show_default=True)
@json_option
@click.pass_obj
def locate(
    office: Office,
    said: tuple[str, ...],
    level: str | None,
    latin: tuple[str, ...],
    dialect: str | None,
    province: str | None,
    surname: str | None,
    landmark: tuple[str, ...],
    limit: int,
    as_json: bool,
) -> None:
    """找家:听到的地名,一个一个写 / where home may be, from places as heard.

    SAID is 主猫鸭, 村:主猫鸭 (村 镇 县 市 省), "主猫鸭/zhu mao ya" or "zhu mao ya"; any number.
    """
    default = LEVELS[level] if level else None
    question = Question(
        fragments=tuple(
            [fragment(one, default) for one in said]
            + [Fragment(latin=one, level=default) for one in latin]
        ),
        dialect=dialect,
        province=province,
        surname=surname,
        landmarks=landmark,
    )
    settings = office.settings()
    found = ask(open_locator(settings, sound_engine(settings)), question)
    if as_json:
        tell_json(Location.of(found, limit).model_dump(mode="json"))
    else:
        _show(Languages()["zh"], found, limit)


def _show(words: Words, found: Located, limit: int) -> None:
    console = Console(highlight=False)
    table = Table(show_edge=False, pad_edge=False)
    for column in ("", "份额", "县", "村", "依据"):
        table.add_column(column, overflow="fold")
    for rank, county in enumerate(found.counties[:limit], 1):
        table.add_row(
            str(rank),
            phrasing.share(words, county.probability),
            county.path,
            "\n".join(
                f"{v.town}{v.name} {phrasing.share(words, v.probability)}"
                for v in county.villages[:VILLAGES_SHOWN]
            ),
            "\n".join(_reasons(words, county)),
        )
    console.print(table)
    console.print(f"{words('locate.elsewhere')} {phrasing.share(words, found.elsewhere)}")
    for note in found.notes:
        console.print(words(f"locate.note.{note}"))


def _reasons(words: Words, county: CountyFound) -> list[str]:
    return [
        f"{phrasing.signed(reason.bits)} {words(f'locate.kind.{reason.kind}')} "
        f"{reason.said}{' ≈ ' + reason.place if reason.place else ''}"
        for reason in sorted(county.reasons, key=lambda reason: -abs(reason.bits))
    ]
