"""Where sounds go through the codec in a pipeline: latents are handed on, and only what somebody hears or needs is decoded.

A stage's takes are decoded where they are the result, where the pipeline keeps their audio, where waveforms are worked on (a mix,
a choice, a stage that keeps samples or cuts them) and where another variant plays next. Of each sound that is encoded every
variant keeps the latents, so that stages that share a source or a reference encode it once.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from .behaviours import behaviour_of
from .planning import PlannedStage
from .sound_stages import Mix, Select
from .stages import Cover, Repaint


def plan_sound(planned: Sequence[PlannedStage], kept: Collection[str], *, preview: bool) -> tuple[PlannedStage, ...]:
    """`planned` with what is heard and how often the codec is passed; the pipeline keeps the audio of the stages `kept`.

    With `preview` the takes of all stages are decoded.
    """
    heard = _find_heard(planned, kept)
    takes = {one.id: one.takes for one in planned}
    encoded: set[tuple[str, str]] = set()
    found = []
    for one in planned:
        sounds = one.id in heard
        decodes = 0 if isinstance(one.stage, Mix | Select) or not (sounds or preview) else one.takes
        encodes = _count_encodes(one, takes, encoded)
        found.append(replace(one, heard=sounds, preview=preview, encodes=encodes, decodes=decodes))
    return tuple(found)


def _find_heard(planned: Sequence[PlannedStage], kept: Collection[str]) -> set[str]:
    """Ids of the stages whose takes have to be sounds; a choice has the takes of the stage that it chooses among."""
    heard = {planned[-1].id, *kept}
    for one in reversed(planned):
        stage = one.stage
        if isinstance(stage, Mix | Select) or behaviour_of(stage).needs_sound(stage):
            heard |= {one.id, *_references(one)}
        elif one.hands_over == "sound":
            heard |= {*_references(one)}
    return heard


def _references(one: PlannedStage) -> list[str]:
    return [source.name[1:] for source in one.stage.sources if source.name.startswith("@")]


def _count_encodes(one: PlannedStage, takes: dict[str, int], encoded: set[tuple[str, str]]) -> int:
    """Sounds that `one` is the first to have encoded; they are added to `encoded`, by variant and name."""
    stage = one.stage
    if isinstance(stage, Mix | Select):
        return 0
    windows = len(stage.all_regions) if isinstance(stage, Repaint) and stage.mode == "exact" and stage.match else 0
    count = one.takes * windows
    named = [(str(path), 1) for path in stage.reference]
    if one.hands_over == "sound" and not (isinstance(stage, Cover) and stage.codes):
        named += [(source.name, takes.get(source.name[1:], 1)) for source in stage.sources]
    for name, sounds in named:
        if (stage.play.variant, name) not in encoded:
            encoded.add((stage.play.variant, name))
            count += sounds
    return count
