"""How many planted defects are caught, and how often a clean song is taken for one: a table of recall and precision.

    python tests/dataset/planted_recall.py [--songs 40] [--seconds 20]

Songs are the house band's, by two invented producers in six styles. Every defect is planted into every song; recall is the share
that is caught. A false alarm is a clean song that the same check refuses or marks (for copies: another song that is taken for the
copied one); precision is the share of all alarms that are right.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path

import numpy as np
import soxr
from planted import PROFILE, RATE, clipped, m4a

from producertwin.audio import files
from producertwin.audio.fingerprints import Index, fingerprint
from producertwin.audio.samples import Samples
from producertwin.dataset.quality import PARTS
from producertwin.dataset.screening import Reason, ScreeningResult, screen
from producertwin.errors import AudioRejected
from producertwin.house_band.album import album
from producertwin.house_band.render import render
from producertwin.house_band.score import Score
from producertwin.house_band.styles import STYLES

BANDS = {"Mara Vale": ("CORE-01", "CORE-03", "VOCAL-01"), "Jun Okoro": ("house", "trap", "ambient")}
"""Two producers and their styles."""


@dataclass(frozen=True, slots=True)
class Song:
    """A clean song and its style."""

    style: str
    sound: Samples


@dataclass(frozen=True, slots=True)
class Counted:
    """One row of the table."""

    defect: str
    planted: int
    caught: int
    clean: int
    false: int

    @property
    def recall(self) -> float:
        """Share of the planted that are caught."""
        return self.caught / max(self.planted, 1)

    @property
    def precision(self) -> float | None:
        """Share of the alarms that are right; None where there was none."""
        alarms = self.caught + self.false
        return self.caught / alarms if alarms else None

    @property
    def line(self) -> str:
        """The row as Markdown."""
        precision = "-" if self.precision is None else f"{self.precision:.2f}"
        return f"| {self.defect} | {self.recall:.2f} | {precision} | {self.caught}/{self.planted} | {self.false}/{self.clean} |"


Plant = Callable[[Samples], Samples]
Alarm = Callable[[ScreeningResult, str], bool | None]
"""Whether the verdict on a sound of a style takes it for defective; None where the style expects the defect."""


def scores(count: int, seconds: float) -> Iterator[tuple[str, Score]]:
    """`count` songs with their producers, spread over the producers and styles."""
    ways = list(
        chain.from_iterable(zip(*([(producer, style) for style in styles] for producer, styles in BANDS.items()), strict=True))
    )
    for place, (producer, style) in enumerate(ways):
        share = count // len(ways) + (place < count % len(ways))
        if share:
            yield from ((producer, score) for score in album(producer, share, style=style, seconds=seconds)[1])


def songs(count: int, seconds: float) -> list[Song]:
    """The same songs, played."""
    return [Song(score.style, render(score, seconds=seconds).mix) for _, score in scores(count, seconds)]


def refused(*reasons: Reason) -> Alarm:
    """Screening rejects it for one of `reasons`."""
    return lambda verdict, _: verdict.reason in reasons


def marked(part: str) -> Alarm:
    """The part costs a point or more, where the song's style does not expect it."""
    [expected_as] = [one.expected_as for one in PARTS if one.name == part]

    def costs(verdict: ScreeningResult, style: str) -> bool | None:
        if expected_as in STYLES[style].expected:
            return None
        return verdict.quality is not None and any(one.part == part and one.cost >= 1.0 for one in verdict.quality.parts)

    return costs


def another_rate(sound: Samples, rate: float, back: float) -> Samples:
    """`sound` resampled from 48 kHz to `rate`, and from `back` to 48 kHz."""
    there = soxr.resample(np.ascontiguousarray(sound.T), RATE, rate, quality="VHQ")
    return np.ascontiguousarray(soxr.resample(there, back, RATE, quality="VHQ").T, np.float32)


def with_silence(sound: Samples, share: float) -> Samples:
    """`sound` with silence in its last `share`."""
    kept = sound.copy()
    kept[:, round(sound.shape[1] * (1.0 - share)) :] = 0.0
    return kept


def changed_speed(sound: Samples, factor: float) -> Samples:
    """`sound` played `factor` times as fast, pitch and all."""
    return np.ascontiguousarray(soxr.resample(np.ascontiguousarray(sound.T), RATE * factor, RATE, quality="HQ").T, np.float32)


