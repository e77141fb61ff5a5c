"""What a located defect is, and the table of its kinds: unit, limits, source and what it costs.

Readings grow with the fault, so that one comparison grades all of them; where the field's measure falls (a correlation, say), the
reading is its negative, and the unit says so. What a style expects is information and no defect. Times are seconds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Final, Literal

Severity = Literal["info", "warning", "failure"]
Span = Literal["event", "passage", "whole"]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of defect."""

    name: str
    words: str
    """What it is called for people."""
    span: Span
    """Whether it is a moment, a stretch, or a property of the whole sound."""
    unit: str
    warns: float
    """Reading from which it is a warning; what is reported below is information."""
    fails: float
    points: float
    """What it costs of ten points where it is as bad as it gets."""
    source: str
    expected_as: str | None = None
    """The artefact of a style that makes it information; see `house_band.styles.ARTEFACTS`."""


_NEVER: Final = 2.0
"""Above every correlation."""
_ESSENTIA: Final = "Essentia's audio problems"
_R128: Final = "EBU R 128"

_TABLE: Final = (
    Kind("not_finite", "samples that are no numbers", "passage", "samples", 1, 1, 10, "ffmpeg astats"),
    Kind("clipping", "hard clipping", "passage", "samples in a row", 3, 6, 3, "Essentia's saturation", "saturation"),
    Kind("coded_clipping", "clipping that was coded or resampled", "whole", "times the samples below", 1.91, 4, 2,
         "pile-up of amplitudes", "saturation"),
    Kind("over_limiting", "over-limiting", "whole", "dB true peak over loudness, negated", -8, -5, 2, "peak to loudness ratio"),
    Kind("true_peak", "peaks between samples above full scale", "passage", "dBTP", 0.0, 1.5, 1, "ITU-R BS.1770-4 annex 2"),
    Kind("click", "click", "event", "times the surrounding curvature", 12, 30, 2.5, "Vaseghi and Rayner 1990", "vinyl_crackle"),
    Kind("discontinuity", "jump in the waveform", "event", "of full scale", 0.01, 0.1, 2.5, "Mühlbauer 2010", "vinyl_crackle"),
    Kind("noise_burst", "burst of noise", "event", "dB above its sides", 13, 20, 2, _ESSENTIA),
    Kind("dropout", "dropout", "passage", "seconds", 0.002, 0.002, 3, _ESSENTIA + " (gaps)"),
    Kind("silent", "mostly silence", "whole", "share of the length", 0.5, 0.5, 10, "ffmpeg silencedetect"),
    Kind("silent_start", "silence before the music", "passage", "seconds", 1, 5, 1, "ffmpeg silencedetect"),
    Kind("silent_end", "silence after the music", "passage", "seconds", 3, 10, 1, "ffmpeg silencedetect"),
    Kind("abrupt_start", "abrupt start", "event", "dB of the first sample against the music", -8, 3, 1, _ESSENTIA),
    Kind("abrupt_end", "abrupt end", "event", "dB of the last 10 ms against the music", -30, -10, 1.5, _ESSENTIA),
    Kind("dc", "DC offset", "passage", "of full scale", 0.005, 0.01, 1.5, "ffmpeg astats"),
    Kind("hum", "mains hum", "whole", "dBFS of its lines together", -66, -45, 1.5, "matched filter"),
    Kind("hiss", "hiss", "whole", "dBFS of 4 to 12 kHz in the quietest moments", -66, -50, 1.5, "noise floor of ffmpeg astats",
         "tape_hiss"),
    Kind("dual_mono", "both channels alike", "whole", "correlation", _NEVER, _NEVER, 0, _ESSENTIA + " (false stereo)"),
    Kind("out_of_phase", "channels out of phase", "passage", "correlation, negated", 0.5, 0.8, 3, "ffmpeg aphasemeter"),
    Kind("bass_phase", "bass out of phase", "passage", "correlation below 120 Hz, negated", 0.0, 0.5, 2, "ffmpeg aphasemeter"),
    Kind("mono_loss", "loss when folded to mono", "whole", "LU", 3, 6, 1, "ITU-R BS.1770-4"),
    Kind("imbalance", "one side louder", "whole", "LU", 3, 6, 1.5, "ITU-R BS.1770-4"),
    Kind("low_pass", "missing highs", "whole", "kHz below 20", 3, 9, 1.5, "D'Alessandro and Shi 2009", "low_pass"),
    Kind("shimmer", "metallic tones of a generator", "whole", "share of the multiples that stand out", 0.4, 0.8, 2.5,
         "arXiv 2506.19108"),
    Kind("fizz", "noise in the highs that follows the level", "whole", "correlation", 0.9, 0.96, 1.5, "envelope correlation"),
    Kind("mud", "muddy low mids", "passage", "standard deviations above the reference", 2.5, 4, 2, "share of 200 to 500 Hz"),
    Kind("balance", "unusual balance", "whole", "standard deviations from the reference", 3, 5, 1, "shares of seven bands"),
    Kind("tempo_drift", "drifting tempo", "whole", "per cent", 2.5, 5, 1.5, "comb of beats with drifts taken out"),
    Kind("tempo_off", "another tempo than asked", "whole", "per cent off", 4, 8, 1.5, "mir_eval"),
    Kind("key_off", "another key than asked", "whole", "share of the notes outside the scale", 0.3, 0.4, 1.5, "chroma"),
    Kind("tuning_drift", "drifting pitch", "whole", "cents", 20, 40, 1.5, "librosa's tuning", "pitch_wobble"),
    Kind("loop_seam", "audible seam of a loop", "event", "times the errors of prediction beside it", 0.7, 2, 2.5,
         "Mühlbauer 2010"),
    Kind("repetition", "stuck in a loop", "passage", "repetitions", 8, 16, 2, "autocorrelation"),
    Kind("stuck", "a tone that stands still", "passage", "seconds", 3, 3, 4, "spectral change"),
    Kind("noise", "nothing but noise", "whole", "share of the frames", 0.8, 0.8, 8, "spectral flatness"),
)  # fmt: skip
KINDS: Final = {kind.name: kind for kind in _TABLE}
"""Every kind by name, in the order they are shown."""


