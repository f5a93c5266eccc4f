"""Reading XML that others wrote: no document type, no entities, no network, bounded everything."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

from lxml import etree

from tracing.errors import FileRefused
from tracing.exchange.rules import exchange_rules

_DECLARED = (b"<!DOCTYPE", b"<!ENTITY")


def elements(data: bytes) -> Iterator[tuple[etree._Element, int]]:
    """Each element with its depth (the root's is 1) as it ends; its children have been given.

    Text and children are whole when an element is given; the caller clears what it has read.

    Raises:
        FileRefused: too large or too deep, a document type or an entity, or no XML at all.
    """
    own = exchange_rules().files
    if len(data) > own.bytes:
        raise FileRefused(reason="too_large")
    # in whatever encoding: the letters of a declaration are ASCII, with zeros between in UTF-16
    if any(word in data.replace(b"\0", b"") for word in _DECLARED):
        raise FileRefused(reason="xml_dtd")
    try:
        yield from _walked(data, own.depth)
    except (etree.XMLSyntaxError, LookupError, ValueError) as error:
        line = getattr(error, "lineno", None)
        raise FileRefused(reason="not_xml", line=line or 0) from None


def _walked(data: bytes, deepest: int) -> Iterator[tuple[etree._Element, int]]:
    walk = etree.iterparse(
        BytesIO(data),
        events=("start", "end"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    depth = 0
    for event, element in walk:
        if event == "start":
            depth += 1
            if depth > deepest:
                raise FileRefused(reason="xml_too_deep")
            if depth == 1 and element.getroottree().docinfo.internalDTD is not None:
                raise FileRefused(reason="xml_dtd")
        else:
            yield element, depth
            depth -= 1


def local(element: etree._Element) -> tuple[str, str]:
    """Namespace and name of an element.

    Raises:
        FileRefused: its prefix stands for no namespace, which the parser lets pass.
    """
    try:
        name = etree.QName(element)
    except ValueError:
        raise FileRefused(reason="not_xml", line=element.sourceline or 0) from None
    return name.namespace or "", name.localname
