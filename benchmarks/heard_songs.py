"""How well a recording becomes a song sheet: songs of the house band, whose chords, tempo, key and form are known.

    python benchmarks/heard_songs.py [--songs 36] [--jsonl FILE]

Chords are compared second by second as mir_eval compares them (Raffel et al. 2014): root over all of the song; majmin where the
chord that is played has a plain fifth and a third; sevenths where it is a major or minor triad, or one of maj7, 7 and m7. Bounds
of sections count within half a bar. Intervals are bootstrapped by song.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from producertwin.audio.chords import QUALITIES
from producertwin.errors import TwinError
from producertwin.house_band.compose import compose
from producertwin.house_band.harmony import tones
from producertwin.house_band.heard_song import HeardSong, KnownFacts, hear_song
from producertwin.house_band.render import render
from producertwin.house_band.score import Score
from producertwin.house_band.styles import STYLES
from producertwin.metrics.adherence import same_scale

_STEP = 0.05
_KINDS = {(3, None): "m", (4, None): "", (4, 11): "maj7", (4, 10): "7", (3, 10): "m7"}
Told = tuple[int, str | None, str | None] | None
"""Root, major or minor, and one of five kinds with their sevenths; None for no chord."""


def reduce_chord(root: int, steps: Sequence[int]) -> Told:
    """A chord as mir_eval's vocabularies know it; None in place of what they leave out."""
    classes = {step % 12 for step in steps}
    third = 4 if 4 in classes else 3 if 3 in classes else None
    if third is None or 7 not in classes:
        return root, None, None
    seventh = 11 if 11 in classes else 10 if 10 in classes else None
    return root, "maj" if third == 4 else "min", _KINDS.get((third, seventh)) if 9 not in steps else None


def compare(score: Score, heard: HeardSong) -> dict[str, float]:
    """Shares of the time that agree; NaN where there is nothing to compare."""
    beat = 60.0 / score.bpm
    found: dict[str, list[bool]] = {"root": [], "majmin": [], "sevenths": []}
    for at in np.arange(_STEP / 2, score.seconds, _STEP):
        played = next(chord for chord in reversed(score.chords) if chord.start * beat <= at)
        wanted = reduce_chord(played.root, tones(played.quality))
        place = int(np.searchsorted(heard.edges, at, "right")) - 1
        read: Told = None
        if 0 <= place < len(heard.chords) and heard.chords[place].root is not None:
            chord = heard.chords[place]
            read = reduce_chord(chord.root or 0, QUALITIES[chord.quality])
        assert wanted is not None
        found["root"].append(read is not None and read[0] == wanted[0])
        for name, part in (("majmin", 1), ("sevenths", 2)):
            if wanted[part] is not None:
                found[name].append(read is not None and (read[0], read[part]) == (wanted[0], wanted[part]))
    return {name: float(np.mean(values)) if values else float("nan") for name, values in found.items()}


def bounds(score: Score, heard: HeardSong) -> float:
    """F1 of the bounds between sections, within half a bar."""
    bar = 60.0 / score.bpm * score.meter
    wanted = [section.first_bar * bar for section in score.sections[1:]]
    got, at = [], 0
    for _, many in heard.sections[:-1]:
        at += many * heard.meter
        got.append(heard.edges[min(at, len(heard.edges) - 1)])
    hits = sum(any(abs(one - place) <= bar / 2 for one in got) for place in wanted)
    return 2 * hits / max(1, len(wanted) + len(got))


def measure(number: int) -> dict[str, float]:
    score = compose(list(STYLES)[number * 7 % len(STYLES)], seed=number)
    sound = render(score).mix
    try:
        heard = hear_song(sound, KnownFacts(meter=score.meter))
    except TwinError as error:
        print("  refused:", error.message)
        return dict.fromkeys(("root", "majmin", "sevenths", "tempo", "tempo_octave", "key", "bounds"), 0.0)
    ratios = [abs(heard.bpm - score.bpm * ratio) <= 0.01 * score.bpm * ratio for ratio in (1.0, 0.5, 2.0)]
    facts = {"tempo": float(ratios[0]), "tempo_octave": float(any(ratios)), "key": float(same_scale(heard.key, score.key))}
    return {**compare(score, heard), **facts, "bounds": bounds(score, heard)}


def told(rows: Sequence[dict[str, float]], name: str) -> str:
    values = np.array([row[name] for row in rows if not np.isnan(row[name])])
    draws = np.random.default_rng(0).choice(values, (2000, values.size)).mean(axis=1)
    low, high = np.percentile(draws, [2.5, 97.5])
    return f"{values.mean():.2f} ({low:.2f}-{high:.2f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--songs", type=int, default=36)
    parser.add_argument("--jsonl", type=Path)
    asked = parser.parse_args()
    rows = []
    for number in range(asked.songs):
        rows.append(measure(number))
        if asked.jsonl:
            with asked.jsonl.open("a") as log:
                log.write(json.dumps({"song": number, **rows[-1]}) + "\n")
    for name in rows[0]:
        print(f"| {name} | {told(rows, name)} |")


if __name__ == "__main__":
    main()
