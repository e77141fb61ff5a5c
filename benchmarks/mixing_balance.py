"""Is an automatic mix nearer to a song's own mix than what a person would do without one?

    python benchmarks/mixing_balance.py measure [--songs 60] [--seconds 12] [--engine] [--jsonl FILE]
    python benchmarks/mixing_balance.py targets [--rounds 8] [--jsonl FILE]

`measure`: songs of the house band, in turn of every style, whose stems are put out of balance (each by -12 to 12 dB, half of the
pitched ones with 6 to 12 dB of mud between 180 and 400 Hz, half of all with 0.3 to 0.9 of wrong balance; seeded by the song's
number). What is compared with the band's own mix are the automatic mix, told the style and not told it; the plain sum; the sum at
equal loudness; and the plain sum mastered to the song before it of that style. Strips are played in numpy without side-chain, and
master equalisers are counted from spectra; with `--engine` automatic mixes are played whole, which takes ten times as long.

Distances: loudness of each stem against all (mean, LU); share of each stem that is masked (mean); spectrum of the mix (27 thirds
of octaves, level taken out, RMS dB).

`targets` writes the table that the rules use, over other songs. With a `--jsonl` that exists, both go on where they stopped.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from scipy.signal import butter, sosfilt

from producertwin.audio import loudness
from producertwin.audio.samples import Samples
from producertwin.disk import write_whole
from producertwin.house_band.compose import compose
from producertwin.house_band.render import Rendering, render
from producertwin.house_band.styles import STYLES
from producertwin.metrics.statistics import mean_interval, wilson
from producertwin.mixing.automix.curves import draw_curve
from producertwin.mixing.automix.draft import Draft
from producertwin.mixing.automix.master import SoundShape, match_song, read_shape
from producertwin.mixing.automix.mud import find_mud
from producertwin.mixing.automix.plan import Wish, correct_gains, set_desk
from producertwin.mixing.automix.readings import level_bands, read_stems
from producertwin.mixing.automix.targets import BALANCES
from producertwin.mixing.desk import Desk, Master, Strip
from producertwin.mixing.render import render as play_desk
from producertwin.mixing.report import band_powers, read_masking, sum_stems
from producertwin.progress import finish
from producertwin.recipe import toml_value

RATE = 48_000
TARGET_SEED = 9_000
SONG_SEED = 500
OTHER_SEED = 7_000
MEASURES = ("balance", "masking", "spectrum")
METHODS = {
    "plain sum": "plain",
    "equal loudness": "equal",
    "plain sum mastered to another song": "mastered",
    "automatic, style not told": "untold",
    "automatic, style told": "auto",
}


def list_styles() -> dict[str, list[str]]:
    """The styles of the band under the twelve that they belong to."""
    found: dict[str, list[str]] = {}
    for style in STYLES.values():
        found.setdefault(style.coarse, []).append(style.id)
    return found


def play_song(number: int, seed: int, seconds: float) -> tuple[str, Rendering]:
    """A song, in turn of every style."""
    styles = list(list_styles().items())
    coarse, names = styles[number % len(styles)]
    return coarse, render(compose(names[number // len(styles) * 7 % len(names)], seed=seed, seconds=seconds))


def spoil(song: Rendering, number: int) -> list[Samples]:
    """The stems of `song`, out of balance."""
    rng = np.random.default_rng(number)
    made = []
    for name, stem in song.stems.items():
        sound = stem * 10 ** (rng.uniform(-12, 12) / 20)
        hz, gain, q = rng.uniform(180, 400), rng.uniform(6, 12), rng.uniform(0.7, 1.4)
        if rng.random() < 0.5 and name != "drums":
            sound = sosfilt(bell(hz, gain, q), sound, axis=1)
        pan = rng.uniform(0.3, 0.9) * rng.choice([-1, 1])
        if rng.random() < 0.5:
            sides = np.cos(np.array([[max(pan, 0)], [max(-pan, 0)]]) * np.pi / 2)
            sound = sound * sides
        made.append(np.asarray(sound, np.float32))
    return made


def bell(hz: float, gain: float, q: float) -> Any:
    """A bell after Bristow-Johnson, as a second-order section."""
    w, a = 2 * np.pi * hz / RATE, 10 ** (gain / 40)
    c, alpha = np.cos(w), np.sin(w) / (2 * q)
    top, bottom = [1 + alpha * a, -2 * c, 1 - alpha * a], [1 + alpha / a, -2 * c, 1 - alpha / a]
    return np.array([[*top, *bottom]]) / bottom[0]


def shares(stems: Sequence[Samples]) -> np.ndarray:
    """Loudness of each stem against all."""
    total = loudness.loudness(sum_stems(stems))
    return np.array([loudness.loudness(stem) - total for stem in stems])


def describe(stems: Sequence[Samples], bands: np.ndarray) -> dict[str, np.ndarray]:
    """What is compared of a mix."""
    return {"balance": shares(stems), "masking": np.diag(read_masking(stems)), "spectrum": bands}


def bands_of(sound: Samples) -> np.ndarray:
    """Spectrum of a mix."""
    return level_bands(band_powers([sound])[0])


def distance(one: dict[str, np.ndarray], own: dict[str, np.ndarray]) -> dict[str, float]:
    """How far a mix is from the song's own."""
    heard = own["spectrum"] > -45
    away = (np.maximum(one["spectrum"], -60) - own["spectrum"])[heard]
    return {
        "balance": float(np.abs(one["balance"] - own["balance"]).mean()),
        "masking": float(np.abs(one["masking"] - own["masking"]).mean()),
        "spectrum": float(np.sqrt(np.mean((away - away.mean()) ** 2))),
    }


