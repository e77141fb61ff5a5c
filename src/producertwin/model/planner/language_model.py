"""A loaded planner, and its loop: a prompt and a grammar in, tokens out.

The model is transformers' own Qwen3, in evaluation mode. What must come anyway is never asked for: it goes through the model
together with the next token that is a choice. Choices are drawn from one CPU generator, so a seed means one answer. With guidance
two sequences run beside each other, each with its own keys and values and without padding; both are given the drawn tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ...errors import BadInput
from ...progress import Clock, OnProgress, ignore
from ...settings import Settings
from ..variants.checksums import revision
from ..variants.load import choose_device, choose_dtype
from ..weights import build, fill, read_json, read_state, weight_files
from . import catalogue
from .draw import draw, guide
from .grammar import Grammar, Walk, restrict
from .options import TokenSampling
from .parts import Part
from .vocabulary import Vocabulary, read_vocabulary

CONTEXT = 4096
"""Most tokens of prompt and answer together, as upstream runs it."""


@dataclass(frozen=True, slots=True, eq=False)
class Planner:
    """A language model that is ready to plan."""

    name: str
    revision: str
    """Content hash of the weights."""
    device: torch.device
    model: Any
    """A `Qwen3ForCausalLM`."""
    words: Vocabulary
    grammar: Grammar


@dataclass(frozen=True, slots=True)
class Ask:
    """What a planner is asked to write."""

    prompt: str
    parts: Sequence[Part]
    """The grammar of the answer."""
    seed: int
    sampling: TokenSampling = field(default_factory=TokenSampling)
    most: int = CONTEXT
    """Most tokens of the answer."""
    untold: str = ""
    """The prompt of guidance's other half; empty where there is no guidance."""
    guidance: float = 1.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a planner wrote."""

    tokens: tuple[int, ...]
    place: int
    """How many parts of its grammar are written."""
    whole: bool
    """Whether all of them are; False where the room came to its end before."""


def load(name: str, settings: Settings, *, dtype: torch.dtype | None = None) -> Planner:
    """Open a planner, by name or from a folder; its weights as `dtype`, or as the device multiplies them fastest.

    Raises `BadInput` for an unknown name or a damaged file, `Unavailable` where files or the device are missing.
    """
    device = choose_device(settings.device)
    folder, remedy = catalogue.require(name, settings)
    files = weight_files(folder, "model", remedy)
    model = build_model(folder, read_state(files, remedy), dtype or choose_dtype(device), device, remedy)
    words = read_vocabulary(folder / "tokenizer.json", int(model.config.vocab_size), remedy)
    return Planner(name, revision(files, folder), device, model, words, Grammar(words))


def build_model(folder: Path, state: dict[str, Tensor], dtype: torch.dtype, device: torch.device, remedy: str) -> Any:
    """The language model of a folder's `config.json` with the tensors `state`. Raises `BadInput` where they do not fit."""
    from huggingface_hub.errors import StrictDataclassError
    from transformers.models.qwen3.configuration_qwen3 import Qwen3Config
    from transformers.models.qwen3.modeling_qwen3 import Qwen3ForCausalLM

    stored = read_json(folder / "config.json", remedy)
    if stored.get("model_type", "qwen3") != "qwen3":
        raise BadInput(f"{folder} holds a {stored['model_type']!r:.40}, not a Qwen3", remedy=remedy)
    kept = {key: value for key, value in stored.items() if key not in ("architectures", "dtype", "torch_dtype")}
    try:
        config = Qwen3Config(**kept)
    except (StrictDataclassError, TypeError, ValueError) as error:
        raise BadInput(f"{folder / 'config.json'} describes no Qwen3: {error}", remedy=remedy) from None
    state = {key if key.startswith(("model.", "lm_head.")) else f"model.{key}": tensor for key, tensor in state.items()}
    if config.tie_word_embeddings:
        state["lm_head.weight"] = state.get("lm_head.weight", state.get("model.embed_tokens.weight", torch.empty(0)))
    model = fill(build(Qwen3ForCausalLM, {"config": config}), state, folder, dtype=dtype, device=device, remedy=remedy)
    model.tie_weights()
    return model


@dataclass(slots=True)
class _Branch:
    """One sequence that the model has read, with its keys and values, and tokens that it has yet to read."""

    model: Any
    unread: list[int]
    cache: Any = None

    def logits(self) -> Tensor:
        """Logits `(vocabulary,)` of the token after all that was given; float32 on the CPU."""
        tokens = torch.tensor([self.unread], device=self.model.device)
        if self.cache is None:
            from transformers.cache_utils import DynamicCache

            self.cache = DynamicCache(config=self.model.config)
        # By place, not by name: transformers renames this argument (`past_key_values`, `cache`) and fills what it is given.
        found = self.model(tokens, None, None, self.cache, use_cache=True, logits_to_keep=1)
        self.unread = []
        last: Tensor = found.logits[0, -1]
        return last.float().cpu()


@torch.inference_mode()
def write(planner: Planner, ask: Ask, *, what: str, least: int = 1, on_progress: OnProgress = ignore) -> Answer:
    """What `planner` writes. `on_progress` is called at every choice and may raise `Interrupted`.

    Raises `BadInput` where the prompt leaves room for fewer than `least` tokens.
    """
    prompt = list(planner.words.encode(ask.prompt))
    most = min(ask.most, CONTEXT - len(prompt))
    if most < least:
        message = f"the planner has room for {CONTEXT} tokens: {len(prompt)} were given, and it needs {least} to answer"
        raise BadInput(message, remedy="shorten the lyrics, the caption or the sound")
    told = _Branch(planner.model, list(prompt))
    untold = _Branch(planner.model, list(planner.words.encode(ask.untold))) if ask.guidance > 1.0 and ask.untold else None
    generator = torch.Generator("cpu").manual_seed(ask.seed)
    walk, written, clock = Walk(ask.parts), list[int](), Clock(what, most)
    while not walk.has_ended and len(written) < most:
        following = walk.force()[: most - len(written)]
        if not following:
            on_progress(clock.at(len(written)))
            logits = told.logits()
            if untold is not None:
                logits = guide(logits, untold.logits(), ask.guidance)
            following = _choose(walk, logits, ask.sampling, [*prompt, *written], generator)
        for token in following:
            walk.advance(token)
        written += following
        for branch in (told, untold):
            if branch is not None:
                branch.unread += following
    on_progress(clock.at(most))
    return Answer(tuple(written), walk.place, walk.has_ended)


def _choose(walk: Walk, logits: Tensor, how: TokenSampling, seen: Sequence[int], generator: torch.Generator) -> tuple[int, ...]:
    """The next token, or those that must come once a part has ended."""
    mask = walk.allow(logits)
    while mask is None:
        if walk.has_ended or walk.force():
            return ()
        mask = walk.allow(logits)
    return (draw(restrict(logits, mask), how, seen, generator),)
