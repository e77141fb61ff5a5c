"""The goals that nano is held to, and what its prototype reached: data beside the figures they are read from.

The prototype's figures are of 27 prompts (no guide, 20 steps) and 18 (guide), with another embedding and other meters, so what
compares is a share, a distance in floors, or a part of the codec's ceiling. A distance in floors is a Fréchet distance over
the one of equally many real songs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ...metrics.statistics import Interval
from .edit_figures import EditFigures
from .figures import System, TagFigures
from .long_takes import LongFigures
from .suite import NanoFigures


@dataclass(frozen=True, slots=True)
class Target:
    """A goal: `figure` reads its number off the figures, None where it was not measured."""

    name: str
    figure: Callable[[NanoFigures], float | None]
    goal: float
    at_most: bool = False
    prototype: float | None = None
    unit: str = ""

    def is_met(self, found: NanoFigures) -> bool | None:
        """Whether the goal is reached; None where it was not measured."""
        value = self.figure(found)
        return None if value is None else (value <= self.goal if self.at_most else value >= self.goal)


def system(found: NanoFigures, name: str) -> System:
    """The row of the system `name`."""
    return next(row for row in found.judged.systems if row.name == name)


def guided_system(found: NanoFigures) -> System:
    """The row of the first guide strength."""
    return system(found, found.suite.guided_systems[0])


def frechet_in_floors(found: NanoFigures, row: System) -> float:
    """Fréchet distance of `row` in units of that of as many real songs."""
    return row.frechet.value / system(found, "real").frechet.value


def _words(found: NanoFigures) -> System:
    return system(found, "plain")


def _all_defects(found: NanoFigures) -> float:
    return float(sum(row.defective for row in found.judged.systems if row.realtime is not None))


def _of_edits(read: Callable[[EditFigures], Interval | None]) -> Callable[[NanoFigures], float | None]:
    """Reads an edit's figure; None where no song was edited so."""

    def figure(found: NanoFigures) -> float | None:
        value = read(found.edits) if found.edits else None
        return None if value is None else value.value

    return figure


def _of_long(read: Callable[[LongFigures], float | None]) -> Callable[[NanoFigures], float | None]:
    """Reads a figure of long takes; None without any."""
    return lambda found: read(found.long) if found.long else None


def _of_singing(name: str) -> Callable[[NanoFigures], float | None]:
    """Reads in how many sounds of a system a voice is heard; None where nobody listened."""
    return lambda found: found.voices.heard[name].value if found.voices else None


def novelty_share(found: LongFigures, name: str) -> float | None:
    """Section novelty of the system `name` as a part of the sketches'; None where it was not measured."""
    ours, guides = found.systems[name].contrast, found.systems["sketch"].contrast
    return ours.value / guides.value if ours and guides else None


def _flatness_off(found: NanoFigures, name: str) -> float | None:
    ours, real = system(found, name).flatness, system(found, "real").flatness
    return abs(ours.value - real.value) if ours and real else None


def _of_tags(
    row: Callable[[NanoFigures], System], read: Callable[[TagFigures], float | None]
) -> Callable[[NanoFigures], float | None]:
    """Reads what the embedder says of a row; None without one."""

    def figure(found: NanoFigures) -> float | None:
        tags = row(found).tags
        return read(tags) if tags else None

    return figure


TARGETS: Final = (
    Target("style recognised, no guide", lambda f: _words(f).style.value, 0.90, prototype=1.00),
    Target("style recognised, with guide", lambda f: guided_system(f).style.value, 0.90, prototype=1.00),
    Target("lofi presets recognised, no guide", _of_tags(_words, lambda t: t.presets), 0.50),
    Target("stems asked for that are heard, no guide", _of_tags(_words, lambda t: t.present.value), 0.80),
    Target("stems not asked for that are not, no guide", _of_tags(_words, lambda t: t.absent.value), 0.80),
    Target("Fréchet distance in floors, no guide", lambda f: frechet_in_floors(f, _words(f)), 2.0, True, 2.63),
    Target("Fréchet distance in floors, with guide", lambda f: frechet_in_floors(f, guided_system(f)), 2.0, True, 2.06),
    Target("prompt's tempo fits best, no guide", lambda f: _words(f).tempo_fit.value, 0.85, prototype=0.56),
    Target("prompt's tempo fits best, with guide", lambda f: guided_system(f).tempo_fit.value, 0.97),
    Target("tempo found, no guide", lambda f: _words(f).tempo_found.value, 0.44, prototype=0.44),
    Target("tempo found, with guide", lambda f: guided_system(f).tempo_found.value, 0.94, prototype=0.94),
    Target("in-scale chroma, way from chance to the codec's, no guide", lambda f: _words(f).way_to_ceiling, 0.80, prototype=0.44),
    Target(
        "in-scale chroma, way from chance to the codec's, with guide",
        lambda f: guided_system(f).way_to_ceiling,
        0.95,
        prototype=0.93,
    ),
    Target("extract drums, gain in SI-SDR", _of_edits(lambda e: e.extract.get("drums")), 5.0, prototype=2.1, unit="dB"),
    Target("extract bass, gain in SI-SDR", _of_edits(lambda e: e.extract.get("bass")), 5.0, prototype=5.5, unit="dB"),
    Target("extract keyboard, gain in SI-SDR", _of_edits(lambda e: e.extract.get("keyboard")), 5.0, unit="dB"),
    Target("extract guitar, gain in SI-SDR", _of_edits(lambda e: e.extract.get("guitar")), 4.0, unit="dB"),
    Target("lego's stem is heard and fits", _of_edits(lambda e: e.lego), 0.80),
    Target("repaint keeps every sample outside", _of_edits(lambda e: e.repaint_kept), 1.0),
    Target("codec, mel distance", lambda f: f.judged.mel_db.value, 2.5, True, 3.0, "dB"),
    Target("codec, spectral convergence", lambda f: f.judged.convergence.value, 0.45, True, 0.494),
    Target("codec, decoder", lambda f: f.speed.decode if f.speed else None, 50.0, prototype=82.0, unit="x realtime"),
    Target("flatness from 5 to 10 kHz off the songs', codec", lambda f: _flatness_off(f, "codec"), 0.05, True),
    Target("flatness from 5 to 10 kHz off the songs', no guide", lambda f: _flatness_off(f, "plain"), 0.05, True),
    Target("section novelty at length, of the guide's, no guide", _of_long(lambda found: novelty_share(found, "plain")), 0.8),
    Target(
        "endings cut off",
        _of_long(lambda found: max(found.systems[name].cut_off.value for name in ("plain", "guided"))),
        0.02,
        True,
    ),
    Target("a voice is heard where lyrics are given, no guide", _of_singing("takes with lyrics"), 0.80),
    Target("a voice is heard where none are, no guide", _of_singing("takes without"), 0.10, True),
    Target("defective takes", _all_defects, 0, True),
    Target("a minute of music", lambda f: f.speed.minute if f.speed else None, 6.0, True, unit="s"),
    Target("first take from a cold start", lambda f: f.speed.cold_start if f.speed else None, 12.0, True, unit="s"),
)
