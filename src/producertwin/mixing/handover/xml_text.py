"""XML as it is written here: UTF-8, nothing in it that XML 1.0 does not allow."""

from __future__ import annotations

import re
from typing import Final
from xml.etree import ElementTree

_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean(text: str) -> str:
    """`text` without the characters that XML 1.0 forbids: control characters and halves of surrogate pairs."""
    return _FORBIDDEN.sub("", text)


def write(root: ElementTree.Element) -> bytes:
    """`root` as a document, indented."""
    ElementTree.indent(root)
    found = ElementTree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return bytes(found) + b"\n"
