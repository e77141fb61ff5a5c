"""`twin prove`: did this adapter learn this producer?

Base and twin play the same prompts, written from music that the twin never heard, with the same seeds; both are held against that
music. What is finished stands in the folder, so a stopped proof goes on where it was:

    FOLDER/report.html, figures.json     the page and its figures
    FOLDER/base, twin, real              the sounds as FLAC, what was measured beside each, and a list that says what they are
    FOLDER/heard                         what was measured of training songs and of other producers' songs
    FOLDER/ruler                         what was measured of the base playing training captions, which the space is fitted to
    FOLDER/imprints                      passage features, which copies are looked for with

Where too few songs are held out, short twins are judged in the twin's place (`train_short`): every song is played by the one
that has not heard it, into FOLDER/short. The twin itself plays them too, to be heard and searched for copies.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from .. import __version__
from ..audio import files
from ..disk import write_whole
from ..errors import BadInput
from ..listening.sources import ListedSound, write_list
from ..metrics.embedders import SoundEmbedder, caption_retrieval, check_not_collapsed
from ..metrics.sensitivity import LEAST_SONGS as LEAST_CHECKED
from ..metrics.sensitivity import Sensitivity, measure_sensitivity
from ..model import adapters
from ..model.instrument import Instrument
from ..progress import Clock, Steps
from ..reporting.embedded import sound_address, thumbnail
from ..reporting.html import Markup
from .answer import answer, basis
from .copies import Copies, find_copies
from .corpus import Corpus, EvalTrack
from .figures import ProofFigures, ProofSubject, judge
from .nearness import value_or_reason
from .page import WORDS, Sample, page
from .plan import ProofPlan
from .readings import Measurements
from .takes import (
    ProofContext,
    ShortTwin,
    address,
    choose_across_styles,
    play_across_folds,
    play_and_measure,
    play_side,
)
from .verdicts import verdicts

FIGURES: Final = "figures.json"
REPORT: Final = "report.html"


def prove(
    plan: ProofPlan,
    corpus: Corpus,
    instrument: Instrument,
    adapter: Path,
    folder: Path,
    embedders: Sequence[SoundEmbedder],
    short: Sequence[ShortTwin] = (),
) -> Steps[ProofFigures]:
    """Measure whether `adapter` learned the producer of `corpus`; write everything into `folder`.

    With `short` twins all songs of `corpus` are judged by what those play. Raises `BadInput` for a corpus that cannot be
    compared: no held-out piece, one that stands on both sides, excerpts of another length than the takes.
    """
    if not short:
        check_corpus(corpus)
    folder.mkdir(parents=True, exist_ok=True)
    context = ProofContext(with_trigger(plan, adapter), instrument, tuple(embedders), folder)
    if short:
        measured = yield from play_across_folds(context, corpus, short)
        yield from play_side(context, context.twin, measured.real.tracks, adapter)
    else:
        measured = yield from play_and_measure(context, corpus, adapter)
    _label(context, measured)
    copied = yield from find_copies(context, corpus, measured)
    checked = yield from _measure_sensitivity(context, corpus)
    found = compute_figures(context, corpus, measured, copied, adapter, checked, short)
    write_whole(folder / FIGURES, found.model_dump_json(indent=2).encode())
    samples = yield from _samples(context, measured)
    write_whole(folder / REPORT, page(found, samples).encode("utf-8", "replace"))
    return found


def with_trigger(plan: ProofPlan, adapter: Path) -> ProofPlan:
    """Fill in `plan.trigger` from the adapter's card where the plan names none."""
    if plan.trigger is not None:
        return plan
    card = adapters.card_of(adapter)
    return plan.model_copy(update={"trigger": card.trigger if card else ""})


def compute_figures(
    context: ProofContext,
    corpus: Corpus,
    measured: Measurements,
    copied: Copies,
    adapter: Path,
    checked: Mapping[str, Sensitivity] | None = None,
    short: Sequence[ShortTwin] = (),
) -> ProofFigures:
    """Compute the figures and verdicts of the measurements; `checked` holds each embedder's sensitivity to degradations."""
    card = adapters.card_of(short[0].adapter) if short else None
    subject = ProofSubject(
        producer=measured.real.tracks[0].producer,
        variant=context.instrument.variant,
        revision=context.instrument.revision,
        adapter=adapters.read(adapter).revision,
        version=__version__,
        prompts=len(measured.real),
        train=len(corpus.train),
        held=len(corpus.holdout),
        others=len(measured.others),
        folds=len(short),
        fold_steps=card.steps if card else 0,
        splits_groups=_splits_groups(measured) if short else bool(_shared_groups(corpus)),
    )
    found = judge(subject, context.plan, measured, embedder_refusals(measured, context.embedders), checked or {}, copied)
    judged = found.model_copy(update={"verdicts": verdicts(found)})
    return judged.model_copy(update={"answer": answer(judged), "basis": basis(judged)})


