"""The loaded instrument: ACE-Step's modules, and what its variant was trained for.

Conventions: latents `(batch, frames, width)` at 25 frames per second; the width is 64 (4 for `tiny`). Modules are diffusers'
and transformers' own, in evaluation mode, without gradients.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field

from ..disk import write_json
from ..errors import BadInput
from ..recipe import Record
from ..timebase import HOP
from .sampling.options import Push
from .tasks import Task

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from .sampling.encodings import Encodings
    from .sampling.form import Sections
    from .sampling.singing import Sung

TIMBRE_FRAMES = 750
"""Latent frames of reference audio the timbre encoder hears: 30 seconds, always."""


class Card(Record):
    """What a variant was trained for. Stored beside its weights as `twin.json`."""

    name: str
    """Name of the variant."""
    tasks: frozenset[Task]
    """What it may be asked to do."""
    steps: int = Field(ge=1, le=1000)
    """Denoising steps by default."""
    guidance: float = Field(ge=1.0, le=30.0)
    """Strength of guidance by default; 1 is none."""
    shift: float = Field(1.0, gt=0.0, le=10.0)
    """Shift of the schedule by default."""
    extract_steps: int | None = Field(None, ge=1, le=1000)
    """Steps of an extraction by default, where it takes others than the rest: few give a stem's average, which masks want."""
    extract_guidance: float | None = Field(None, ge=1.0, le=30.0)
    """Guidance of an extraction by default, where it takes another than the rest."""
    discrete: bool = False
    """Distilled to the noise levels of the eight-step schedules; guidance is distilled into its weights."""
    shifts: tuple[float, ...] = (1.0, 2.0, 3.0)
    """Where distilled, the shifts of those schedules; none written means all from 1 to 5."""
    t_range: tuple[float, float] = (0.0, 1.0)
    """Noise levels it was trained on."""
    dcw: Push | None = None
    """DCW by default; None is ACE-Step's own default, double where distilled and off elsewhere."""
    stem_captions: bool = False
    """Whether it was trained on captions of the song and of the stem, with a word on the mask (ACE-Step's `is_lego_sft`)."""
    lyric_heads: tuple[tuple[int, int], ...] = ()
    """Heads of the transformer, as (layer, head), that follow a lyric; where none are named, those known of its size."""
    guided: bool = False
    """Whether the house band plays it a guide when nobody says: a sketch helps it to form and key."""
    metronome: bool = False
    """Whether it was trained to hear `metronome.metronome` in the silence of text2music."""
    form: bool = False
    """Whether it hears there which section plays, too (`form.form_signals`)."""
    form_guidance: float = Field(0.0, ge=0.0, le=10.0)
    """How many times the change that the form makes to a prediction is added to it once more (`walk`); 0 adds nothing."""
    few_words: bool = False
    """Whether rarer words of a caption are put in common ones (`music.common_words`) and keys in one spelling (`Key.plain`): it
    learned its words from few."""
    own_codes: bool = False
    """Whether its codes are not ACE-Step's, so that no planner can lay them down."""
    words: frozenset[str] = frozenset()
    """Every word of the captions it was trained on, in lower case, where those are few; empty is words at large."""
    syllables: bool = False
    """Whether it sings the syllables of lyrics where it can sing no words that are understood."""
    sings: bool = True
    """Whether it can sing lyrics."""
    text_tokens: int = Field(256, ge=64)
    """Longest prompt, in tokens."""
    lyric_tokens: int = Field(2048, ge=16)
    """Longest lyric, in tokens."""
    max_seconds: float = Field(600.0, gt=0.0)
    """Longest take."""
    least_frames: int = Field(128, ge=1)
    """Fewest latent frames it was trained on (128 are 5.12 s): a shorter take is played at this length and cut."""
    copy_error: float | None = Field(None, gt=0.0)
    """Most that its codec's copy of its own kind of music is off (`metrics.round_trip`); what is further off it cannot carry."""
    guide_strength: float | None = Field(None, gt=0.0, lt=1.0)
    """How closely takes follow a guide where nobody says; found by measurement (`twin qualify`)."""
    song_strength: float | None = Field(None, gt=0.0, lt=1.0)
    """How closely they follow a written song where nobody says."""
    most_strength: float | None = Field(None, ge=0.0, lt=1.0)
    """The strongest start from a sound that plays: above it takes collapse to near-silence."""
    most_cover_noise: float | None = Field(None, ge=0.0, lt=1.0)
    """The same of covers that begin from their source."""
    revision: str = ""
    """Where the weights come from, in words; the instrument's own revision is computed from their content."""
    licence: str = ""
    """Licence of the weights."""

    @property
    def correction(self) -> Push:
        """DCW where nobody asks for another."""
        return self.dcw or ("double" if self.discrete else "off")

    def sampling_of(self, task: Task) -> tuple[int, float]:
        """Steps and guidance of `task` by default."""
        if task is not Task.EXTRACT:
            return self.steps, self.guidance
        return self.extract_steps or self.steps, self.extract_guidance or self.guidance

    def hear_form(self, sections: Sections = ()) -> Sections | None:
        """`sections` as the metronome is told them, empty where nobody knows them; None for an instrument that hears no form."""
        return sections if self.form else None

    def hear_sung(self, sung: Sung = ()) -> Sung | None:
        """`sung` as the metronome is told it, empty where nobody sings; None for an instrument that hears no syllables."""
        return sung if self.syllables else None

    def require_stem_captions(self, name: str) -> None:
        """Raise `BadInput` unless the variant, called `name`, was trained on captions of song and stem."""
        if not self.stem_captions:
            remedy = "leave the global caption out, and say in the caption what the stem plays"
            raise BadInput(f"{name} was not trained on captions of song and stem", remedy=remedy)

    def require(self, task: Task, name: str) -> None:
        """Raise `BadInput` unless the variant, called `name`, was trained for `task`."""
        if task not in self.tasks:
            able = ", ".join(sorted(self.tasks))
            remedy = f"{name} can do {able}; extract, lego and complete belong to base and xl-base"
            raise BadInput(f"{name} was not trained for {task}", remedy=remedy)


