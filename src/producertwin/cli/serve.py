"""`twin serve`: the studio in a browser and for programs, on this machine."""

from __future__ import annotations

import webbrowser
from typing import Annotated

from cyclopts import Parameter

from ..server.plan import ServePlan, is_loopback
from .options import options
from .output import Console


@options(ServePlan)
def serve(
    plan: ServePlan,
    *,
    browser: Annotated[bool, Parameter(name="--open", help="Open the link in a browser.")] = False,
    console: Console,
) -> None:
    """Serve the studio over HTTP until Ctrl-C, and print the link that lets a browser in. Everything needs the token."""
    from ..server.listener import Served, serve

    def tell(served: Served) -> None:
        data = {"address": served.address, "link": served.link, "token_file": served.token}
        console.result("serve", data, served.link)
        console.say(f"serving {console.settings.studio} at {served.address}; the link counts once, for an hour; Ctrl-C ends it")
        if plan.expose and not plan.behind_tls and not is_loopback(plan.host):
            console.warn("what is sent between machines is not encrypted, the token too: put a proxy with HTTPS in front")
        if browser:
            webbrowser.open(served.link)

    serve(plan, console.settings, tell)
