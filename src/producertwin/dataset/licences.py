"""Licences: what they are called, and whether music under them may be learned from.

Names are SPDX licence identifiers, or `LicenseRef-…` for what SPDX does not list (a contract, a purchase). Without a licence
nothing is learned from, and by default nothing that forbids commercial use (NC) or derivatives (ND), since a trained model may
be either. This is a record of what the producer states, not legal advice.
"""

from __future__ import annotations

import re
from typing import Final

from ..errors import BadInput
from ..library import TrackSource

OPEN: Final = (
    "CC0-1.0",
    "CC-BY-3.0",
    "CC-BY-4.0",
    "CC-BY-SA-3.0",
    "CC-BY-SA-4.0",
    "CC-BY-NC-3.0",
    "CC-BY-NC-4.0",
    "CC-BY-NC-SA-4.0",
    "CC-BY-NC-ND-4.0",
    "CC-BY-ND-4.0",
    "CC-PDDC",
    "Apache-2.0",
    "MIT",
)
"""The SPDX names that are known here."""
_ALIASES: Final = {
    "cc0": "CC0-1.0",
    "public domain": "CC-PDDC",
    "publicdomain": "CC-PDDC",
    "own": "LicenseRef-own",
    "self": "LicenseRef-own",
    "all rights reserved": "LicenseRef-all-rights-reserved",
}
_CREATIVE_COMMONS: Final = re.compile(r"cc[- ]by((?:[- ](?:nc|nd|sa))*)(?:[- ](\d)(?:\.(\d))?)?")
_REFERENCE: Final = re.compile(r"LicenseRef-[A-Za-z0-9.-]+")
SAY_LICENCE: Final = "say it once, for your own music: twin config set licence LicenseRef-own"
"""What to do where no licence is stated."""
_NEWEST: Final = "4.0"


def licence(text: str) -> str:
    """The licence that `text` names: an SPDX identifier in any case, `CC BY 4.0`, `public domain`, or `LicenseRef-…`.

    Raises `BadInput` for anything else: what is not understood is not permitted.
    """
    said = " ".join(text.split())
    plain = said.casefold()
    known = {name.casefold(): name for name in OPEN} | _ALIASES
    if plain in known:
        return known[plain]
    if _REFERENCE.fullmatch(said):
        return said
    found = _CREATIVE_COMMONS.fullmatch(plain)
    if found:
        conditions = re.sub(r"[- ]", "-", found[1]).upper()
        version = f"{found[2]}.{found[3] or 0}" if found[2] else _NEWEST
        return f"CC-BY{conditions}-{version}"
    remedy = "give an SPDX name such as CC-BY-4.0, or LicenseRef-NAME for a contract of your own"
    raise BadInput(f"{text!r} is not a licence that is understood", remedy=remedy)


def forbids(name: str) -> tuple[str, ...]:
    """What the licence `name` forbids that learning may need: `commercial use`, `derivatives`, or everything."""
    parts = name.upper().split("-")
    if name == "LicenseRef-all-rights-reserved":
        return ("any use",)
    return (("commercial use",) if "NC" in parts else ()) + (("derivatives",) if "ND" in parts else ())


def refusal(source: TrackSource, *, restricted: bool = False, unlicensed: bool = False) -> str | None:
    """Why music of this `source` may not be learned from; None where it may.

    What the source says of training wins over the licence. `restricted` lets NC and ND pass, `unlicensed` music without a
    licence; nothing lets pass what its source forbids, or what it states and nobody understands.
    """
    name, permitted = source.licence, source.permitted
    if permitted is False:
        return "its source does not permit training"
    if source.unclear is not None:
        return f"its rights are unclear: {source.unclear}"
    if permitted:
        return None
    if name is None:
        return None if unlicensed else "no licence is stated"
    against = forbids(name)
    if not against or (restricted and against != ("any use",)):
        return None
    return f"{name} forbids {' and '.join(against)}"


def keep_refusal(said: TrackSource, known: TrackSource, *, stated_beside: bool) -> TrackSource:
    """`said` of a track of which `known` was said before: a refusal is not withdrawn by saying nothing.

    Only a permission withdraws one; a right that was unclear is cleared by a permission, or by a licence that files beside the
    track state now (`stated_beside`).
    """
    if said.permitted is not None:
        return said
    if known.permitted is False:
        return said.model_copy(update={"permitted": False})
    if known.unclear is not None and said.unclear is None and not stated_beside:
        return said.model_copy(update={"unclear": known.unclear, "licence": None})
    return said
