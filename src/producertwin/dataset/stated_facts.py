"""What the fields of others mean: musical facts, and where a track comes from.

Programs and people name one thing in many ways (`tempo`, `keyscale`, `license_type`) and write it in many (`120 BPM`, `8A`,
`31.12.2025`, `€40,00`). Every field is read by itself: one that cannot be is a note, and the others stand. Only rights are
strict: a licence or a permission that is stated and not understood is `unclear`, and nothing unclear is learned from.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import partial
from typing import Any, Final, get_args

from pydantic import JsonValue

from ..errors import BadInput
from ..library import TrackSource
from ..metas import read_name
from ..music import Key, parse_bpm, parse_language, parse_meter
from ..recipe import read
from .licences import licence
from .lyrics import normalise
from .text_files import clean

_TEXTS: Final = {"caption": "caption", "prompt": "caption", "text": "caption", "lyrics": "lyrics", "title": "title"}
_FACTS: Final = {
    "bpm": "bpm",
    "tempo": "bpm",
    "keyscale": "key",
    "key": "key",
    "timesignature": "meter",
    "time_signature": "meter",
    "signature": "meter",
    "meter": "meter",
    "language": "language",
    "vocal_language": "language",
    "genre": "genre",
}
"""Their word -> ours."""
_SOURCE: Final = {
    "provider": "provider",
    "artist": "artist",
    "type": "kind",
    "source_type": "kind",
    "license": "licence",
    "licence": "licence",
    "license_type": "licence",
    "currency": "currency",
    "cost": "cost",
    "date_acquired": "acquired",
    "acquired": "acquired",
    "proof": "proof",
    "proof_url": "proof",
    "permitted": "permitted",
    "training_permitted": "permitted",
    "permission": "permitted",
    "training": "permitted",
    "may_train": "permitted",
    "allow_training": "permitted",
    "verified_by": "verified_by",
}
ANNOTATIONS: Final = ("beats", "downbeats", "segments", "beat_positions")
KNOWN: Final = frozenset({*_TEXTS, *_FACTS, *_SOURCE, *ANNOTATIONS})
"""Every field that is understood."""
RIGHTS: Final = frozenset({"licence", "permitted"})
_OF_PERMISSION: Final = re.compile(
    r"\b(train|training|learn|learning|permits?|permitted|permissions?|allows?|allowed|consent|forbid|forbidden|prohibited|refused"
    r"|no ?ai|opt ?out)\b"
)
"""What the name of a field says that is about what may be done with a sound."""
_KINDS: Final = get_args(get_args(TrackSource.model_fields["kind"].annotation)[0])
_YES: Final = frozenset({"true", "yes", "y", "1", "1.0", "ja", "oui", "permitted", "allowed"})
_NO: Final = frozenset({"false", "no", "n", "0", "0.0", "nein", "non", "never", "forbidden", "not permitted"})
_CURRENCIES: Final = {"€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY"}
_DATES: Final = ("%Y-%m-%d", "%d.%m.%Y", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%d %B %Y", "%d %b %Y", "%B %d, %Y", "%b %d, %Y")


@dataclass(slots=True)
class StatedFacts:
    """What is stated of one sound."""

    given: dict[str, JsonValue] = field(default_factory=dict)
    """`caption`, `lyrics`, `bpm`, `key`, `meter`, `language`, `genre`, `title`, and annotations."""
    source: dict[str, Any] = field(default_factory=dict)
    """Fields of `TrackSource`."""
    notes: list[str] = field(default_factory=list)
    """What could not be read."""

    def add(self, data: Mapping[str, Any], where: str) -> None:
        """Add the fields of `data`, which win over what is there; `where` names their file in notes."""
        plain = {str(name).strip().casefold(): value for name, value in data.items() if not _is_nothing(value)}
        self._add_texts(plain, where)
        for theirs, ours in _FACTS.items():
            if theirs in plain:
                self._set(ours, partial(_fact, ours, plain[theirs]), f"{where}: {theirs}")
        self.given |= {name: plain[name] for name in ANNOTATIONS if isinstance(plain.get(name), list)}
        self.add_source(plain, where)

    def add_source(self, data: Mapping[str, Any], where: str) -> None:
        """Add what `data`, or its `source` object, states of where the sound comes from."""
        inner = data.get("source")
        stated = {**data, **(inner if isinstance(inner, dict) else {})}
        plain = {str(name).strip().casefold(): value for name, value in stated.items()}
        found: dict[str, Any] = {}
        unclear: str | None = None
        for theirs, ours in _SOURCE.items():
            if _is_nothing(plain.get(theirs)):
                continue
            try:
                said = _source_field(ours, plain[theirs])
            except BadInput as error:
                self.notes.append(f"{where}: {theirs}: {error.message}")
                unclear = unclear or (f"{theirs} {str(plain[theirs])[:80]!r}" if ours in RIGHTS else None)
                continue
            found |= {} if found.get("permitted") is False and ours == "permitted" else said
        for name in _unknown_permissions(plain):
            self.notes.append(f"{where}: {name}: no such field of a permission is known; write permitted, true or false")
            unclear = unclear or f"{name[:40]} {str(plain[name])[:80]!r}"
        self.source |= found
        if unclear and not found.get("permitted"):
            self.mark_unclear(unclear)

    def mark_unclear(self, what: str) -> None:
        """Keep the sound from being learned from: `what` was stated of its rights and is not understood."""
        self.source["unclear"] = what
        self.source.pop("licence", None)

    def _add_texts(self, plain: Mapping[str, Any], where: str) -> None:
        for theirs, ours in _TEXTS.items():
            if isinstance(plain.get(theirs), str):
                self._set(ours, partial(_song_text, ours, plain[theirs]), f"{where}: {theirs}")

    def _set(self, name: str, read_value: Callable[[], JsonValue], where: str) -> None:
        """Set a field to what `read_value` returns; its `BadInput` becomes a note."""
        try:
            self.given[name] = read_value()
        except BadInput as error:
            self.notes.append(f"{where}: {error.message}")


def source_of(said: Mapping[str, Any], *, where: str) -> TrackSource:
    """The `TrackSource` of these fields. Raises `BadInput` naming `where` for what cannot be."""
    fields = dict(said)
    if fields.get("unclear"):
        fields["licence"] = None
    return read(TrackSource, fields, where=where)


def facts_in_name(name: str) -> dict[str, JsonValue]:
    """Tempo and key that a file name states, as in `beat_final (140bpm Fm)`; a key alone is too often part of a title."""
    found = read_name(name)
    if found.bpm is None:
        return {}
    return {"bpm": found.bpm.value} | ({} if found.key is None else {"key": str(found.key.value)})


def states_rights(data: Mapping[str, Any]) -> bool:
    """Whether `data` says anything of a licence or a permission."""
    plain = {str(name).strip().casefold(): value for name, value in data.items()}
    known = any(_SOURCE.get(name) in RIGHTS and not _is_nothing(value) for name, value in plain.items())
    return known or bool(_unknown_permissions(plain))


def _unknown_permissions(plain: Mapping[str, Any]) -> list[str]:
    """The fields of `plain` whose names speak of a permission in words that are not known here, such as `no_ai`."""
    return [
        name
        for name, value in plain.items()
        if name not in KNOWN
        and not _is_nothing(value)
        and not isinstance(value, dict)
        and _OF_PERMISSION.search(re.sub("[^a-z]+", " ", name))
    ]


def _is_nothing(value: Any) -> bool:
    return value is None or value == [] or (isinstance(value, str) and value.strip() in ("", "N/A", "n/a", "null", "None"))


def _song_text(name: str, said: str) -> str:
    """A text as it is kept. Raises `BadInput` for lyrics that cannot be."""
    text = clean(said).strip()
    if name == "lyrics":
        normalise(text)
    return text


def _fact(name: str, value: Any) -> JsonValue:
    """A musical fact in the library's form. Raises `BadInput` for a value that is none."""
    if isinstance(value, list | dict | bool):
        raise BadInput(f"{str(value)[:40]!r} is not understood")
    said = str(value)
    if name == "key":
        return str(Key.parse(said))
    if name == "meter":
        return parse_meter(said)
    if name == "bpm":
        return parse_bpm(said)
    return parse_language(said) if name == "language" else said.strip()


