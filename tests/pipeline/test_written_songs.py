"""Chords and form of a stage decide key and length, are checked by bar and beat, and are played as the guide."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from producertwin.errors import BadInput
from producertwin.model.sampling.request import Metas
from producertwin.music import Key
from producertwin.pipeline import guide, read_back
from producertwin.pipeline.caption_metas import take_metas
from producertwin.pipeline.song import STRENGTH, TAIL
from producertwin.pipeline.stages import Generate

CHORDS, FORM = "Dm9 G13 | Cmaj9 A7b9", "intro 2, verse 8, hook 8"


def ask(caption: str = "boom bap", **more: Any) -> Generate:
    song = {name: more.pop(name) for name in ("chords", "form") if name in more}
    prompt = {"caption": caption, **{name: more.pop(name) for name in ("bpm", "key", "meter") if name in more}}
    return Generate.model_validate({"prompt": prompt, "song": song, **more})


def settle(stage: Generate) -> tuple[Generate, list[str]]:
    found, notes = take_metas(stage)
    assert isinstance(found, Generate)
    return found, [one.text for one in notes]


def test_a_form_decides_the_length_and_chords_the_key() -> None:
    stage, notes = settle(ask(bpm=90, chords="Am | F", form=FORM))
    assert stage.seconds == pytest.approx(18 * 4 * 60 / 90 + TAIL)
    assert (stage.prompt.key, stage.prompt.meter, stage.prompt.bpm) == ("A minor", 4, 90)
    assert notes == ["from the chords: A minor", "from the form: 18 bars, 50 s"]


def test_a_form_without_a_tempo_gets_one_of_the_style() -> None:
    found = [settle(ask("boom bap", form=FORM, play={"seed": seed})) for seed in (1, 1, 2)]
    tempi = [stage.prompt.bpm for stage, _ in found]
    assert tempi[0] == tempi[1] != tempi[2]
    assert all(bpm is not None and 70 <= bpm <= 110 for bpm in tempi)
    assert "drawn from the style Boom Bap" in found[0][1][0]


def test_facts_in_the_caption_count_for_the_song() -> None:
    stage, _ = settle(ask("boom bap, 100 bpm, 3/4, C major", chords="ii7 | V7", form="verse 10"))
    assert (stage.prompt.bpm, stage.prompt.key, stage.prompt.meter) == (100, "C major", 3)
    assert stage.seconds == pytest.approx(10 * 3 * 0.6 + TAIL)


def test_chords_alone_leave_the_length() -> None:
    stage, notes = settle(ask(chords=CHORDS, seconds=12.0))
    assert stage.seconds == 12.0 and stage.prompt.bpm is None and stage.guide_strength == STRENGTH
    assert settle(ask(chords=CHORDS, guide_strength=0.2))[0].guide_strength == 0.2
    assert settle(ask())[0].guide_strength == Generate.model_fields["guide_strength"].default
    assert notes == ["from the chords: D minor"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"chords": "Dm9 X"}, "bar 1, beat 3: 'X' is no chord"),
        ({"chords": "ii7"}, "no key is given"),
        ({"form": "vers 8"}, "'vers' is no section"),
        ({"form": "verse 8", "bpm": 90, "seconds": 60}, "the form lasts 21.33 s at 90 bpm, not 60 s"),
        ({"form": "verse 999", "bpm": 60}, "the form lasts 3996 s at 60 bpm"),
        ({"form": "verse 8, hook 999"}, "the form has 1007 bars"),
    ],
)
def test_what_cannot_be_played_is_refused(more: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInput, match=said) as caught:
        take_metas(ask(**more))
    assert caught.value.remedy


@pytest.mark.parametrize("seconds", [64.0, 66.0])
def test_a_length_that_fits_the_form_is_kept(seconds: float) -> None:
    assert settle(ask(form="verse 16", bpm=60, seconds=seconds))[0].seconds == seconds


@pytest.mark.parametrize("more", [{"guide": "none"}, {"guide_strength": 0.0}, {"codes": "<|audio_code_7|>"}])
def test_a_song_needs_the_guide(more: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        ask(chords="Am", **more)


def test_a_song_is_played_whatever_the_variant_and_however_vague_the_caption() -> None:
    for by_itself in (False, True):
        assert guide.uses_guide(ask(chords="Am"), by_itself=by_itself) == (True, "")
    played, warned = guide.uses_guide(ask("neon freeway", chords="Am"), by_itself=False)
    assert played and "the band plays" in warned


def test_the_sketch_keeps_the_chart_and_is_measured() -> None:
    stage, _ = settle(ask("house", bpm=124, chords="Am | F | C | G", form="verse 4", play={"seed": 3}))
    score = guide.write_score(stage, 3, Metas(124, Key.parse("A minor"), 4))
    sound = guide.play_score(stage, score)
    assert sound.shape[1] == round(stage.seconds * 48_000)
    measured = read_back.measure(sound, score)
    assert measured["chords_root"] is not None and measured["chords_root"] >= 0.9
    assert "form_boundaries" not in measured  # one section has no boundaries
    low, high = (measured[name] for name in read_back.SPREAD)
    assert low is not None and high is not None and low <= measured["chords_root"] <= high
    told = read_back.tell(measured | {"guide_chords_root": 0.5, "chords_root_low": 0.9, "chords_root_high": 1.0})
    assert "of the beats (90% to 100%), " in told
    assert told.startswith("chords: the root is heard on ") and "(of the guide itself 50%)" in told and read_back.tell({}) == ""


def test_stages_without_a_song_are_stored_as_before() -> None:
    assert "song" not in ask().model_dump(mode="json")
    assert ask(chords="Am").model_dump(mode="json")["song"] == {"chords": "Am", "form": ""}


def test_a_take_without_a_guide_is_not_read_back() -> None:
    from producertwin.model.sampling.request import Request

    request = Request(caption="house", seconds=4.0, seed=3)
    assert read_back.read_back(ask("house", guide="none"), np.zeros((2, 48_000), np.float32), request) == {}
