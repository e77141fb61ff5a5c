"""`twin improve --by dpo` on tiny: from pairs to an adapter, killed and gone on with, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

from dpo_kit import digest, write_recipe
from producertwin.audio import files
from producertwin.dataset import store as datasets
from producertwin.dataset.manifest import DatasetPlan, Manifest, Row
from producertwin.errors import BadInput, Diverged, Interrupted, NotFound
from producertwin.library import Judgement, Take, TakeDraft
from producertwin.library.adapters import find, install
from producertwin.preferences import candidates, store
from producertwin.preferences.candidates import Candidates
from producertwin.preferences.dpo import loop
from producertwin.preferences.pair import PairPrompt, prompt_of
from producertwin.progress import finish
from producertwin.proof import copies
from producertwin.verbs.adapters import install as install_adapter
from producertwin.verbs.improve import ImprovePlan, KeepPlan, improve, plan_dpo, plan_improve
from producertwin.verbs.improvements import ImprovementFacts, install_run, list_improvements
from producertwin.verbs.pairs import ImportPairsPlan, collect_pairs, import_pairs
from producertwin.verbs.studio import Studio

SHORT: dict[str, dict[str, object]] = {"training": {"steps": 6, "save_every": 2}, "dpo": {"rise": 10.0}}


def add(studio: Studio, caption: str, seed: int, level: float) -> Take:
    latents = (level + np.random.default_rng(seed).standard_normal((40, 64))).astype(np.float32)
    card = studio.read_card("tiny")
    assert card.name == "tiny"
    instrument = finish(studio.load_instrument("tiny"))
    width = instrument.width
    facts = {"task": "text2music", "stage": {}, "variant": "tiny", "revision": instrument.revision, "seconds": 1.6}
    facts |= {"caption": caption, "seed": seed, "latents": save({"latents": np.ascontiguousarray(latents[:, :width])})}
    return studio.library.takes.add(TakeDraft.model_validate(facts))


@pytest.fixture
def pairs(studio: Studio) -> str:
    """A set of pairs of two takes each, of prompts that are learned from, and one that is held out."""
    captions = [f"lofi number {number}" for number in range(60)]
    taught = [one for one in captions if PairPrompt(caption=one).split == "train"][:5]
    held = [one for one in captions if PairPrompt(caption=one).split == "holdout"][:1]
    for place, caption in enumerate([*taught, *held]):
        better, worse = add(studio, caption, 2 * place, 1.0), add(studio, caption, 2 * place + 1, -1.0)
        studio.library.verdicts.prefer((better.id, worse.id), "a", Judgement(judge="Ada"))
    return collect_pairs(studio)[0].id


@pytest.fixture
def recipe(tmp_path: Path) -> str:
    return write_recipe(tmp_path, **SHORT)


def plan(recipe: str, **fields: object) -> ImprovePlan:
    return ImprovePlan.model_validate({"producer": "Mara Vale", "by": "dpo", "variant": "tiny", "recipe": recipe} | fields)


@pytest.mark.thorough
def test_a_run_that_is_killed_goes_on_to_the_same_weights(
    studio: Studio, pairs: str, recipe: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = plan_dpo(plan(recipe), studio)
    assert (planned.pairs.id, planned.learned, planned.held_out, planned.parent) == (pairs, 5, 1, None)
    whole = finish(improve(plan(recipe), studio))
    assert (whole.run.kind, whole.run.status, whole.run.step, whole.learned) == ("dpo", "done", 6, 5)
    step = loop.DpoRun.advance

    def stop(run: loop.DpoRun) -> str:
        if run.step == 3:
            raise KeyboardInterrupt
        return step(run)

    with monkeypatch.context() as patch, pytest.raises(Interrupted):
        patch.setattr(loop.DpoRun, "advance", stop)
        finish(improve(plan(recipe), studio))
    [stopped] = [one for one in studio.library.runs.list() if one.id != whole.run.id]
    assert (stopped.status, stopped.step) == ("stopped", 3)
    resumed = finish(improve(plan(recipe), studio))
    assert resumed.run.id == stopped.id and resumed.run.status == "done"
    assert digest(resumed.adapter) == digest(whole.adapter) and len(digest(whole.adapter)) == 1
    log = (studio.library.runs.folder(resumed.run) / "log.jsonl").read_text().splitlines()
    assert len(log) == 6 and all("accuracy" in line for line in log)


@pytest.mark.thorough
def test_the_twin_that_is_installed_is_begun_with_and_left_as_it_is(studio: Studio, pairs: str, recipe: str) -> None:
    first = finish(improve(plan(recipe, start="none"), studio))
    twin = install(first.adapter, "Mara Vale", studio.settings.studio)
    before = digest(twin.folder)
    done = finish(improve(plan(recipe, steps=2), studio))
    assert done.run.start == str(plan_dpo(plan(recipe), studio).parent) and done.run.steps == 2
    assert digest(twin.folder) == before and digest(done.adapter) != before
    assert (first.off_policy, done.off_policy) == (0, 5)  # the pairs are of tiny alone, and not of the twin
    assert plan_dpo(plan(recipe, start="none"), studio).parent is None


@pytest.mark.thorough
def test_rounds_say_what_they_learned_from_and_are_installed_by_their_run(studio: Studio, pairs: str, recipe: str) -> None:
    first = finish(improve(plan(recipe, start="none", steps=2), studio))
    [found] = list_improvements(studio, "Mara Vale")
    assert (found.summary.run.id, found.facts) == (first.run.id, ImprovementFacts(by="dpo", pairs=pairs))
    assert (found.has_adapter, found.is_installed, found.comparison, found.why_not) == (True, False, None, "")
    assert find(first.run.id, studio.settings.studio) == first.adapter
    install_adapter(Path(first.run.id), "Mara Vale", studio)
    assert [one.is_installed for one in list_improvements(studio)] == [True]
    second = finish(improve(plan(recipe, steps=2), studio))
    rounds = list_improvements(studio)
    assert [one.summary.run.id for one in rounds] == [second.run.id, first.run.id]
    assert rounds[0].facts.start == str(studio.settings.studio / "models" / "mara-vale")
    assert len(install_run(second.run.id[:8], studio).versions) == 1
    assert [one.is_installed for one in list_improvements(studio)] == [True, False]
    assert list_improvements(studio, "Nobody") == ()


def test_a_run_that_made_nothing_is_not_installed(studio: Studio) -> None:
    with pytest.raises(NotFound, match="no run"):
        install_run("aaaa", studio)
    with pytest.raises(NotFound, match="no adapter"):
        install_adapter(Path("aaaaaaaaaaaa"), "Mara Vale", studio)


@pytest.mark.thorough
def test_a_run_that_is_given_up_says_so_in_its_record(studio: Studio, pairs: str, recipe: str) -> None:
    write_recipe(Path(recipe).parent, optimizer={"rate": 0.5}, training={"steps": 40, "save_every": 2}, dpo={"rise": 0.1})
    with pytest.raises(Diverged):
        finish(improve(plan(recipe), studio))
    [run] = studio.library.runs.list()
    assert run.status == "diverged" and "chosen takes rose" in run.note


@pytest.mark.parametrize(
    ("fields", "kind", "told"),
    [
        ({"pairs": "zzzz"}, NotFound, "zzzz"),
        ({"start": "Nobody"}, NotFound, "Nobody"),
        ({"variant": "none-such"}, BadInput, "none-such"),
        ({"recipe": "no-such"}, NotFound, "no-such"),
    ],
)
def test_what_is_named_wrongly_is_refused(
    studio: Studio, pairs: str, recipe: str, fields: dict[str, object], kind: type[Exception], told: str
) -> None:
    with pytest.raises(kind, match=told):
        plan_improve(ImprovePlan.model_validate(plan(recipe).model_dump() | fields), studio)
    assert studio.library.runs.list() == ()


# --- keepers


def test_pairs_of_files_alone_teach_nothing_and_are_counted_so(studio: Studio, tmp_path: Path) -> None:
    rows = [{"prompt": f"lofi {number}", "chosen": f"a{number}.wav", "rejected": f"b{number}.wav"} for number in range(20)]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    asked = ImportPairsPlan(file=tmp_path / "rows.jsonl", form="audio-alpaca")
    found, _ = finish(import_pairs(asked, studio))
    with pytest.raises(NotFound, match="of files alone"):
        plan_improve(ImprovePlan(producer="Ada", by="dpo", pairs=found.id, variant="tiny"), studio)


@pytest.fixture
def candidates_set(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """A producer's songs, candidates of twelve prompts whose best takes are the first, and among these a copy of a song.

    Returns the set of candidates and the copy. Songs are heard as they are: tiny's codec, which is random, hides every copy.
    """
    monkeypatch.setattr(copies, "_through_codec", lambda _, hear: hear())
    instrument, library = finish(studio.load_instrument("tiny")), studio.library
    rows, sounds = [], [_noise(100 + number) for number in range(10)]
    for number, sound in enumerate(sounds):
        clip = library.blobs.put(files.encode(sound, "flac"))
        facts = {"track": f"song{number}", "producer": "Mara Vale", "title": f"Song {number}", "group": f"g{number}"}
        facts |= {"side": "holdout" if number > 7 else "train", "style": "house", "clips": (clip,), "seconds": 6.0}
        rows.append(Row.model_validate(facts | {"caption": "house", "quality": 90}))
    datasets.put(Manifest(plan=DatasetPlan(producer="Mara Vale"), rows=tuple(rows)), studio.settings.studio)
    found = store.open_set(studio.settings.studio, {"made": "candidates", "scorers": ["meters"]})
    best = []
    for place in range(12):
        heard = sounds[3] if place == 2 else _noise(place)
        facts = {"task": "text2music", "stage": {}, "caption": f"house {place}", "variant": "tiny", "seconds": 6.0}
        facts["revision"] = instrument.revision
        played = [files.encode(one, "flac") for one in (heard, _noise(1000 + place))]
        takes = [
            library.takes.add(TakeDraft.model_validate({**facts, "seed": seed, "audio": one})) for seed, one in enumerate(played)
        ]
        best.append(takes[0].id)
        kept = Candidates(
            prompt=prompt_of(takes[0]),
            takes=tuple(one.id for one in takes),
            scores=({"meters": 0.9}, {"meters": 0.1}),
            defects=((), ()),
        )
        candidates.append(candidates.path_of(found.folder, 1, 1), place, kept)
    return found.id, best[2]


def _noise(seed: int) -> np.ndarray:
    """Six seconds of tones and noise that no other seed has."""
    rng = np.random.default_rng(seed)
    time = np.arange(6 * 48_000) / 48_000
    notes = np.repeat(rng.uniform(100, 2000, 48), 6_000)
    wave = 0.2 * np.sin(2 * np.pi * np.cumsum(notes) / 48_000) + 0.01 * rng.standard_normal(time.size)
    return np.stack([wave, wave]).astype(np.float32)


@pytest.mark.thorough
def test_the_best_takes_and_the_songs_become_a_training_set_without_copies(
    studio: Studio, candidates_set: tuple[str, str], tmp_path: Path
) -> None:
    name, copied = candidates_set
    recipe = write_recipe(tmp_path)
    plan = ImprovePlan(producer="Mara Vale", pairs=name, keep=10, anchor=0.4, recipe=recipe, steps=2, variant="tiny")
    planned = plan_improve(plan, studio)
    assert isinstance(planned, KeepPlan) and len(planned.ranked) == 12 and copied in {one.take for one in planned.ranked}
    done = finish(improve(plan, studio))
    assert done.left_out.keys() == {copied} and "song 3" in done.left_out[copied].lower()
    assert (done.learned, done.run.kind, done.run.status, done.run.step) == (10, "lora", "done", 2)
    manifest = datasets.find(done.dataset, studio.settings.studio)
    taught = {row.track for row in manifest.side("train")}
    assert copied not in taught and len(taught & {one.take for one in planned.ranked}) == 10
    own = sum(row.seconds for row in manifest.side("train") if row.track.startswith("song"))
    assert own / sum(row.seconds for row in manifest.side("train")) == pytest.approx(0.4, abs=0.05)
    assert [row.track for row in manifest.side("holdout")] == ["song8", "song9"]
    assert {one.producer for one in datasets.list_datasets(studio.settings.studio)} == {None, "Mara Vale"}


def test_too_few_takes_are_refused(studio: Studio) -> None:
    store.open_set(studio.settings.studio, {"made": "candidates"})
    plan = ImprovePlan(producer="Mara Vale", variant="tiny")
    with pytest.raises(NotFound, match="no training set"):
        plan_improve(plan, studio)
    datasets.put(Manifest(plan=DatasetPlan(producer="Mara Vale"), rows=()), studio.settings.studio)
    with pytest.raises(BadInput, match="0 takes can be kept"):
        plan_improve(plan, studio)
