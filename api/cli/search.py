"""`xunqin search`: a search outside a case, in the terminal."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from api import phrasing
from api.cli.office import acting, opened
from api.cli.options import Office, as_option, json_option
from api.cli.telling import tell_json
from api.language import Languages, Words
from api.pages import reasons
from api.v1.models import Search
from tracing.answers import SearchResult
from tracing.errors import RecordInvalid
from tracing.photos.keeping import FaceChoice
from tracing.records import PersonRecord

AGE = re.compile(r"(\d{1,3})(?:-(\d{1,3}))?", re.ASCII)
AGE_MAX = 130


def _years(age: str) -> dict[str, str]:
    found = AGE.fullmatch(age)
    low, high = (found.group(1), found.group(2)) if found else ("", "")
    if not low or not int(low) <= int(high or low) <= AGE_MAX:
        raise RecordInvalid(path="age", reason="age")
    year = datetime.now().astimezone().year
    return {
        "earliest": f"{year - int(high or low) - 1}-01-01",
        "latest": f"{year - int(low)}-12-31",
        "basis": "apparent",
    }


def question(
    name: str | None,
    latin: str | None,
    dialect: str | None,
    sex: str | None,
    age: str | None,
    place: str | None,
    side: str,
) -> PersonRecord:
    """What the options say, as a record."""
    doc: dict[str, Any] = {"side": side}
    heard = {"text": name, "latin": latin, "dialect": dialect}
    if name or latin:
        doc["names"] = [{**{k: v for k, v in heard.items() if v}, "kind": "heard"}]
    if sex:
        doc["sex"] = sex
    if age:
        doc["birth"] = _years(age)
    if place:
        key = "heard" if place.isascii() else "text"
        doc["places"] = [{"kind": "heard_home", key: place}]
    return PersonRecord.model_validate(doc)


@click.command()
@click.option("--name", help="听到的名字,汉字 / name in characters")
@click.option("--latin", help="怎么念 / as it sounds, in Latin letters")
@click.option("--dialect", help="像哪里口音 / accent of")
@click.option("--sex", type=click.Choice(["male", "female"]))
@click.option("--age", help="68 或 68-76 / 68 or 68-76")
@click.option("--place", help="家乡 / home place")
@click.option("--photo", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--face", type=click.IntRange(0, 100), help="照片里第几张脸,从 0 起 / which face")
@click.option(
    "--side",
    type=click.Choice(["found", "sought"]),
    default="found",
    show_default=True,
    help="found: 人在面前 / the person is here; sought: 家里在找 / being missed",
)
@click.option("--purpose", default="", help="tracing | aid")
@click.option("--basis", default="", help="法律依据,如 statutory_duty / legal basis")
@click.option("--reason", default="", help="事由 / reason")
@click.option("--limit", type=click.IntRange(1, 200), default=10, show_default=True)
@as_option()
@json_option
@click.pass_obj
def search(
    office: Office,
    name: str | None,
    latin: str | None,
    dialect: str | None,
    sex: str | None,
    age: str | None,
    place: str | None,
    photo: Path | None,
    face: int | None,
    side: str,
    purpose: str,
    basis: str,
    reason: str,
    limit: int,
    login: str,
    as_json: bool,
) -> None:
    """查找:写明目的、依据、事由 / search with purpose, legal basis and reason; it is recorded."""
    record = question(name, latin, dialect, sex, age, place, side)
    with opened(office) as service:
        actor = acting(service, login)
        faces: tuple[FaceChoice, ...] = ()
        if photo is not None:
            taken = service.photos.receive(actor, photo.read_bytes(), photo.name)
            if len(taken.faces) > 1 and face is None:
                raise RecordInvalid(path="face", reason="choose", faces=len(taken.faces))
            if taken.faces:
                faces = (FaceChoice(taken.id, face or 0),)
        result = service.searches.ask(
            actor, record, purpose, basis, reason, faces=faces, limit=limit
        )
    if as_json:
        tell_json(Search.of(result).model_dump(mode="json"))
    else:
        _show(Languages()["zh"], result)


def _show(words: Words, result: SearchResult) -> None:
    console = Console(highlight=False)
    console.print(
        f"在 {phrasing.count(words, result.gallery_size)} 人里比对,用 CPU {result.cpu_ms:.0f} 毫秒"
    )
    console.print(
        f"{words('cands.nobody')} {phrasing.share(words, result.nobody)}  "
        f"{reasons.nobody_words(words, result.nobody)}",
        style="bold",
    )
    table = Table(show_edge=False, pad_edge=False)
    for column in ("", "可能", "份额", "姓名", "资料", "理由"):
        table.add_column(column, overflow="fold")
    start = reasons.Start.of(result)
    for candidate in result.candidates:
        card = reasons.card(words, candidate, start)
        lines = [f"+ {r.what} {r.words} {r.signed}" for r in card.best]
        lines += [f"- {r.what} {r.words} {r.signed}" for r in card.against]
        table.add_row(
            str(card.rank),
            card.grade,
            card.share,
            card.title,
            " · ".join((*card.meta, card.caption)),
            "\n".join(lines),
        )
    console.print(table if result.candidates else words("cands.empty"))
