"""How the studio is served."""

from __future__ import annotations

import ipaddress
from typing import Annotated, Final

from pydantic import Field, StringConstraints

from ..errors import BadInput
from ..recipe import Record

PORT: Final = 8765
HostName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$", to_lower=True)]


class ServePlan(Record):
    """Where the studio is served, and to whom."""

    port: int = Field(PORT, ge=0, le=65_535)
    """Port to listen on; 0 takes any that is free."""
    host: str = Field("127.0.0.1", min_length=1, max_length=253)
    """Address to listen on: this machine alone unless --expose is given."""
    expose: bool = False
    """Let other machines in; whoever has the token may read and change the studio."""
    workers: int = Field(1, ge=0, le=64)
    """Worker processes to keep, which do the jobs; 0 leaves the work to `twin work`."""
    ace_compat: bool = False
    """Speak ACE-Step's own API too (/release_task, /query_result, /v1/audio), for programs that know that; it needs the token."""
    name: tuple[HostName, ...] = ()
    """Name by which others reach this machine, such as studio.example.org; may be repeated."""
    behind_tls: bool = False
    """A proxy in front speaks HTTPS under the given name: the browser's cookie is sent by HTTPS only."""


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def check_plan(plan: ServePlan) -> None:
    """Raise `BadInput` where `plan` would let others in without saying so, or could be reached under no name."""
    if not plan.expose and not is_loopback(plan.host):
        remedy = "keep to 127.0.0.1, or add --expose: everybody who reaches that address then needs the token"
        raise BadInput(f"{plan.host} can be reached from other machines", remedy=remedy)
    if plan.host in {"0.0.0.0", "::"} and not plan.name:
        raise BadInput(
            f"{plan.host} is no address that a browser can name", remedy="say with --name how others reach this machine"
        )
    if plan.behind_tls and not plan.name:
        raise BadInput("a proxy in front is reached under a name", remedy="say it with --name")


def allowed_hosts(plan: ServePlan, port: int) -> frozenset[str]:
    """Every `Host` that a request may name, in small letters."""
    listened = f"[{plan.host}]" if ":" in plan.host else plan.host.lower()
    own = {"127.0.0.1", "localhost", "[::1]", listened} if is_loopback(plan.host) else {listened} - {"0.0.0.0", "[::]"}
    hosts = {f"{name}:{port}" for name in {*own, *plan.name}}
    return frozenset(hosts | (set(plan.name) if plan.behind_tls or port in (80, 443) else set()))