def check_corpus(corpus: Corpus) -> None:
    """Raise `BadInput` unless the sides of `corpus` are apart, the groups too, and something is held out."""
    if not corpus.holdout:
        raise BadInput("no song is held out", remedy="freeze a training set with a holdout: `twin dataset split --holdout 0.2`")
    taught, groups = {track.id for track in corpus.train}, _shared_groups(corpus)
    one_album = len({track.group for track in (*corpus.train, *corpus.holdout)}) == 1  # no split keeps it whole
    both = [track.name for track in corpus.holdout if track.id in taught or (track.group in groups and not one_album)]
    if both:
        raise BadInput(
            f"{', '.join(both[:3])} of the held-out songs (or their albums) are trained on too",
            remedy="split the set again: `twin dataset split` keeps albums and sessions on one side",
        )


def _shared_groups(corpus: Corpus) -> set[str]:
    """Albums and sessions that stand on both sides."""
    return {track.group for track in corpus.train} & {track.group for track in corpus.holdout}


def _splits_groups(measured: Measurements) -> bool:
    """Whether an album or session stands in several folds."""
    stand = {(track.group, fold) for track, fold in zip(measured.real.tracks, measured.folds, strict=True)}
    return len({group for group, _ in stand}) < len(stand)


def embedder_refusals(measured: Measurements, embedders: Sequence[SoundEmbedder]) -> Mapping[str, str | None]:
    """Every embedder's name, and why it is refused: all real songs are alike to it, or no caption fits its own song better.

    Only embedders with words are looked at: the others' numbers are measurements, whose cosines say nothing.
    """
    return {embedder.name: _refusal(measured, embedder.name) for embedder in embedders}


def _refusal(measured: Measurements, embedder: str) -> str | None:
    words = measured.captions.get(embedder)
    if words is None or len(words) < 2:
        return None
    known = [side.vectors(embedder)[:, 0] for side in (measured.real, measured.train, measured.others) if len(side)]
    found = caption_retrieval(known[0], words)
    return value_or_reason(lambda: check_not_collapsed(np.concatenate(known), found.paired, found.shuffled))[1] or None


def _measure_sensitivity(context: ProofContext, corpus: Corpus) -> Steps[dict[str, Sensitivity]]:
    """How every embedder's distances answer to degradations of the real songs that are not compared, if asked for."""
    known = [*corpus.train, *corpus.others][: max(context.plan.check, LEAST_CHECKED)]
    found: dict[str, Sensitivity] = {}
    if not context.plan.check or len(known) < LEAST_CHECKED:
        return found
    for embedder in context.embedders:
        found[embedder.name] = yield from measure_sensitivity({track.id: track.sound for track in known}, embedder)
    return found


def _label(context: ProofContext, measured: Measurements) -> None:
    """Write a list of every side's sounds beside them."""
    for side, turns in (("base", context.plan.takes), ("twin", context.plan.takes), ("real", None)):
        lines = [
            _list_entry(side, track, turn)
            for track in measured.real.tracks
            for turn in ([None] if turns is None else range(turns))
            if (context.folder / address(side, track, turn)).exists()
        ]
        write_list(context.folder / side, lines)


def _list_entry(side: str, track: EvalTrack, turn: int | None) -> ListedSound:
    name = Path(address(side, track, turn)).name
    return ListedSound(file=name, id=track.id, take=turn or 0, style=track.style, bpm=track.bpm, title=track.title or track.id)


def _samples(context: ProofContext, measured: Measurements) -> Steps[list[Sample]]:
    """The prompts that stand on the page, spread over the styles, with their pictures."""
    tracks = choose_across_styles(measured.real.tracks, context.plan.examples)
    clock, found = Clock("report", len(tracks)), []
    yield clock.at(0)
    for track in sorted(tracks, key=lambda one: one.style):
        found.append(Sample(track.style, track.title or track.id, track.caption, tuple(_sounds(context, track))))
        yield clock.at(len(found), track.name)
    return found


def _sounds(context: ProofContext, track: EvalTrack) -> list[tuple[str, str, Markup]]:
    """Side, address and picture of a prompt's first take, and of the real song."""
    folder, inside, found = context.folder, context.plan.sounds == "inside", []
    for side, turn in (("base", 0), ("twin", 0), ("real", None)):
        place = address(side, track, turn)
        if (folder / place).exists():
            sound = files.read(folder / place)
            source = sound_address(sound) if inside else place
            found.append((side, source, thumbnail(sound, f"spectrogram: {WORDS[side]}, {track.title or track.id}")))
    return found