def mix_automatically(names: list[str], stems: list[Samples], style: str, engine: bool) -> dict[str, np.ndarray]:
    """The automatic mix: as the engine plays it, its faders corrected once as `twin mix` does, or in numpy."""
    auto = set_desk(Desk(strips={name: Strip() for name in names}), names, stems, Wish(style=style))
    if not engine:
        strips = [play_strip(stem, strip) for stem, strip in zip(stems, auto.desk.strips.values(), strict=True)]
        master = 10 ** (draw_curve(auto.desk.master) / 10)
        return describe(strips, level_bands(band_powers([sum_stems(strips)])[0] * master))
    played = finish(play_desk(auto.desk, stems))
    if better := correct_gains(auto, played.strips):
        played = finish(play_desk(better, stems))
    return describe(played.strips, bands_of(played.audio))


def play_strip(stem: Samples, strip: Strip) -> Samples:
    """A strip without its side-chain in numpy; the engine's filters are within 5e-6 of it (`tests/mixing`)."""
    sound = (
        stem
        if strip.high_pass is None
        else sosfilt(butter(2, strip.high_pass.hz, "highpass", fs=RATE, output="sos"), stem, axis=1)
    )
    for one in strip.bells:
        sound = sosfilt(bell(one.hz, one.gain, one.q), sound, axis=1)
    middle, side = (sound[0] + sound[1]) / 2, strip.width * (sound[0] - sound[1]) / 2
    left, right = np.cos(max(strip.pan, 0) * np.pi / 2), np.cos(max(-strip.pan, 0) * np.pi / 2)
    return np.asarray(np.stack([(middle + side) * left, (middle - side) * right]) * 10 ** (strip.gain / 20), np.float32)


def master_alone(names: list[str], stems: list[Samples], like: SoundShape) -> np.ndarray:
    """Spectrum of the plain sum, mastered to `like`."""
    total = sum_stems(stems)
    draft = Draft(read_stems(names, names, stems), "any", {name: Strip() for name in names}, {}, Master())
    match_song(draft, read_shape(total), like, "the song")
    return level_bands(band_powers([total])[0] * 10 ** (draw_curve(draft.master) / 10))


@lru_cache(maxsize=13)
def play_spoilt(number: int, seconds: float) -> tuple[str, Rendering]:
    """The song `number`; below 0 one of the styles of the first songs."""
    return play_song(number % 12 if number < 0 else number, (OTHER_SEED if number < 0 else SONG_SEED) + number, seconds)


