"""`xunqin export`: notices as PFIF, Atom or JSON, or the station's records one a line by cursor."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import click

from api.cli.office import acting, opened
from api.cli.options import Office, as_option, json_option
from api.cli.telling import tell_json
from tracing.exchange.feeds import atom_feed, json_feed
from tracing.exchange.notices import FeedPage
from tracing.exchange.pfif_write import pfif_document

FORMS: Mapping[str, Callable[[FeedPage], bytes]] = {
    "pfif": pfif_document,
    "atom": lambda page: atom_feed(page, "/notices.atom"),
    "feed": lambda page: json_feed(page, "/notices.json"),
}


@click.command("export")
@click.argument("what", type=click.Choice([*FORMS, "records"]))
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--cursor", help="从哪里接着 / where to go on, from the last export")
@as_option()
@json_option
@click.pass_obj
def export(
    office: Office, what: str, file: Path, cursor: str | None, login: str, as_json: bool
) -> None:
    """导出 / export; the cursor that is printed is where the next export goes on.

    pfif, atom, feed: one page of notices as the public reads them. records: everything that
    changed, one JSON object a line.
    """
    with opened(office) as service:
        actor = acting(service, login)
        if what in FORMS:
            page = service.notices.feed(cursor)
            file.write_bytes(FORMS[what](page))
            count, mark, more = len(page.entries), page.cursor, page.more
        else:
            count, mark, more = 0, cursor or "", False
            with file.open("wb") as out:
                for part in service.exports.all_pages(actor, cursor):
                    out.writelines(part.lines)
                    count, mark = count + len(part.lines), part.cursor
    if as_json:
        tell_json({"count": count, "cursor": mark, "more": more})
        return
    click.echo(f"{count} 条 / records, --cursor {mark}" + (" …" if more else ""))
