"""A second reader of chords, which shares no code with the program: what of a song sheet is heard in sound files.

    python benchmarks/second_reader.py FILE [FILE ...]
    python benchmarks/second_reader.py --list FILE.jsonl

A file that `twin make` wrote says in its tags what was asked of it (chords, form, tempo). A list has a line per file:
`{"file": …, "bpm": 84, "meter": 4, "chords": "Dm9 G13 | Cmaj9 A7b9", "bars": 18}`. Printed are the shares of beats with the
right root, and with root and third where the chord has a third and no altered fifth.

After Mauch and Dixon (2010): one spectrum a beat on a scale of thirds of a semitone, whitened; notes by non-negative least
squares against tones whose partials fall as .7^n; their chroma in bass and treble, less a part of its mean; profiles of
triads and seventh chords, bass root and all; a hidden Markov model that knows how likely a chord stays at a bar line, at
half a bar and elsewhere, and not which chords were asked for. Every beat gets its likeliest chord (forward and backward),
where the program takes the likeliest path, other spectra and learned weights. Its few numbers were chosen by hand and by
trial on 12 sheets of `fit_chords.py` and their takes, none of which is reported on.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy.optimize import nnls
from scipy.signal import resample_poly

RATE = 12_000
WINDOW = 16_384
LOWEST, HIGHEST = 28, 88
"""MIDI numbers of the notes that are looked for."""
FINE = 3
"""Places to a semitone."""
KINDS: dict[str, tuple[int, ...]] = {
    "maj": (0, 4, 7), "min": (0, 3, 7), "maj7": (0, 4, 7, 11), "7": (0, 4, 7, 10), "min7": (0, 3, 7, 10), "hdim": (0, 3, 6, 10),
}  # fmt: skip
"""Tones above the root. With ninths, suspended and diminished chords beside them it took one chord for another more often."""
WEIGHTS = (1.0, 1.0, 0.8, 0.8)
COMMON, COMMON_BASS = 0.35, 0.9
"""How much of what sounds all the time is taken off every beat."""
STAYS = (0.4, 0.8, 0.99)
"""Chance that a beat has the chord of the beat before: at a bar line, after half a bar, elsewhere."""
BASS = 0.4
SHARPNESS = 16.0
Asked = tuple[int, int | None] | None
"""Root, and 3 or 4 semitones to a third that is judged; None where there is no chord."""


@dataclass(frozen=True)
class Sheet:
    """What was asked of a file."""

    bpm: float
    meter: int
    beats: tuple[Asked, ...]


def read_beats(path: Path, bpm: float, count: int, meter: int = 4) -> list[tuple[int, int | None] | None]:
    """Root and third (3, 4 or None) of every beat of a file that begins with its first bar; None where it is silent."""
    samples, rate = soundfile.read(path, always_2d=True)
    sound = resample_poly(samples.mean(axis=1), RATE, rate)
    spectra = np.array([_spectrum(sound, bpm, beat) for beat in range(count)])
    notes = np.array([_notes(row) for row in spectra])
    pitch = np.arange(LOWEST, HIGHEST)
    low = _chroma(notes * np.clip((58 - pitch) / 8, 0, 1), COMMON_BASS)
    high = _chroma(notes * np.clip((pitch - 46) / 8, 0, 1) * np.clip((HIGHEST + 6 - pitch) / 24, 0, 1), COMMON)
    states = [(root, kind) for root in range(12) for kind in KINDS]
    profiles = np.array([_profile(root, KINDS[kind]) for root, kind in states])
    likeness = high @ profiles.T + BASS * low[:, [root for root, _ in states]]
    chances = _posterior(SHARPNESS * likeness, [_stay(beat, meter) for beat in range(count)])
    found: list[tuple[int, int | None] | None] = []
    for row, sounds in zip(chances, spectra.any(axis=1), strict=True):
        root, kind = states[int(row.argmax())]
        third = next((step for step in (4, 3) if step in KINDS[kind]), None)
        found.append((root, third) if sounds else None)
    return found


def _spectrum(sound: NDArray[Any], bpm: float, beat: int) -> NDArray[Any]:
    """Strength at thirds of semitones over one beat, whitened; zeros for silence."""
    first, last = (int(place * 60 / bpm * RATE) for place in (beat, beat + 1))
    part = sound[first:last]
    part = part[:WINDOW] if len(part) else np.zeros(1)
    size = np.abs(np.fft.rfft(part * np.hanning(len(part)), 2 * WINDOW))
    places = LOWEST - 1 + np.arange((HIGHEST - LOWEST + 26) * FINE) / FINE
    hertz = 440 * 2 ** ((places - 69) / 12)
    row = np.interp(hertz, np.fft.rfftfreq(2 * WINDOW, 1 / RATE), size)
    if row.max() < 1e-3:
        return np.zeros_like(row)
    width = 18 * FINE
    window = np.hanning(width + 1) / np.hanning(width + 1).sum()
    padded = np.pad(row, width // 2, mode="reflect")
    mean = np.convolve(padded, window, "valid")
    spread = np.sqrt(np.maximum(np.convolve((padded - np.pad(mean, width // 2, mode="reflect")) ** 2, window, "valid"), 1e-12))
    white: NDArray[Any] = np.where(row > mean, (row - mean) / spread, 0.0)
    return white


def _tones() -> NDArray[Any]:
    """The spectrum of a tone of each note, shape (places, notes)."""
    places = LOWEST - 1 + np.arange((HIGHEST - LOWEST + 26) * FINE) / FINE
    tones = np.zeros((len(places), HIGHEST - LOWEST))
    for note in range(LOWEST, HIGHEST):
        for partial in range(1, 9):
            tones[:, note - LOWEST] += 0.7 ** (partial - 1) * np.exp(-((places - note - 12 * np.log2(partial)) ** 2) / 0.18)
    return tones


TONES = _tones()


def _notes(row: NDArray[Any]) -> NDArray[Any]:
    strengths: NDArray[Any] = nnls(TONES, row, maxiter=2_000)[0]
    return strengths


def _chroma(notes: NDArray[Any], common: float) -> NDArray[Any]:
    """Notes of beats by pitch class, each row of length 1; zeros for silence."""
    classes = np.zeros((len(notes), 12))
    for place in range(notes.shape[1]):
        classes[:, (LOWEST + place) % 12] += notes[:, place]
    classes **= 0.35
    classes /= np.maximum(np.linalg.norm(classes, axis=1, keepdims=True), 1e-9)
    classes = np.maximum(classes - common * classes.mean(axis=0), 0.0)
    return classes / np.maximum(np.linalg.norm(classes, axis=1, keepdims=True), 1e-9)


def _profile(root: int, steps: tuple[int, ...]) -> NDArray[Any]:
    row = np.zeros(12)
    for step, weight in zip(steps, WEIGHTS, strict=False):
        row[(root + step) % 12] = weight
    return row / np.linalg.norm(row)


def _stay(beat: int, meter: int) -> float:
    """The chance that a chord goes on from the beat before."""
    place = beat % meter
    return STAYS[0] if place == 0 else STAYS[1] if 2 * place == meter else STAYS[2]


def _posterior(scores: NDArray[Any], stays: Sequence[float]) -> NDArray[Any]:
    """Chance of every chord at every beat, before and after it heard; `stays` is how likely each beat goes on from the last."""
    fits = np.exp(scores - scores.max(axis=1, keepdims=True))
    many = fits.shape[1]

    def sweep(rows: Iterable[NDArray[Any]], links: Iterable[float]) -> Iterator[NDArray[Any]]:
        """What each row may be by those before it; `links` are the chances to stay from each row to the next."""
        before = np.full(many, 1 / many)
        for row, link in zip(rows, links, strict=True):
            yield before
            here = before * row
            before = link * here / here.sum() + (1 - link) / many

    forward = np.array(list(sweep(fits, [*stays[1:], 0.0])))
    backward = np.array(list(sweep(fits[::-1], [*stays[:0:-1], 0.0])))[::-1]
    return forward * fits * backward


def read_symbol(text: str) -> tuple[int, int | None]:
    """Root and judged third of a chord symbol. Raises `ValueError` for what this reader does not know."""
    found = re.fullmatch(r"([A-G])([#b]?)([^/]*?)(?:/[A-G][#b]?)?", text.replace("6/9", "69"))
    if found is None:
        raise ValueError(text)
    root = ("C D EF G A B".index(found[1]) + {"#": 1, "b": -1, "": 0}[found[2]]) % 12
    kind = found[3]
    if "sus" in kind or kind == "5" or re.search(r"dim|o|ø|h|aug|\+|[#b]5|alt", kind):
        return root, None
    return root, 3 if re.match(r"(m|min|-)(?!aj)", kind) else 4


def write_out(chords: str, bars: int, meter: int) -> tuple[Asked, ...]:
    """The chord of every beat, the chart played again until the bars are full. A bar is shared evenly by its chords."""
    chart = [bar.split() for bar in chords.split("|") if bar.strip()]
    beats: list[Asked] = []
    for number in range(bars):
        names = chart[number % len(chart)]
        for beat in range(meter):
            name = names[beat * len(names) // meter]
            beats.append(None if name == "N.C." else read_symbol(name))
    return tuple(beats)


def sheet_of(path: Path) -> Sheet:
    """What a take's own tags say. Every section begins the chart again."""
    text = next(value for name, value in read_tags(path) if name == "ACESTEP_JSON")
    said = json.loads(text)
    song = said["pipeline"]["stages"][0]["song"]
    meter = int(said["metas"]["meter"])
    sections = [int(found) for found in re.findall(r"(\d+)\s*(?:,|$)", song["form"])]
    beats = tuple(beat for bars in sections for beat in write_out(song["chords"], bars, meter))
    return Sheet(float(said["bpm"]), meter, beats)


