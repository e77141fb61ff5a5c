"""Songs as sound: processes render them into files until they are told to stop, or all are there.

Every song is played twice: by the band's own synthesis, and, where a soundfont is at hand, by sampled instruments through another
desk. A file appears whole: `song-INDEX.npy` holds sounds `(sounds, 2, samples)` int16, `song-INDEX.json` says what they are.
Even songs last 20.48 s and are in full swing; odd ones last 40.96 s and come to their end, so that sections exist.
"""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...disk import whole_file, write_whole
from ...house_band.captions import caption, metas
from ...house_band.compose import compose
from ...house_band.render import PartPlayer, Rendering, render
from ...house_band.score import Part, Score
from ...house_band.song_words import Words, list_syllables
from ...house_band.soundfont import Soundfont
from ...house_band.styles import COARSE, STYLES
from ...timebase import HOP, SAMPLE_RATE, samples_of
from .foreign import foreign_sound
from .lyricist import write_lyrics

SECONDS = 20.48
"""Length of an even song: 512 latent frames."""
ENDING = 0.1
"""Share of an odd song in which its last bar ends and rings out."""
CAPTIONS = 6
"""Wordings kept per song."""
FOREIGN_SECONDS = 10.24
SAMPLED = "sampled instruments"
"""Tag of songs that a soundfont plays; songs of the band's own synthesis never carry it."""
SUNG = 0.4
"""Share of songs whose words are sung."""
Sounds = dict[str, NDArray[np.float32]]


@dataclass(frozen=True)
class SongPlan:
    """What is rendered, and where."""

    folder: Path
    """Where the files appear."""
    seed: int = 18
    """Seed of the corpus."""
    soundfont: Path | None = None
    """None: the band alone."""
    seconds: float = SECONDS
    """Length of the even songs; odd ones last twice as long."""
    split_every: int = 2
    """Of so many songs of each length one is kept with its stems and a partial mix."""
    most: int = 1_000_000
    """Songs, at most."""

    def facts_of(self, index: int) -> Path:
        """The file that appears last of those of song `index`."""
        return self.folder / f"song-{index:06d}.json"


@cache
def _style_weights() -> tuple[tuple[str, ...], tuple[float, ...]]:
    lofi = [s for s in STYLES if COARSE[s] == "lofi"]
    other = [s for s in STYLES if COARSE[s] != "lofi"]
    return (*lofi, *other), (*([0.5 / len(lofi)] * len(lofi)), *([0.5 / len(other)] * len(other)))


def draw_style(rng: np.random.Generator) -> str:
    """A style: half of them lofi, over all presets; the rest over the other styles."""
    names, weights = _style_weights()
    return names[int(rng.choice(len(names), p=weights))]


def stems_like_mix(rendering: Rendering) -> dict[str, NDArray[np.float32]]:
    """The stems, scaled as the desk scaled the mix."""
    dry = float(np.sqrt(np.mean(rendering.dry**2)))
    gain = np.float32(float(np.sqrt(np.mean(rendering.mix**2))) / max(dry, 1e-6))
    return {name: stem * gain for name, stem in rendering.stems.items()}


def vary_desk(score: Score, rng: np.random.Generator) -> Score:
    """The score on another desk: levels within 3 dB, other places, another room and some more or less drive."""

    def move(part: Part) -> Part:
        return replace(
            part,
            gain=part.gain + float(rng.normal(0, 1.5)),
            pan=float(np.clip(part.pan + rng.normal(0, 0.25), -0.9, 0.9)),
            reverb=float(np.clip(part.reverb * rng.uniform(0.5, 2.0), 0, 0.8)),
        )

    room = score.colour.room if score.colour.room == "dry" else str(rng.choice(["room", "hall", "plate", "spring"]))
    drive = float(np.clip(score.colour.saturation * rng.uniform(0.5, 1.5), 0, 1))
    return replace(score, parts=tuple(map(move, score.parts)), colour=replace(score.colour, room=room, saturation=drive))  # type: ignore[arg-type]


def _sounds(rendering: Rendering, rng: np.random.Generator, *, split: bool) -> tuple[Sounds, list[str]]:
    """The mix, and where `split` the stems and a partial mix of at least one stem and not all."""
    sounds, partial = {"mix": rendering.mix}, []
    if split and len(rendering.stems) > 1:
        stems = stems_like_mix(rendering)
        partial = sorted(rng.choice(list(stems), size=int(rng.integers(1, len(stems))), replace=False).tolist())
        sounds |= {f"stem.{name}": stem for name, stem in stems.items()}
        sounds["partial"] = np.sum([stems[name] for name in partial], axis=0)
    return sounds, partial


