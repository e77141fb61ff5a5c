"""A person's own Faust: what is refused before anything is compiled, what the child cannot do, and what is made of the rest."""

from __future__ import annotations

import select
import socket
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from mixing_kit import needs_engine
from producertwin.errors import BadInput, Resources
from producertwin.mixing.desk import Master
from producertwin.mixing.engine import PlayLimits, open_engine
from producertwin.mixing.own_faust import LIBRARIES, LONGEST_SOURCE, OwnRendering, check_source, render_own
from producertwin.pipeline.own_mix import OwnMix, hash_source
from producertwin.pipeline.pipelines import AnyStage
from producertwin.verbs.mix import MixPlan

STANDARD = 'import("stdfaust.lib");\n'
SUM = "process(a, b, c, d) = a + c, b + d;"
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux closes a process")


def finish(steps: Generator[Any, None, OwnRendering]) -> OwnRendering:
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def tones(count: int = 2, level: float = 0.2) -> list[Any]:
    t = np.arange(9_600) / 48_000
    return [np.stack([level * np.sin(2 * np.pi * 200 * (one + 1) * t)] * 2).astype(np.float32) for one in range(count)]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ('process = ffunction(int system(int), <stdlib.h>, "");', "ffunction calls C"),
        ("process = fconstant(int x, <math.h>);", "fconstant"),
        ("process = fvariable(int errno, <errno.h>);", "fvariable"),
        ("process = 0, _ : soundfile(\"a[url:{'/etc/passwd'}]\", 2);", "soundfile"),
        ('import("/etc/passwd");', "import of"),
        ('import("../stdfaust.lib");', "import of"),
        ('import("http://127.0.0.1:9/a.lib");', "import of"),
        ('import("https://example.org/stdfaust.lib");', "import of"),
        ('a = library("mine.lib");', "library of"),
        ('process = component("other.dsp");', "component of"),
        ('process = component("file:///etc/passwd");', "component of"),
        ('import /* there */ ( // here\n "mine.lib");', "import of"),
        ("import(x);", "import without a name"),
        ("import", "import without a name"),
        ('import("stdfaust.lib" x);', "import of"),
        ('a = hslider("[url:http://example.org/a]", 0, 0, 1, 1);', "is an address"),
        ("<mdoc> /* </mdoc> process = 1; // */", "no place"),
        ("process = 1; /* never closed", "no end"),
        ('process = hslider("never closed, 0, 0, 1, 1);', "no end"),
        ("process = 1;\x00", "no place"),
        ("process = 1;" + " " * LONGEST_SOURCE, "characters"),
    ],
)
def test_what_reaches_beyond_sound_is_refused_unseen_by_the_compiler(source: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        check_source(source)


@pytest.mark.parametrize("hider", ['"/*" ', '// "\n', '/* " */', "'/*/* */", '/* // */ "" '])
def test_comments_and_strings_hide_nothing(hider: str) -> None:
    with pytest.raises(BadInput, match="line"):
        check_source(f'{hider}process = ffunction(int system(int), <stdlib.h>, "");')


def test_the_line_is_named() -> None:
    with pytest.raises(BadInput, match="line 3 of the Faust: soundfile"):
        check_source("a = 1;\n\nprocess = soundfile;")


@pytest.mark.parametrize(
    "source",
    [
        STANDARD + "process = _, _;",
        'fi = library("filters.lib"); process = fi.lowpass(2, 1000);',
        'declare reference "https://example.org/f"; declare f licence "see https://example.org"; process = _;',
        "// import the sound of https://example.org, soundfile and ffunction\n/* component(x) */ process = _ / 2 * 3;",
        'process = hslider("h:important/libraryish", 0, 0, 1, 1) * my_import with { my_import = 1; };',
    ],
)
def test_ordinary_faust_passes(source: str) -> None:
    check_source(source)


@needs_engine
def test_the_libraries_that_may_be_imported_are_there() -> None:
    import cyfaust

    folder = Path(cyfaust.__file__).parent / "resources" / "libraries"
    assert {path.name for path in folder.glob("*.lib")} >= LIBRARIES


@needs_engine
def test_own_faust_mixes_under_a_ceiling_at_a_loudness() -> None:
    made = finish(render_own(STANDARD + SUM + " // a plain sum", tones(), Master(loudness=-20)))
    assert made.audio.shape[0] == 2
    assert np.abs(made.audio).max() <= 10 ** (-1 / 20)
    wanted = sum(tones())
    shape = made.audio[:, 1_000:9_000] / np.abs(made.audio[:, 1_000:9_000]).max()
    assert np.abs(shape - wanted[:, 1_000:9_000] / np.abs(wanted[:, 1_000:9_000]).max()).max() < 1e-3


@needs_engine
@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("process = _, _;", "2 inputs for 2 stems"),
        ("process = _, _, _, _ :> _;", "1 outputs"),
        (SUM.replace("a + c", "sqrt(-1 - a * a)"), "runs away"),
        ("process(a, b, c, d) = (a : + ~ *(3.0)), b;", "runs away"),
        ("process(a, b, c, d) = a * 1e30, b;", "runs away"),
        ("process = nothing;", "Faust refuses"),
        (STANDARD + "process(a, b, c, d) = ba.slidingMax(64, 64, a), b;", "GPL-3"),
    ],
)
def test_what_is_no_mix_of_these_stems_is_refused(source: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        finish(render_own(source, tones(), Master()))


@needs_engine
@linux
def test_the_compiler_reaches_no_network_even_where_the_reading_is_passed_by() -> None:
    with socket.create_server(("127.0.0.1", 0)) as peer:
        source = f'import("http://127.0.0.1:{peer.getsockname()[1]}/a.lib"); process = _;'
        with pytest.raises((BadInput, Resources)), open_engine(source):
            pass
        assert select.select([peer], [], [], 0)[0] == []


@linux
def test_a_closed_process_opens_no_socket_and_starts_no_program() -> None:
    code = (
        "import os, socket\n"
        "from producertwin.mixing.seccomp import close_network, close_programs\n"
        "print(close_network(), close_programs())\n"
        "for reach in (lambda: socket.socket(), lambda: socket.socketpair(), lambda: os.execv('/bin/true', ['true'])):\n"
        "    try:\n        reach()\n        print('reached')\n"
        "    except PermissionError:\n        print('refused')\n"
        "print(os.system('true') == 0, open(os.devnull).read() == '')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "True", *["refused"] * 3, "False", "True"]


@pytest.mark.thorough
@needs_engine
@pytest.mark.parametrize(
    "source",
    [
        STANDARD + "process = par(i, 200000, os.osc(i)) :> _, _;",
        "f(x) = x, x; process = _ <: " + " : ".join(f"par(i, {2**n}, f)" for n in range(22)) + " :> _, _;",
        "process = sum(i, 1000000, _ * i) , _;",
    ],
)
def test_a_program_that_grows_without_end_is_ended(source: str) -> None:
    limits = PlayLimits(memory_bytes=3 << 29, cpu_seconds=10, compile_seconds=5.0, block_seconds=5.0)
    with pytest.raises((Resources, BadInput)):
        finish(render_own(source, tones(1), Master(), limits=limits))


@pytest.mark.thorough
@needs_engine
@linux
@pytest.mark.parametrize(
    "source",
    [
        "process = rwtable(2000000000, 0.0, int(_), _, int(_)), _ : _, _, !, !;",
        "process = @(1000000000), @(1000000000);",
        "process = rdtable(900000000, 1.0, int(_)), _;",
    ],
)
def test_a_program_that_asks_for_gigabytes_is_ended(source: str) -> None:
    with pytest.raises((Resources, BadInput)):
        finish(render_own(source, tones(1), Master(), limits=PlayLimits(compile_seconds=60.0, block_seconds=60.0)))


def test_no_pipeline_and_no_request_can_ask_for_own_faust() -> None:
    asked = {"inputs": [{"source": "a.wav"}], "faust": SUM, "faust_hash": hash_source(SUM), "master": {}}
    stage = OwnMix.model_validate(asked)
    with pytest.raises(ValidationError):
        TypeAdapter[Any](AnyStage).validate_python(stage.model_dump(mode="json"))
    with pytest.raises(ValidationError):
        TypeAdapter[Any](AnyStage).validate_python({**stage.model_dump(mode="json"), "kind": "mix"})
    assert not {"faust", "own_faust", "allow_raw_faust"} & MixPlan.model_fields.keys()