def measure_song(number: int, seconds: float, engine: bool) -> dict[str, Any]:
    """Every method's distances on one song."""
    style, song = play_spoilt(number, seconds)
    heard = [name for name, stem in song.stems.items() if loudness.loudness(stem) > -60]
    bad = [stem for name, stem in zip(song.stems, spoil(song, number), strict=True) if name in heard]
    own = describe([song.stems[name] for name in heard], bands_of(song.mix))
    plain = describe(bad, bands_of(sum_stems(bad)))
    level = [np.asarray(stem * 10 ** ((-24 - loudness.loudness(stem)) / 20), np.float32) for stem in bad]
    _, other = play_spoilt(number - 12, seconds)
    found = {
        "plain": plain,
        "equal": describe(level, bands_of(sum_stems(level))),
        "mastered": plain | {"spectrum": master_alone(heard, bad, read_shape(other.mix))},
        "untold": mix_automatically(heard, bad, "", engine),
        "auto": mix_automatically(heard, bad, style, engine),
    }
    return {
        "song": number,
        "style": style,
        "stems": len(heard),
        "distances": {name: distance(one, own) for name, one in found.items()},
    }


def read_rows(path: Path | None) -> list[dict[str, Any]]:
    """What was measured before."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path and path.exists() else []


def keep_row(path: Path | None, row: dict[str, Any]) -> None:
    """Note `row` so that the next call goes on behind it."""
    if path:
        with path.open("a", encoding="utf-8") as log:
            log.write(json.dumps(row) + "\n")


def measure(asked: argparse.Namespace) -> None:
    """Print the table."""
    rows = read_rows(asked.jsonl)
    done = {row["song"] for row in rows}
    for number in (one for one in range(asked.first, asked.first + asked.songs) if one not in done):
        row = measure_song(number, asked.seconds, asked.engine)
        keep_row(asked.jsonl, row)
        rows.append(row)
        far = ", ".join(f"{name} {one['balance']:.1f}/{one['spectrum']:.1f}" for name, one in row["distances"].items())
        print(f"song {number} ({row['style']}, {row['stems']} stems): {far}", flush=True)
    print_tables(rows)


def print_tables(rows: list[dict[str, Any]]) -> None:
    """Mean distances, and how often an automatic mix is nearer."""
    far = {kind: {one: np.array([row["distances"][kind][one] for row in rows]) for one in MEASURES} for kind in METHODS.values()}
    usual = {one: far["plain"][one].mean() for one in MEASURES}
    for kind in far.values():
        kind["all"] = np.mean([kind[one] / usual[one] for one in MEASURES], axis=0)
    print(f"\n{len(rows)} songs\n\n| mix | balance, LU | masking | spectrum, dB | all against the plain sum |")
    print("|---|---|---|---|---|")
    for name, kind in METHODS.items():
        pairs = zip((mean_interval(far[kind][one]) for one in (*MEASURES, "all")), (1, 3, 1, 2), strict=True)
        cells = [f"{cell.value:.{digits}f} ({cell.low:.{digits}f}-{cell.high:.{digits}f})" for cell, digits in pairs]
        print(f"| {name} | {' | '.join(cells)} |")
    print("\n| nearer than | " + " | ".join((*MEASURES, "all")) + " |\n|---|---|---|---|---|")
    for told in ("auto", "untold"):
        for name, kind in METHODS.items():
            if kind in ("auto", "untold"):
                continue
            cells = []
            for one in (*MEASURES, "all"):
                share = wilson(int((far[told][one] < far[kind][one]).sum()), len(rows))
                cells.append(f"{share.value:.0%} ({share.low:.0%}-{share.high:.0%})")
            print(f"| {name}{'' if told == 'auto' else ', style not told'} | " + " | ".join(cells) + " |")


def read_song(number: int, seconds: float) -> dict[str, Any]:
    """What the rules learn of one song."""
    style, song = play_song(number, TARGET_SEED + number // 12, seconds)
    names, stems = list(song.stems), list(song.stems.values())
    masked = np.diag(read_masking(stems))
    levels = shares(stems)
    rows = [
        {"role": one.role, "level": level, "bands": one.bands.round(1).tolist(), "masked": float(cover)}
        for one, level, cover in zip(read_stems(names, names, stems), levels, masked, strict=True)
        if not one.silent
    ]
    mix = bands_of(song.mix).round(1).tolist()
    return {"song": number, "style": style, "stems": rows, "mix": mix, "duck": max(part.duck for part in song.score.parts)}


def write_targets(asked: argparse.Namespace) -> None:
    """Measure the band's mixes and write the table."""
    rows = read_rows(asked.jsonl)
    for number in range(len(rows), asked.rounds * len(list_styles())):
        rows.append(read_song(number, 24.0))
        keep_row(asked.jsonl, rows[-1])
    text = "\n".join(list_targets(rows)) + "\n"
    print(write_whole(BALANCES, text.encode()))


