"""Notices as an Atom feed (RFC 4287, with PFIF inside) and as a JSON Feed 1.1."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from lxml import etree

from tracing.exchange.notices import FeedEntry, FeedPage, utc
from tracing.exchange.pfif_write import clean, described, element, records
from tracing.exchange.release import PublicView

ATOM = "http://www.w3.org/2005/Atom"
TOMBSTONE = "http://purl.org/atompub/tombstones/1.0"
TITLE = "寻亲公告"


def atom_feed(page: FeedPage, path: str) -> bytes:
    """A page as Atom: running notices as entries, the others as `at:deleted-entry` (RFC 6721).

    `path` is where the feed is read; the link `next` says where to go on.
    """
    feed = etree.Element(f"{{{ATOM}}}feed", nsmap={None: ATOM, "at": TOMBSTONE})
    _add(feed, "id", f"tag:{page.domain},2026:notices")
    _add(feed, "title", TITLE)
    _add(feed, "updated", utc(page.at))
    author = etree.SubElement(feed, f"{{{ATOM}}}author")
    _add(author, "name", page.domain)
    link = etree.SubElement(feed, f"{{{ATOM}}}link")
    link.set("rel", "next" if page.more else "current")
    link.set("href", _onward(path, page.cursor))
    for entry, (person, note) in zip(page.entries, records(page), strict=True):
        if entry.view is None:
            gone = etree.SubElement(feed, f"{{{TOMBSTONE}}}deleted-entry")
            gone.set("ref", _tag(page, entry))
            gone.set("when", utc(entry.changed_at))
            continue
        feed.append(_atom_entry(page, entry, entry.view, element(person, note)))
    written: bytes = etree.tostring(feed, xml_declaration=True, encoding="UTF-8")
    return written


def json_feed(page: FeedPage, path: str) -> bytes:
    """A page as JSON Feed 1.1; a notice that is over is an item with `_deleted` and no more."""
    feed: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": TITLE,
        "language": "zh-CN",
        "_cursor": page.cursor,
        "items": [_json_item(page, entry) for entry in page.entries],
    }
    if page.more:
        feed["next_url"] = _onward(path, page.cursor)
    return json.dumps(feed, ensure_ascii=False).encode()


def _atom_entry(
    page: FeedPage, entry: FeedEntry, view: PublicView, inner: etree._Element
) -> etree._Element:
    made = etree.Element(f"{{{ATOM}}}entry")
    _add(made, "id", _tag(page, entry))
    _add(made, "title", _headline(view))
    _add(made, "published", utc(entry.issued_at))
    _add(made, "updated", utc(entry.changed_at))
    author = etree.SubElement(made, f"{{{ATOM}}}author")
    _add(author, "name", entry.station_name)
    content = _add(made, "content", described(view) or _headline(view))
    content.set("type", "text")
    made.append(inner)
    return made


def _json_item(page: FeedPage, entry: FeedEntry) -> dict[str, Any]:
    item: dict[str, Any] = {"id": _tag(page, entry), "date_modified": utc(entry.changed_at)}
    view = entry.view
    if view is None:
        return {**item, "content_text": "", "_deleted": True}
    facts = {
        "side": entry.side, "name": view.name, "other_names": list(view.other_names),
        "sex": view.sex, "age": view.age, "home": view.home, "where": view.where,
        "event_at": view.event_at, "height_cm": view.height_cm,
    }  # fmt: skip
    return {
        **item,
        "title": _headline(view),
        "content_text": described(view) or _headline(view),
        "date_published": utc(entry.issued_at),
        "authors": [{"name": entry.station_name}],
        "_expires_at": utc(entry.expires_at),
        "_notice": {key: value for key, value in facts.items() if value},
    }


def _headline(view: PublicView) -> str:
    words = {"male": "男", "female": "女"}
    age = f"{view.age}岁" if view.age else ""
    parts = (view.name or "姓名不详", words.get(view.sex or "", ""), age, view.where)
    return clean("，".join(filter(None, parts)))


def _tag(page: FeedPage, entry: FeedEntry) -> str:
    return f"tag:{page.domain},2026:notice/{entry.id}"


def _onward(path: str, cursor: str) -> str:
    return f"{path}?cursor={quote(cursor, safe='')}"


def _add(parent: etree._Element, name: str, text: str) -> etree._Element:
    made = etree.SubElement(parent, f"{{{ATOM}}}{name}")
    made.text = clean(text)
    return made