def render_song(plan: SongPlan, index: int, player: PartPlayer | None) -> tuple[list[NDArray[np.float32]], list[dict[str, Any]]]:
    """All sounds of song `index`, and the facts of its one or two renderings, each with its sounds' `names`."""
    rng = np.random.Generator(np.random.PCG64([plan.seed, index]))
    seconds = plan.seconds * (1 + index % 2)
    seconds = samples_of(seconds) // HOP * HOP / SAMPLE_RATE
    music = seconds * (1 - index % 2 * ENDING)
    words = _draw_words(plan.seed, index)
    score = compose(draw_style(rng), seed=int(rng.integers(2**31)), seconds=music, words=words)
    ways: list[PartPlayer | None] = [None] if player is None else [None, player]
    turn, rest = divmod(index // 2, plan.split_every)
    stems_of = turn % len(ways) if rest == 0 else -1  # the rendering whose stems are kept
    sounds: list[NDArray[np.float32]] = []
    facts = []
    for number, way in enumerate(ways):
        played = score if way is None else vary_desk(score, rng)
        rendering = render(played, seconds=seconds, player=way)
        found, partial = _sounds(rendering, rng, split=stems_of == number)
        captions = [caption(score), *(caption(score, rng) for _ in range(CAPTIONS - 1))]
        if way is not None:
            captions = [_insert_tag(text, SAMPLED, rng) for text in captions]
        facts.append(
            metas(score)
            | {"index": 2 * index + number, "style": score.style, "coarse": COARSE[score.style], "stems": list(rendering.stems)}
            | {
                "sections": score.form,
                "sung": _time_words(score),
                "syllables": list_syllables(score),
                "captions": captions,
                "partial": partial,
                "names": list(found),
            }
        )
        sounds += found.values()
    return sounds, facts


def _draw_words(seed: int, index: int) -> Words | None:
    """The words of song `index`; None where it is not sung."""
    rng = np.random.Generator(np.random.PCG64([seed, index, 1]))
    return Words(write_lyrics(rng)) if rng.random() < SUNG else None


def _time_words(score: Score) -> list[tuple[float, float, int, str, str]]:
    """Begin and end in seconds of each sung line, number and kind of its section, and its words."""
    seconds = score.tempo.seconds
    return [
        (round(seconds(one.start), 3), round(seconds(one.end), 3), one.section, score.sections[one.section].kind, one.text)
        for one in score.sung
    ]


def _insert_tag(text: str, tag: str, rng: np.random.Generator) -> str:
    tags = text.split(", ")
    tags.insert(int(rng.integers(1, len(tags) + 1)), tag)
    return ", ".join(tags)


def to_int16(sound: NDArray[np.float32]) -> NDArray[np.int16]:
    """Sixteen bits of a sound, cut at full scale."""
    return np.round(np.clip(sound, -1, 1) * 32767).astype(np.int16)


def render_files(plan: SongPlan, index: int, player: PartPlayer | None, *, foreign: bool) -> None:
    """Write the sounds of song `index`, after a foreign one where asked for, unless they are there."""
    facts = plan.facts_of(index)
    if facts.is_file():
        return
    if foreign:
        _write(plan.folder, f"foreign-{index:06d}", [foreign_sound(plan.seed, index, FOREIGN_SECONDS)], [])
    _write(plan.folder, facts.stem, *render_song(plan, index, player))


def _write(folder: Path, name: str, sounds: list[NDArray[np.float32]], facts: list[dict[str, Any]]) -> None:
    with whole_file(folder / f"{name}.npy") as temporary, temporary.open("wb") as file:
        np.save(file, np.stack([to_int16(sound) for sound in sounds]))
    write_whole(folder / f"{name}.json", json.dumps(facts).encode())


SONG_BYTES = 30_000_000
"""Room for the sounds of a song, on average: two renderings, of one of them half of the time the stems."""
ROOM = 4e9
"""Bytes that stay free where songs appear: below, rendering waits until some are taken."""


def render_share(plan: SongPlan, worker: int, workers: int, until: float) -> int:
    """Render every `workers`-th song from `worker` on, until `time.time()` is `until`; returns how many.

    Every third round a foreign sound (`foreign-INDEX.npy`) comes first.
    """
    player = None if plan.soundfont is None else Soundfont(plan.soundfont)
    done = 0
    for index in range(worker, plan.most, workers):
        while shutil.disk_usage(plan.folder).free < ROOM and time.time() < until:
            time.sleep(0.2)
        if time.time() >= until:
            break
        render_files(plan, index, player, foreign=index // workers % 3 == 0)
        done += 1
    return done
