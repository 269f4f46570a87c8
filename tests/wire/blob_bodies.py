"""Bodies of the blob service in a form that can be compared: files as bytes, lists and errors by their elements."""

import base64
from xml.etree import ElementTree

from tests.wire.sessions import Exchange


def is_xml(exchange: Exchange) -> bool:
    """Whether the recorded response is a list or an error, and no file."""
    return "xml" in exchange.response.headers.get("content-type", "")


def recorded_file(exchange: Exchange) -> bytes:
    """The content of a recorded file, which is recorded in base64."""
    return base64.b64decode(str(exchange.response.body or ""))


def as_json(text: object) -> object:
    """A list or error in XML as what JSON would be: elements by tag, the blobs of a list in their order."""
    if not isinstance(text, str):
        return text
    return _element(ElementTree.fromstring(text.lstrip("\ufeff")))


def _element(element: ElementTree.Element) -> object:
    children = list(element)
    if element.tag == "Blobs":
        return [_element(child) for child in children]
    if not children:
        return element.text or ""
    attributes = {name: value for name, value in element.attrib.items() if name != "ServiceEndpoint"}
    return {**attributes, **{child.tag: _element(child) for child in children}}
