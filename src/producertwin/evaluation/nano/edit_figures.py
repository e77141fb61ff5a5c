"""How well edits do what they are for: every song's edits measured, then the shares and means over songs.

Extract: SI-SDR of the stem cut out of the mix over that of the mix itself. Lego: the added stem is heard (not 30 dB below what
it is added to), and keeps time (drums, percussion: the tempo fits best) or key (all others: its chroma lies at least
half-way from chance to that of the real stem inside the scale). Cover: harmony and rhythm shared with the source, beside
those shared with another song; style and timbre of its caption. Repaint: every sample outside the window is the source's.
Reference: the take that heard another song's timbre is nearer to that song, in the space of `mel_stats`, than the same
seed's take that did not; from next to no words, it is recognised as that song's style.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from pydantic import Field

from ...audio import meters
from ...audio.samples import Samples
from ...metrics import adherence, style_classifier
from ...metrics.mel_stats import Space, embed
from ...metrics.reconstruction import mel_distance
from ...metrics.similarity import harmony, rhythm, si_sdr
from ...metrics.statistics import Interval, mean_interval, wilson
from ...recipe import Record
from ...timebase import samples_of
from .edit_takes import EXTRACTED, EditSounds
from .songs import SongPrompt, keeps_time

AUDIBLE_DB: Final = -30.0
"""Least level of an added stem, against the sound it is added to."""
Vector = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class CoverFeatures:
    """A cover against its source, and the same of another song's source as a control."""

    harmony: float
    other_harmony: float
    rhythm: float
    other_rhythm: float
    style: int
    """Number of the coarse style that its caption asks for."""
    embedding: Vector


@dataclass(frozen=True, slots=True)
class ReferenceEmbeddings:
    """Embeddings of a reference, and of takes by what they heard."""

    style: int
    """Number of the reference's coarse style."""
    reference: Vector
    alone: Vector
    with_reference: Vector
    few_words: Vector
    few_words_with_reference: Vector


@dataclass(frozen=True, slots=True)
class EditOutcome:
    """One song's edits measured; None or absent where the variant or the song has no such edit."""

    prompt: SongPrompt
    cut: dict[str, tuple[float, float]]
    """Stem to the SI-SDR of what was extracted, and how much that is above the mix's, dB."""
    lego: tuple[str, bool] | None
    """The stem that was added, and whether it is heard and fits."""
    cover: CoverFeatures | None
    repaint: tuple[bool, float] | None
    """Whether the outside is the source's sample for sample; mel distance inside, dB."""
    referred: ReferenceEmbeddings


class EditFigures(Record):
    """The figures of all edits, each with the number of songs behind it; absent where nothing was made."""

    songs: int
    extract: dict[str, Interval]
    """Stem to the mean gain in SI-SDR, dB."""
    cut: dict[str, Interval] = Field(default_factory=dict)
    """Stem to the mean SI-SDR, dB; empty where an earlier version measured."""
    extracted: dict[str, int]
    lego: Interval | None
    legos: int
    cover_harmony: Interval | None
    other_harmony: Interval | None
    cover_rhythm: Interval | None
    other_rhythm: Interval | None
    cover_style: Interval | None
    """Share of covers recognised as the style of their caption."""
    repaint_kept: Interval | None
    repaint_changed: Interval | None
    """Mel distance inside the window, dB."""
    reference: Interval | None
    """Share of takes that a reference brings nearer to it than the same words without it."""
    reference_few_words: Interval | None
    """The same of takes from next to no words."""
    reference_style: Interval | None
    """Share of takes from next to no words that are recognised as their reference's style."""


def measure(sounds: EditSounds) -> EditOutcome:
    """Everything measured of one song's edits."""
    tracks, takes = sounds.tracks, sounds.takes
    mix = tracks.mix
    stems = [stem for stem in EXTRACTED if f"extract {stem}" in takes]
    cut = {stem: _measure_cut(takes[f"extract {stem}"], tracks.stems[stem], mix) for stem in stems if tracks.stems[stem].any()}
    return EditOutcome(
        prompt=tracks.prompt,
        cut={stem: pair for stem, pair in cut.items() if np.isfinite(pair).all()},
        lego=(sounds.added, _fits(sounds)) if "lego" in takes else None,
        cover=_measure_cover(sounds, mix) if "cover" in takes else None,
        repaint=_measure_repaint(sounds, mix) if "repaint" in takes else None,
        referred=ReferenceEmbeddings(
            style=sounds.other.prompt.label,
            reference=_vector(sounds.other.mix),
            alone=_vector(takes["alone"]),
            with_reference=_vector(takes["with reference"]),
            few_words=_vector(takes["few words"]),
            few_words_with_reference=_vector(takes["few words with reference"]),
        ),
    )


