"""How things are named here: by ids and names with a pattern that no path and no address has.

One table says it for the schemas that clients are shown and for the arguments that they send.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

TAKE: Final = "[a-z2-7]{4,12}"
ASSET: Final = "b2:[0-9a-f]{64}"


@dataclass(frozen=True, slots=True)
class Name:
    """A kind of name."""

    pattern: str
    about: str

    def fits(self, text: str) -> bool:
        """Whether `text` could be one."""
        return re.fullmatch(self.pattern, text) is not None


_TAKE: Final = Name(TAKE, "Id of a take (list_takes), or its first letters.")
_SOUND: Final = Name(f"({TAKE}|{ASSET})", "Id of a take (list_takes), or of an uploaded sound (list_assets).")
_JOB: Final = Name(TAKE, "Id of a job (list_jobs), or its first letters.")
_TWIN: Final = r"[^\W_][^/\\:~\x00-\x1f]{0,99}"
_HASH: Final = "b2:[0-9a-f]{32}"
_WORD: Final = "[A-Za-z0-9][A-Za-z0-9_-]{0,79}"
NAMES: Final[Mapping[str, Name]] = {
    "take": _TAKE,
    "a": _TAKE,
    "b": _TAKE,
    "job": _JOB,
    "source": _SOUND,
    "subject": _SOUND,
    "reference": Name(_SOUND.pattern, "Id of a take or uploaded sound whose timbre to take; may be a list."),
    "report": Name(TAKE, "Id of a report; a job of the kind inspect names it among its things."),
    "repair": Name(TAKE, "Id of a repair; a job of the kind repair names it among its things."),
    "entry": Name(TAKE, "Id of an entry of the trash (list_trash)."),
    "variant": Name("[A-Za-z0-9][A-Za-z0-9.-]{0,59}", "Which instrument plays: a name of list_variants that is present."),
    "twin": Name(_TWIN, "Producer whose twin plays along, by the name or slug of list_producers."),
    "twins": Name(_TWIN, "Producers whose twins play along, by the names or slugs of list_producers."),
    "album": Name("[a-z2-7]{12}", "Id of an album (list_albums)."),
    "like": Name(_SOUND.pattern, "Ids of takes and uploaded sounds that the album is to be like."),
    "plan": Name(_HASH, "Hash of the plan that plan_album told; where the brief makes another one by now, nothing is begun."),
    "call": Name(_HASH, "Hash of the changes, as plan_album_revision told it."),
    "calls": Name(_HASH, "Hashes that show_album told: of calls that wait, or of candidates to choose."),
    "pipeline": Name(_WORD, "Name of a pipeline (list_pipelines)."),
    "desk": Name(_WORD, "Name of a desk (list_desks), or id of a draft that draft_desk made."),
    "style": Name(_WORD, "Id of a style (list_styles)."),
}
"""Argument -> how what it names is called."""
REMEDY: Final = "name things by the ids and names that the lists give; files, folders and addresses are never taken"


def find_wrong_names(arguments: Any, field: str = "", place: tuple[str, ...] = ()) -> Iterator[str]:
    """A fault, `place: what is wrong`, for every argument that names something and could be no name of it."""
    if isinstance(arguments, Mapping):
        for name, inner in arguments.items():
            yield from find_wrong_names(inner, str(name), (*place, str(name)))
    elif isinstance(arguments, list):
        for number, inner in enumerate(arguments):
            yield from find_wrong_names(inner, field, (*place, str(number)))
    elif field in NAMES and isinstance(arguments, str) and not NAMES[field].fits(arguments):
        yield f"{'.'.join(place)}: {arguments[:40]!r} is no name of this kind. {NAMES[field].about}"


def narrow(schema: Mapping[str, Any], field: str = "") -> dict[str, Any]:
    """The schema of `field` with the pattern and the description of everything that it names, and without titles."""
    found = {name: one for name, one in schema.items() if name != "title"}
    if found.get("default", 0) in (None, "", []):
        del found["default"]  # what is absent needs no words
    if len(said := [one for one in found.get("anyOf", ()) if one != {"type": "null"}]) == 1:
        del found["anyOf"]
        found = {**said[0], **found}
    for name in _CHOICES & found.keys():
        found[name] = [narrow(one, field) for one in found[name]]
    if isinstance(found.get("items"), Mapping):
        found["items"] = narrow(found["items"], field)
    if "$defs" in found:
        found["$defs"] = {name: narrow(one) for name, one in found["$defs"].items()}
    if "properties" in found:
        found["properties"] = {name: _describe(narrow(one, name), name) for name, one in found["properties"].items()}
    if found.get("type") == "array" and "maxLength" in found:
        found["maxItems"] = found.pop("maxLength")
    if field in NAMES and found.get("type") == "string":
        found = {name: one for name, one in found.items() if name not in _OTHERWISE} | {"pattern": f"^{NAMES[field].pattern}$"}
    return found


_CHOICES: Final = frozenset({"anyOf", "oneOf", "allOf", "prefixItems"})
_OTHERWISE: Final = frozenset({"format", "minLength", "maxLength"})
"""What a pattern says better."""


def _describe(schema: dict[str, Any], name: str) -> dict[str, Any]:
    return {**schema, "description": NAMES[name].about} if name in NAMES and "$ref" not in schema else schema