def lean_to(usual: float, levels: list[float]) -> float:
    """The mean of `levels`, drawn to the `usual` one as if that had been measured twice: few songs say little of a style."""
    return round((sum(levels) + 2 * usual) / (len(levels) + 2), 1)


def list_targets(rows: list[dict[str, Any]]) -> list[str]:
    """The lines of the table."""
    lines = [
        f"# Loudness, spectra and masking of {len(rows)} mixes of the house band: what automatic mixing aims at.",
        "# Written by: python benchmarks/mixing_balance.py targets",
    ]
    every = [stem for row in rows for stem in row["stems"]]
    usual = {
        role: float(np.mean([stem["level"] for stem in every if stem["role"] == role]))
        for role in {stem["role"] for stem in every}
    }
    for style in (*list_styles(), "any"):
        mine = [row for row in rows if style in (row["style"], "any")]
        stems = [stem for row in mine for stem in row["stems"]]
        roles = sorted({stem["role"] for stem in stems})
        levels = {role: lean_to(usual[role], [stem["level"] for stem in stems if stem["role"] == role]) for role in roles}
        mixes = np.array([row["mix"] for row in mine])
        depth = min(6.0, 10 * float(np.mean([row["duck"] for row in mine])))
        lines += [
            "",
            f"[styles.{style}]",
            f"levels = {toml_value(levels)}",
            f"bands = {toml_value(mixes.mean(axis=0).round(1).tolist())}",
        ]
        lines += [f"spread = {toml_value(mixes.std(axis=0).round(1).tolist())}", f"duck = {depth:.1f}"]
    for role in sorted({stem["role"] for stem in every}):
        mine = [stem for stem in every if stem["role"] == role]
        bands = np.array([stem["bands"] for stem in mine])
        shape = np.maximum(bands, -40).mean(axis=0)
        mud = np.array([find_mud(one, shape)[1] for one in bands])
        masked = np.array([stem["masked"] for stem in mine])
        lines += ["", f"[roles.{role}]", f"level = {usual[role]:.1f}", f"bands = {toml_value(shape.round(1).tolist())}"]
        lines += [f"mud = {mud.mean():.1f}", f"mud_spread = {max(float(mud.std()), 0.5):.1f}"]
        lines += [f"masked = {masked.mean():.2f}", f"masked_spread = {max(float(masked.std()), 0.01):.2f}"]
    return lines


def main() -> None:
    """Run what is asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(required=True)
    one = verbs.add_parser("measure")
    one.add_argument("--songs", type=int, default=60)
    one.add_argument("--first", type=int, default=0)
    one.add_argument("--engine", action="store_true")
    one.add_argument("--seconds", type=float, default=12.0)
    one.add_argument("--jsonl", type=Path)
    one.set_defaults(run=measure)
    other = verbs.add_parser("targets")
    other.add_argument("--rounds", type=int, default=8)
    other.add_argument("--jsonl", type=Path)
    other.set_defaults(run=write_targets)
    asked = parser.parse_args()
    asked.run(asked)


if __name__ == "__main__":
    main()
