"""`make --think`: what the planner fills in, that it is put away where it does not fit, and who has no planner."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline_kit import ask
from planner_kit import planner_folder, save_planner
from producertwin.errors import BadInput, Interrupted, NotFound, Resources, Unavailable
from producertwin.library import Take
from producertwin.model.planner import flows, language_model
from producertwin.model.planner.options import DEFAULT, Thinking, TokenSampling
from producertwin.model.planner.outline import Outline
from producertwin.model.sampling.code_text import parse_codes
from producertwin.model.variants import footprint
from producertwin.pipeline import executor
from producertwin.pipeline.stages import Generate
from producertwin.progress import Event, Message, Steps, finish
from producertwin.settings import Settings
from producertwin.verbs.make import make, plan_make
from producertwin.verbs.planner import UnderstandPlan, understand
from producertwin.verbs.studio import Studio, open_studio
from producertwin.verbs.takes import read_codes
from producertwin.verbs.thinking import fill_in, outline_of

THOUGHT = Outline(caption="a slow lofi beat at 140 bpm", bpm=92, key="B♭ minor", meter=3, seconds=11, language="ja")
WORDS = Thinking(think=True, words_only=True)


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    settings = Settings(studio=tmp_path / "studio", device="cpu", offline=True)
    save_planner(planner_folder(settings))
    with open_studio(settings) as opened:
        yield opened


def said(stage: Generate) -> Outline:
    return outline_of(stage.prompt, stage.seconds if "seconds" in stage.model_fields_set else None)


def bare(**prompt: object) -> Generate:
    """A stage of which nothing is said but `prompt`."""
    return Generate.model_validate({"prompt": {"caption": "lofi", **prompt}, "play": {"variant": "tiny", "seed": 1, "steps": 2}})


def test_what_was_left_open_is_filled_in() -> None:
    filled = fill_in(bare(), THOUGHT)
    prompt = filled.prompt
    assert (prompt.caption, prompt.bpm, prompt.key, prompt.meter) == (THOUGHT.caption, 92, "Bb minor", 3)
    assert filled.seconds == 11 and filled.play == bare().play
    assert prompt.language == "unknown"  # nobody sings
    assert fill_in(bare(lyrics="[verse]\nla"), THOUGHT).prompt.language == "ja"


def test_what_was_said_stays() -> None:
    given = ask(prompt={"bpm": 77.5, "key": "C# minor", "meter": 6, "lyrics": "la", "language": "no"}, seconds=1.5)
    filled = fill_in(given, THOUGHT)
    assert filled.model_copy(update={"prompt": given.prompt}) == given
    assert filled.prompt.model_copy(update={"caption": given.prompt.caption}) == given.prompt
    assert filled.prompt.caption == THOUGHT.caption
    assert fill_in(given, Outline(bpm=90)).prompt == given.prompt  # no caption, none of the metas
    told = said(given)
    assert (told.bpm, told.key, told.meter, told.seconds, told.language) == (78, "C# minor", 6, 1, "no")
    assert said(bare()) == Outline(caption="lofi")


@pytest.mark.thorough
def test_every_take_is_thought_about_by_itself(studio: Studio) -> None:
    events: list[Event] = []
    takes = finish(make(ask(batch=2), studio, thinking=WORDS), events.append)
    assert [one.take.seed for one in takes] == [1, 2]
    assert len({one.take.caption for one in takes}) == 2
    told = [event.text for event in events if isinstance(event, Message)]
    assert [text.partition(":")[0] for text in told if "planner" in text] == ["take 1", "take 2"]
    alone = finish(make(ask(seed=2), studio, thinking=WORDS))[0].take
    assert (alone.caption, alone.metas, alone.audio) == (takes[1].take.caption, takes[1].take.metas, takes[1].take.audio)


def test_what_a_caption_states_is_asked_for_and_what_the_planner_writes_is_not_read_again(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Outline] = []

    def think(_: object, song: Outline, *__: object, **___: object) -> Outline:
        seen.append(song)
        return THOUGHT

    monkeypatch.setattr(flows, "think", think)
    take = finish(make(ask("lofi, 84 bpm, A minor"), studio, thinking=WORDS))[0].take
    assert (seen[0].bpm, seen[0].key) == (84, "A minor")
    assert (take.metas.bpm, take.metas.key, take.caption) == (84, "A minor", THOUGHT.caption)  # which says 140 bpm


@pytest.mark.thorough
def test_copies_are_numbered_through(studio: Studio, tmp_path: Path) -> None:
    out = tmp_path / "song.flac"
    takes = finish(make(ask(batch=2), studio, out=out, thinking=WORDS))
    assert [one.path for one in takes] == [tmp_path / "song-1.flac", tmp_path / "song-2.flac"]
    assert all(path.is_file() for one in takes if (path := one.path))
    [single] = finish(make(ask(seconds=1.0), studio, out=tmp_path, thinking=WORDS))
    assert single.path == tmp_path / f"{single.take.id}.flac"


@pytest.mark.thorough
def test_takes_that_were_played_before_are_not_thought_about_again(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    seeds: list[int] = []

    def think(_: object, song: Outline, tokens: object, seed: int, **__: object) -> Outline:
        seeds.append(seed)
        return THOUGHT

    monkeypatch.setattr(flows, "think", think)
    whole = [one.take.id for one in finish(make(ask(batch=3), studio, thinking=WORDS))]
    for played in range(4):
        seeds.clear()
        again = finish(make(ask(batch=3), studio, thinking=WORDS, played=whole[:played]))
        assert [one.take.id for one in again] == whole
        assert seeds == [1, 2, 3][played:]


@pytest.mark.parametrize("words_only", [True, False])
def test_nano_has_no_planner(words_only: bool, studio: Studio) -> None:
    stage = Generate.model_validate({"prompt": {"caption": "lofi"}, "play": {"variant": "nano"}})
    thinking = Thinking(think=True, words_only=words_only)
    for work in (make(stage, studio, thinking=thinking), plan_make(stage, studio, thinking=thinking)):
        with pytest.raises(BadInput, match="nano has no planner") as told:
            finish(work)
        assert "--think" in told.value.remedy and "turbo" in told.value.remedy


def test_a_planner_that_is_not_here_is_told_before_any_work(studio: Studio) -> None:
    for work in (make, plan_make):
        with pytest.raises(Unavailable, match=r"acestep-5Hz-lm-0\.6B"):
            finish(work(ask(), studio, thinking=Thinking(think=True, planner="acestep-5Hz-lm-0.6B")))
    assert studio.existing_library is None


def test_a_dry_run_says_what_the_planner_would_do(studio: Studio) -> None:
    events: list[Event] = []
    plan = finish(plan_make(ask(batch=2), studio, thinking=WORDS), events.append)
    assert plan.takes == 2
    assert any(isinstance(event, Message) and DEFAULT in event.text for event in events)


def test_stopping_keeps_what_was_finished(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    played = []
    original = executor.render

    def stop(*given: object, **ways: object) -> Steps[list[tuple[Take, tuple[str, ...]]]]:
        if played:
            raise Interrupted("stopped")
        played.append(given)
        return (yield from original(*given, **ways))  # type: ignore[arg-type]

    monkeypatch.setattr(executor, "render", stop)
    with pytest.raises(Interrupted, match="after 1 of 3 takes"):
        finish(make(ask(batch=3), studio, thinking=WORDS))
    assert len(studio.library.takes.list()) == 1


@pytest.mark.thorough
def test_codes_are_laid_down_and_played(studio: Studio) -> None:
    given = ask(seconds=2.3, batch=2, prompt={"bpm": 90, "key": "C major", "meter": 4})
    how = Thinking(think=True, lm_guidance=3.0, lm_negative="noise", tokens=TokenSampling(lm_temperature=0.7))
    takes = [one.take for one in finish(make(given, studio, thinking=how))]
    planner = finish(studio.load_planner(DEFAULT))
    for take in takes:
        assert take.task == "cover" and take.seconds == 2.3
        song = Outline(caption="lofi, rainy, rhodes", bpm=90, key="C major", meter=4, seconds=2)
        thought = flows.think(planner, song, how.tokens, take.seed)
        codes = flows.compose(planner, song, thought, 12, take.seed, flows.CodeSampling(how.tokens, 3.0, "noise"))
        assert parse_codes(take.stage["codes"]) == codes and len(codes) == 12  # 58 frames, five to a code
        assert take.caption == thought.caption
    assert takes[0].stage["codes"] != takes[1].stage["codes"] and takes[0].audio != takes[1].audio
    again = Generate.model_validate(takes[1].stage)  # without the planner
    assert finish(make(again, studio))[0].take.audio == takes[1].audio


def test_a_take_is_understood_through_its_codes(studio: Studio) -> None:
    take = finish(make(ask(), studio))[0].take
    heard = finish(understand(UnderstandPlan(source=take.id, variant="tiny", seed=2), studio))
    codes = finish(read_codes(take.id, studio))
    direct = finish(understand(UnderstandPlan(codes=codes, seed=2), studio))
    assert heard.outline == direct.outline and heard.outline.caption
    with pytest.raises(NotFound):
        finish(understand(UnderstandPlan(source="nothing", variant="tiny"), studio))


def is_gone(reference: weakref.ref[object]) -> bool:
    gc.collect()
    return reference() is None


@pytest.mark.thorough
def test_planner_and_instrument_are_held_together_where_they_fit(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(footprint, "free_bytes", lambda _: 1 << 40)
    planner = weakref.ref(finish(studio.load_planner(DEFAULT)).model)
    instrument = weakref.ref(finish(studio.load_instrument("tiny")).transformer)
    assert not is_gone(planner) and not is_gone(instrument)
    assert finish(studio.load_planner(DEFAULT)).model is planner()


@pytest.mark.thorough
def test_the_planner_is_put_away_before_an_instrument_that_does_not_fit(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    planner = weakref.ref(finish(studio.load_planner(DEFAULT)).model)
    monkeypatch.setattr(footprint, "free_bytes", lambda _: 1000)
    finish(studio.load_instrument("tiny"))
    assert is_gone(planner)


@pytest.mark.thorough
def test_the_instrument_is_put_away_before_a_planner_that_does_not_fit(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    instrument = weakref.ref(finish(studio.load_instrument("tiny")).transformer)
    free = iter([1000, 1 << 40])
    monkeypatch.setattr(footprint, "free_bytes", lambda _: next(free))
    finish(studio.load_planner(DEFAULT))
    assert is_gone(instrument)


def test_a_planner_that_does_not_fit_by_itself_is_refused(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(footprint, "free_bytes", lambda _: 1000)
    with pytest.raises(Resources, match="needs") as told:
        finish(studio.load_planner(DEFAULT))
    assert "0.6B" in told.value.remedy


@pytest.mark.thorough
def test_the_planner_is_gone_when_the_instrument_plays(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[weakref.ref[object]] = []
    load = language_model.load

    def watch(*given: object, **more: object) -> object:
        planner = load(*given, **more)  # type: ignore[arg-type]
        held.append(weakref.ref(planner.model))
        monkeypatch.setattr(footprint, "free_bytes", lambda _: 1000)
        return planner

    monkeypatch.setattr(language_model, "load", watch)
    from producertwin.model.variants import load as loading

    build = loading.load

    def play(*given: object, **more: object) -> object:
        assert is_gone(held[0])
        return build(*given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(loading, "load", play)
    assert finish(make(ask(), studio, thinking=WORDS)) and len(held) == 1
