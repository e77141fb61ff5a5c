"""Drum and percussion patterns.

A pattern is a bar of sixteenths written as text: `X` accent, `x` hit, `o` soft, `-` ghost, `r` a roll of two, `t` a roll of
three, `.` nothing. Several patterns for one drum are alternatives; a song keeps two of them and plays the second every other bar.
Written for four beats; bars of three and six are made from them with the accents where those meters have them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from .score import Note

KICK, RIM, SNARE, CLAP, CLOSED, PEDAL, OPEN, CRASH, RIDE = 36, 37, 38, 39, 42, 44, 46, 49, 51
TOMS: Final = (50, 47, 45)
_DRUMS: Final = {"k": KICK, "r": RIM, "s": SNARE, "c": CLAP, "h": CLOSED, "p": PEDAL, "o": OPEN, "y": RIDE, "t": 45}
_FORCE: Final = {"X": 1.0, "x": 0.85, "o": 0.62, "-": 0.36, "r": 0.7, "t": 0.7}

_TEXT: Final = {
    "boombap": """k X......x..x..... X.....x...x.....  X..x......x.....
s ....X.......X... ....X..-....X... ....X.......X..-
h x.o.x.o.x.o.x.o. x.o.x.oox.o.x.o.""",
    "hardbap": """k X..x...x..x..... X.x.....x.x..... X......x.xx.....
s ....X.......X... ....X..-.-..X...
h x.x.x.x.x.x.x.x. x.oox.oox.oox.oo
o .............. ..............x.""",
    "dusty": """k X.........x..... X..x......x..... X.......x.x.....
s ....x.......x... ....x.......x-..
h x.-.x.-.x.-.x.-. ..o...o...o...o.""",
    "lazy": """k X.........x..... X.....o...x.....
r ....x.......x... ....x.......x..o
h o.-.o.-.o.-.o.-.""",
    "minimal": """k X............... X.........o.....
r ........x.......
h ..o...o...o...o.""",
    "heartbeat": """k X.o.............  X.o.....x.o.....
h ........-.......""",
    "halftime": """k X.....x......... X..x......x.....
s ........X....... ........X......-
h x.o.x.o.x.o.x.o. x.o.x.oox.o.x.x.""",
    "steady": """k X.......x....... X.......x.x.....
s ....x.......x...
h x.o.x.o.x.o.x.o.""",
    "light": """k x.......o....... x.....o.o.......
r ....o.......o... ....o..-....o...
h o-o-o-o-o-o-o-o- o.o-o.o-o.o-o.o-""",
    "indie": """k X.....x.x....... X.......x.x..... X..x....x.......
s ....X.......X...
h x.x.x.x.x.x.x.x.
o ..............o. ................""",
    "funk": """k X..x..x...x..x.. X.x...x..x..x... X..x......x..x..
s ....X..-.-..X..- ....X..-.-..X.-.
h x.oxx.oxx.oxx.o. xoxoxoxoxoxoxoxo
o ..............x. ......x.........""",
    "disco": """k X...X...X...X...
s ....X.......X...
h x.o.x.o.x.o.x.o.
o ..x...x...x...x.""",
    "housey": """k X...X...X...X...
c ....X.......X...
h x-.-x-.-x-.-x-.- ooxoooxoooxoooxo
o ..x...x...x...x.""",
    "techno": """k X...X...X...X...
c ....o.......o... ................
h ..x...x...x...x. oox-oox-oox-oox-
r .......o.....o.. ...o......o..o..
t ...........o..o. .........o......""",
    "breaks": """k X.....x...x..... X.x.......x..... X..x......xx....
s ....X..-.-..X... ....X..-.-....X. ....X..-.x..X..-
h x.x.x.x.x.x.x.x. xoxoxoxoxoxoxoxo
o ................ ......x.........""",
    "synth8": """k X.......X....... X.......X.x..... X...X...X...X...
