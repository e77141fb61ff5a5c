"""`twin`: the root command. It knows the verbs by name only and imports a verb's module when that verb is called."""

from __future__ import annotations

import re
import signal
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, CycloptsError, Group, Parameter

from .. import __version__
from ..settings import Settings, from_environment, variable_of
from .doors import check_arguments, check_studio
from .former_names import current_words
from .output import Console, run_to_exit_code
from .streams import stand_in, standard_streams
from .usage import usage_error

PANELS = {
    "Make": {
        "demo": ("demo:demo", "Hear it: three short takes, the best one kept."),
        "make": ("make:make", "Make music from words."),
        "produce": ("produce:app", "From a brief to an album: plan it, make it, tell how it came about."),
        "song": ("song:app", "Song sheets, with form, chords and words: begin, check, show, transpose and play one."),
        "edit": ("edit:app", "Play a take or a sound file anew: refine, cover, repaint, morph, extract, lego, complete."),
        "planner": ("planner:app", "Songs in words: say what music is, make a song of an idea, write caption and lyrics out."),
        "mix": ("mix:mix", "Mix stems through a desk, written as Faust: a mix, its desk and a report."),
        "desk": ("desk:app", "Desks: list, begin, show, change, compare and export how stems are mixed."),
        "producer": ("producer:app", "The producer model: plan which stems a song needs, set desks, judge mixes."),
        "pipeline": ("pipeline:app", "Play stages in a row: list, show, check, run, begin, delete or trace a pipeline."),
    },
    "Takes": {
        "takes": ("takes:app", "List, show, play, export, verify and delete what was made."),
        "inspect": ("inspect:inspect", "Say what is wrong in a take or a sound file, and where: a score out of ten."),
        "repair": ("repair:repair", "Mend what is wrong in a take or a sound file; only what is better is kept."),
        "rate": ("verdicts:rate", "Rate a take from 1 to 5, and say what it is about."),
        "prefer": ("verdicts:prefer", "Say that one take is better than another."),
        "verdicts": ("verdicts:app", "List verdicts on takes, and take one back."),
        "pairs": ("pairs:app", "Pairs of takes of which one is better: make, collect, search, count, export, import."),
        "replay": ("pipeline:replay", "Make a take again from its record, and say whether the bytes are the same."),
        "stems": ("stems:stems", "Hand a song over to a workstation: stems, projects, tempo, notes."),
        "send": ("send:app", "Put a take or its stems into the set that is open in Ableton Live or REAPER."),
    },
    "Your music": {
        "tracks": ("tracks:app", "Bring tracks into the library, judge, describe, rate and list them."),
        "dataset": ("dataset:app", "From a folder of tracks to a training set, in one command."),
    },
    "Your twin": {
        "train": ("train:train", "Train a twin: an adapter that learns a producer's sound."),
        "improve": ("improve:improve", "Improve a twin by what was preferred."),
        "runs": ("runs:app", "List, show, compare and delete trainings."),
        "prove": ("prove:prove", "Prove what a twin learned."),
        "listen": ("listen:app", "Blind listening tests: prepare, hear, hand out, score and delete them."),
        "twins": ("twins:app", "List, show, convert, install and remove twins: the adapters of producers."),
        "export": ("export:export", "Write a twin merged into its variant, for other programs."),
        "release": ("release:app", "Put a twin into a folder with what vouches for it, and check such a folder."),
    },
    "Long work": {
        "jobs": ("jobs:app", "Long work in queues: submit, list, watch, cancel, try again."),
        "work": ("jobs:work", "Do the jobs that are queued, until Ctrl-C."),
    },
    "Machine": {
        "serve": ("serve:serve", "Serve the studio to a browser and to programs."),
        "lofi-daemon": ("lofi:run_daemon", "Make music for Neovim: the daemon of lofi.nvim, on standard input and output."),
        "doctor": ("doctor:doctor", "Say what is installed, what is missing and what to do about it."),
        "qualify": ("qualify:qualify", "Find out what a variant can be relied on for here, and use it so."),
        "models": ("models:app", "List, fetch, check and convert the variants of the instrument."),
        "config": ("config:app", "Say once what every command is to take: producer, licence, provider, device."),
        "trash": ("trash:app", "What was deleted: list it, bring it back, or remove it for good."),
        "library": ("library:app", "Look after the library: verify it, or rebuild it from its own records."),
    },
    "Lab": {
        "lab": ("lab:app", "Train nano from nothing, let the house band play, measure what is shipped."),
    },
}
"""Panels of the help, by what people do -> verbs -> where a verb is declared, and its line. A verb stands in one panel."""
VERBS = tuple(name for panel in PANELS.values() for name in panel)
EVERYWHERE = Group("Everywhere", sort_key=99)
NOWHERE = Settings(studio=Path())
"""Settings for what is said before the real ones are read."""


