"""`twin`: the root command. It knows the verbs by name only and imports a verb's module when that verb is called."""

from __future__ import annotations

import re
import signal
import sys
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated

from cyclopts import App, CycloptsError, Group, Parameter, UnknownCommandError

from .. import __version__
from ..errors import TwinError
from ..settings import from_environment
from .doors import check_arguments
from .output import Console, run_to_exit_code

VERBS = {
    "make": ("make:make", "Make music from words."),
    "edit": ("edit:app", "Play a take or a sound file anew: refine, cover, repaint, extract, lego, complete."),
    "pipeline": ("pipeline:app", "Play stages in a row: list, show, check, run, begin or trace a pipeline."),
    "replay": ("pipeline:replay", "Make a take again from its record, and say whether the bytes are the same."),
    "takes": ("takes:app", "List, show, export, verify and delete takes."),
    "band": ("band:app", "Let the house band play a song or an album, with its stems."),
    "dataset": ("dataset:app", "From a folder of tracks to a training set, in one command."),
    "ingest": ("tracks:ingest", "Bring a folder of tracks into the library."),
    "screen": ("tracks:screen", "Judge and prepare the tracks."),
    "caption": ("caption:app", "Say what the tracks are, and look at what is not sure."),
    "rate": ("tracks:rate", "Score a track from 1 to 5."),
    "split": ("tracks:split", "Freeze a training set, a part of it held out."),
    "encode": ("encode:encode", "Compute latents and words of a training set once, and keep them."),
    "train": ("train:train", "Train a twin: an adapter that learns a producer's sound."),
    "runs": ("runs:app", "List and show trainings, with their curves."),
    "adapters": ("adapters:app", "List, show, convert, install and remove adapters: the twins of producers."),
    "models": ("models:app", "List, fetch, check and convert the variants of the instrument."),
    "library": ("library:app", "Look after the library: verify it, or rebuild it from its own records."),
    "pretrain": ("pretrain:app", "Train nano from nothing."),
    "listen": ("listen:app", "Blind listening tests: prepare, hear, hand out and score them."),
    "evaluate": ("evaluate:app", "Prove what a twin learned, or measure an instrument."),
    "compare": ("compare:compare", "Score the checkpoints of a training, and mark the best."),
    "demo": ("demo:demo", "Hear it: three short takes, the best one kept."),
    "doctor": ("doctor:doctor", "Say what is installed, what is missing and what to do about it."),
}
EVERYWHERE = Group("Everywhere", sort_key=99)


def _default_text(default: object) -> str | None:
    """A default as the help shows it; what is off or absent by default is not worth a word."""
    return None if default in (None, False) else str(default)


app = App(
    name="twin",
    help="Producer Twin: learn a producer's sound, then produce with it.",
    version=__version__,
    help_epilogue='Begin with: twin make "lofi, rainy, rhodes" -o song.flac',
    config=check_arguments,
    default_parameter=Parameter(parse=re.compile("^(?!console$)"), negative=(), show_default=_default_text),
)
app["--help"].group = app["--version"].group = EVERYWHERE
for _name, (_place, _help) in VERBS.items():
    app.command(f"{__package__}.{_place}", name=_name, help=_help)


@app.meta.default
def launch(
    *tokens: Annotated[str, Parameter(show=False, allow_leading_hyphen=True)],
    studio: Annotated[Path | None, Parameter(group=EVERYWHERE)] = None,
    json: Annotated[bool, Parameter(group=EVERYWHERE)] = False,
    no_color: Annotated[bool, Parameter(group=EVERYWHERE)] = False,
    verbose: Annotated[bool, Parameter(alias="-v", group=EVERYWHERE)] = False,
) -> int:
    """Understand the command line, run the verb, and return the exit code.

    Parameters
    ----------
    studio
        Folder of the library and the models; TWIN_STUDIO or ~/.local/share/producertwin when absent.
    json
        Print the result as JSON.
    no_color
        Talk without colours.
    verbose
        Say more, and show where an error came from.
    """
    voice = Console(from_environment({}), json=json, colour=not no_color, verbose=verbose)
    command, bound, unparsed = app.parse_args(tokens, exit_on_error=False, print_error=False)

    def work() -> object:
        if "console" in unparsed:
            bound.arguments["console"] = replace(voice, settings=from_environment(studio=studio))
        return command(*bound.args, **bound.kwargs)

    return run_to_exit_code(work, voice)


class Misunderstood(TwinError):
    """A command line that names no verb, or gives a verb what it does not take."""

    exit_code = 2


def usage_error(error: CycloptsError) -> Misunderstood:
    """What could not be understood, and where the help is."""
    chain = tuple(error.command_chain or ())
    if isinstance(error, UnknownCommandError) and not chain:  # its own words would import every verb
        word = str(next(iter(error.unused_tokens or ()), ""))
        close = get_close_matches(word, VERBS, 1)
        message = f"no command {word!r}" + (f". Did you mean {close[0]!r}?" if close else "")
    else:
        message = str(error)
    return Misunderstood(message, remedy=" ".join(("twin", *chain, "--help")))


def _stop(*_: object) -> None:
    raise KeyboardInterrupt


def run(line: list[str] | None = None) -> int:
    """Run one command line (default: the process's own) and return its exit code."""
    words = sys.argv[1:] if line is None else line

    def work() -> object:
        try:
            return app.meta(words, exit_on_error=False, print_error=False, result_action="return_value")
        except CycloptsError as error:
            raise usage_error(error) from None

    return run_to_exit_code(work, Console(from_environment({}), json="--json" in words, verbose="-v" in words))


def main() -> None:
    """The `twin` program. SIGTERM stops it as Ctrl-C does."""
    signal.signal(signal.SIGTERM, _stop)
    sys.exit(run())
