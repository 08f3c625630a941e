"""XML as AWS writes and reads it: elements in elements, and text; namespaces are of no interest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from tools.stub.content import Content
from tools.stub.wire import Answer, ServiceError

_TYPE = {"Content-Type": "application/xml"}


def element(name: str, *inside: object) -> str:
    """An element; what is inside is joined. Strings are taken as XML: use ``text`` for what comes from elsewhere."""
    return f"<{name}>{''.join(str(piece) for piece in inside)}</{name}>"


def text(name: str, value: object) -> str:
    """An element that holds text."""
    return element(name, escape(str(value)))


def document(root: str, inside: Iterable[str], status: int = 200) -> Answer:
    data = f'<?xml version="1.0" encoding="UTF-8"?>\n{element(root, *inside)}'.encode()
    return Answer(status, _TYPE, Content(len(data), data))


def parse(data: bytes) -> ElementTree.Element:
    """The root of a document.

    Raises:
        ServiceError: MalformedXML.
    """
    try:
        return ElementTree.fromstring(data)  # noqa: S314 (from the tests themselves)
    except ElementTree.ParseError:
        raise ServiceError(400, "MalformedXML", "The XML you provided was not well-formed") from None


def children(parent: ElementTree.Element, name: str) -> Iterator[ElementTree.Element]:
    return (child for child in parent.iter() if child.tag.rpartition("}")[2] == name)


def value(parent: ElementTree.Element, name: str) -> str | None:
    """The text of the first element of a name, "" for an empty one, None for none."""
    return next((child.text or "" for child in children(parent, name)), None)