def write_index(parts: Mapping[str, list[str]], card: Card, folder: Path) -> None:
    """Write what makes `folder` a diffusers pipeline of `parts` (name -> library and class), and its card `twin.json`."""
    scheduler = "FlowMatchEulerDiscreteScheduler"
    write_json(folder / "scheduler" / "scheduler_config.json", {"_class_name": scheduler, "num_train_timesteps": 1, "shift": 1.0})
    fixed = {"tokenizer": ["transformers", "PreTrainedTokenizerFast"], "scheduler": ["diffusers", scheduler]}
    write_json(folder / "model_index.json", {"_class_name": "AceStepPipeline", **parts, **fixed})
    write_card(card, folder)


def write_card(card: Card, folder: Path) -> None:
    """Write `card` beside the weights in `folder`."""
    write_json(folder / "twin.json", card.model_dump(mode="json") | {"tasks": sorted(card.tasks), "words": sorted(card.words)})


@dataclass(frozen=True, slots=True, eq=False)
class Instrument:
    """A variant ready to play."""

    variant: str
    revision: str
    """Content hash of the weights."""
    card: Card
    device: torch.device
    dtype: torch.dtype
    """Type of the transformer's weights; the other modules may be finer."""
    transformer: Any
    condition_encoder: Any
    text_encoder: Any
    tokenizer: Any
    """A `tokenizers.Tokenizer`."""
    vae: Any
    audio_tokenizer: Any = None
    audio_token_detokenizer: Any = None
    encodings: Encodings | None = None
    """What it encoded lately; None encodes everything anew, as it must be where weights change."""

    @property
    def tasks(self) -> frozenset[Task]:
        """What this instrument may be asked to do."""
        return self.card.tasks

    @property
    def defaults(self) -> Card:
        """Steps, guidance and shift to use when none are asked for."""
        return self.card

    @property
    def width(self) -> int:
        """Numbers per latent frame."""
        return int(self.transformer.config.audio_acoustic_hidden_dim)

    @property
    def has_timbre_token(self) -> bool:
        """Whether the timbre encoder puts its learned token before the reference (`timbre.encode_timbre`).

        The code of xl-base, xl-sft and xl-turbo does. Their condition encoder (2 048) is narrower than their transformer (2 560),
        which the config says in either layout; in ACE-Step's other variants both are of one width. The weights do not tell: every
        checkpoint holds the token. nano's widths differ too, but it was trained without; its own codec tells it apart.
        """
        return reads_timbre_token(self.transformer.config, type(self.vae).__name__)

    @property
    def keeps_phase(self) -> bool:
        """Whether the codec gives back waveforms, or only spectra."""
        return bool(getattr(self.vae, "keeps_phase", True))

    def silence(self, frames: int) -> Tensor:
        """The first `frames` latents of silence, `(1, frames, width)` float32 on the CPU.

        ACE-Step's checkpoints store as many as the longest take has (15 000, 600 s). nano and tiny store a short stretch,
        which is repeated.
        """
        stored: Tensor = self.condition_encoder.silence_latent.detach().float().cpu()
        return repeat_silence(stored, frames)

    def require(self, task: Task) -> None:
        """Raise `BadInput` unless this instrument was trained for `task`."""
        self.card.require(task, self.variant)


def reads_timbre_token(transformer: Mapping[str, Any], codec: str) -> bool:
    """What `Instrument.has_timbre_token` says, of the transformer's config and the name of the codec's class."""
    own = transformer.get("encoder_hidden_size")
    return codec == "AutoencoderOobleck" and own is not None and int(own) != int(transformer["hidden_size"])


def repeat_silence(stored: Tensor, frames: int) -> Tensor:
    """The first `frames` latents of silence, from those that are stored, `(1, stored frames, width)`."""
    return stored.repeat(1, -(-frames // stored.shape[1]), 1)[:, :frames]


def frame_bytes(codec: Mapping[str, Any]) -> int:
    """Memory to decode or encode one frame, by the codec's config: five copies of the widest full-rate layer alive at once."""
    return int(max(codec.get("decoder_channels", 16), codec.get("encoder_hidden_size", 16))) * HOP * 4 * 5
