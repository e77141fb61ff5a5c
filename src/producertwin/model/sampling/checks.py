"""What of a request can be refused by looking at it and at the instrument's card, before anything is loaded, drawn or encoded."""

from __future__ import annotations

import numpy as np

from ...errors import BadInput
from ...music import check_bpm
from ...timebase import SAMPLE_RATE, frames_of
from ...wording import write_number
from ..instrument import Card
from ..tasks import EVERYWHERE, Task, instruction
from .code_text import check_codes
from .networks import AnyInstrument, networks_of
from .options import Push, SamplingOptions
from .request import InputSound, Morph, Request, Samples

SILENT = 1e-5
"""Peak below which a sound is silence (-100 dB)."""
PARTIAL = frozenset({Task.REPAINT, Task.LEGO})
"""Tasks that may work on a window."""
CHANGING = frozenset({Task.TEXT2MUSIC, Task.COVER})
"""Tasks over which a sound may be changed by words."""
MOST_DRAWS = 16
"""Most noises a step of such a change is averaged over."""
EULER_ALONE = "leave it out: flow-edit walks by euler and apg alone"


def check_audio(audio: Samples, what: str, *, audible: bool = True) -> None:
    """Raise `BadInput` unless `audio` is finite stereo, and `audible` unless silence will do."""
    if audio.ndim != 2 or audio.shape[0] != 2 or audio.shape[1] == 0:
        raise BadInput(f"the {what} has shape {audio.shape}", remedy="hand over stereo audio as (2, samples) at 48 kHz")
    if not np.isfinite(audio).all():
        raise BadInput(f"the {what} holds numbers that are not finite", remedy="repair or re-export the sound")
    if audible and np.abs(audio).max() < SILENT:
        raise BadInput(f"the {what} is silent", remedy="choose a sound that can be heard")


def check_sound(sound: InputSound, width: int, what: str) -> int:
    """Latent frames of a sound.

    Raises `BadInput` when it is empty, silent, damaged, of another variant, or disagrees with itself.
    """
    lengths = []
    if sound.audio is not None:
        check_audio(sound.audio, what)
        lengths.append(frames_of(sound.audio.shape[1] / SAMPLE_RATE))
    if sound.latents is not None:
        shape = sound.latents.shape
        if sound.latents.ndim != 2 or shape[0] == 0 or shape[1] != width:
            raise BadInput(f"the {what}'s latents have shape {shape}", remedy=f"this variant's latents are (frames, {width})")
        if not np.isfinite(sound.latents).all():
            raise BadInput(f"the {what}'s latents are not finite", remedy="choose another take")
        lengths.append(shape[0])
    if not lengths:
        raise BadInput(f"the {what} is empty", remedy="hand over audio or latents")
    if max(lengths) - min(lengths) > 1:
        raise BadInput(f"the {what}'s audio lasts {lengths[0]} frames, its latents {lengths[1]}", remedy="hand over one of them")
    return max(lengths)


def check_request(request: Request, instrument: AnyInstrument) -> None:
    """Raise `BadInput` for what `instrument` cannot do, or nobody could."""
    instrument.require(request.task)
    instruction(request.task, request.stems)
    if request.task in EVERYWHERE and not request.caption.strip():
        raise BadInput("the caption is empty", remedy="say in a few words what should be heard")
    if request.task.needs_source and request.source is None and not request.codes:
        raise BadInput(f"{request.task} needs a source", remedy="hand over the sound to work on")
    if request.windows and request.task not in PARTIAL:
        raise BadInput(f"{request.task} takes no window", remedy="leave the window out, or choose repaint")
    if request.task is Task.REPAINT and not request.windows:
        raise BadInput("repaint needs a window", remedy="say which seconds to repaint")
    if request.metas.bpm is not None:
        check_bpm(request.metas.bpm)
    if request.lyrics.strip():
        networks_of(instrument).knows_lyric_heads()
    for reference in request.references:
        check_audio(reference, "reference")
    if request.start is not None:
        check_sound(request.start.sound, instrument.width, "start sound")
    if request.global_caption:
        instrument.card.require_stem_captions(instrument.variant)
    _check_cover(request)
    if request.codes:
        _check_codes(request, instrument)
    if request.morph is not None:
        check_sound(request.morph.sound, instrument.width, "sound to change")
        _check_morph(request, request.morph)
    if request.sampling.retake_variance > 0.0 and request.sampling.retake_seed is None:
        raise BadInput("a retake needs the seed of its other noise", remedy="give a retake seed")