def read_tags(path: Path) -> Iterator[tuple[str, str]]:
    """The comments of a FLAC file, read from its bytes."""
    data = path.read_bytes()
    at = 4
    while True:
        kind, size = data[at] & 127, int.from_bytes(data[at + 1 : at + 4])
        if kind == 4:
            block, here = data[at + 4 : at + 4 + size], 0
            here = 4 + int.from_bytes(block[:4], "little")
            count, here = int.from_bytes(block[here : here + 4], "little"), here + 4
            for _ in range(count):
                length = int.from_bytes(block[here : here + 4], "little")
                name, _, value = block[here + 4 : here + 4 + length].decode().partition("=")
                yield name, value
                here += 4 + length
        if data[at] & 128:
            return
        at += 4 + size


def judge(path: Path, sheet: Sheet) -> tuple[list[bool], list[bool]]:
    """For every beat with a chord whether its root is right, and for those with a third whether root and third are."""
    seconds = soundfile.info(path).duration
    count = min(len(sheet.beats), int(seconds * sheet.bpm / 60 + 0.05))
    roots, thirds = [], []
    for asked, heard in zip(sheet.beats, read_beats(path, sheet.bpm, count, sheet.meter), strict=False):
        if asked is None:
            continue
        roots.append(heard is not None and heard[0] == asked[0])
        if asked[1] is not None:
            thirds.append(heard == asked)
    return roots, thirds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--list", type=Path)
    asked = parser.parse_args()
    work = [(path, sheet_of(path)) for path in asked.files]
    if asked.list:
        for line in asked.list.read_text().splitlines():
            row = json.loads(line)
            beats = write_out(row["chords"], row["bars"], row.get("meter", 4))
            work.append((asked.list.parent / row["file"], Sheet(row["bpm"], row.get("meter", 4), beats)))
    for path, sheet in work:
        roots, thirds = judge(path, sheet)
        third = float(np.mean(thirds)) if thirds else None
        print(json.dumps({"file": path.name, "beats": len(roots), "root": float(np.mean(roots)), "third": third}), flush=True)


if __name__ == "__main__":
    main()
