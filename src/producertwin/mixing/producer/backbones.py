"""Larger language models under the producer model, by name: one that reads captions, one that answers rows.

Whatever `transformers.AutoModel` opens: BERT and the like read captions, Mistral, Llama and Qwen read captions or answer rows.
They stay as they are: only linear maps from and to their width are trained and kept, so that weights trained on them are as
small as without them. Files are looked for in a folder, in the studio's models and in the cache of downloads; nothing is
fetched, no code of a repository is run, and nothing is unpickled. They run on the CPU.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ...errors import BadInput, Unavailable
from ...model.variants.checksums import revision


@dataclass(frozen=True, slots=True, eq=False)
class Backbone:
    """A language model with its weights, which are never trained."""

    name: str
    revision: str
    """Content hash of the weights."""
    model: Any
    tokenizer: Any
    """None where it only answers rows."""
    width: int


def load_backbone(name: str, models: Path | None, *, reads: bool, places: int) -> Backbone:
    """The model in the folder or repository `name`, with its tokenizer where it `reads` captions; for `places` at a time.

    Raises `Unavailable` with the command that fetches it where its files are not here or not whole, `BadInput` for one that
    takes fewer places, and for one without `reads` that looks ahead.
    """
    from transformers import AutoModel, AutoTokenizer

    folder = find_backbone(name, models)
    wanted = (models or Path("models")) / Path(name).name
    remedy = f"run: hf download {name} --include '*.json' '*.txt' '*.model' '*.safetensors' --local-dir {wanted}"
    if folder is None:
        raise Unavailable(f"the weights of {name} are not here", remedy=remedy)
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True) if reads else None
        model = AutoModel.from_pretrained(folder, local_files_only=True, use_safetensors=True, dtype="auto")
    except (OSError, ValueError, KeyError, ImportError) as error:
        raise Unavailable(f"{folder} is not a whole language model: {error}", remedy=remedy) from None
    model = model.eval().requires_grad_(False)
    width, most = (getattr(model.config, key, None) for key in ("hidden_size", "max_position_embeddings"))
    if not isinstance(width, int) or (isinstance(most, int) and most < places):
        raise BadInput(f"{name} takes {most} places at a time, and {places} are needed", remedy="name one with a longer context")
    found = Backbone(name, revision(sorted(folder.glob("*.safetensors")), folder), model, tokenizer, width)
    if not reads and not _is_causal(found):
        raise BadInput(f"{name} looks ahead, so it cannot answer a row", remedy="name a causal one, such as a Mistral")
    return found


def find_backbone(name: str, models: Path | None) -> Path | None:
    """The folder that holds `name`, or None where its files are not here."""
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    places = [Path(name).expanduser()] + ([models / Path(name).name] if models else [])
    try:
        cached = try_to_load_from_cache(name, "config.json")
        places += [Path(cached).parent] if isinstance(cached, str) else []
    except HFValidationError:  # a path is no repository
        pass
    return next((one for one in places if (one / "config.json").is_file() and any(one.glob("*.safetensors"))), None)


@torch.no_grad()
def _is_causal(backbone: Backbone) -> bool:
    """Whether what stands at a place says nothing of what comes after it."""
    one = torch.linspace(-1, 1, 4 * backbone.width).reshape(1, 4, backbone.width).to(backbone.model.dtype)
    other = one.clone()
    other[:, 3] *= -1
    before, after = (backbone.model(inputs_embeds=given).last_hidden_state[:, :3] for given in (one, other))
    return torch.allclose(before.float(), after.float(), atol=1e-3)


class BackboneReader(nn.Module):
    """The states of captions by a backbone, brought to the width of the net."""

    def __init__(self, backbone: Backbone, width: int, longest: int) -> None:
        super().__init__()
        self._held = (backbone,)  # not a module of this one: its weights are neither trained nor kept
        self.longest = longest
        self.bridge = nn.Sequential(nn.LayerNorm(backbone.width), nn.Linear(backbone.width, width))

    @property
    def backbone(self) -> Backbone:
        """The language model."""
        return self._held[0]

    def forward(self, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """States `(batch, words, width)` of texts, and where there are words; an empty text has one too."""
        tokenizer = self.backbone.tokenizer
        if tokenizer.pad_token is None:
            tokenizer.pad_token = tokenizer.eos_token or tokenizer.unk_token
        given = [text.strip() or "." for text in texts]
        told = tokenizer(given, padding=True, truncation=True, max_length=self.longest, padding_side="right", return_tensors="pt")
        with torch.no_grad():
            ids, mask = told["input_ids"], told["attention_mask"]
            states = self.backbone.model(input_ids=ids, attention_mask=mask).last_hidden_state
        found: Tensor = self.bridge(states.float().clone())
        return found, mask.bool()


class BackboneDecoder(nn.Module):
    """Places of rows through a causal backbone that has read the caption's states before them."""

    def __init__(self, backbone: Backbone, width: int) -> None:
        super().__init__()
        self._held = (backbone,)
        self.caption = nn.Linear(width, backbone.width)
        self.enter = nn.Linear(width, backbone.width)
        self.leave = nn.Sequential(nn.LayerNorm(backbone.width), nn.Linear(backbone.width, width))

    @property
    def backbone(self) -> Backbone:
        """The language model."""
        return self._held[0]

    def forward(self, x: Tensor, states: Tensor, mask: Tensor, past: Any = None) -> Tensor:
        """`x` `(batch, places, width)` with what the model makes of each place and of those before it.

        `states` and `mask` are a caption's. `past`, a `DynamicCache`, keeps what was read, so that places can come one by one.
        """
        known = 0 if past is None else past.get_seq_length()
        given = self.enter(x) if known else torch.cat([self.caption(states), self.enter(x)], 1)
        length = known + given.shape[1]
        seen = torch.cat([mask.long(), mask.new_ones(len(mask), length - mask.shape[1], dtype=torch.long)], 1)
        places = (seen.cumsum(-1) - 1).clamp(min=0)[:, known:]
        told = given.to(self.backbone.model.dtype)
        # By place, not by name: transformers renames the fourth argument (`past_key_values`, `cache`).
        made = self.backbone.model(None, seen, places, past, inputs_embeds=told, use_cache=past is not None).last_hidden_state
        found: Tensor = x + self.leave(made[:, -x.shape[1] :].float())
        return found


def begin_cache() -> Any:
    """What keeps the places of a row that a `BackboneDecoder` has read."""
    from transformers import DynamicCache

    return DynamicCache()
