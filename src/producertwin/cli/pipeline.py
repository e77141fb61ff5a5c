"""`twin pipeline`: stages in a row; and `twin replay`, which makes a take again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from ..verbs import own_pipelines as own
from ..verbs import pipeline as verb
from ..wording import plural
from .detaching import Detach, hand_over
from .doors import read_lyrics
from .options import options
from .output import Console, plain, print_data
from .renderings import DryRun, Metadata, Out, Picture, row
from .replacing import Force, check_replacing
from .streams import Format, Stream, with_format
from .text import duration, quote, shorten, size, table
from .trash import tell_deletion

if TYPE_CHECKING:
    from ..verbs.pipeline import PipelinePlan

app = App(
    name="pipeline",
    help="Play stages in a row: list, show, check, run, begin, delete or trace a pipeline.",
)
RENAMED = {"seconds": "--duration", "adapters": "--adapter", "pipeline": "PIPELINE", "caption": "CAPTION"}
HANDED = {"nothing": "", "takes": "", "latents": " (latents)", "sound": " (sound)"}
"""What a stage takes of its sources, in the words of the plan."""
DIFFERENT = 5
"""Exit code of a replay whose bytes are others, and of pipelines that differ."""


@app.command(name="list")
def list_pipelines(*, console: Console) -> None:
    """List the pipelines: presets, and your own in the studio's folder `pipelines`."""
    from ..verbs.studio import open_studio

    with open_studio(console.settings) as studio:
        found = console.follow(verb.list_pipelines(studio))
    rows = [(one.name, " > ".join(one.stages), "SOURCE" if one.needs_source else "", one.about) for one in found]
    console.result("pipelines", {"pipelines": plain(found)}, lambda: table(rows))
    console.next('twin pipeline show quality-ladder "lofi, rainy" --variant nano')


@app.command
@options(verb.PipelineRun, positional=("pipeline", "caption"), renamed=RENAMED, reads={"lyrics": read_lyrics})
def show(plan: verb.PipelineRun, *, out: Out = None, console: Console) -> None:
    """Show what a pipeline would do: stages, variants, steps, takes, and where sound goes through the codec."""
    from ..verbs.studio import open_studio

    with open_studio(console.settings) as studio:
        found = console.follow(verb.plan_pipeline(plan, studio, out=out))
    console.result("pipeline-plan", found, lambda: _plan_table(found))


@app.command
@options(verb.PipelineRun, positional=("pipeline", "caption"), renamed=RENAMED, reads={"lyrics": read_lyrics})
def validate(plan: verb.PipelineRun, *, out: Out = None, console: Console) -> None:
    """Check a pipeline as a run would, and only say that it can be played; mistakes are told all at once."""
    from ..verbs.studio import open_studio

    with open_studio(console.settings) as studio:
        found = console.follow(verb.plan_pipeline(plan, studio, out=out))
    console.result("pipeline-plan", found, lambda: f"{plural(len(found.stages), 'stage')} can be played")


@app.command
@options(verb.PipelineRun, positional=("pipeline", "caption"), renamed=RENAMED, reads={"lyrics": read_lyrics})
def run(  # noqa: PLR0913 - each is one thing a person can ask of the command
    plan: verb.PipelineRun,
    *,
    out: Out = None,
    file_format: Format = None,
    picture: Picture = False,
    metadata: Metadata = True,
    force: Force = False,
    dry_run: DryRun = False,
    detach: Detach = False,
    console: Console,
) -> None:
    """Run a pipeline: every stage's takes are kept in the library, those of the last stage go to OUT."""
    from ..verbs.studio import open_studio

    out = with_format(out, file_format)
    with open_studio(console.settings) as studio:
        planned = console.follow(verb.plan_pipeline(plan, studio, out=out, picture=picture))
        check_replacing(planned.files, console, force=force, dry_run=dry_run)
        if dry_run:
            console.result("pipeline-plan", planned, lambda: _plan_table(planned))
            return
        if detach:
            hand_over("pipeline", console, run=plan, out=out, picture=picture, metadata=metadata)
            return
        done = console.follow(verb.play_pipeline(planned, studio, out=out, picture=picture, metadata=metadata))
    for name, takes in done.stages.items():
        console.say(f"{name}: {', '.join(takes)}")
    console.result("pipeline", done, lambda: table([row(one.take, one.path) for one in done.takes]))
    console.next(f"twin replay {quote(done.takes[0].take.id)}")


@app.command(name="new")
def write_new(
    name: str,
    *,
    like: Annotated[str, Parameter(help="What to begin from: a pipeline or its file, a take, a copy of one.")] = "draft-refine",
    force: Force = False,
    console: Console,
) -> None:
    """Begin a pipeline of your own: a file in the studio's folder `pipelines`, to be edited.

    Parameters
    ----------
    name
        Its name: small letters, digits, - and _.
    """
    from ..verbs.studio import open_studio

    with open_studio(console.settings) as studio:
        check_replacing([own.own_file(name, studio)], console, force=force)
        path = console.follow(own.begin_pipeline(name, studio, like=like))
    console.result("pipeline-file", {"path": str(path)}, lambda: str(path))
    console.next(f'twin pipeline show {quote(name)} "lofi, rainy" --variant nano')


