"""The page of an inspection: the score with its parts, one picture with every defect, and the tables."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..reporting.html import SOUNDS_INSIDE, Markup, document, figures, section, table
from ..reporting.waveform import format_time

if TYPE_CHECKING:
    from ..audio.samples import Samples
    from ..quality.audiobox import Aesthetic
    from ..quality.detectors.defect import Defect
    from ..quality.report import Beside, Report
    from .inspect_plan import Inspection
    from .opened_sound import OpenedSound

_RULES = "img { max-width: 100%; height: auto; }\naudio { width: 100%; }\n"


def draw(opened: OpenedSound, found: Report) -> bytes:
    """The picture of a sound with its defects marked, as PNG."""
    from ..reporting.marked import Mark, draw_marked, thin_out

    sound, stands_for = thin_out(opened.decoded.samples)
    marks = [
        Mark(words(one), one.start / stands_for, one.end / stands_for, one.severity)
        for one in sorted(found.defects, key=lambda one: ("failure", "warning", "info").index(one.severity))
    ]
    about = f"{found.score:.1f} of 10, {format_time(found.seconds, tenths=True)}"
    if stands_for > 1:
        about += f", one second drawn stands for {stands_for:.1f}"
    return draw_marked(sound, marks, title=opened.name, subtitle=about)


def page(done: Inspection, picture: bytes, sound: Samples | None) -> str:
    """The whole page; `sound` is played in it where it is given."""
    from ..reporting.embedded import sound_address

    found = done.report
    data = base64.b64encode(picture).decode()
    body = [figures([("score", f"{found.score:.1f} of 10"), ("length", format_time(found.seconds, tenths=True)),
                     ("defects", str(sum(one.severity != "info" for one in found.defects)))])]  # fmt: skip
    alt = "waveform and spectrogram; every defect is a mark, and stands in the table below"
    body.append(Markup(f'<p><img src="data:image/png;base64,{data}" alt="{alt}"></p>'))
    if sound is not None and sound.shape[1]:
        body.append(Markup(f'<p><audio controls preload="none" src="{sound_address(sound)}"></audio></p>'))
    body.append(Markup(section("Defects", _defects(found.defects))))
    body.append(Markup(section("Score", _score(found))))
    body.append(Markup(section("Loudness", _loudness(found))))
    if found.beside:
        body.append(Markup(section("Beside the references", _beside(found))))
    if done.aesthetics:
        body.append(Markup(section("What listeners would say", _aesthetics(done.aesthetics))))
    for stem in done.stems:
        inner = Markup(_score(stem) + _defects(stem.defects))
        body.append(Markup(section(f"Stem {stem.stem}: {stem.score:.1f} of 10", inner)))
    return document(f"Inspection of {done.subject}", "\n".join(body), main="defects", loads=SOUNDS_INSIDE, rules=_RULES)


def words(defect: Defect) -> str:
    """What a defect is called."""
    return defect.about.words


def place(defect: Defect) -> str:
    """Where a defect lies."""
    if defect.about.span == "whole":
        return "all of it"
    start = format_seconds(defect.start)
    return start if defect.end - defect.start < 0.001 else f"{start} to {format_seconds(defect.end)}"


def format_seconds(seconds: float) -> str:
    """Minutes and seconds to the millisecond."""
    whole = round(seconds * 1_000)
    return f"{whole // 60_000}:{whole // 1_000 % 60:02d}.{whole % 1_000:03d}"


def reading(defect: Defect) -> str:
    """The reading that a defect was told by."""
    value = f"{defect.reading if abs(defect.reading) >= 0.001 else 0.0:.3g} {defect.unit}"
    return f"{value}; {defect.evidence}" if defect.evidence else value


def _defects(defects: Iterable[Defect]) -> Markup:
    rows = [
        (words(one), place(one), one.channel or "both", one.severity, reading(one), "yes" if one.repairable else "no")
        for one in defects
    ]
    return table(
        "What was found, in the order of time", ("defect", "where", "channel", "severity", "reading", "repairable"), rows
    )


def _score(found: Report) -> Markup:
    rows = [(part.words, str(part.count), f"{part.cost:.1f}") for part in found.parts]
    return table("What takes points off, of ten", ("defect", "how many", "points off"), rows)


def _loudness(found: Report) -> Markup:
    return figures(loudness_rows(found)) if found.loudness else Markup("<p>cannot be read</p>")


def loudness_rows(found: Report) -> list[tuple[str, str]]:
    """The loudness table, names and figures."""
    told = found.loudness
    if told is None:
        return []
    return [
        ("integrated", f"{told.integrated_lufs:.1f} LUFS"),
        ("range", f"{told.range_lu:.1f} LU"),
        ("loudest 0.4 s", f"{told.loudest_momentary_lufs:.1f} LUFS"),
        ("loudest 3 s", f"{told.loudest_short_term_lufs:.1f} LUFS"),
        ("true peak", f"{told.true_peak_dbtp:.1f} dBTP"),
        ("peak to loudness", f"{told.peak_to_loudness_db:.1f} dB"),
        ("crest", f"{told.crest_db:.1f} dB"),
        ("sides to middle", f"{told.width_db:.1f} dB"),
    ]


def _beside(found: Report) -> Markup:
    rows = [beside_row(one) for one in found.beside]
    return table("The sound beside its references", ("what", "here", "least", "median", "most"), rows)


def beside_row(one: Beside) -> tuple[str, ...]:
    """A comparison as a line of a table."""
    return f"{one.what}, {one.unit}", *(f"{value:.1f}" for value in (one.reading, one.low, one.middle, one.high))


def _aesthetics(judged: Iterable[Aesthetic]) -> Markup:
    rows = [aesthetic_row(one) for one in judged]
    return table("By AudioBox aesthetics, 1 to 10, with the 95% interval over the passages", ("axis", "mean", "interval"), rows)


def aesthetic_row(one: Aesthetic) -> tuple[str, str, str]:
    """An axis of AudioBox as a line of a table."""
    return one.words, f"{one.value:.1f}", f"{one.low:.1f} to {one.high:.1f}, {one.windows} passages"