def _default_text(default: object) -> str | None:
    """A default as the help shows it; what is off or absent by default is not worth a word."""
    return None if default in (None, False) else str(default)


class Program(App):
    """A cyclopts program whose help pages end with examples."""

    def help_print(
        self,
        tokens: Annotated[str | Iterable[str] | None, Parameter(show=False)] = None,
        *,
        console: Annotated[Any, Parameter(parse=False)] = None,
    ) -> None:
        """Print the help of the command that `tokens` name, then its examples."""
        from rich.console import Console
        from rich.text import Text

        from .examples import examples_of

        words = [tokens] if isinstance(tokens, str) else list(tokens or ())
        super().help_print(words, console=console)
        chain, _, _ = self.parse_commands(words)
        title, lines = examples_of(tuple(chain))
        said = ["", title, *(f"  {line}" for line in lines)]
        if not chain:
            said = ["", "Environment (see twin config list):", *_variables(), *said]
        screen = console or Console()
        for line in said:
            screen.print(Text(line), soft_wrap=True)


def _variables() -> list[str]:
    """A line for each environment variable that is a setting."""
    every = [(variable_of(name), field.description or "") for name, field in Settings.model_fields.items()]
    return [f"  {name:14} {about}" for name, about in every]


app = Program(
    name="twin",
    help="Producer Twin: learn a producer's sound, then produce with it.",
    version=__version__,
    version_flags=("--version", "-V"),
    config=check_arguments,
    default_parameter=Parameter(parse=re.compile("^(?!console$)"), negative=(), show_default=_default_text),
)
app.register_install_completion_command(help="Install the completion of commands and options for this shell.")
app["--help"].group = app["--version"].group = app["--install-completion"].group = EVERYWHERE
for _rank, (_panel, _verbs) in enumerate(PANELS.items()):
    _group = Group(_panel, sort_key=_rank)
    for _name, (_place, _help) in _verbs.items():
        app.command(f"{__package__}.{_place}", name=_name, help=_help, group=_group, sort_key=VERBS.index(_name))


@app.meta.default
def launch(
    *tokens: Annotated[str, Parameter(show=False, allow_leading_hyphen=True)],
    studio: Annotated[Path | None, Parameter(group=EVERYWHERE)] = None,
    json: Annotated[bool, Parameter(group=EVERYWHERE)] = False,
    no_color: Annotated[bool, Parameter(group=EVERYWHERE)] = False,
    verbose: Annotated[bool, Parameter(alias="-v", group=EVERYWHERE)] = False,
    quiet: Annotated[bool, Parameter(alias="-q", group=EVERYWHERE)] = False,
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
    quiet
        Say nothing but warnings and errors.
    """
    voice = Console(NOWHERE, json=json, colour=not no_color, verbose=verbose, quiet=quiet)
    command, bound, unparsed = app.parse_args(stand_in(tokens), exit_on_error=False, print_error=False)
    chain, _, _ = app.parse_commands(tokens)

    def work() -> object:
        if "console" in unparsed:
            check_studio(studio, chain)
            with standard_streams(command, bound, replace(voice, settings=from_environment(studio=studio))) as console:
                bound.arguments["console"] = console
                return command(*bound.args, **bound.kwargs)
        return command(*bound.args, **bound.kwargs)

    return run_to_exit_code(work, voice)


def _stop(*_: object) -> None:
    raise KeyboardInterrupt


def run(line: list[str] | None = None) -> int:
    """Run one command line (default: the process's own) and return its exit code."""
    words = sys.argv[1:] if line is None else line

    def work() -> object:
        try:
            return app.meta(current_words(words), exit_on_error=False, print_error=False, result_action="return_value")
        except CycloptsError as error:
            raise usage_error(error, VERBS) from None

    return run_to_exit_code(work, Console(NOWHERE, json="--json" in words, verbose="-v" in words))


def main() -> None:
    """The `twin` program. SIGTERM stops it as Ctrl-C does."""
    signal.signal(signal.SIGTERM, _stop)
    sys.exit(run())
