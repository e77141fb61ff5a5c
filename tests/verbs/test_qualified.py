"""What a qualification changes: defaults where nobody chose, and a warning above the cliff."""

from __future__ import annotations

import pytest

from producertwin.disk import write_json
from producertwin.errors import BadInput
from producertwin.evaluation.qualify.judging import Qualification
from producertwin.evaluation.qualify.judging import Settings as Found
from producertwin.model.instrument import Card
from producertwin.pipeline.caption_metas import take_metas
from producertwin.pipeline.executor import choose_strength, tell_strength
from producertwin.pipeline.song import STRENGTH
from producertwin.pipeline.stages import Cover, Generate, Refine
from producertwin.settings import Settings
from producertwin.verbs.qualified import RECORD, apply_qualification, folder_of

CARD = Card(name="xl", tasks=frozenset(), steps=8, guidance=1.0)
QUALIFIED = CARD.model_copy(update={"guide_strength": 0.15, "song_strength": 0.3, "most_strength": 0.35, "most_cover_noise": 0.1})


def ask(**more: object) -> Generate:
    return Generate.model_validate({"prompt": {"caption": "house", "bpm": 120}, "guide": "band", **more})


def test_defaults_are_the_variants_own_and_what_is_chosen_wins() -> None:
    song, _ = take_metas(ask(song={"chords": "Am | F"}))
    assert isinstance(song, Generate) and song.guide_strength == STRENGTH
    assert choose_strength(song, CARD) == song
    for stage, strength in ((ask(), 0.15), (song, 0.3), (ask(guide_strength=0.2), 0.2), (ask(guide_strength=0.6), 0.6)):
        chosen = choose_strength(stage, QUALIFIED)
        assert isinstance(chosen, Generate) and chosen.guide_strength == strength


def test_the_user_is_told_what_was_used_and_what_will_fall_silent() -> None:
    [told] = tell_strength(ask(), choose_strength(ask(), QUALIFIED), QUALIFIED)
    assert told.kind == "note" and "0.15, as xl was qualified" in told.text
    loud = ask(guide_strength=0.6)
    [warned] = tell_strength(loud, loud, QUALIFIED)
    assert warned.kind == "warning" and "above a strength of 0.35" in warned.text
    refine = Refine.model_validate({"source": "a", "denoise": 0.5})
    cover = Cover.model_validate({"source": "a", "noise_strength": 0.2})
    assert tell_strength(refine, refine, QUALIFIED) and tell_strength(cover, cover, QUALIFIED)
    kept = (
        Refine.model_validate({"source": "a", "denoise": 0.65}),
        Cover.model_validate({"source": "a"}),
        ask(guide_strength=0.35),
    )
    assert not any(tell_strength(stage, stage, QUALIFIED) for stage in kept)
    assert tell_strength(ask(), ask(), CARD) == ()


def test_the_studio_knows_what_was_qualified(settings: Settings) -> None:
    assert apply_qualification("xl", CARD, settings) == CARD
    found = Qualification(
        variant="xl", revision="b2:0", device="cpu", grade="B", settings=Found(song_strength=0.3), judged=(), points=()
    )
    path = folder_of("/weights/xl", settings) / RECORD
    path.parent.mkdir(parents=True)
    write_json(path, found.model_dump(mode="json"))
    assert apply_qualification("xl", CARD, settings) == CARD.model_copy(update={"song_strength": 0.3})
    assert apply_qualification("nano", CARD, settings) == CARD
    path.write_text('{"variant": 3}')
    with pytest.raises(BadInput):
        apply_qualification("xl", CARD, settings)
