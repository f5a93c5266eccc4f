"""Every sentence a person reads comes from a catalogue; here the catalogues are opened.

The sources are gettext `.po` files with keyed messages (`msgid "desk.title"`), one folder a
language. They are compiled in memory when the server starts, so there is no compiled file that
can be older than its source.
"""

from __future__ import annotations

import gettext
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

DEFAULT = "zh"


@dataclass(frozen=True, slots=True)
class Words:
    """The sentences of one language."""

    code: str
    tag: str
    catalogue: gettext.GNUTranslations
    fallback: gettext.GNUTranslations

    def has(self, key: str) -> bool:
        """Whether the key has a sentence in this language or in Chinese."""
        return self._text(key) is not None

    def _text(self, key: str) -> str | None:
        for catalogue in (self.catalogue, self.fallback):
            text = catalogue.gettext(key)
            if text != key:
                return text
        return None

    def __call__(self, key: str, /, **values: object) -> str:
        """The sentence for `key` with `{name}` places filled; an unknown key is shown as it is."""
        text = self._text(key)
        if text is None:
            return key
        return text.format(**values) if values else text

    def first(self, keys: Iterable[str], /, **values: object) -> str:
        """The sentence of the first key that has one; the last key otherwise."""
        chosen = ""
        for key in keys:
            chosen = key
            if self.has(key):
                break
        return self(chosen, **values)


def open_catalogue(code: str) -> gettext.GNUTranslations:
    """Read `locales/<code>/messages.po` and compile it in memory."""
    source = files("api").joinpath("locales", code, "messages.po").read_bytes()
    target = io.BytesIO()
    write_mo(target, read_po(io.BytesIO(source), locale=code))
    target.seek(0)
    return gettext.GNUTranslations(target)


class Languages:
    """The languages of this server, Chinese first."""

    def __init__(self, default: str = DEFAULT) -> None:
        chinese = open_catalogue("zh")
        self._words: Mapping[str, Words] = {
            "zh": Words("zh", "zh-Hans-CN", chinese, chinese),
            "en": Words("en", "en", open_catalogue("en"), chinese),
        }
        self.default = default if default in self._words else DEFAULT

    def __getitem__(self, code: str) -> Words:
        """The words of a language; of the default one when the code is unknown."""
        return self._words.get(code, self._words[self.default])

    def choose(self, wanted: str | None, accept: str | None) -> Words:
        """By the person's own choice first, then by the `Accept-Language` header."""
        if wanted is not None and wanted in self._words:
            return self._words[wanted]
        for part in _by_weight(accept or ""):
            if part in self._words:
                return self._words[part]
        return self._words[self.default]


def _by_weight(header: str) -> list[str]:
    """Primary subtags of an `Accept-Language` header, best first (RFC 9110, section 12.5.4)."""
    weighted: list[tuple[float, str]] = []
    for item in header.split(",")[:20]:
        tag, _, rest = item.strip().partition(";")
        try:
            weight = float(rest.strip().removeprefix("q=")) if rest else 1.0
        except ValueError:
            weight = 0.0
        if tag and weight > 0:
            weighted.append((weight, tag.split("-")[0].lower()))
    return [tag for _, tag in sorted(weighted, key=lambda pair: -pair[0])]