s ....X.......X...
h x.x.x.x.x.x.x.x. xxxxxxxxxxxxxxxx
o ..............x. ................""",
    "rock": """k X.......X.x..... X.x.....X....... X..x..x.X.......
s ....X.......X... ....X.......X.-.
h X.x.X.x.X.x.X.x.""",
    "chip": """k X...X...X...X... X..x..x.X..x..x.
s ....X.......X... ....X.......X.xx
h x.x.x.x.x.x.x.x. ..x...x...x...x.""",
    "trap": """k X......x..x..... X.........x..x.. X..x....x.x.....
c ........X.......
s ........x.......
h x.x.x.x.x.xrx.x. x.x.xrx.x.x.xttx x.xxx.x.x.r.x.xr
o ............... ......x.........""",
    "drill": """k X.....x......x.. X..x......x..... X.........x.....
s ......X.......X. ......X......X..
h x..x..x.x..x..x. x..x..xrx..x..t.
r ...........o.... ..o.............""",
    "rnb": """k X......x..x..... X.x.......x..... X..x..x.........
s ....x.......x...
h x.o.x.oox.o.x.o. x.o.x.o.x.oox.r.
o ................ ..............o.""",
    "rnbtrap": """k X......x......x. X.........x.....
c ....X.......X...
h x.xxx.x.x.xrx.x. x.x.x.xtx.x.x.x.""",
    "tropical": """k X...X...X...X... X.....x.X.....x.
s ...x..x....x..x. ...x..x....x..o.
h x.o.x.o.x.o.x.o.""",
    "bossa": """k X..xx..xX..xx..x
r x..x..x...x..x.. ..x..x..x..x..x.
h xoxoxoxoxoxoxoxo""",
    "swing": """k o...o...o...o... o...-...o...-.x.
s .......-......-. ......-.........
p ....x.......x...
y x...x.o.x...x.o.""",
    "swingbrush": """k o.......o....... o.....-.o.......
s o.-.x.-.o.-.x.-. o.-.x.-.o.-.x.oo
p ....x.......x...
y x...x.o.x...x.o.""",
    "brush": """k X.........x..... X.......o.x.....