_CLIPPING = refused(Reason.EXCESSIVE_CLIPPING)
_SILENCE = refused(Reason.EXCESSIVE_SILENCE)
SOUNDS: Mapping[str, tuple[Plant, Alarm]] = {
    "clipped, 0.2 % of the samples": (lambda sound: clipped(sound, 0.002), _CLIPPING),
    "clipped, 1 %": (lambda sound: clipped(sound, 0.01), _CLIPPING),
    "clipped, 1 %, then -6 dB": (lambda sound: np.float32(0.5) * clipped(sound, 0.01), _CLIPPING),
    "clipped, 1 %, then 44.1 kHz and back": (lambda sound: another_rate(clipped(sound, 0.01), 44_100, 44_100), _CLIPPING),
    "silence, 60 % of the length": (lambda sound: with_silence(sound, 0.6), _SILENCE),
    "silence throughout": (np.zeros_like, _SILENCE),
    "too short": (lambda sound: sound[:, : 4 * RATE], refused(Reason.TOO_SHORT)),
    "DC offset of 0.01": (lambda sound: sound + np.float32(0.01), marked("DC offset")),
    "from 8 kHz, one channel": (
        lambda sound: np.repeat(another_rate(sound, 8_000, 8_000).mean(axis=0, keepdims=True), 2, axis=0),
        marked("missing highs"),
    ),
    "one channel turned over": (lambda sound: sound * np.array([[1.0], [-1.0]], np.float32), marked("out of phase")),
}
COPIES: Mapping[str, Callable[[Samples, Path], Samples]] = {
    "copy as MP3, 96 kbit/s": lambda sound, home: files.read(files.write(home / "copy.mp3", sound, kbps=96)),
    "copy as MP3, 320 kbit/s": lambda sound, home: files.read(files.write(home / "copy.mp3", sound)),
    "copy as OGG": lambda sound, home: files.read(files.write(home / "copy.ogg", sound)),
    "copy at -6 dB": lambda sound, _: np.float32(0.5) * sound,
    "copy that begins 2 s later": lambda sound, _: sound[:, 2 * RATE :],
    "copy 1 % faster": lambda sound, _: changed_speed(sound, 1.01),
    "copy 1 % slower": lambda sound, _: changed_speed(sound, 0.99),
}
CUTS: Sequence[str] = ("wav", "flac", "mp3", "m4a", "ogg")
"""Formats in which files are cut short at half their bytes."""


def cut_name(ending: str) -> str:
    """What the table calls a cut file."""
    return f"{ending} cut short at half its bytes"


def counted(given: Sequence[Song]) -> Iterator[Counted]:
    """The table, row by row."""
    with tempfile.TemporaryDirectory(prefix="twin-") as folder:
        home = Path(folder)
        yield from chain(_sounds(given), _copies(given, home), _cuts(given, home))


def _sounds(given: Sequence[Song]) -> Iterator[Counted]:
    clean = _judged(given, lambda sound: sound)
    for name, (plant, alarm) in SOUNDS.items():
        planted, alarms = _alarms(alarm, _judged(given, plant)), _alarms(alarm, clean)
        yield Counted(name, len(planted), sum(planted), len(alarms), sum(alarms))


def _judged(given: Sequence[Song], plant: Plant) -> list[tuple[ScreeningResult, str]]:
    """The verdict on every song with something planted, and its style."""
    return [(screen(plant(song.sound), PROFILE).verdict, song.style) for song in given]


def _alarms(alarm: Alarm, judged: Sequence[tuple[ScreeningResult, str]]) -> list[bool]:
    """What the check says of every song it is meant for."""
    said = [alarm(verdict, style) for verdict, style in judged]
    return [one for one in said if one is not None]


def _copies(given: Sequence[Song], home: Path) -> Iterator[Counted]:
    index = Index()
    for number, song in enumerate(given):
        index.add(str(number), fingerprint(song.sound))
    for name, change in COPIES.items():
        found = [index.find(fingerprint(change(song.sound, home))) for song in given]
        caught = sum(str(number) in matches for number, matches in enumerate(found))
        yield Counted(name, len(given), caught, len(given) * (len(given) - 1), sum(map(len, found)) - caught)


def _cuts(given: Sequence[Song], home: Path) -> Iterator[Counted]:
    for ending in CUTS:
        path = home / f"cut.{ending}"
        write = partial(m4a, path) if ending == "m4a" else partial(files.write, path)
        caught = false = 0
        for song in given:
            write(song.sound)
            false += _undecoded(path)
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
            caught += _undecoded(path)
        yield Counted(cut_name(ending), len(given), caught, len(given), false)


def _undecoded(path: Path) -> bool:
    try:
        files.read(path)
    except AudioRejected as error:
        return error.reason in {"truncated", "corrupt"}
    return False


def main() -> None:
    """Print the table as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--songs", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=20.0)
    asked = parser.parse_args()
    print("| planted defect | recall | precision | caught of planted | false alarms of clean |\n|---|---|---|---|---|")  # noqa: T201
    for row in counted(songs(asked.songs, asked.seconds)):
        print(row.line, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
