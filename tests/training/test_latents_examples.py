"""Examples drawn from corpus latents: thinned captions keep a tag, and a terse one leaves most to its reference."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from producertwin.errors import NotFound
from producertwin.model.sampling.request import Metas
from producertwin.model.tasks import Task
from producertwin.training.pretrain.begin import read_shipped_words
from producertwin.training.pretrain.latents import LatentShards, draw_example, thin_caption, words_within
from producertwin.training.pretrain.lyricist import write_lyrics
from producertwin.training.pretrain.nano import Words
from producertwin.training.pretrain.songs import SongPlan, render_song

TAGS = ("lofi", "rhodes", "dusty drums", "bass guitar", "vinyl crackle", "instrumental")
TASKS = {Task.TEXT2MUSIC: 1.0}


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> LatentShards:
    folder = tmp_path_factory.mktemp("latents")
    song = {
        "index": 0,
        "bpm": 90,
        "key": "C minor",
        "meter": 4,
        "captions": [", ".join(TAGS)],
        "stems": ["bass"],
        "partial": ["bass"],
    }
    sounds = {f"0.{name}": torch.randn(512, 64).half() for name in ("mix", "partial", "stem.bass")}
    save_file(sounds, folder / "latents-000000.safetensors", metadata={"facts": json.dumps([song])})
    return LatentShards(folder)


def test_a_thinned_caption_keeps_at_least_one_of_its_own_tags() -> None:
    rng = np.random.default_rng(2)
    found = [set(thin_caption(", ".join(TAGS), rng, 0.9).split(", ")) for _ in range(50)]
    assert all(kept and kept <= set(TAGS) for kept in found)
    assert set(thin_caption(", ".join(TAGS), rng, 0.0).split(", ")) == set(TAGS)


def test_rare_stems_are_learned_too(tmp_path: Path) -> None:
    facts = {"bpm": 90, "key": "C minor", "meter": 4, "captions": ["lofi"], "partial": ["bass"]}
    songs = [facts | {"index": number, "stems": ["bass", "guitar" if number == 0 else "drums"]} for number in range(9)]
    names = [
        f"{song['index']}.{name}" for song in songs for name in ("mix", "partial", *(f"stem.{one}" for one in song["stems"]))
    ]
    sounds = {name: torch.full((128, 64), float(number)).half() for number, name in enumerate(names)}
    save_file(sounds, tmp_path / "latents-000000.safetensors", metadata={"facts": json.dumps(songs)})
    found, rng = LatentShards(tmp_path), np.random.default_rng(4)
    drawn = [found.draw_song(Task.EXTRACT, 128, rng) for _ in range(400)]
    assert all(stem in song["stems"] for song, [stem] in drawn)
    shares = {stem: sum(one == (stem,) for _, one in drawn) / 400 for stem in ("bass", "drums", "guitar")}
    assert shares["guitar"] == pytest.approx(1 / (3 + np.sqrt(8) + 1), abs=0.05)  # roots of 9, 8 and 1 songs
    assert shares["bass"] == pytest.approx(3 / (3 + np.sqrt(8) + 1), abs=0.07)
    added = {one for _, one in (found.draw_song(Task.LEGO, 128, rng) for _ in range(50))}
    assert added == {("drums",), ("guitar",)}  # the bass plays in every partial mix
    song, rest = found.draw_song(Task.COMPLETE, 128, rng)
    assert rest == tuple(name for name in song["stems"] if name != "bass")


def test_a_caption_is_terse_only_beside_a_reference(shards: LatentShards) -> None:
    rng = np.random.default_rng(3)
    found = [draw_example(shards, rng, 128, TASKS, reference=0.5, terse=1.0) for _ in range(60)]
    lengths = {
        heard: [len(e.caption.split(", ")) for e in found if (e.reference is not None) == heard] for heard in (True, False)
    }
    assert set(lengths[False]) == {len(TAGS)} and 20 <= len(lengths[True]) <= 40
    assert np.mean(lengths[True]) < 3


SUNG = {"sung": [(0.0, 4.0, 0, "verse", "first"), (4.5, 8.5, 0, "verse", "second"), (9.0, 13.0, 1, "chorus", "third")]}


@pytest.mark.parametrize(
    ("seconds", "lyrics"),
    [
        ((0, 13), "[Verse]\nfirst\nsecond\n\n[Chorus]\nthird"),
        ((0, 6), "[Verse]\nfirst"),
        ((2, 6.6), "[Verse]\nfirst\nsecond"),
        ((9, 20), "[Chorus]\nthird"),
        ((13, 20), ""),
    ],
)
def test_a_crop_has_the_words_that_are_sung_in_it_by_half_and_more(seconds: tuple[float, float], lyrics: str) -> None:
    begin, end = (round(25 * second) for second in seconds)
    assert words_within(SUNG, begin, end - begin) == lyrics
    assert words_within({}, begin, end - begin) == ""


def test_a_task_on_a_sound_is_often_told_no_words(shards: LatentShards) -> None:
    shards.songs[0]["sung"] = [(0.0, 20.0, 0, "verse", "rain")]
    try:
        rng = np.random.default_rng(5)
        told = {
            task: [draw_example(shards, rng, 512, {task: 1.0}).lyrics for _ in range(40)] for task in Task if task != Task.LEGO
        }
    finally:
        del shards.songs[0]["sung"]
    assert set(told[Task.TEXT2MUSIC]) == {"[Verse]\nrain"}
    assert all(set(found) == {"", "[Verse]\nrain"} for task, found in told.items() if task != Task.TEXT2MUSIC)
    example = draw_example(shards, rng, 128, TASKS)
    assert example.lyrics == ""
    batch = [example, replace(example, lyrics="[Verse]\nrain on the window")]
    *_, ids, mask = Words(read_shipped_words()).batch(batch, [Metas(), Metas()], rng)
    assert mask[1].all() and int(mask[0].sum()) < int(mask[1].sum()) == ids.shape[1]


def test_lyrics_have_marks_and_are_drawn_anew() -> None:
    texts = [write_lyrics(np.random.default_rng(seed)) for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]
    assert all(text.startswith("[Verse]\n") and "[Chorus]" in text and "{" not in text for text in texts)


def test_two_songs_of_five_are_sung_and_the_others_are_what_they_were(tmp_path: Path) -> None:
    plan = SongPlan(tmp_path, seed=19, seconds=2.56)
    facts = [render_song(plan, index, None)[1][0] for index in range(10)]
    sung = [fact for fact in facts if fact["sung"]]
    assert 2 <= len(sung) <= 7
    assert all(("vocals" in fact["stems"] and "male vocals" in fact["captions"][0]) for fact in sung)
    assert all(begin < end for fact in sung for begin, end, *_ in fact["sung"])


def test_no_latents_are_said_with_the_verb_that_makes_them(tmp_path: Path) -> None:
    with pytest.raises(NotFound) as failed:
        LatentShards(tmp_path)
    assert "twin lab pretrain encode" in str(failed.value.remedy)
