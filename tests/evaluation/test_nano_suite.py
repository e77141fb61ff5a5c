from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from evaluation_kit import piece
from producertwin.audio import files
from producertwin.audio.samples import Samples
from producertwin.errors import BadInput, Diverged, NotFound
from producertwin.evaluation import markdown
from producertwin.evaluation.nano import edit_takes, report, singing, songs, sounds, takes, targets
from producertwin.evaluation.nano.edit_takes import StemSong
from producertwin.evaluation.nano.songs import Sketch, Song, SongPrompt
from producertwin.evaluation.nano.suite import NanoFigures, evaluate, examples_folder
from producertwin.evaluation.suite import NanoSuite, TakePlan
from producertwin.house_band.captions import caption
from producertwin.house_band.styles import COARSE, STYLES
from producertwin.metrics import style_classifier
from producertwin.model.instrument import Instrument
from producertwin.model.nano.embedder import Tags
from producertwin.model.sampling import engine
from producertwin.model.variants.load import load
from producertwin.music import KEYS
from producertwin.progress import Progress, finish
from producertwin.settings import Settings

pytestmark = pytest.mark.thorough

SUITE = NanoSuite(
    prompts=8, reference=24, seconds=2.0, steps=2, again=1, edits=2, long=1, long_seconds=40.0, sung=2, batch=4, workers=1,
    examples=1, speed="none",
)  # fmt: skip
BAND = ("drums", "bass", "keyboard")
SYSTEMS = ("real", "codec", "sketch", "plain", "guided 0.2")


def cheap_song(purpose: str, seed: int, index: int, seconds: float) -> Song:
    """A machine's piece in place of the house band's: tempo by style, so that styles can be told apart."""
    label = style_classifier.NAMES.index(COARSE[songs.style_of(index)])
    bpm, key = 70.0 + 6 * label, str(KEYS[(5 * index + seed) % 24])
    audio = piece(bpm, key, seconds=seconds, seed=index + (1000 if purpose == "reference" else 0), bright=0.2 + 0.07 * label)
    name = songs.style_of(index)
    return Song(
        SongPrompt(index, name, label, f"{style_classifier.NAMES[label]}, test", bpm, key, 4, (int(bpm) - 8, int(bpm) + 8), BAND),
        audio,
    )


def cheap_sketch(prompt: SongPrompt, seed: int, seconds: float) -> Sketch:
    return Sketch(piece(prompt.bpm, prompt.key, seconds=seconds, seed=seed), ((0.0, "verse"), (seconds, "end")))


def cheap_tracks(plan: TakePlan, index: int) -> StemSong:
    """A machine's drums and bass and another machine's keyboard."""
    prompt = cheap_song("evaluation", plan.seed, index, plan.seconds).prompt
    sound = piece(prompt.bpm, prompt.key, seconds=plan.seconds, seed=index)
    other = piece(prompt.bpm, prompt.key, seconds=plan.seconds, seed=index + 50, bright=0.1)
    return StemSong(prompt, {"drums": 0.4 * sound, "bass": 0.1 * other[:, ::-1].copy(), "keyboard": 0.3 * other})


@dataclass(frozen=True)
class Ears:
    """An embedder that hears drums and the first preset in everything."""

    name: str = "ears"

    def embed_audio(self, audio: Samples) -> Tags:
        assert np.isfinite(audio).all()
        styles = dict.fromkeys(STYLES, 0.0) | {songs.style_of(0): 1.0}
        return Tags(np.ones(2) / np.sqrt(2), styles, {"drums": 0.9, "bass": 0.2, "brass": 0.1, "vocals": 0.3})

    def embed_text(self, caption: str) -> np.ndarray:
        assert caption
        return np.array([1.0, 0.0])


