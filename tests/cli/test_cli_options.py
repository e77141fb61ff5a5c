"""Options made from records."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import pytest
from cyclopts import App, CycloptsError
from pydantic import Field

from producertwin.cli.options import leaves, options
from producertwin.errors import BadInput
from producertwin.pipeline.stages import EDITS, Generate
from producertwin.recipe import Record

heard: list[Any] = []
app = App()


@app.command
@options(Generate, positional=("caption",), renamed={"seconds": "--duration", "adapters": "--adapter"},
         reads={"lyrics": lambda text: Path(text).read_text()})  # fmt: skip
def make(plan: Generate, *, out: Path | None = None) -> None:
    """Make."""
    heard.append((plan, out))


class Asked(Record):
    """Fields of several kinds."""

    words: Annotated[str, Field(max_length=4)] = ""
    most_takes: Annotated[int, Field(ge=1)] = 1
    pace: Annotated[float, Field(gt=0)] = 1.0
    sizes: tuple[Annotated[int, Field(ge=1)], ...] = ()


@options(Asked, positional=("words",), renamed={"pace": ("--tempo", "-t")})
def ask(plan: Asked) -> None:
    """Ask."""


def call(*words: str) -> tuple[Generate, Path | None]:
    heard.clear()
    app(["make", *words], exit_on_error=False, print_error=False, result_action="return_value")
    [found] = heard
    return found


def test_what_is_given_reaches_the_record_and_nothing_else() -> None:
    stage, out = call("lofi", "--duration", "12", "--meter", "6/8", "--adapter", "a:0.5", "--adapter", "b", "--out", "x.flac")
    assert stage.model_dump(exclude_unset=True) == {
        "prompt": {"caption": "lofi", "meter": 6},
        "seconds": 12.0,
        "play": {"adapters": ({"folder": Path("a"), "scale": 0.5}, {"folder": Path("b")})},
    }
    assert out == Path("x.flac")


def test_sampling_options_are_words_of_the_command_line() -> None:
    words = ("--sampler", "heun", "--schedule", "1,0.7,0.3", "--guidance-interval", "0.2,0.9", "--dcw", "double")
    stage, _ = call("lofi", *words, "--dcw-wavelet", "db4", "--reference", "a.flac", "--reference", "b.flac")
    assert stage.model_dump(exclude_unset=True)["sampling"] == {
        "sampler": "heun", "schedule": (1.0, 0.7, 0.3), "guidance_interval": (0.2, 0.9), "dcw": "double", "dcw_wavelet": "db4",
    }  # fmt: skip
    assert stage.reference == (Path("a.flac"), Path("b.flac"))


def test_a_mistake_is_named_by_the_option_that_it_was_made_in() -> None:
    with pytest.raises(BadInput) as refused:
        ask("words", most_takes=0, pace=0.0, sizes=(3, 0))
    assert [fault.split(":")[0] for fault in refused.value.faults] == ["WORDS", "--most-takes", "--tempo", "--sizes"]


def test_a_field_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("[verse]\nla", encoding="utf-8")
    stage, _ = call("lofi", "--lyrics", str(tmp_path / "words.txt"))
    assert stage.prompt.lyrics == "[verse]\nla"


def test_the_record_judges_values_and_the_command_line_judges_spelling() -> None:
    with pytest.raises(BadInput, match="-3"):
        call("lofi", "--bpm", "-3")
    with pytest.raises(BadInput, match="caption is empty"):
        call()
    for words in (["lofi", "more"], ["lofi", "--bpm", "fast"], ["lofi", "--seconds", "3"], ["lofi", "--kind", "cover"]):
        with pytest.raises(CycloptsError):
            call(*words)


class Switches(Record):
    """Three switches."""

    match: bool = True
    """On unless it is turned off."""
    keep_all: bool = True
    """The same of two words."""
    anyway: bool = False
    """Off unless it is turned on."""


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ([], (True, True, False)),
        (["--no-match"], (False, True, False)),
        (["--match", "--no-keep-all"], (True, False, False)),
        (["--anyway"], (True, True, True)),
    ],
)
def test_what_is_on_can_be_turned_off(words: list[str], found: tuple[bool, bool, bool]) -> None:
    switched: list[Switches] = []
    small = App()

    @small.default
    @options(Switches)
    def switch(plan: Switches) -> None:
        """Switch."""
        switched.append(plan)

    small(words, exit_on_error=False, print_error=False, result_action="return_value")
    [plan] = switched
    assert (plan.match, plan.keep_all, plan.anyway) == found
    with pytest.raises(CycloptsError):
        small(["--no-anyway"], exit_on_error=False, print_error=False, result_action="return_value")


@pytest.mark.parametrize("record", [Generate, *EDITS.values()])
def test_option_names_are_unique_and_explained(record: Any) -> None:
    names = [path[-1] for path, _ in leaves(record)]
    assert len(names) == len(set(names)) > 10
    assert all(field.description for _, field in leaves(record))
    assert {"kind", "source_hash"}.isdisjoint(names)
