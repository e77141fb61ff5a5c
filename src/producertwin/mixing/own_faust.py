"""A person's own Faust as a mix: what it may not use, and how it is played.

Faust text can call C, open files and fetch from the network. So the text is read first, by Faust's own rules of what strings
and comments are (`faustlexer.l`: no escapes in strings, comments do not nest); then it is compiled and played in the child of
`engine`, which has an empty folder, bounded memory and processor time, and neither network nor other programs where the system
can close them. The gain and the limiter of a master stand behind it, so that the mix has a ceiling and a loudness.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from ..audio.samples import Samples
from ..errors import BadInput
from ..progress import Steps, warning
from ..timebase import samples_of
from .desk import Master
from .engine import PlayLimits, open_engine
from .render import LONGEST_TAIL, cut_tail, finish_mix, stream_blocks

LONGEST_SOURCE: Final = 256_000
"""Characters of a source, at most."""
_STANDARD: Final = (
    "aanl all analyzers basics compressors debug delays demos dx7 envelopes fds filters hoa hysteresis instruments interpolators "
    "linearalgebra maths maxmsp mi misceffects motion noises oscillators phaflangers physmodels platform quantizers reducemaps "
    "reverbs routes signals soundfiles spats stdfaust synths tonestacks tubes vaeffects version wdmodels webaudio"
)
LIBRARIES: Final = frozenset(f"{name}.lib" for name in _STANDARD.split())
"""What may be imported: Faust's standard library."""
LIMITS: Final = PlayLimits(memory_bytes=3 << 29, cpu_seconds=900, compile_seconds=120.0, block_seconds=30.0)
_PIECE: Final = re.compile(r'//[^\n\r]*|/\*.*?\*/|"[^"]*"|[A-Za-z_][A-Za-z0-9_]*|\S', re.DOTALL)
_FOREIGN: Final = {
    "ffunction": "calls C",
    "fconstant": "reads a constant of C",
    "fvariable": "reads a variable of C",
    "soundfile": "opens sound files",
}
_IMPORTS: Final = frozenset({"import", "library", "component"})


@dataclass(frozen=True, eq=False, slots=True)
class OwnRendering:
    """What a person's own Faust makes of stems."""

    audio: Samples
    """(2, n)."""
    master: Master
    """Gain and limiter that stand behind it, found for the loudness and the ceiling."""
    limiting: float
    """dB that the highest peak was pushed above the ceiling."""


def check_source(source: str) -> None:
    """Raise `BadInput` that names the line of whatever reaches beyond sound: C, files, the network, libraries that are not
    Faust's own, and what hides text from this reading."""
    if len(source) > LONGEST_SOURCE:
        raise BadInput(f"the Faust has {len(source)} characters", remedy=f"give it {LONGEST_SOURCE} at most")
    if found := re.search(r"[^\t\n\r\x20-\x7e\x80-\U0010ffff]|</?mdoc>", source):
        _refuse(source, found.start(), f"{found[0]!r} has no place in a program that is played", "take it away")
    pieces = list(_read_pieces(source))
    for place, (at, piece) in enumerate(pieces):
        before = pieces[place - 1][1] if place else ""
        if piece in _FOREIGN:
            _refuse(source, at, f"{piece} {_FOREIGN[piece]}", "use Faust's own functions")
        if piece in _IMPORTS:
            _check_import(source, at, piece, [one for _, one in pieces[place + 1 : place + 4]])
        if piece.startswith('"') and "//" in piece and not _is_declared(pieces, place):
            _refuse(source, at, f"{piece} is an address", "keep addresses in comments and declarations")
        if piece == '"' or (before, piece) == ("/", "*"):
            _refuse(source, at, "a comment or a string has no end", "close it")


def _read_pieces(source: str) -> Iterator[tuple[int, str]]:
    """Strings, words and signs with their places, without comments."""
    for found in _PIECE.finditer(source):
        if not found[0].startswith(("//", "/*")):
            yield found.start(), found[0]


def _check_import(source: str, at: int, word: str, following: list[str]) -> None:
    """Raise unless `word` is followed by a library of Faust's own in parentheses."""
    name = following[1].strip('"') if len(following) == 3 and following[1].startswith('"') else ""
    if following[:1] != ["("] or following[-1:] != [")"] or name not in LIBRARIES:
        what = f"{word} of {following[1]}" if name else f"{word} without a name"
        _refuse(
            source,
            at,
            f"{what}: not of Faust's standard library",
            'write the code itself into the file, or import("stdfaust.lib")',
        )


def _is_declared(pieces: list[tuple[int, str]], place: int) -> bool:
    """Whether the string at `place` is the value of a declaration: `declare name "…";`, or of a function."""
    words = [one for _, one in pieces[max(place - 3, 0) : place]]
    return words[-2:-1] == ["declare"] or words[-3:-2] == ["declare"]


def _refuse(source: str, at: int, what: str, remedy: str) -> None:
    raise BadInput(f"line {source.count(chr(10), 0, at) + 1} of the Faust: {what}", remedy=remedy)


def render_own(source: str, stems: Sequence[Samples], master: Master, *, limits: PlayLimits = LIMITS) -> Steps[OwnRendering]:
    """Mix `stems`, (2, n) each, by a person's own Faust: left and right of every stem go in, left and right of the mix come out.

    Raises `BadInput` for a source that reaches out or is wrong, for other numbers of inputs and outputs, and for what is not
    finite or beyond all bounds; `Unavailable` without an engine, `Resources` for what costs too much.
    """
    check_source(source)
    longest = max(stem.shape[1] for stem in stems)
    with open_engine(source, limits=limits) as engine:
        if engine.inputs != 2 * len(stems):
            message = f"the Faust has {engine.inputs} inputs for {len(stems)} stems"
            raise BadInput(message, remedy=f"let process take {2 * len(stems)}: left and right of each stem, in their order")
        if engine.outputs != 2:
            raise BadInput(f"the Faust has {engine.outputs} outputs", remedy="let process give two: left and right of the mix")
        if not engine.closed:
            yield warning("this system cannot close the network to the Faust: its text was read for what would use it")
        if engine.said:
            yield warning(f"the compiler says: {engine.said[:500]}")
        played = yield from stream_blocks(engine, stems, longest + samples_of(LONGEST_TAIL), what="mix")
    audio, settled, limiting = yield from finish_mix(cut_tail(played, longest), master)
    return OwnRendering(audio, settled, limiting)