def _check_cover(request: Request) -> None:
    for what, share in (("cover strength", request.cover_strength), ("cover noise strength", request.cover_noise)):
        if not 0.0 <= share <= 1.0:
            raise BadInput(f"{what} {write_number(share)}", remedy="choose a share from 0 to 1")
    if request.task is not Task.COVER and (request.cover_noise > 0.0 or request.follow != "codes"):
        raise BadInput(f"{request.task} does not follow a source as a cover does", remedy="choose cover")
    if request.cover_noise > 0.0 and request.start is not None:
        raise BadInput("a cover from its source's noise has no other start", remedy="leave one of them out")


def _check_codes(request: Request, instrument: AnyInstrument) -> None:
    if request.task is not Task.COVER or request.follow != "codes":
        followed = request.task if request.task is not Task.COVER else "a cover that follows latents"
        raise BadInput(f"{followed} plays no audio codes", remedy="leave the codes out, or choose a cover that follows codes")
    check_codes(request.codes, networks_of(instrument).codebook)


def _check_morph(request: Request, morph: Morph) -> None:
    if not 0.0 <= morph.begin < morph.end <= 1.0:
        shares = f"{write_number(morph.begin)} to {write_number(morph.end)}"
        raise BadInput(f"a change in the steps from {shares}", remedy="choose two shares from 0 to 1, the lower first")
    if not 1 <= morph.draws <= MOST_DRAWS:
        raise BadInput(f"{morph.draws} noises a step", remedy=f"choose 1 to {MOST_DRAWS}")
    if not morph.caption.strip():
        raise BadInput("nobody says what the sound is", remedy="describe it as it is, beside what it should become")
    if request.task not in CHANGING or request.start is not None:
        raise BadInput(f"{request.task} changes no sound by words", remedy="choose text2music or cover, without a start")
    for given, name in ((request.cover_noise > 0.0, "cover noise strength"), (request.cover_strength < 1.0, "cover strength")):
        if given:
            raise BadInput(f"a change of words knows no {name}", remedy=EULER_ALONE)


def check_ways(asked: SamplingOptions, guidance: float, card: Card, *, morph: bool) -> None:
    """Raise `BadInput` for ways of sampling that a variant, known by its card, does not have, or that `morph` does not.

    `guidance` is what was asked for; a distilled variant has none but its own.
    """
    if (card.discrete or guidance <= 1.0) and (asked.guidance_mode != "apg" or asked.guidance_interval != (0.0, 1.0)):
        why = f"{card.name} carries its guidance inside" if card.discrete else "guidance 1 is none"
        raise BadInput(f"{why}: there is nothing to guide by mode or interval", remedy="leave them out, or raise the guidance")
    if not morph:
        return
    for given, name in (
        (asked.sampler != "euler", f"sampler {asked.sampler}"),
        (asked.guidance_mode != "apg", f"guidance mode {asked.guidance_mode}"),
        (asked.dcw not in (None, "off"), f"DCW {asked.dcw}"),
    ):
        if given:
            raise BadInput(f"a change of words knows no {name}", remedy=EULER_ALONE)


def check_idle(asked: SamplingOptions, push: Push) -> None:
    """Raise `BadInput` for what is asked for and would do nothing. `push` is the DCW that acts.

    Records of takes may hold such a thing, and play as they did; so the engine does not look.
    """
    if asked.retake_seed is not None and asked.retake_variance == 0.0:
        raise BadInput("a retake seed without a retake variance turns nothing", remedy="give both, such as a variance of 0.2")
    used = {"off": (), "pix": ("dcw_scale",), "double": ("dcw_scale", "dcw_high_scale", "dcw_wavelet")}
    for name in ("dcw_scale", "dcw_high_scale", "dcw_wavelet"):
        changed = getattr(asked, name) != SamplingOptions.model_fields[name].get_default()
        if changed and name not in used.get(push, ("dcw_scale", "dcw_wavelet")):
            said = name.replace("dcw", "DCW").replace("_", " ")
            raise BadInput(
                f"{said} does nothing where DCW is {push}", remedy="leave it out, or choose another DCW, such as double"
            )
