"""The figures as tables for people, and the page that holds them.

`tables` is Markdown; `publish` puts it into a page (see `markdown`) and writes the pictures beside it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from ...audio import files
from ...audio.samples import Samples
from ...disk import write_whole
from ...errors import NotFound
from ...metrics.adherence import CHANCE_IN_SCALE
from ...metrics.formatting import percent, plain
from ...metrics.statistics import Interval
from ...metrics.style_classifier import NAMES as STYLES
from ...quality.detectors.flags import NAMES as DEFECTS
from .. import markdown
from .figures import System
from .pictures import confusions, spectrograms
from .songs import style_of
from .suite import NanoFigures
from .targets import TARGETS, Target, frechet_in_floors, guided_system, novelty_share, system

TITLE: Final = "nano"
_SPECTROGRAMS, _CONFUSION = "nano-spectrograms.png", "nano-confusion.png"
_ALIKE: Final = ("real", "codec", "plain")


def tables(found: NanoFigures) -> str:
    """All figures as Markdown tables, with what they are figures of."""
    sections = (_heading, _adherence, _tags, _edits, _long, _singing, _targets, _levels, _distances, _speed)
    parts = [section(found) for section in sections]
    return "\n\n".join(part for part in parts if part) + "\n"


def publish(found: NanoFigures, page: Path, examples: Path) -> list[Path]:
    """Write tables and pictures of `found` to `page` and its `images/`; returns what was written.

    `examples` is the folder of `suite.examples_folder`. Raises `BadInput` when the page has no place for the figures.
    """
    markdown.place(page, TITLE)  # refused before anything is written
    images = page.parent / "images"
    images.mkdir(parents=True, exist_ok=True)
    pictures = [write_whole(images / _SPECTROGRAMS, spectrograms(_examples(found, examples)))]
    counts = {name: system(found, name).confusion for name in ("plain", guided_system(found).name)}
    pictures.append(write_whole(images / _CONFUSION, confusions(counts, STYLES)))
    shown = (
        f"![Spectrograms of real songs, the codec's copies and takes](images/{_SPECTROGRAMS})\n\n"
        f"![Styles asked for and recognised](images/{_CONFUSION})"
    )
    return [markdown.put(page, TITLE, f"{tables(found)}\n{shown}"), *pictures]


def _heading(found: NanoFigures) -> str:
    suite, judged = found.suite, found.judged
    strengths = ", ".join(f"{strength:g} (t = {1 - strength:g})" for strength in suite.strengths)
    made = (
        f"{suite.prompts} held-out prompts of {suite.seconds:g} s, one take each (seeds from {suite.seed * 1_000_000}); variant "
        f"{found.variant}, revision `{found.revision}`, {found.steps} steps, guidance {found.guidance:g}, "
        f"guide strength {strengths}; version {found.version}. In brackets: 95% intervals (Wilson for shares, bootstrap over "
        "songs for the rest)."
    )
    ruler = (
        f"Embedding `{judged.embedding}`; its space and the style classifier are fitted to {suite.reference} other held-out "
        f"songs. The classifier is right on {percent(judged.classifier)} of songs left out of its fit (mean over styles "
        f"{judged.classifier_recall:.0%}). Two disjoint sets of as many real songs are {plain(judged.floor, 2)} apart."
    )
    return f"{made}\n\n{ruler}"


def _adherence(found: NanoFigures) -> str:
    head = (
        "",
        "style right",
        "mean over styles",
        "Fréchet",
        "in floors",
        "KAD",
        f"tempo fits best (chance {found.judged.tempo_chance:.0%})",
        "tempo found",
        "of it an octave off",
        f"in-scale chroma (chance {CHANCE_IN_SCALE:.3f})",
        "of the codec's",
        "from chance to the codec's",
        "same key",
        "same scale",
    )
    rows = (
        (
            _name(row),
            percent(row.style),
            f"{row.style_recall:.0%}",
            plain(row.frechet, 2),
            f"{frechet_in_floors(found, row):.2f}",
            f"{row.kad:.2f}",
            percent(row.tempo_fit),
            percent(row.tempo_found),
            "–" if row.tempo_octave is None else percent(row.tempo_octave),
            plain(row.in_scale, 3),
            f"{row.of_ceiling:.1%}",
            f"{row.way_to_ceiling:.0%}",
            percent(row.same_key),
            percent(row.same_scale),
        )
        for row in found.judged.systems
    )
    timed = found.judged.systems[0].tempo_songs
    return markdown.table(head, rows) + f"\n\nTempo is measured on the {timed} prompts with drums or percussion."


def _tags(found: NanoFigures) -> str:
    head = ("", "asked stems heard", "other stems absent", "lofi presets, mean recall", "agreement with the caption")
    rows = [
        (
            _name(row),
            percent(row.tags.present),
            percent(row.tags.absent),
            "–" if row.tags.presets is None else f"{row.tags.presets:.0%}",
            plain(row.tags.agreement, 2),
        )
        for row in found.judged.systems
        if row.tags
    ]
    note = f"Heard by `{found.embedder}`, trained on the same band's songs: it reads nano's latents of every sound."
    return f"{markdown.table(head, rows)}\n\n{note}" if rows else ""


def _edits(found: NanoFigures) -> str:
    edits = found.edits
    if edits is None:
        return ""

    def share(value: Interval | None) -> str:
        return "–" if value is None else percent(value)

    def mean(value: Interval | None, digits: int) -> str:
        return "–" if value is None else plain(value, digits)

    rows = [
        (
            f"extract {stem}: SI-SDR, and its gain over the mix, dB",
            f"{mean(edits.cut.get(stem), 1)}; {plain(gain, 1)}",
            str(edits.extracted[stem]),
        )
        for stem, gain in edits.extract.items()
    ]
    rows += [
        ("lego: the stem is heard and keeps time (drums) or key", share(edits.lego), str(edits.legos)),
        ("cover: harmony shared with its source", mean(edits.cover_harmony, 2), str(edits.songs)),
        ("cover: harmony shared with another song", mean(edits.other_harmony, 2), str(edits.songs)),
        ("cover: rhythm shared with its source", mean(edits.cover_rhythm, 2), str(edits.songs)),
        ("cover: rhythm shared with another song", mean(edits.other_rhythm, 2), str(edits.songs)),
        ("cover: recognised as its caption's style", share(edits.cover_style), str(edits.songs)),
        ("repaint: every sample outside is the source's", share(edits.repaint_kept), str(edits.songs)),
        ("repaint: mel distance inside, dB", mean(edits.repaint_changed, 1), str(edits.songs)),
        ("reference of another song beside own words: brings the take nearer", share(edits.reference), str(edits.songs)),
        ("reference beside next to no words: brings the take nearer", share(edits.reference_few_words), str(edits.songs)),
        ("reference beside next to no words: its style is recognised", share(edits.reference_style), str(edits.songs)),
    ]
    return markdown.table(("edits of held-out songs", "", "songs"), rows)


def _long(found: NanoFigures) -> str:
    long = found.long
    if long is None:
        return ""
    names = {
        "sketch": "the guides' sketches",
        "loop": "a loop of eight of their bars",
        "plain": "takes, no guide",
        "guided": "takes, guided",
    }
    rows = [
        (
            names[name],
            "–" if row.contrast is None else plain(row.contrast, 2),
            "–" if (share := novelty_share(long, name)) is None else f"{share:.2f}",
            percent(row.over),
            percent(row.cut_off),
        )
        for name, row in long.systems.items()
    ]
    head = (
        f"{long.songs} songs of {long.seconds:g} s",
        "section novelty",
        "of the guide's",
        "ends by itself",
        "cut off when finished",
    )
    note = "Section novelty: how much more new begins where the told form has a new section than elsewhere (`audio.structure`)."
    return f"{markdown.table(head, rows)}\n\n{note}"


def _singing(found: NanoFigures) -> str:
    sung = found.voices
    if sung is None:
        return ""
    rows = [(name, percent(share)) for name, share in sung.heard.items()]
    return markdown.table((f"{sung.songs} songs of {found.suite.seconds:g} s", "a voice is heard"), rows)


def _targets(found: NanoFigures) -> str:
    return markdown.table(("bar", "goal", "figure", "prototype", "met"), (_target(target, found) for target in TARGETS))


def _target(target: Target, found: NanoFigures) -> tuple[str, ...]:
    def with_unit(value: float | None) -> str:
        return "–" if value is None else f"{value:.3g}{' ' if target.unit else ''}{target.unit}"

    verdict = {True: "yes", False: "**no**", None: "not measured"}[target.is_met(found)]
    return (
        target.name,
        f"{'≤' if target.at_most else '≥'} {with_unit(target.goal)}",
        with_unit(target.figure(found)),
        with_unit(target.prototype),
        verdict,
    )


def _levels(found: NanoFigures) -> str:
    head = (
        "",
        "loudness, LUFS",
        "peak, dBFS",
        "crest, dB",
        "flatness, 5-10 kHz",
        "clicks a minute",
        "defective",
        "of which",
        "x realtime",
    )
    rows = (
        (
            _name(row),
            markdown.spread(row.lufs),
            markdown.spread(row.peak_db),
            markdown.spread(row.crest_db),
            "–" if row.flatness is None else plain(row.flatness, 2),
            f"{row.clicks_per_minute:.1f}",
            f"{row.defective} of {row.songs}",
            ", ".join(f"{kind.replace('_', ' ')} {row.defects[kind]}" for kind in DEFECTS if row.defects[kind]) or "–",
            "–" if row.realtime is None else f"{row.realtime:.1f}",
        )
        for row in found.judged.systems
    )
    note = "Levels: median (10th to 90th percentile). Lofi crackles, so clicks are compared with real songs and are no defect."
    return markdown.table(head, rows) + f"\n\n{note}"


def _distances(found: NanoFigures) -> str:
    judged = found.judged
    rows = ((what, plain(value, 1), str(judged.compared[what])) for what, value in judged.distances.items())
    note = (
        f"The codec's spectral convergence on real songs is {plain(judged.convergence, 3)}. A take that copied its sketch "
        "would be as near to it as the codec's copy of a song; one that ignored it, as far as another song."
    )
    return markdown.table(("mel distance between", "dB", "pairs"), rows) + f"\n\n{note}"


def _speed(found: NanoFigures) -> str:
    speed = found.speed
    if speed is None:
        return ""
    cold = "not measured" if speed.cold_start is None else f"{speed.cold_start:.1f} s"
    rows = (
        (f"a minute of music, {speed.steps} steps, guidance {speed.guidance:g}", f"{speed.minute:.1f} s"),
        ("a take of ten seconds from a cold start (`twin make`)", cold),
        ("codec, encoder", f"{speed.encode:.0f} x realtime"),
        ("codec, decoder", f"{speed.decode:.0f} x realtime"),
    )
    return markdown.table((f"speed on {speed.cores} cores", ""), rows)


def _examples(found: NanoFigures, folder: Path) -> Mapping[str, Mapping[str, Samples]]:
    """Sounds of the kept examples, by title and system."""
    systems = (*_ALIKE, guided_system(found).name)
    titles = sorted({re.match(r"\d+", path.name)[0] for path in folder.glob("*-real.flac")})  # type: ignore[index]
    if not titles:
        raise NotFound(f"no examples in {folder}", remedy="evaluate with examples of 1 or more")

    def sound(title: str, name: str) -> Samples:
        return files.read(folder / f"{title}-{name.replace(' ', '-')}.flac")

    return {f"prompt {int(title)}: {style_of(int(title))}": {name: sound(title, name) for name in systems} for title in titles}


def _name(row: System) -> str:
    words = {
        "real": "real held-out songs",
        "codec": "the same through the codec",
        "sketch": "the guides' sketches",
        "plain": "takes, no guide",
    }
    return words.get(row.name, f"takes, {row.name}")
