"""Preparing a test: one level, one length, one size, balanced sides, and nothing that tells."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile

from listening_kit import WHEN, flipped, folder, made_up, prepared, small, sound
from producertwin.audio import files
from producertwin.audio.levels import true_peak_db
from producertwin.audio.loudness import loudness
from producertwin.errors import BadInput, NotFound
from producertwin.listening import excerpts, store
from producertwin.listening.plan import Form
from producertwin.listening.prepare import PreparedTest
from producertwin.listening.trials import BlindTest, Trial


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("listening")
    folder(place / "twin", 1, gain=0.02)
    folder(place / "base", 2, gain=0.3)
    return place


@pytest.fixture(scope="module")
def made(room: Path) -> PreparedTest:
    return prepared(small(), room / "twin", room / "base", room / "studio")


def heard(made: PreparedTest, trial: Trial, letter: str) -> np.ndarray:
    return files.read(made.folder / store.SOUNDS / trial.files[letter])


def alike(one: np.ndarray, two: np.ndarray) -> bool:
    """Whether two sounds are one but for the dither."""
    return bool(np.corrcoef(one.reshape(-1), two.reshape(-1))[0, 1] > 0.999)


def test_every_sound_has_one_loudness_and_one_length(made: PreparedTest) -> None:
    assert made.test.lufs == -23.0
    sounds = [heard(made, trial, letter) for trial in made.test.trials for letter in made.test.letters]
    assert len(sounds) == 3 * (4 + 1 + 2 + 1)
    assert {one.shape for one in sounds} == {(2, 48_000)}
    assert max(abs(loudness(one) + 23.0) for one in sounds) < 0.05


def test_no_file_tells_what_it_is(made: PreparedTest, room: Path) -> None:
    paths = sorted((made.folder / store.SOUNDS).iterdir())
    assert len({path.read_bytes() for path in paths}) == len(paths) == 24
    assert len({path.stat().st_size for path in paths}) == 1
    assert {path.stat().st_mtime for path in paths} == {WHEN.timestamp()}
    assert {(soundfile.info(path).samplerate, soundfile.info(path).subtype) for path in paths} == {(48_000, "PCM_16")}
    for path in paths:
        with soundfile.SoundFile(path) as file:
            assert not any(file.copy_metadata().values())
    assert all(re.fullmatch(r"[0-9a-f]{16}\.flac", path.name) for path in paths)


def test_x_is_the_sound_the_key_says(made: PreparedTest) -> None:
    for trial in made.test.trials:
        x, right = heard(made, trial, "x"), trial.right
        assert right is not None
        assert alike(x, heard(made, trial, right))
        assert alike(x, heard(made, trial, flipped(right))) == (trial.role == "identical")


def test_the_key_knows_the_sides(made: PreparedTest) -> None:
    for trial in made.test.trials:
        item = made.test.items[trial.item]
        twin, other = (files.read(path)[:, 5_000:40_000] for path in (item.twin, item.other))
        first, second = (heard(made, trial, side)[:, 5_000:40_000] for side in (trial.twin, flipped(trial.twin)))
        assert alike(second, other)
        if trial.role in ("pair", "repeat"):
            assert alike(first, twin)
        elif trial.role == "obvious":
            assert not alike(first, twin)
            assert not alike(first, other)


@pytest.mark.thorough
def test_the_same_plan_and_sounds_make_the_same_test(made: PreparedTest, room: Path, tmp_path: Path) -> None:
    again = prepared(small(), room / "twin", room / "base", tmp_path)
    assert again.test == made.test
    for path in (made.folder / store.SOUNDS).iterdir():
        assert (again.folder / store.SOUNDS / path.name).read_bytes() == path.read_bytes()
    other = prepared(small(seed=1), room / "twin", room / "base", tmp_path)
    assert other.test.id != made.test.id
    assert [trial.files for trial in other.test.trials] != [trial.files for trial in made.test.trials]
    assert {test.id for test in store.list_tests(tmp_path)} == {made.test.id, other.test.id}


def test_a_test_that_is_there_stands_with_its_answers(made: PreparedTest, room: Path) -> None:
    answers = made.folder / store.ANSWERS
    answers.write_text("kept")
    assert prepared(small(), room / "twin", room / "base", room / "studio").test == made.test
    assert answers.read_text() == "kept"
    answers.unlink()
    assert [path.name for path in (room / "studio" / "listening").iterdir()] == [made.test.id]


@pytest.mark.parametrize("form", ["wav", "mp3"])
def test_other_formats_have_one_size_too(room: Path, tmp_path: Path, form: Form) -> None:
    found = prepared(small(form=form, trials=2, question="real"), room / "twin", room / "base", tmp_path)
    paths = list((found.folder / store.SOUNDS).iterdir())
    assert {path.suffix for path in paths} == {f".{form}"}
    assert len({path.stat().st_size for path in paths}) == 1
    assert len({path.read_bytes() for path in paths}) == len(paths)


@pytest.mark.thorough
def test_where_one_sound_would_clip_all_are_lower(room: Path, tmp_path: Path) -> None:
    base = folder(tmp_path / "base", 3)
    clicking = sound(1, gain=0.02)
    clicking[:, 20_000] = 0.9
    files.write(base / "0.wav", clicking)
    found = prepared(small(trials=4, identical=0), room / "twin", base, tmp_path)
    assert found.test.lufs < -25.0
    sounds = [heard(found, trial, letter) for trial in found.test.trials for letter in "abx"]
    assert max(map(true_peak_db, sounds)) == pytest.approx(-1.0, abs=0.05)
    assert max(abs(loudness(one) - found.test.lufs) for one in sounds) < 0.05


def test_sounds_that_cannot_be_used_are_named_and_left_out(tmp_path: Path) -> None:
    twin, base = folder(tmp_path / "twin", 1), folder(tmp_path / "base", 2)
    files.write(twin / "0.wav", sound(1, seconds=0.5))
    files.write(base / "1.wav", np.zeros((2, 80_000), np.float32))
    (base / "2.wav").write_bytes(b"no sound")
    found = prepared(small(trials=2), twin, base, tmp_path / "studio")
    assert {Path(path).parent.name + Path(path).stem: why for path, why in found.left_out.items()}.keys() == {
        "twin0", "base1", "base2"
    }  # fmt: skip
    assert "0.5 s" in found.left_out[str(twin / "0.wav")]
    with pytest.raises(BadInput, match="2 pairs match"):
        prepared(small(trials=4), twin, base, tmp_path / "studio")


def test_a_twin_that_is_the_base_is_noticed(tmp_path: Path) -> None:
    twin, base = folder(tmp_path / "twin", 1), folder(tmp_path / "base", 1)
    with pytest.raises(BadInput, match="sound the same") as caught:
        prepared(small(), twin, base, tmp_path / "studio")
    assert "adapter" in caught.value.remedy
    assert list((tmp_path / "studio" / "listening").iterdir()) == []


def test_unknown_tempi_are_measured(tmp_path: Path) -> None:
    for side in ("twin", "base"):
        (tmp_path / side).mkdir()
        for number in range(2):
            files.write(tmp_path / side / f"{side}{number}.wav", sound(number + 10 * (side == "base")))
    found = prepared(small(trials=1, tempo=1.0), tmp_path / "twin", tmp_path / "base", tmp_path / "studio")
    assert len(found.test.items) == 1


# --- excerpts


def test_a_cut_begins_where_the_silence_ends() -> None:
    plan = small(begin=0.25, fade=0.0)
    whole = sound(3, silence=0.5)
    assert excerpts.excerpt(whole, plan) == pytest.approx(whole[:, 36_000:84_000], abs=1e-7)
    faded = excerpts.excerpt(whole, small(fade=0.1))
    assert np.abs(faded[:, :10]).max() < 1e-3 > np.abs(faded[:, -10:]).max()


def test_what_is_spoiled_is_plainly_worse() -> None:
    one = sound(4)
    found = excerpts.spoil(one, np.random.default_rng(0))
    assert found.shape == one.shape
    assert not alike(found, one)


@pytest.mark.parametrize("extra", [4, 5, 7, 8, 4_000, (1 << 24) + 2, (1 << 24) + 3, (1 << 24) + 4, 2 * (1 << 24) + 9])
def test_padding_changes_the_size_of_a_file_and_not_its_sound(tmp_path: Path, extra: int) -> None:
    data = files.encode(sound(5, seconds=0.1), "flac", subtype="PCM_16")
    path = tmp_path / "padded.flac"
    path.write_bytes(excerpts.pad_to_size(data, len(data) + extra, "flac"))
    assert path.stat().st_size == len(data) + extra
    (tmp_path / "plain.flac").write_bytes(data)
    assert np.array_equal(soundfile.read(path)[0], soundfile.read(tmp_path / "plain.flac")[0])


# --- order and sides


@pytest.mark.parametrize("question", ["abx", "preference", "real"])
@pytest.mark.parametrize("seed", range(4))
def test_sides_are_balanced_and_repeats_come_late(question: str, seed: int) -> None:
    test = made_up(small(question=question, trials=20, repeats=5, identical=4, obvious=3), seed)
    assert Counter(trial.role for trial in test.trials) == {"pair": 20, "repeat": 5, "identical": 4, "obvious": 3}
    for role in ("pair", "identical"):
        held = [trial for trial in test.trials if trial.role == role]
        assert Counter(trial.twin for trial in held) == {"a": len(held) // 2, "b": len(held) // 2}
        if question != "preference":
            assert Counter(trial.right for trial in held) == {"a": len(held) // 2, "b": len(held) // 2}
    order = {(trial.role, trial.item): place for place, trial in enumerate(test.trials)}
    gaps = [place - order["pair", item] for (role, item), place in order.items() if role == "repeat"]
    assert len(gaps) == 5
    assert min(gaps) >= 2
    assert [trial.id for trial in test.trials] == [f"t{place:03d}" for place in range(1, 33)]


def test_what_is_asked_decides_what_is_right() -> None:
    for trial in made_up(small(question="real", trials=9)).trials:
        assert trial.right == flipped(trial.twin)
        assert set(trial.files) == {"a", "b"}
    for trial in made_up(small(question="preference", trials=9)).trials:
        assert trial.right == (flipped(trial.twin) if trial.role == "obvious" else None)
    assert all(set(trial.files) == {"a", "b", "x"} for trial in made_up(small(question="abx")).trials)


def test_roles_are_spread_over_the_test() -> None:
    seen: Counter[int] = Counter()
    for seed in range(60):
        test = made_up(small(trials=6, repeats=0, identical=3, obvious=3), seed)
        seen.update(place for place, trial in enumerate(test.trials) if trial.role == "pair")
    assert len(seen) == 12
    assert min(seen.values()) > 10


def test_neighbouring_answers_tell_nothing_of_each_other() -> None:
    same = [
        one.right == two.right
        for seed in range(60)
        for one, two in pairwise(made_up(small(trials=20, repeats=4, identical=4, obvious=4), seed).trials)
    ]
    assert np.mean(same) == pytest.approx(0.5, abs=0.06)


# --- the shelf


def test_a_test_is_found_by_its_beginning(made: PreparedTest, room: Path) -> None:
    studio = room / "studio"
    assert store.find(made.test.id[:3], studio) == store.find(None, studio) == made.test
    assert isinstance(store.find(None, studio), BlindTest)
    with pytest.raises(NotFound):
        store.find(flipped_name(made.test.id), studio)
    with pytest.raises(BadInput):
        store.find("../../etc", studio)


def flipped_name(name: str) -> str:
    return ("b" if name[0] == "a" else "a") + name[1:]


def test_a_studio_without_tests_and_a_damaged_one(made: PreparedTest, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no listening test"):
        store.find(None, tmp_path)
    place = tmp_path / "listening" / made.test.id
    place.mkdir(parents=True)
    (place / store.KEY).write_text("{")
    with pytest.raises(BadInput, match="damaged"):
        store.find(made.test.id, tmp_path)
