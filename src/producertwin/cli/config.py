"""`twin config`: settings of the studio, said once for all commands."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, Parameter

from ..verbs import config as verbs
from ..wording import hide_secrets
from .output import Console
from .text import quote, table

app = App(name="config", help="Say once what every command is to take: producer, licence, provider, device.")

Name = Annotated[str, Parameter(name="NAME", help="A setting, see `twin config list`.")]


@app.command(name="list")
def list_settings(*, console: Console) -> None:
    """List the settings: value, where it comes from, its environment variable, and what it is."""
    found = verbs.list_settings(console.settings)
    rows = [(one.name, _show_value(one), one.source, one.variable, one.about) for one in found]
    data = {"file": console.settings.config, "settings": [_data(one) for one in found]}
    console.result("config", data, lambda: table(rows, ("setting", "value", "from", "variable", "what")))
    console.next("twin config set licence LicenseRef-own" if console.settings.licence is None else "twin dataset build --help")


@app.command
def get(name: Name, /, *, console: Console) -> None:
    """Print the value of a setting."""
    found = verbs.get(name, console.settings)
    console.result("setting", _data(found), _show_value(found))


@app.command(name="set")
def set_value(name: Name, value: Annotated[str, Parameter(name="VALUE", help="Its value.")], /, *, console: Console) -> None:
    """Keep a setting in the studio's config.toml. The environment and options win over it."""
    kept = verbs.set_value(name, value, console.settings)
    console.result("setting", _data(kept), f"{kept.name} = {_show_value(kept)}")
    now = verbs.get(name, console.settings)
    if now.source == now.variable:
        console.warn(f"{now.variable} is set in the environment and wins")
    console.next(f"twin config get {quote(name)}")


@app.command
def unset(name: Name, /, *, console: Console) -> None:
    """Keep a setting no longer."""
    verbs.unset(name, console.settings)
    console.result("setting", {"name": name, "value": None}, f"{name} is not set")


def _data(one: verbs.Setting) -> dict[str, object]:
    """A setting as data; a password in an address is not told."""
    value = _show_value(one) if one.name == "database" and one.value else one.value
    return {"name": one.name, "value": value, "source": one.source, "variable": one.variable, "about": one.about}


def _show_value(one: verbs.Setting) -> str:
    """A value as people read it; a dash where there is none."""
    if isinstance(one.value, bool):
        return "1" if one.value else "0"
    if isinstance(one.value, float):
        return f"{one.value:g}"
    return "-" if one.value is None else hide_secrets(one.value)
