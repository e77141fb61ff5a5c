"""MusicXML files opened safely: plain (`.musicxml`, `.xml`) or zipped (`.mxl`), as a tree of elements.

What comes from strangers may be made to harm: entities and anything else that a document type declares are refused, nothing is
fetched, and size, elements and depth are bounded before a tree is built; of a zip no more is unpacked than is read. After
MusicXML 4.0 (W3C Music Notation Community Group, 2021).
"""

from __future__ import annotations

import io
import zipfile
import zlib
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from ..errors import BadInput
from ..untrusted import read_named

LARGEST: Final = 32 << 20
"""Bytes of a score, unpacked."""
MOST_ELEMENTS: Final = 2_000_000
DEEPEST: Final = 64
"""Elements inside one another; a score has about ten."""
_MOST_FILES: Final = 1_000
_CONTAINER: Final = "META-INF/container.xml"
_REMEDY: Final = "export it as MusicXML from the program that wrote it"


class _Refused(Exception):
    """A document that is not read further."""


def read_musicxml(path: Path) -> Element:
    """The root of the score at `path`. Raises `NotFound`, and `BadInput` for a file that is none, is too large, or is hostile."""
    data = read_named(path, largest=LARGEST, wanted="a MusicXML file", smaller="the score of one song")
    return parse_musicxml(data, path.name)


def parse_musicxml(data: bytes, name: str = "the file") -> Element:
    """The root of the score in `data`; `name` stands in messages. Raises `BadInput` as `read_musicxml` does."""
    if data[:4] == b"PK\x03\x04":
        data = _unpack(data, name)
    root = _parse(data, name)
    if root.tag not in ("score-partwise", "score-timewise"):
        raise BadInput(f"{name} is no score: its root is <{root.tag[:40]}>", remedy=_REMEDY)
    return root


def _unpack(data: bytes, name: str) -> bytes:
    """The score in a zip: the first root file that its container names, else its first XML file."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            names = [info.filename for info in packed.infolist()]
            if len(names) > _MOST_FILES:
                raise BadInput(f"{name} holds {len(names)} files", remedy=_REMEDY)
            wanted = None
            if _CONTAINER in names:
                roots = _parse(_read_member(packed, _CONTAINER, name), name).iter("rootfile")
                wanted = next((one.get("full-path") for one in roots), None)
            scores = (one for one in names if one.lower().endswith((".musicxml", ".xml")) and not one.startswith("META-INF/"))
            found = wanted if wanted in names else next(scores, None)
            if found is None:
                raise BadInput(f"{name} holds no score", remedy=_REMEDY)
            return _read_member(packed, found, name)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError) as error:
        raise BadInput(f"{name} cannot be unpacked: {error}", remedy=_REMEDY) from None


def _read_member(packed: zipfile.ZipFile, member: str, name: str) -> bytes:
    with packed.open(member) as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise BadInput(f"{name} unpacks to more than {LARGEST >> 20} MiB", remedy="give the score of one song")
    return data


def _parse(data: bytes, name: str) -> Element:
    builder = TreeBuilder()
    count = depth = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal count, depth
        count, depth = count + 1, depth + 1
        if count > MOST_ELEMENTS or depth > DEEPEST:
            raise _Refused("it has too many elements" if count > MOST_ELEMENTS else "its elements are nested too deep")
        builder.start(tag, attributes)

    def end(tag: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(tag)

    def refuse(*_: object) -> bool:
        raise _Refused("it declares entities, which a score does not need")

    def begin_doctype(_name: str, _system: str | None, _public: str | None, has_subset: int) -> None:
        if has_subset:
            refuse()

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, builder.data
    parser.EntityDeclHandler = parser.ExternalEntityRefHandler = refuse
    parser.StartDoctypeDeclHandler = begin_doctype
    try:
        parser.Parse(data, True)
        return builder.close()
    except _Refused as error:
        raise BadInput(f"{name} is refused: {error}", remedy=_REMEDY) from None
    except (expat.ExpatError, AssertionError, ValueError, LookupError) as error:
        raise BadInput(f"{name} is no XML: {error}", remedy=_REMEDY) from None
