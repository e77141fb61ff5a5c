"""Automatic mixing for `twin mix` and `twin desk new`: what it hears, and what is said of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..mixing.stems import role_of
from ..progress import Steps, note, warning

if TYPE_CHECKING:
    from ..audio.samples import Samples
    from ..library import Take
    from ..mixing.automix.plan import AutoMix
    from ..mixing.desk import Desk
    from ..pipeline.sources import EditSource
    from .mix_plan import MixPlan
    from .studio import Studio


def set_automatically(
    plan: MixPlan, desk: Desk, sources: Sequence[EditSource], studio: Studio, *, names: Sequence[str] = (), song_name: str = ""
) -> Steps[AutoMix]:
    """`desk`, a strip for each source, set by the rules; what they could not make of the words is said.

    Sources are called `names`, and the song to come near `song_name`, or as they are.
    """
    from ..audio import edits
    from ..mixing.automix.master import read_shape
    from ..mixing.automix.plan import Wish, set_desk
    from ..pipeline.sources import find_source
    from ..pipeline.stages import SourceRef
    from .sounds import decode_sources

    song, song_name = None, song_name or Path(plan.like).name
    if plan.like:
        found = yield from decode_sources([find_source(SourceRef(plan.like), studio.existing_library)], studio)
        song = read_shape(edits.to_stereo(found[0].audio))
    caption = plan.caption or next((p.caption for s in sources if (p := s.prompt) and p.caption), "")
    wish = Wish(plan.prompt, f"{Path(plan.desk).stem}, {caption}", song, song_name, plan.without)
    stems = [edits.to_stereo(source.audio) for source in sources]
    called = names or [call_source(source) for source in sources]
    auto = set_desk(desk, called, stems, wish)
    yield from (note(text) for text in auto.notes)
    if auto.unread:
        yield warning(f"nothing was made of these words of the prompt: {', '.join(auto.unread)}")
    return auto


def correct(auto: AutoMix | None, strips: Sequence[Samples]) -> AutoMix | None:
    """An automatic mix with faders that take back what effects did to loudness; None where nothing is to do."""
    from ..mixing.automix.plan import correct_gains

    return correct_gains(auto, strips) if auto else None


def call_source(source: EditSource) -> str:
    """What a source is called: a file by its name, a take as `call_take` says."""
    return Path(source.name).stem if source.take is None else call_take(source.take)


def call_take(take: Take) -> str:
    """What `take` is called: the stem that it was played as, the only one in its caption, or its id; several are a song."""
    stem = take.stage.get("stem")
    if isinstance(stem, str):
        return stem
    alone = len({role_of(word) for word in take.caption.split()} - {None}) == 1
    return (alone and role_of(take.caption)) or f"take {take.id[:4]}"
