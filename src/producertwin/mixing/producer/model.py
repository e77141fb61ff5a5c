"""The producer model as it is used: plan stems from words, set a desk for stems, judge a mix. Its weights lie beside this file.

Everything is decided greedily, so the same words and sounds give the same answer. A desk is asked for question by question, and
only answers that can be given are looked at: every desk that comes out is valid, and so is its Faust.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from ...audio.samples import Samples
from ...disk import whole_folder, write_json
from ...errors import BadInput, NotFound, Unavailable
from ...music import STEMS
from ...untrusted import read_object
from ..desk import Desk, Strip, check_count
from . import features, grammar
from .backbones import load_backbone
from .features import LEVEL_LUFS, StemSound, hear_mix, hear_stems
from .net import BEGIN, PLACES, ROLES, WORDS, ProducerNet, Rows
from .reading import count_words, number_of_role, numbers_of_questions, read_texts

WEIGHTS: Final = Path(__file__).parent / "weights"
TENSORS, FACTS = "model.safetensors", "model.json"
_REMEDY: Final = "install the package again, or name a folder written by `twin producer train`"


@dataclass(frozen=True, slots=True)
class Producer:
    """The net, and which training made it."""

    net: ProducerNet
    revision: str

    @torch.inference_mode()
    def plan_stems(self, text: str) -> dict[str, float]:
        """The chance that a song of `text` has each of `music.STEMS`, the likeliest first. Raises `BadInput` for no words."""
        if not text.strip():
            raise BadInput("no words to plan from", remedy='say what is to be made, such as "dark trap, heavy 808s"')
        chances = self.net.plan(read_texts(self.net, [text]))[0].sigmoid().tolist()
        return dict(sorted(zip(STEMS, chances, strict=True), key=lambda one: -one[1]))

    def set_desk(self, names: Sequence[str], strips: Sequence[str], stems: Sequence[Samples], text: str) -> Desk:
        """A desk with `strips` for `stems` (2, n) that are called `names`, as `text` asks. Silent stems have a plain strip.

        Raises `BadInput` for none or more than 12, `AudioRejected` for one that is not finite.
        """
        check_count(len(stems))
        return self.set_desk_of(hear_stems(names, strips, stems), strips, text)

    def set_desk_of(self, heard: Sequence[StemSound], strips: Sequence[str], text: str) -> Desk:
        """`set_desk` for stems that have been heard."""
        return level_desk(self.set_level_desk(heard, strips, text), [one.lufs for one in heard])

    @torch.inference_mode()
    def assess_quality(self, mix: Samples, text: str = "") -> float:
        """How good `mix` (2, n) is, 0 to 1, 1 being without a fault; `text` says what it was meant to be.

        Raises `BadInput` for a sound that is empty or not finite.
        """
        if mix.ndim != 2 or mix.shape[0] != 2 or not mix.size or not np.isfinite(mix).all():
            raise BadInput("a mix is a finite sound of two channels", remedy="give (2, samples) float32 at 48 kHz")
        heard = torch.from_numpy(hear_mix(mix))[None]
        return float(self.net.assess(heard, read_texts(self.net, [text])))

    @torch.inference_mode()
    def set_level_desk(self, heard: Sequence[StemSound], strips: Sequence[str], text: str) -> Desk:
        """`set_desk_of` for stems as if each were at `LEVEL_LUFS`."""
        caption = read_texts(self.net, [text])
        vectors = [one.vector() for one in heard]
        asking = grammar.walk(strips)
        question, before = next(asking), BEGIN
        reader = self.net.desk.start(caption)
        for _ in range(PLACES):
            stem = question.strip
            role = ROLES if stem is None else number_of_role(heard[stem].role)
            sound = np.zeros(features.STEM_FEATURES, np.float32) if stem is None else vectors[stem]
            asked = numbers_of_questions()[question.asks]
            told, named, played = (torch.tensor([[one]]) for one in (before, asked, role))
            rows = Rows(told, named, torch.from_numpy(sound)[None, None], played)
            logits = reader.send(rows)[: question.answers]
            if question.barred is not None:
                logits[question.barred] = -torch.inf
            before = int(logits.argmax())
            try:
                question = asking.send(before)
            except StopIteration as end:
                found: Desk = end.value
                return found
        raise BadInput(f"a desk of more than {PLACES} answers", remedy="mix fewer stems at once")


def level_desk(desk: Desk, lufs: Sequence[float]) -> Desk:
    """`desk`, set for stems at `LEVEL_LUFS`, for stems as loud as `lufs`: faders and thresholds are moved by the difference."""
    made = {}
    for (name, strip), loud in zip(desk.strips.items(), lufs, strict=True):
        made[name] = _level_strip(strip, loud - LEVEL_LUFS) if np.isfinite(loud) and loud > -69 else Strip()
    return Desk.model_validate(desk.model_dump() | {"strips": {name: strip.model_dump() for name, strip in made.items()}})


def _level_strip(strip: Strip, by: float) -> Strip:
    """`strip` for a stem that is `by` dB louder."""
    values: dict[str, Any] = {"gain": round(float(np.clip(strip.gain - by, -60, 24)), 1)}
    for name, lowest in (("compressor", -60.0), ("gate", -80.0)):
        if (part := getattr(strip, name)) is not None:
            values[name] = part.model_copy(update={"threshold": round(float(np.clip(part.threshold + by, lowest, 0)), 1)})
    return strip.model_copy(update=values)


def save_producer(net: ProducerNet, folder: Path, facts: dict[str, Any]) -> Path:
    """Write weights in half precision and what must be known of them to `folder`, all or nothing."""
    with whole_folder(folder, replace=True) as draft:
        halves = {name: t.detach().to(torch.float16).contiguous() for name, t in net.state_dict().items()}
        save_file(halves, draft / TENSORS)
        write_json(draft / FACTS, {**_versions(), **_name_backbones(net), **facts})
    return folder


@lru_cache(maxsize=2)
def load_producer(folder: Path = WEIGHTS, models: Path | None = None) -> Producer:
    """The model in `folder`; the language models that it was trained on are looked for in `models` too.

    Raises `Unavailable` where its weights are missing, damaged or of another version, or such a model is not here or another.
    """
    try:
        facts = read_object(folder / FACTS, remedy=_REMEDY)
        tensors = load_file(folder / TENSORS)
    except (OSError, SafetensorError, BadInput, NotFound) as error:
        raise Unavailable(f"no producer model in {folder}: {error}", remedy=_REMEDY) from None
    if {name: facts.get(name) for name in _versions()} != _versions():
        raise Unavailable(f"the producer model in {folder} is of another version", remedy=_REMEDY)
    under = {name: facts[name] for name in ("encoder", "decoder") if isinstance(facts.get(name), dict)}
    encoder, decoder = (str(under.get(name, {}).get("name", "")) for name in ("encoder", "decoder"))
    net = build_producer(encoder, decoder, models)
    if _name_backbones(net) != under:
        raise Unavailable(f"the producer model in {folder} was trained on another language model", remedy=_REMEDY)
    try:
        net.load_state_dict({name: t.float() for name, t in tensors.items()})
    except RuntimeError as error:
        raise Unavailable(f"the producer model in {folder} has other weights: {error}", remedy=_REMEDY) from None
    return Producer(net.eval(), str(facts.get("revision", "")))


def build_producer(encoder: str = "", decoder: str = "", models: Path | None = None) -> ProducerNet:
    """A net with the language models of these names under it; without names it stands by itself. Raises as `load_backbone`."""
    reads = load_backbone(encoder, models, reads=True, places=WORDS) if encoder else None
    answers = load_backbone(decoder, models, reads=False, places=WORDS + PLACES) if decoder else None
    return ProducerNet(count_words(), reads, answers)


def _name_backbones(net: ProducerNet) -> dict[str, dict[str, str]]:
    """The language models under a net, and the content of their weights."""
    found = {"encoder": net.encoder, "decoder": net.desk.backbone}
    return {
        name: {"name": part.backbone.name, "revision": part.backbone.revision} for name, part in found.items() if part is not None
    }


def _versions() -> dict[str, Any]:
    return {"features": features.VERSION, "grammar": grammar.VERSION, "words": count_words()}
