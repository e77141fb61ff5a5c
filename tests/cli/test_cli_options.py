"""Options made from records."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cyclopts import App, CycloptsError

from producertwin.cli.options import leaves, options
from producertwin.errors import BadInput
from producertwin.pipeline.stages import EDITS, Generate

heard: list[Any] = []
app = App()


@app.command
@options(Generate, positional=("caption",), renamed={"seconds": "--duration", "adapters": "--adapter"},
         reads={"lyrics": lambda text: Path(text).read_text()})  # fmt: skip
def make(plan: Generate, *, out: Path | None = None) -> None:
    """Make."""
    heard.append((plan, out))


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


@pytest.mark.parametrize("record", [Generate, *EDITS.values()])
def test_option_names_are_unique_and_explained(record: Any) -> None:
    names = [path[-1] for path, _ in leaves(record)]
    assert len(names) == len(set(names)) > 10
    assert all(field.description for _, field in leaves(record))
    assert {"kind", "source_hash"}.isdisjoint(names)