@dataclass(frozen=True, slots=True)
class Defect:
    """One defect: what, where, how bad, and by which reading."""

    kind: str
    start: float
    end: float
    """Seconds."""
    severity: Severity
    reading: float
    threshold: float
    unit: str
    evidence: str = ""
    """What else was seen, in words."""
    channel: Literal["left", "right"] | None = None
    """None where it is in all."""
    stem: str | None = None
    repairable: bool = False

    @property
    def about(self) -> Kind:
        """Its entry in the table."""
        return KINDS[self.kind]


REPAIRABLE: Final = frozenset(
    {"clipping", "true_peak", "click", "discontinuity", "noise_burst", "dropout", "silent_start", "silent_end", "abrupt_start"}
    | {"abrupt_end", "dc", "hum", "imbalance", "out_of_phase", "mud", "stuck", "repetition"}
)
"""Kinds that `quality.repair` has a candidate for."""


def report(kind: str, start: float, end: float, reading: float, *, evidence: str = "", channel: int | None = None) -> Defect:
    """The defect of `kind` with its severity by `reading`; `channel` is 0 or 1 of two, None for all."""
    about = KINDS[kind]
    severity: Severity = "failure" if reading >= about.fails else "warning" if reading >= about.warns else "info"
    side: Literal["left", "right"] | None = None if channel is None else ("left", "right")[channel]
    return Defect(
        kind, start, end, severity, float(reading), about.warns, about.unit, evidence, side, repairable=kind in REPAIRABLE
    )


def expect(defects: Iterable[Defect], artefacts: Collection[str]) -> tuple[Defect, ...]:
    """`defects` of a sound whose style expects `artefacts`: what belongs to the style becomes information."""
    return tuple(
        replace(one, severity="info", evidence="; ".join(filter(None, (one.evidence, "belongs to the style"))), repairable=False)
        if one.about.expected_as in artefacts and one.severity != "info"
        else one
        for one in defects
    )


def merge(defects: Iterable[Defect], gap: float) -> list[Defect]:
    """`defects` of one kind with those of one channel joined that lie less than `gap` seconds apart: the worst reading stays."""
    kept: dict[object, Defect] = {}
    done: list[Defect] = []
    for one in sorted(defects, key=lambda defect: defect.start):
        last = kept.get(one.channel)
        if last is not None and one.start - last.end <= gap:
            worse = one if one.reading > last.reading else last
            kept[one.channel] = replace(worse, start=last.start, end=max(last.end, one.end))
            continue
        if last is not None:
            done.append(last)
        kept[one.channel] = one
    return sorted([*done, *kept.values()], key=lambda defect: defect.start)
