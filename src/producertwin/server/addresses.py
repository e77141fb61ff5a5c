"""The addresses at which the server shows its page, and those of the page's files. They need no token: they tell nothing."""

from __future__ import annotations

import re
from typing import Final

PLACES: Final = ("make", "library", "takes", "tracks", "producers", "pipelines", "jobs", "studio", "desk", "listen", "albums")
"""First parts of the addresses at which the page is shown, as `web/src/places.tsx` names them."""
_PAGE: Final = re.compile(rf"/(?:(?:{'|'.join(PLACES)})(?:/.*)?|static/.*)?", re.DOTALL)


def is_page(path: str) -> bool:
    """Whether a path is one of the page or its files."""
    return _PAGE.fullmatch(path) is not None