@app.command
def delete(name: str, /, *, dry_run: DryRun = False, console: Console) -> None:
    """Move a pipeline of your own into the trash, from where twin trash restore brings it back. Presets stay.

    Parameters
    ----------
    name
        Its name, as twin pipeline list says it.
    """
    from ..verbs.studio import open_studio

    with open_studio(console.settings) as studio:
        own.plan_delete_pipeline(name, studio)
        entry = None if dry_run else own.delete_pipeline(name, studio)
    tell_deletion("deleted-pipeline", {"pipeline": name}, f"pipeline {name}", entry, console)


@app.command(name="from")
def trace(take: str, *, console: Console) -> None:
    """Print the pipeline that made a take, as TOML: its stage and those of all that it was made from.

    Parameters
    ----------
    take
        Id of a take, the start of it, or a copy of one (.flac, .wav, .mp3, .ogg); or a request of ACE-Step's page (.json).
    """
    from ..verbs.studio import open_studio

    with open_studio(console.settings) as studio:
        found = console.follow(verb.find_pipeline(take, studio))
    if console.json:
        console.result("pipeline-tables", found)
    else:
        print_data(verb.write_toml(found))


@app.command
def diff(first: str, second: str, *, console: Console) -> int:
    """Tell what differs between two pipelines, stage by stage and field by field. Ends with 5 where something does.

    Parameters
    ----------
    first
        A pipeline (preset, one of your own, a .toml or .json file), or a take: its id or an exported file.
    second
        What to compare with it, in the same ways.
    """
    from ..verbs.pipeline_diff import diff_pipelines
    from ..verbs.studio import open_studio

    with open_studio(console.settings) as studio:
        found = console.follow(diff_pipelines(first, second, studio))
    rows = [
        (one.stage or "pipeline", one.field or "stage", _say_value(one.first), _say_value(one.second))
        for one in found.differences
    ]
    head = ("stage", "field", shorten(first), shorten(second))
    console.result("pipeline-diff", found, lambda: table(rows, head) if rows else "they are the same")
    return DIFFERENT if found.differences else 0


def _say_value(value: object) -> str:
    """A value of a field; a dash where there is none."""
    return "-" if value is None else shorten(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def replay(take: Annotated[str, Stream.SOUND], *, allow_raw_faust: bool = False, console: Console) -> int:
    """Make a take again from its record, and say whether the bytes are the same. The library stays as it is.

    Parameters
    ----------
    take
        Id of a take, the start of it, or a FLAC that was exported.
    allow_raw_faust
        Run the Faust again that a person wrote for the take, read and limited as the first time.
    """
    from ..verbs.replay import replay as make_again
    from ..verbs.studio import open_studio

    with open_studio(console.settings) as studio:
        found = console.follow(make_again(take, studio, allow_raw_faust=allow_raw_faust))
    level = "" if found.difference_db is None else f", {found.difference_db:.1f} dB below the take"
    verdict = "same bytes" if found.same_bytes else f"other bytes{level}: {'; '.join(found.differences)}"
    console.result("replay", found, lambda: f"{found.take}  {verdict}")
    return 0 if found.same_bytes else DIFFERENT


def _plan_table(plan: PipelinePlan) -> str:
    head = ("stage", "kind", "variant", "steps", "takes", "length", "time", "codec", "works on")
    needs = plan.needs
    how = "as such takes took here before" if needs.measured else "a guess: no such takes were made here before"
    lines = [
        f"{duration(plan.seconds)} of music, at most {size(plan.bytes)} on the disk",
        f"about {duration(needs.seconds)} ({how}; loading comes on top), about {size(needs.memory)} of memory",
    ]
    total, rows = "\n".join(lines), [head]
    for one in plan.stages:
        sources = ", ".join(source.name for source in one.stage.sources) + HANDED[one.hands_over]
        steps, takes = str(one.steps or "-"), str(one.takes)
        time = duration(needs.by_stage[one.id]) if one.variant else "-"
        codec = _say_codec(one.encodes, one.decodes, plays=one.variant is not None)
        rows.append((one.id, one.stage.kind, one.variant or "-", steps, takes, duration(one.seconds), time, codec, sources))
    return f"{table(rows)}\n{total}"


def _say_codec(encodes: int, decodes: int, *, plays: bool) -> str:
    """How often the codec is passed for a stage, and where the takes of one that `plays` stay latents."""
    ways = [f"{name} {count}" for name, count in (("encodes", encodes), ("decodes", decodes)) if count]
    if plays and not decodes:
        ways.append("keeps latents")
    return ", ".join(ways) or "-"