def judge(outcomes: Sequence[EditOutcome], space: Space, classifier: style_classifier.Classifier) -> EditFigures:
    """The figures of `outcomes`; style and distance are judged as those of takes are."""
    legos = [found.lego[1] for found in outcomes if found.lego]
    covers = [found.cover for found in outcomes if found.cover]
    repaints = [found.repaint for found in outcomes if found.repaint]
    referred = [found.referred for found in outcomes]
    cut = {stem: np.array([found.cut[stem] for found in outcomes if stem in found.cut]) for stem in EXTRACTED}
    cut = {stem: pairs for stem, pairs in cut.items() if len(pairs)}
    return EditFigures(
        songs=len(outcomes),
        extract={stem: mean_interval(pairs[:, 1]) for stem, pairs in cut.items()},
        cut={stem: mean_interval(pairs[:, 0]) for stem, pairs in cut.items()},
        extracted={stem: len(pairs) for stem, pairs in cut.items()},
        lego=_share(legos),
        legos=len(legos),
        cover_harmony=_mean(cover.harmony for cover in covers),
        other_harmony=_mean(cover.other_harmony for cover in covers),
        cover_rhythm=_mean(cover.rhythm for cover in covers),
        other_rhythm=_mean(cover.other_rhythm for cover in covers),
        cover_style=_share(_recognition(classifier, cover.embedding, cover.style) for cover in covers),
        repaint_kept=_share(kept for kept, _ in repaints),
        repaint_changed=_mean(changed for _, changed in repaints),
        reference=_share(_is_nearer(space, r.reference, r.with_reference, r.alone) for r in referred),
        reference_few_words=_share(_is_nearer(space, r.reference, r.few_words_with_reference, r.few_words) for r in referred),
        reference_style=_share(_recognition(classifier, r.few_words_with_reference, r.style) for r in referred),
    )


def _measure_cut(take: Samples, stem: Samples, mix: Samples) -> tuple[float, float]:
    found = si_sdr(take, stem)
    return found, found - si_sdr(mix, stem)


def _fits(sounds: EditSounds) -> bool:
    """Whether lego's stem is heard, and keeps time or key."""
    tracks, prompt, take = sounds.tracks, sounds.tracks.prompt, sounds.takes["lego"]
    if not np.isfinite(take).all() or _level(take) < _level(tracks.without(sounds.added)) + AUDIBLE_DB:
        return False
    if keeps_time([sounds.added]):
        return adherence.tempo_is_best(meters.measure(take), adherence.candidate_tempi(*prompt.tempi, prompt.bpm))
    real = adherence.in_scale(meters.measure(tracks.stems[sounds.added]).chroma, prompt.asked_key)
    made = adherence.in_scale(meters.measure(take).chroma, prompt.asked_key)
    return adherence.way_from_chance(made, max(real, adherence.CHANCE_IN_SCALE + 0.1)) >= 0.5


def _measure_cover(sounds: EditSounds, mix: Samples) -> CoverFeatures:
    take, other = np.nan_to_num(sounds.takes["cover"]), sounds.other.mix
    heard = (harmony(take, mix), harmony(take, other), rhythm(take, mix), rhythm(take, other))
    return CoverFeatures(*heard, sounds.other.prompt.label, _vector(take))


def _measure_repaint(sounds: EditSounds, mix: Samples) -> tuple[bool, float]:
    take = sounds.takes["repaint"]
    first, last = (samples_of(second) for second in sounds.window)
    margin = samples_of(0.1)  # the window lies on whole latent frames, and its ends are crossfaded
    same = bool((take[:, : first - margin] == mix[:, : first - margin]).all())
    same = same and bool((take[:, last + margin :] == mix[:, last + margin :]).all())
    return same, mel_distance(np.nan_to_num(take[:, first:last]), mix[:, first:last])


def _is_nearer(space: Space, to: Vector, this: Vector, that: Vector) -> bool:
    wanted, near, far = space(np.array([to, this, that]))
    return float(np.linalg.norm(near - wanted)) < float(np.linalg.norm(far - wanted))


def _recognition(classifier: style_classifier.Classifier, take: Vector, label: int) -> bool:
    return int(classifier.guess(np.array(take))[0]) == label


def _vector(sound: Samples) -> Vector:
    return tuple(embed(np.nan_to_num(sound)).tolist())


def _level(sound: Samples) -> float:
    return float(10.0 * np.log10(max(float(np.mean(np.square(sound, dtype=np.float64))), 1e-12)))


def _share(answers: Iterable[bool]) -> Interval | None:
    given = list(answers)
    return wilson(sum(given), len(given)) if given else None


def _mean(values: Iterable[float]) -> Interval | None:
    given = np.array(list(values))
    return mean_interval(given) if given.size else None
