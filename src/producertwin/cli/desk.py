"""`twin desk`: how stems are mixed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from ..errors import BadInput
from ..verbs import desk as verb
from .options import options
from .output import Console, plain
from .replacing import Force, check_replacing
from .text import quote, table

app = App(name="desk", help="Desks: list, begin, show, change, compare and export how stems are mixed.")
Name = Annotated[str, Parameter(help="A preset, one of the studio's own, or a .toml file.")]
DeskOut = Annotated[Path, Parameter(name="--out", alias="-o", help="The file to write.")]


@app.command(name="list")
def list_desks(*, console: Console) -> None:
    """List the desks there are."""
    found = verb.list_desks(console.settings.studio)
    rows = [(name, ", ".join(desk.strips) or "any", desk.about) for name, desk in found]
    data = {"desks": [{"name": name, "desk": plain(desk)} for name, desk in found]}
    console.result("desks", data, lambda: table(rows, ("desk", "strips", "for")))
    console.next(f"twin desk show {quote(found[0][0])}")


@app.command
@options(verb.DeskStart, positional=("preset",), renamed={"stems": "--stem", "sources": "--from"})
def new(plan: verb.DeskStart, *, out: DeskOut = Path("desk.toml"), force: Force = False, console: Console) -> None:
    """Begin a desk: a file to change, from a preset, with plain strips, or set automatically from stems."""
    check_replacing([out], console, force=force)
    desk, notes = _set_by_stems(plan, console) if plan.sources else verb.begin_desk(plan, console.settings.studio)
    path = verb.write_desk(desk, out)
    for text in notes:
        console.say(text)
    console.result("desk", {"path": plain(path), "desk": plain(desk)}, str(path))
    console.next(f"twin desk show {quote(str(path))}")


def _set_by_stems(plan: verb.DeskStart, console: Console) -> tuple[verb.Desk, tuple[str, ...]]:
    """A desk that is set by stems, and its sentences."""
    from ..verbs.mix import MixPlan, plan_desk
    from ..verbs.studio import open_studio

    if plan.stems:
        raise BadInput("names of stems and stems are both given", remedy="leave --stem or --from out")
    asked = MixPlan(stems=plan.sources, desk=plan.preset, auto=True, prompt=plan.prompt, like=plan.like)
    with open_studio(console.settings) as studio:
        desk, _ = console.follow(plan_desk(asked, studio))
    return desk, desk.moves


@app.command
def show(desk: Name, /, *, console: Console) -> None:
    """Show a desk: what every strip does, and its response, latency and speed as the engine measures them."""
    found = verb.show_desk(desk, console.settings.studio)
    console.result("desk", found, lambda: _draw(found))
    if found.why:
        console.say(found.why)
    console.next(f"twin desk export {quote(desk)} -o mix.dsp")


@app.command
def edit(
    desk: Name,
    /,
    *,
    changes: Annotated[
        tuple[str, ...], Parameter(name="--set", help="PLACE=VALUE, such as strips.bass.gain=-3; none removes.")
    ] = (),
    out: DeskOut | None = None,
    force: Force = False,
    console: Console,
) -> None:
    """Change a desk: write it with some values set, over itself where it is a file."""
    made = verb.change_desk(desk, changes, console.settings.studio)
    target = out or Path(desk if desk.endswith(".toml") else f"{desk}.toml")
    check_replacing([target] if target != Path(desk) else [], console, force=force)
    path = verb.write_desk(made, target)
    console.result("desk", {"path": plain(path), "desk": plain(made)}, str(path))
    console.next(f"twin desk show {quote(str(path))}")


@app.command
def diff(one: Name, other: Name, /, *, console: Console) -> None:
    """Say what differs between two desks."""
    rows = verb.compare_desks(one, other, console.settings.studio)
    data = {"differences": [{"place": place, "one": first, "other": second} for place, first, second in rows]}
    console.result("desk-diff", data, lambda: table(rows, ("place", one, other)) if rows else "they are the same")


@app.command
def export(desk: Name, /, *, out: DeskOut = Path("mix.dsp"), force: Force = False, console: Console) -> None:
    """Write a desk as Faust, with the commands that make a plug-in or a web page of it."""
    check_replacing([out], console, force=force)
    path, commands = verb.export_desk(desk, out, console.settings.studio)
    lines = [str(path), "", table([*commands.items()], ("makes", "with the Faust tools on your machine"))]
    console.result("desk-export", {"path": plain(path), "commands": commands}, lambda: "\n".join(lines))


def draw_desk(desk: verb.Desk) -> list[str]:
    """What a desk does, and why, in lines."""
    lines = [desk.title or "Untitled", *([desk.about] if desk.about else []), ""]
    rows = [
        (name, f"{strip.gain:+.1f} dB", f"{strip.pan:+.2f}", ", ".join(verb.name_parts(strip)))
        for name, strip in desk.strips.items()
    ]
    if rows:
        lines += [table(rows, ("strip", "gain", "pan", "effects")), ""]
    lines += [f"bus {name}: {bus.kind}" for name, bus in desk.buses.items()]
    target = "as it comes" if desk.master.loudness is None else f"{desk.master.loudness:g} LUFS"
    lines += [f"master: {', '.join(verb.name_parts(desk.master)) or 'nothing'}; {target}"]
    return [*lines, "", *number_moves(desk)] if desk.moves else lines


def number_moves(desk: verb.Desk) -> list[str]:
    """The sentences of an automatic mix, each with the number by which `twin mix --without` names it."""
    return [f"{number:>2}  {move}" for number, move in enumerate(desk.moves, 1)]


def _draw(shown: verb.DeskShown) -> str:
    lines, found = draw_desk(shown.desk), shown.measures
    if found:
        heads = ("response, dB at Hz", *(f"{hz / 1000:g}k" if hz >= 1000 else str(hz) for hz in verb.POINTS), "late", "load")
        measured = [
            (one.name, *(f"{db:+.1f}" for db in one.response_db), f"{one.latency}", f"{one.load:.1%}") for one in found.strips
        ]
        rest = ("buses, master", *("" for _ in verb.POINTS), "", f"{found.rest_load:.1%}")
        lines += ["", table([*measured, rest], heads), f"played {found.times_realtime:g} times as fast as it sounds"]
    return "\n".join(lines)
