"""The model card of a release: its dossier in words, with the head that the Hugging Face hub reads.

Nothing is claimed that the dossier does not hold: what was not proved, or is not known, is said as that.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import yaml

from ...timebase import SAMPLE_RATE
from ...wording import plural, plural_are
from .dossier import NAMING, Dossier, LearnedTrack

NAME: Final = "README.md"
_HUB_LICENCES: Final = {
    "Apache-2.0": "apache-2.0", "MIT": "mit", "CC0-1.0": "cc0-1.0", "CC-BY-4.0": "cc-by-4.0", "CC-BY-SA-4.0": "cc-by-sa-4.0",
    "CC-BY-NC-4.0": "cc-by-nc-4.0", "CC-BY-NC-SA-4.0": "cc-by-nc-sa-4.0", "CC-BY-NC-ND-4.0": "cc-by-nc-nd-4.0",
    "CC-BY-ND-4.0": "cc-by-nd-4.0", "CC-BY-3.0": "cc-by-3.0", "CC-BY-SA-3.0": "cc-by-sa-3.0", "CC-BY-NC-3.0": "cc-by-nc-3.0",
}  # fmt: skip
"""What the hub calls licences; any other is `other` with its name."""
_MARKS: Final = str.maketrans({mark: f"\\{mark}" for mark in "\\`*_[]<>|#"})


def write_card(dossier: Dossier) -> str:
    """The card as Markdown."""
    sections = (
        _head(dossier),
        _opening(dossier),
        _use(dossier),
        _proof(dossier),
        _copies(dossier),
        _training(dossier),
        _licences(dossier),
        _takes(dossier),
        _checking(dossier),
    )
    return "\n".join(line for section in sections for line in section).rstrip() + "\n"


def plain(text: str) -> str:
    """A text from outside in one line, in which nothing is a mark of Markdown."""
    return " ".join(text.split()).translate(_MARKS)


def _head(dossier: Dossier) -> Iterator[str]:
    """The facts for the hub, as YAML."""
    hub = _HUB_LICENCES.get(dossier.licence)
    facts: dict[str, object] = {"license": hub or "other"}
    if hub is None:
        facts["license_name"] = dossier.licence
    facts |= {"library_name": "peft", "pipeline_tag": "text-to-audio", "tags": ["music", "lora", "ace-step", "producer-twin"]}
    yield "---"
    yield yaml.safe_dump(facts, sort_keys=False, allow_unicode=True).rstrip()
    yield "---"
    yield ""


def _opening(dossier: Dossier) -> Iterator[str]:
    yield f"# {plain(dossier.producer)}: a twin for {plain(dossier.instrument.name)}"
    yield ""
    yield f"A {dossier.kind} of {dossier.layers} layers that was trained on music of {plain(dossier.producer)}."
    yield dossier.proven.answer if dossier.proven else "Whether it does was not proved: this release holds no proof."
    yield ""


def _use(dossier: Dossier) -> Iterator[str]:
    trigger = dossier.adapter.trigger
    words = ", ".join(filter(None, (trigger, "rhodes, mellow")))
    yield "## Use"
    yield ""
    yield "```"
    yield f'twin twins install adapter --producer "{_quote(dossier.producer)}"'
    yield f'twin make "{words}" --adapter "{_quote(dossier.producer)}" --variant {dossier.instrument.name} -o song.flac'
    yield "```"
    yield ""
    if trigger:
        yield f"The word `{trigger}` in a caption calls it. "
    yield "`adapter` is a PEFT folder, which diffusers reads too."
    if dossier.merged:
        yield f"`model` is {plain(dossier.instrument.name)} with the twin merged in, in diffusers' layout (`--variant ./model`)."
    yield ""
    yield f"It is meant for music in the style of {plain(dossier.producer)}, made by them or with their consent."
    yield "It is not meant for passing takes off as their recordings."
    yield ""


def _quote(text: str) -> str:
    """A text within double quotes of a command."""
    return "".join(f"\\{mark}" if mark in '\\"$`' else mark for mark in " ".join(text.split()))


def _proof(dossier: Dossier) -> Iterator[str]:
    yield "## What was proved"
    yield ""
    proven = dossier.proven
    if proven is None:
        yield "Nothing: the twin was not compared with its variant on songs that it has not heard."
        yield ""
        return
    yield proven.basis
    yield ""
    yield "| claim | outcome | figures |"
    yield "|---|---|---|"
    for verdict in proven.verdicts:
        yield f"| {plain(verdict.claim)} | {verdict.outcome} | {plain(verdict.words)} |"
    yield ""
    yield "All figures with their floors and intervals are in `proof/figures.json`."
    yield ""


def _copies(dossier: Dossier) -> Iterator[str]:
    yield "## Limits"
    yield ""
    if dossier.proven is None:
        yield "- Nobody looked whether it repeats songs that it learned from."
    else:
        for verdict in dossier.proven.verdicts:
            if verdict.proven is not True:
                yield f"- {plain(verdict.claim)}: {verdict.outcome}."
    songs = len(dossier.learned.side("train"))
    if songs:
        minutes = sum(track.seconds for track in dossier.learned.side("train")) / 60
        learned = f"{songs} {'song' if songs == 1 else 'songs'}, {minutes:.0f} minutes"
        yield f"- It learned from {learned}: of other music it knows what its variant knows."
    yield "- Passages shorter than four seconds, and melodies in other sounds, are not found by the search for copies."
    yield f"- Sound is {SAMPLE_RATE // 1000} kHz stereo, as its variant makes it."
    yield ""


def _training(dossier: Dossier) -> Iterator[str]:
    learned = dossier.learned
    yield "## Training"
    yield ""
    variant = dossier.instrument
    origin = f" ({plain(variant.origin)})" if variant.origin else ""
    yield f"On {plain(variant.name)}{origin}, revision `{variant.revision or 'not known'}`,"
    yield f"{plural(dossier.adapter.steps, 'step')}{'; the recipe is in `recipe.toml`' if dossier.recipe else ''}."
    if not learned.tracks:
        yield "The training set is not in the studio that made this release: nothing can be said of it."
        yield ""
        return
    held = len(learned.side("holdout"))
    yield f"Training set `{learned.dataset}`: {plural(len(learned.side('train')), 'song')} learned from, {held} held out."
    yield ""
    named = [track for track in learned.tracks if track.title]
    if named:
        yield "| song | by | got from | licence | side |"
        yield "|---|---|---|---|---|"
        yield from (_row(track, dossier.producer) for track in named)
        yield ""
    if len(named) < len(learned.tracks):
        yield f"{plural_are(len(learned.tracks) - len(named), 'song')} not named; the ids and licences are in `dossier.json`."
        yield ""


def _row(track: LearnedTrack, producer: str) -> str:
    side = "learned" if track.side == "train" else "held out"
    cells = (track.title, track.artist or producer, track.provider or "-", track.licence or "none stated", side)
    return f"| {' | '.join(map(plain, cells))} |"


def _licences(dossier: Dossier) -> Iterator[str]:
    yield "## Licences"
    yield ""
    yield f"- Weights of the twin: `{dossier.licence}`."
    yield f"- The variant that it needs: `{dossier.instrument.licence or 'not known'}`."
    if dossier.learned.expression:
        yield f"- Music that it learned from: `{dossier.learned.expression}`."
    for name in dossier.restrictions:
        songs = dossier.learned.licences[name]
        yield f"- {plural_are(songs, 'song')} under `{name}`: find out whether music made with this twin may be sold or changed."
    if any(track.licence and track.licence.startswith(NAMING) for track in dossier.learned.tracks):
        yield "- Songs under CC BY are named above, as their licence asks."
    yield "- This is a record of what was stated, not legal advice."
    yield ""


def _takes(dossier: Dossier) -> Iterator[str]:
    if not dossier.takes:
        return
    yield "## Takes"
    yield ""
    yield "Made by the twin; music made with it is made with AI, and should say so."
    yield ""
    for take in dossier.takes:
        facts = f"seed {take.seed}, {take.seconds:.0f} s" + (f", {take.loudness:.1f} LUFS" if take.loudness is not None else "")
        yield f"- [{plain(take.caption)}]({take.file}), {facts}"
        picture = take.file.rpartition(".")[0] + ".png"
        yield f"  ![waveform and spectrogram]({picture})"
    yield ""


def _checking(dossier: Dossier) -> Iterator[str]:
    yield "## Check it"
    yield ""
    yield "`twin release check FOLDER` compares every file with `SHA256SUMS`, reads the weights, holds card, proof and takes"
    yield f"against them, and makes the first take again. Made by Producer Twin {dossier.version} on {dossier.created:%Y-%m-%d}."