def _source_field(name: str, value: Any) -> dict[str, Any]:
    """A field of a source in the library's form, with the currency that a cost names. Raises `BadInput` for no such value."""
    if isinstance(value, list) and name in ("artist", "provider", "verified_by"):
        return {name: ", ".join(str(one).strip() for one in value if isinstance(one, str | int))}
    if isinstance(value, list | dict):
        raise BadInput(f"{str(value)[:40]!r} is not understood")
    said = str(value).strip()
    match name:
        case "licence":
            return {name: licence(said)}
        case "permitted":
            return {name: _truth(said)}
        case "cost":
            return _cost(said)
        case "acquired":
            return {name: _date(said)}
        case "kind":
            plain = said.casefold().replace(" ", "_").replace("-", "_")
            if plain not in _KINDS:
                raise BadInput(f"{said[:40]!r} does not say how it was got")
            return {name: plain}
        case "currency":
            code = _CURRENCIES.get(said, said.upper())
            if not re.fullmatch("[A-Z]{3}", code):
                raise BadInput(f"{said[:40]!r} is not a currency")
            return {name: code}
    return {name: said}


def _truth(said: str) -> bool:
    plain = said.casefold()
    if plain in _YES:
        return True
    if plain in _NO:
        return False
    raise BadInput(f"{said[:40]!r} is neither yes nor no")


def _cost(said: str) -> dict[str, Any]:
    """A cost and, where it names one, its currency: `12.50`, `€40,00`, `1.200,00 EUR`, `free`."""
    if said.casefold() in ("free", "none", "gratis", "kostenlos", "0"):
        return {"cost": 0.0}
    found = re.fullmatch(r"([^\d\s-]{0,3})\s*([0-9][0-9.,' ]*)\s*([^\d\s]{0,3})", said)
    if not found:
        raise BadInput(f"{said[:40]!r} is not a cost")
    number = re.sub(r"[' ]", "", found[2])
    tail = re.search(r"[.,]([0-9]{1,2})$", number)
    whole = re.sub(r"[.,]", "", number[: tail.start()] if tail else number)
    unit = (found[1] or found[3]).upper()
    code = _CURRENCIES.get(unit, unit)
    named = {"currency": code} if re.fullmatch("[A-Z]{3}", code) else {}
    return {"cost": float(f"{whole or 0}.{tail[1] if tail else 0}")} | named


def _date(said: str) -> date:
    """A day of the past. Raises `BadInput` for what names no day, or one of two."""
    for form in _DATES:
        try:
            day = datetime.strptime(said, form).replace(tzinfo=UTC).date()
        except ValueError:
            continue
        if day > datetime.now(UTC).date():
            raise BadInput(f"{said[:40]!r} lies in the future")
        return day
    try:
        return datetime.fromisoformat(said).date()
    except ValueError:
        raise BadInput(f"{said[:40]!r} names no day; write it as 2025-12-31") from None
