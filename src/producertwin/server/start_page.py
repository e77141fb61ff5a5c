"""The page at `/`, without a script: the newest takes and their players; for a browser that is not let in, how to get in."""

from __future__ import annotations

import base64
import hashlib
import re
from html import escape
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from ..library import Filter, Take
from ..reporting.html import SOUNDS_BESIDE, Markup, document, section, table
from ..wording import duration
from .guard import Door, is_browser_known
from .served import Here

router = APIRouter(include_in_schema=False)
SHOWN: Final = 20
"""Takes on the page."""
_RULES: Final = "audio { width: 18rem; max-width: 100%; display: block; }\n"


@router.get("/")
def show_start_page(request: Request, here: Here) -> HTMLResponse:
    """Show the newest takes; or, to whom the guard does not know, how to get in and nothing else."""
    door: Door = request.app.state.door
    if not is_browser_known(request.headers.get("cookie", ""), door):
        words = "<p>This studio is locked. Open the link that <code>twin serve</code> printed.</p>"
        return _send(document("Producer Twin", Markup(f'<div id="way-in">{words}</div>'), main="way-in", rules=_RULES))
    takes = here.library.takes.list(Filter(limit=SHOWN))
    rows = [(take.caption or take.task, duration(take.seconds), take.variant, _player(take)) for take in takes]
    made = Markup("<p>Nothing was made yet: <code>twin make &quot;lofi, rainy, rhodes&quot;</code></p>")
    body = section("Takes", table("The newest takes", ("caption", "length", "variant", "sound"), rows) if rows else made)
    more = "<p>Programs find everything under <code>/v1</code>; <code>/v1/openapi.json</code> describes it.</p>"
    return _send(
        document("Producer Twin", body + section("Programs", Markup(more)), main="takes", loads=SOUNDS_BESIDE, rules=_RULES)
    )


def _player(take: Take) -> Markup:
    label = escape(take.caption or take.task)
    return Markup(f'<audio controls preload="none" src="/v1/takes/{take.id}/audio" aria-label="{label}"></audio>')


def _send(page: str) -> HTMLResponse:
    """The page, which may load its own style and the studio's sounds."""
    styles = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    hashes = " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(one.encode()).digest()).decode()}'" for one in styles)
    policy = (
        f"default-src 'none'; style-src {hashes}; media-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    )
    return HTMLResponse(page, headers={"content-security-policy": policy})