s -.-.x.-.-.-.x.-. -.-.x.-.-.-.x.o.
p ....o.......o...
y o...o.-.o...o.-.""",
}
_PERCUSSION: Final = {
    "shaker": (70, ("o-x-o-x-o-x-o-x-", "x.o.x.o.x.o.x.o.", "-ox--ox--ox--ox-")),
    "congas": (63, ("..o...xx..o...xx", "o..o..x.o..o..xx", "..x..o.x..x..oxx")),
    "sleigh_bells": (83, ("x...x...x...x...", "x.o.x.o.x.o.x.o.")),
    "tambourine": (54, ("....x.......x...", "..o...o...o...o.", "o.o.x.o.o.o.x.o.")),
    "claves": (75, ("x..x..x...x.x...", "..x.x...x..x..x.")),
    "woodblocks": (76, ("x..x..x.........", "..x...x..x..x...", "x.....x.x...x...")),
    "finger_snaps": (37, ("....x.......x...",)),
    "wind_chimes": (84, ("o...............",)),
}
"""Kit -> its General MIDI pitch and patterns; congas and woodblocks alternate with the pitch below or above."""
_OTHER: Final = {"congas": 64, "woodblocks": 77}

Pattern = tuple[tuple[int, tuple[str, ...]], ...]


def _parse(text: str) -> Pattern:
    """The drums of a groove with their alternatives."""
    rows = [line.split() for line in text.splitlines()]
    return tuple((_DRUMS[row[0]], tuple(bar.ljust(16, ".") for bar in row[1:] if len(bar) > 1)) for row in rows)


GROOVES: Final[dict[str, Pattern]] = {name: _parse(text) for name, text in _TEXT.items()}
"""Groove name -> (drum pitch, alternative bars) for each drum."""
_HEAVY: Final = frozenset({KICK, SNARE, CLAP, RIM})


def fit(bar: str, drum: int, meter: int) -> str:
    """A four-beat `bar` of `drum` in another meter: three keeps a backbeat on its last beat, six is two groups of three."""
    if meter == 4:
        return bar
    if meter == 2:
        return bar[:8]
    if drum in (SNARE, CLAP, RIM):
        three = (
            bar[:4].replace("x", ".").replace("X", ".")
            + "...."
            + max(bar[4:8], bar[12:], bar[8:12], key=lambda b: "x" in b.lower())
        )
        return (
            three
            if meter == 3
            else "." * 12 + bar[4:8] + bar[8:12].replace("X", "-").replace("x", "-") + bar[12:].replace("X", "-")
        )
    three = bar[:8] + bar[12:]
    return three if meter == 3 else three + bar[:4] + bar[8:]


def _strikes(bar: str, drum: int, start: float) -> Iterator[Note]:
    """The notes of one bar that begins at beat `start`."""
    for step, mark in enumerate(bar):
        if mark == ".":
            continue
        at, force = start + step / 4.0, _FORCE[mark]
        many = {"r": 2, "t": 3}.get(mark, 1)
        for i in range(many):
            yield Note(at + i * 0.25 / many, 0.25 / many, drum, force * (1.0 - 0.12 * i))


class Drummer:
    """Plays one groove through a song: two bars in alternation, ghost notes and fills drawn from `rng`."""

    def __init__(self, groove: str, meter: int, rng: np.random.Generator) -> None:
        self.meter = meter
        self.bars = []
        for drum, choices in GROOVES[groove]:
            first, second = choices[int(rng.integers(len(choices)))], choices[int(rng.integers(len(choices)))]
            self.bars.append((drum, fit(first, drum, meter), fit(second, drum, meter)))

    def bar(self, start: float, index: int, energy: float) -> list[Note]:
        """Bar number `index` of a section: below 0.35 of `energy` only hats play, below 0.6 a thinner kick."""
        notes: list[Note] = []
        for drum, even, odd in self.bars:
            if energy < 0.35 and drum in _HEAVY:
                continue
            notes.extend(_strikes(odd if index % 2 else even, drum, start))
        if energy < 0.6:
            notes = [note for note in notes if note.pitch != KICK or (note.start - start) % 2.0 < 0.1]
        return notes

    def fill(self, start: float, rng: np.random.Generator, loud: bool) -> tuple[float, list[Note]]:
        """A fill at the end of a bar: where it begins (the groove stops there) and its notes."""
        beats = 2.0 if loud and self.meter > 2 and rng.random() < 0.4 else 1.0
        begin = start + self.meter - beats
        if not loud:
            drags = (0.0, 0.5, 0.75) if rng.random() < 0.5 else (0.25, 0.5, 0.75)
            return begin, [Note(begin + at, 0.25, SNARE, 0.45 + 0.4 * at) for at in drags]
        count = int(beats * 4)
        drums = [SNARE] * (count // 2) + [TOMS[min(2, i * 3 // max(1, count // 2))] for i in range(count - count // 2)]
        skip = int(rng.integers(1, count))
        return begin, [Note(begin + i / 4, 0.25, drums[i], 0.6 + 0.35 * i / count) for i in range(count) if i != skip]


def percussion(kit: str, meter: int, start: float, bars: int, rng: np.random.Generator) -> list[Note]:
    """A percussion kit through `bars` bars from beat `start`."""
    drum, choices = _PERCUSSION[kit]
    bar = fit(choices[int(rng.integers(len(choices)))], CLOSED, meter)
    if kit == "finger_snaps":
        bar = fit(choices[0], SNARE, meter)
    every = 2 if kit == "wind_chimes" else 1
    notes = [note for i in range(0, bars, every) for note in _strikes(bar, drum, start + i * meter)]
    if kit in _OTHER:
        notes = [Note(n.start, n.length, _OTHER[kit] if n.velocity > 0.8 else drum, n.velocity) for n in notes]
    return notes
