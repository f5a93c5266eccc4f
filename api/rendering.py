"""Templates to HTML: one environment, strict about names, escaping everything."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from hashlib import blake2b
from importlib.resources import files

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from api.language import Words
from api.phrasing import ago, day, moment
from api.visit import Visit

PAGE_HEADERS = {"Cache-Control": "no-store", "Vary": "Cookie, Accept-Language"}


class Pages:
    """Draws pages; made once per server and kept in the app's state."""

    def __init__(self) -> None:
        self.environment = Environment(
            loader=PackageLoader("api", "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.environment.globals["asset"] = self.asset

    @cached_property
    def _stamps(self) -> Mapping[str, str]:
        names = ("xunqin.css", "xunqin.js", "voice.js", "docs.js", "vendor/htmx/htmx.min.js")
        static = files("api").joinpath("static")
        return {
            name: blake2b(static.joinpath(name).read_bytes(), digest_size=6).hexdigest()
            for name in names
        }

    def asset(self, name: str) -> str:
        """The address of a static file, changed whenever its content changes."""
        return f"/static/{name}?v={self._stamps.get(name, '0')}"

    def draw(
        self,
        visit: Visit,
        template: str,
        /,
        status: int = 200,
        **values: object,
    ) -> HTMLResponse:
        """A page for a visitor that was let in."""
        words = visit.words
        html = self.environment.get_template(template).render(
            t=words,
            actor=visit.who,
            csrf=visit.csrf,
            now=datetime.now().astimezone(),
            day=lambda value: day(words, value),
            moment=lambda value: moment(words, value),
            ago=lambda value: ago(words, value),
            **values,
        )
        return HTMLResponse(html, status, PAGE_HEADERS)


def pages_of(request: Request) -> Pages:
    """The page drawer of the server that answers this request."""
    pages: Pages = request.app.state.pages
    return pages


def error_page(
    request: Request,
    words: Words,
    code: str,
    status: int,
    headers: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """A page that says what happened, what was kept and what to do."""
    key = f"error.{code}" if words.has(f"error.{code}") else "error.internal"
    html = (
        pages_of(request)
        .environment.get_template("error.html")
        .render(t=words, actor=None, csrf="", title=words(key), advice=words(f"{key}.advice"))
    )
    return HTMLResponse(html, status, {**PAGE_HEADERS, **(headers or {})})