@pytest.fixture(scope="module", autouse=True)
def cheap_band() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(edit_takes, "play", cheap_tracks)
        patch.setattr(sounds, "song", cheap_song)
        patch.setattr(sounds, "sketch", cheap_sketch)
        yield


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Instrument:
    return load("tiny", Settings(studio=tmp_path_factory.mktemp("studio"), device="cpu"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("figures")


@pytest.fixture(scope="module")
def found(tiny: Instrument, folder: Path) -> NanoFigures:
    return finish(evaluate(SUITE, tiny, folder))


def test_every_system_is_measured_on_every_prompt(found: NanoFigures, tiny: Instrument) -> None:
    assert tuple(row.name for row in found.judged.systems) == SYSTEMS
    assert all(row.songs == 8 for row in found.judged.systems)
    assert found.revision == tiny.revision
    assert (found.steps, found.guidance) == (2, tiny.defaults.guidance)
    assert found.judged.embedding == "mel-stats/1 d=2"


def test_random_weights_are_seen_to_be_no_music(found: NanoFigures) -> None:
    real, noise = targets.system(found, "real"), targets.system(found, "plain")
    assert real.style.value > noise.style.value
    assert real.frechet.value < noise.frechet.value
    assert real.tempo_fit.value > noise.tempo_fit.value
    assert real.in_scale.value > noise.in_scale.value
    assert real.realtime is None
    assert noise.realtime is not None


def test_every_edit_is_measured_on_every_song(found: NanoFigures) -> None:
    edits = found.edits
    assert edits is not None
    assert (edits.songs, edits.extracted, edits.legos) == (2, {"drums": 2, "bass": 2, "keyboard": 2}, 2)
    kept, changed, harmony = edits.repaint_kept, edits.repaint_changed, edits.cover_harmony
    assert kept and changed and harmony and edits.cover_style
    assert edits.reference and edits.reference_few_words and edits.reference_style
    assert kept.value == 1.0
    assert changed.value > 1.0
    assert edits.extract["drums"].value < 5.0  # random weights know no drums


def test_songs_with_words_stand_beside_the_same_without() -> None:
    for index in range(6):
        song = singing.song(SUITE, index)
        assert "vocals" not in song.plain.stems and "vocals" in song.sung.stems
        assert song.plain.bpm == song.sung.bpm and "vocals" in caption(song.sung)


def test_long_takes_are_read_at_the_form_they_were_told(found: NanoFigures) -> None:
    long = found.long
    assert long is not None and (long.songs, long.seconds) == (1, 40.0)
    assert tuple(long.systems) == ("sketch", "loop", "plain", "guided")
    assert long.systems["sketch"].cut_off.value == 1.0  # nobody finishes a sketch
    assert len({row.contrast.value for row in long.systems.values() if row.contrast}) == 4
    assert long.systems["plain"].cut_off.value == 0.0
    assert "40 s | section novelty" in report.tables(found)


def test_without_an_embedder_nothing_is_tagged(found: NanoFigures) -> None:
    assert found.embedder is None and found.voices is None
    assert all(row.tags is None for row in found.judged.systems)
    assert "asked stems heard" not in report.tables(found)


def test_tags_are_counted_over_asked_and_other_stems(tiny: Instrument, tmp_path: Path) -> None:
    suite = SUITE.model_copy(update={"edits": 0, "again": 0})
    found = finish(evaluate(suite, tiny, tmp_path, Ears()))  # type: ignore[arg-type]
    tags = targets.system(found, "plain").tags
    assert found.embedder == "ears"
    assert found.edits is None
    assert tags is not None
    assert (tags.present.value, tags.absent.value) == (0.5, 1.0)  # of drums and bass drums are heard; brass is not
    assert tags.presets == 0.25  # one of the four presets among the prompts
    assert tags.agreement.value == pytest.approx(np.sqrt(0.5))
    assert "asked stems heard" in report.tables(found)
    assert found.voices is not None and found.voices.songs == SUITE.sung == 2
    assert {name: share.value for name, share in found.voices.heard.items()} == dict.fromkeys(singing.SYSTEMS, 0.0)
    assert "a voice is heard" in report.tables(found)


def test_takes_and_sketches_are_compared(found: NanoFigures) -> None:
    names = {
        "plain, another seed",
        "guided 0.2, another seed",
        "guided 0.2, its sketch",
        "codec, its song",
        "sketch, another song",
    }
    assert names < found.judged.distances.keys()
    assert found.judged.compared["plain, another seed"] == 1
    assert found.judged.compared["guided 0.2, its sketch"] == 8


def test_the_figures_are_kept_and_read_back(found: NanoFigures, folder: Path) -> None:
    assert NanoFigures.model_validate_json((folder / "figures.json").read_bytes()) == found
    assert json.loads((folder / "figures.json").read_text())["suite"]["prompts"] == 8


def test_a_finished_run_is_read_not_made_again(
    found: NanoFigures, tiny: Instrument, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("made again")

    monkeypatch.setattr(engine, "generate", never)
    monkeypatch.setattr(sounds, "song", never)
    again = finish(evaluate(SUITE, tiny, folder))
    assert again.judged == found.judged


def test_a_stopped_run_goes_on_where_it_was(tiny: Instrument, tmp_path: Path) -> None:
    suite = SUITE.model_copy(update={"batch": 2, "strengths": (), "again": 0})
    events = evaluate(suite, tiny, tmp_path)
    for event in events:
        if event.what == "held-out prompts" and event.done == 2:
            events.close()
            break
    heard: list[Progress] = []
    work = evaluate(suite, tiny, tmp_path)
    for event in work:
        heard.append(event)
        if event.what == "held-out prompts":
            break
    work.close()
    assert [(event.done, event.total) for event in heard if event.what == "reference songs"] == [(24, 24)]
    assert (heard[-1].done, heard[-1].total) == (2, 8)


def test_other_settings_and_other_weights_begin_anew(tiny: Instrument) -> None:
    def place(suite: NanoSuite, instrument: Instrument) -> Path:
        return examples_folder(suite, instrument, Path("figures"))

    usual = place(SUITE, tiny)
    assert place(SUITE.model_copy(update={"prompts": 20, "workers": 2}), tiny) == usual
    assert place(SUITE.model_copy(update={"steps": 3}), tiny) != usual
    assert place(SUITE, replace(tiny, revision="other")) != usual


def test_a_take_that_leaves_the_numbers_is_counted_and_the_others_kept(tiny: Instrument, monkeypatch: pytest.MonkeyPatch) -> None:
    real = engine.generate

    def falls(instrument: Instrument, requests: list[engine.Request]) -> object:
        if any(request.seed == sounds.take_seed(SUITE, 2, 0) for request in requests):
            raise Diverged("left the numbers")
        return real(instrument, requests)

    monkeypatch.setattr(engine, "generate", falls)
    suite = SUITE.model_copy(update={"strengths": ()})
    made = takes.make(suite, tiny, None, [sounds.play(suite, index) for index in (1, 2)])
    measured = [sounds.measure(sound).readings["plain"].defects.not_finite for sound in made]
    assert measured == [False, True]


def test_the_tables_say_what_they_are_figures_of(found: NanoFigures) -> None:
    text = report.tables(found)
    for words in (
        found.revision,
        "mel-stats/1 d=2",
        "2 steps",
        "8 held-out prompts",
        "takes, guided 0.2",
        "seeds from 5000000",
        "–",
    ):
        assert words in text
    widths = [line.count("|") for line in text.splitlines() if line.startswith("|")]
    assert len(widths) > 25
    assert all(bar.name in text for bar in targets.TARGETS)
    assert targets.TARGETS[-1].is_met(found) is None  # the cold start was not measured


def test_the_page_keeps_what_a_person_wrote(found: NanoFigures, tiny: Instrument, folder: Path, tmp_path: Path) -> None:
    page = tmp_path / "docs" / "nano.md"
    page.parent.mkdir()
    page.write_text(f"# nano\n\nBefore.\n\n{markdown.BEGIN}\nstale figures\n{markdown.END}\n\nAfter.\n")
    examples = examples_folder(SUITE, tiny, folder)
    written = report.publish(found, page, examples)
    first = page.read_text()
    assert [path.name for path in written] == ["nano.md", "nano-spectrograms.png", "nano-confusion.png"]
    assert first.startswith("# nano\n\nBefore.\n\n")
    assert first.endswith("\n\nAfter.\n")
    assert "stale" not in first
    report.publish(found, page, examples)
    assert page.read_text() == first


def test_a_page_without_a_place_is_left_alone(found: NanoFigures, folder: Path, tmp_path: Path) -> None:
    page = tmp_path / "nano.md"
    page.write_text("# nano\n")
    with pytest.raises(BadInput, match="no place for the figures"):
        report.publish(found, page, folder)
    assert page.read_text() == "# nano\n"
    with pytest.raises(NotFound, match="no examples"):
        report.publish(found, tmp_path / "new.md", tmp_path)


def test_too_small_a_reference_is_refused(tiny: Instrument, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="24 reference songs for 30 prompts"):
        finish(evaluate(SUITE.model_copy(update={"prompts": 30}), tiny, tmp_path))


def test_examples_are_kept_as_sound(found: NanoFigures, tiny: Instrument, folder: Path) -> None:
    kept = examples_folder(SUITE, tiny, folder)
    assert {path.name for path in kept.glob("0000-*.flac")} >= {f"0000-{name.replace(' ', '-')}.flac" for name in SYSTEMS}
    assert not list(kept.glob("0001-*"))
    assert files.read(kept / "0000-real.flac").shape == (2, 96_000)
