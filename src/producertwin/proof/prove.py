"""`twin evaluate`: did this adapter learn this producer?

Base and twin play the same prompts, written from music that the twin never heard, with the same seeds; both are held against that
music. What is finished stands in the folder, so a stopped proof goes on where it was:

    FOLDER/report.html, figures.json     the page and its figures
    FOLDER/base, twin, real              the sounds as FLAC, what was measured beside each, and a list that says what they are
    FOLDER/heard, ruler, imprints        what was measured of training songs, of others, and of what the base makes of their words
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
from ..listening.sources import Listed, write_list
from ..metrics.embedders import SoundEmbedder, check_alive, pairs
from ..metrics.sensitivity import LEAST_SONGS as LEAST_CHECKED
from ..metrics.sensitivity import Curves, curves
from ..model import adapters
from ..model.instrument import Instrument
from ..progress import Clock, Steps
from ..reporting.html import Markup
from .copies import Copies, copies
from .corpus import Corpus, Piece
from .figures import ProofFigures, Subject, judge
from .nearness import claimed
from .page import WORDS, Sample, page
from .plan import ProofPlan
from .readings import Heard
from .takes import Stage, address, chosen, hear
from .thumbnails import thumbnail
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
) -> Steps[ProofFigures]:
    """Prove or fail to prove that `adapter` learned the producer of `corpus`; everything is kept in `folder`.

    Raises `BadInput` for a corpus that cannot be compared: no held-out piece, one that stands on both sides, excerpts of another
    length than the takes.
    """
    check(corpus)
    folder.mkdir(parents=True, exist_ok=True)
    stage = Stage(called(plan, adapter), instrument, tuple(embedders), folder)
    heard = yield from hear(stage, corpus, adapter)
    _label(stage, heard)
    copied = yield from copies(stage, corpus, heard)
    checked = yield from _checked(stage, corpus)
    found = concluded(stage, heard, copied, adapter, checked)
    write_whole(folder / FIGURES, found.model_dump_json(indent=2).encode())
    samples = yield from _samples(stage, heard)
    write_whole(folder / REPORT, page(found, samples).encode("utf-8", "replace"))
    return found


def called(plan: ProofPlan, adapter: Path) -> ProofPlan:
    """`plan` with the trigger word that the adapter's card names, where none is asked for."""
    if plan.trigger is not None:
        return plan
    card = adapters.card_of(adapter)
    return plan.model_copy(update={"trigger": card.trigger if card else ""})


def concluded(
    stage: Stage, heard: Heard, copied: Copies, adapter: Path, checked: Mapping[str, Curves] | None = None
) -> ProofFigures:
    """The figures and verdicts of what was heard; `checked` says of each embedder how its distances answer to degradations."""
    subject = Subject(
        producer=heard.real.pieces[0].producer,
        variant=stage.instrument.variant,
        revision=stage.instrument.revision,
        adapter=adapters.read(adapter).revision,
        version=__version__,
        prompts=len(heard.real),
        train=len(heard.train),
        others=len(heard.others),
    )
    found = judge(subject, stage.plan, heard, alive(heard, stage.embedders), checked or {}, copied)
    return found.model_copy(update={"verdicts": verdicts(found)})


def check(corpus: Corpus) -> None:
    """Raise `BadInput` unless the sides of `corpus` are apart, the groups too, and something is held out."""
    if not corpus.holdout:
        raise BadInput("no song is held out", remedy="freeze a training set with a holdout: `twin split --holdout 0.2`")
    taught = {piece.id for piece in corpus.train} | {piece.group for piece in corpus.train}
    both = [piece.name for piece in corpus.holdout if piece.id in taught or piece.group in taught]
    if both:
        raise BadInput(
            f"{', '.join(both[:3])} of the held-out songs (or their albums) are trained on too",
            remedy="split the set again: `twin split` keeps albums and sessions on one side",
        )


def alive(heard: Heard, embedders: Sequence[SoundEmbedder]) -> Mapping[str, str | None]:
    """Every embedder's name, and why it is refused: it hears all real songs alike, or no caption in those held out.

    Only embedders with words are looked at: the others' numbers are measurements, whose cosines say nothing.
    """
    return {ear.name: _refusal(heard, ear.name) for ear in embedders}


def _refusal(heard: Heard, ear: str) -> str | None:
    words = heard.said.get(ear)
    if words is None or len(words) < 2:
        return None
    known = [side.vectors(ear)[:, 0] for side in (heard.real, heard.train, heard.others) if len(side)]
    found = pairs(known[0], words)
    return claimed(lambda: check_alive(np.concatenate(known), found.paired, found.shuffled))[1] or None


def _checked(stage: Stage, corpus: Corpus) -> Steps[dict[str, Curves]]:
    """How every embedder's distances answer to degradations of the real songs that are not compared, if asked for."""
    known = [*corpus.train, *corpus.others][: max(stage.plan.check, LEAST_CHECKED)]
    found: dict[str, Curves] = {}
    if not stage.plan.check or len(known) < LEAST_CHECKED:
        return found
    for ear in stage.embedders:
        found[ear.name] = yield from curves({piece.id: piece.sound for piece in known}, ear)
    return found


def _label(stage: Stage, heard: Heard) -> None:
    """Say beside the sounds of every side what they are."""
    for side, turns in (("base", stage.plan.takes), ("twin", stage.plan.takes), ("real", None)):
        lines = [
            _listed(side, piece, turn)
            for piece in heard.real.pieces
            for turn in ([None] if turns is None else range(turns))
            if (stage.folder / address(side, piece, turn)).exists()
        ]
        write_list(stage.folder / side, lines)


def _listed(side: str, piece: Piece, turn: int | None) -> Listed:
    name = Path(address(side, piece, turn)).name
    return Listed(file=name, id=piece.id, take=turn or 0, style=piece.style, bpm=piece.bpm, title=piece.title or piece.id)


def _samples(stage: Stage, heard: Heard) -> Steps[list[Sample]]:
    """The prompts that stand on the page, spread over the styles, with their pictures."""
    pieces = chosen(heard.real.pieces, stage.plan.examples)
    clock, found = Clock("report", len(pieces)), []
    yield clock.at(0)
    for piece in sorted(pieces, key=lambda one: one.style):
        found.append(Sample(piece.style, piece.title or piece.id, piece.caption, tuple(_sounds(stage.folder, piece))))
        yield clock.at(len(found), piece.name)
    return found


def _sounds(folder: Path, piece: Piece) -> list[tuple[str, str, Markup]]:
    """Side, address and picture of a prompt's first take, and of the real song."""
    found = []
    for side, turn in (("base", 0), ("twin", 0), ("real", None)):
        place = address(side, piece, turn)
        if (folder / place).exists():
            sound = files.read(folder / place)
            found.append((side, place, thumbnail(sound, f"spectrogram: {WORDS[side]}, {piece.title or piece.id}")))
    return found
