from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from producertwin.audio import edits, files
from producertwin.audio.samples import Samples
from producertwin.dataset import encode as verb
from producertwin.dataset.array_cache import ArrayCache, ArrayEntry
from producertwin.dataset.cache import EncodedCache, encode_conditions
from producertwin.dataset.encode import EncodePlan, EncodeReport, encode_dataset
from producertwin.dataset.manifest import DatasetPlan, Manifest, Row
from producertwin.dataset.screen import NOTE, ScreenNote, ScreenPlan, screen_tracks
from producertwin.dataset.screening import Profile, ScreeningResult
from producertwin.errors import BadInput, NotFound, Resources
from producertwin.library import Library, Track, TrackDraft, open_library
from producertwin.library.blobs import name_of
from producertwin.model.instrument import Instrument
from producertwin.model.sampling import codec, engine
from producertwin.model.sampling.request import Metas, Request, Sampling
from producertwin.model.variants.load import load
from producertwin.music import Key
from producertwin.progress import finish
from producertwin.settings import Settings

WORDS = "[Verse]\nrain on the window\n\n[Chorus]\nstay until the morning"


@pytest.fixture(scope="module")
def tiny() -> Instrument:
    return load("tiny", Settings(studio=Path("nowhere"), device="cpu"))


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with open_library(Settings(studio=tmp_path / "studio")) as opened:
        yield opened


def music(seed: int, seconds: float) -> Samples:
    rng = np.random.default_rng(seed)
    time = np.arange(round(seconds * 48_000)) / 48_000
    tone = np.sin(2 * np.pi * rng.uniform(200, 900) * time) * np.exp(-4 * (time % 0.25))
    return np.asarray(0.4 * tone + 0.02 * rng.standard_normal((2, time.size)), np.float32)


def row_of(library: Library, number: int, *seconds: float, **more: Any) -> Row:
    """A row whose clips are music of these lengths."""
    clips = [library.blobs.put(files.encode(music(100 * number + i, s), "flac")) for i, s in enumerate(seconds)]
    facts: dict[str, Any] = {
        "track": f"track{number}", "producer": "Ada", "title": f"Song {number}", "group": "g", "side": "train",
        "style": "house", "clips": tuple(clips), "seconds": sum(seconds), "caption": f"warm house number {number}, piano",
        "bpm": 124.0, "key": "A minor", "meter": 4, "quality": 90,
    }  # fmt: skip
    return Row(**(facts | more))


def frozen(*rows: Row) -> Manifest:
    return Manifest(plan=DatasetPlan(), rows=rows)


def run(rows: Manifest, instrument: Instrument, library: Library, *, stems: bool = False, workers: int = 2) -> EncodeReport:
    return finish(encode_dataset(rows, instrument, library, EncodePlan(stems=stems, workers=workers)))


def told(instrument: Instrument, request: Request) -> dict[str, np.ndarray]:
    """What the engine gives the condition encoder when it makes a take."""
    seen: dict[str, np.ndarray] = {}

    def listen(_: Any, given: tuple[Any, ...], named: dict[str, Any]) -> None:
        assert not given
        seen.update({name: tensor.numpy().copy() for name, tensor in named.items()})

    hook = instrument.condition_encoder.register_forward_pre_hook(listen, with_kwargs=True)
    try:
        engine.generate(instrument, [request])
    finally:
        hook.remove()
    return seen


@dataclass
class Deaf:
    """A module that must not be asked."""

    dtype: torch.dtype = torch.float32

    def __call__(self, *given: Any, **named: Any) -> Any:
        raise AssertionError(f"the model was asked with {given} {named}")

    encode = __call__


def deaf(instrument: Instrument) -> Instrument:
    return replace(instrument, vae=Deaf(), text_encoder=Deaf())


# --- what is encoded


def test_latents_are_the_codecs_own_and_of_the_clips_length(tiny: Instrument, library: Library) -> None:
    row = row_of(library, 1, 3.0, 1.99)
    report = run(frozen(row), tiny, library)
    clips = EncodedCache(library, tiny).row(row).clips
    assert [len(clip.latents) for clip in clips] == [75, 50]
    assert [clip.seconds for clip in clips] == [3.0, 1.99]
    for clip, blob in zip(clips, row.clips, strict=True):
        expected = codec.encode(tiny, files.read(library.blobs.get(blob)))[0].numpy()
        assert clip.latents.dtype == np.float32
        assert np.array_equal(clip.latents, expected)
    assert report.seconds == pytest.approx(4.99)
    assert report.failures == {}


@pytest.mark.thorough
@pytest.mark.parametrize("few_words", [False, True])
@pytest.mark.parametrize(
    "words",
    [
        {"lyrics": WORDS, "language": "en"},
        {},
        {"caption": "bleak piano, " + 60 * "spacey ", "lyrics": 80 * WORDS, "bpm": None, "key": None, "meter": None},
    ],
    ids=["song", "instrumental", "too long"],
)
def test_words_and_reference_are_bit_for_bit_what_inference_hears(
    tiny: Instrument, library: Library, few_words: bool, words: dict[str, Any]
) -> None:
    instrument = replace(tiny, card=tiny.card.model_copy(update={"few_words": few_words}))
    row = row_of(library, 1, 2.5, **words)
    run(frozen(row), instrument, library)
    found = EncodedCache(library, instrument).row(row)
    metas = Metas(row.bpm, Key.parse(row.key) if row.key else None, row.meter, row.language)
    request = Request(row.caption, 2.5, 7, lyrics=row.lyrics, metas=metas, sampling=Sampling(steps=1))
    seen = told(instrument, request)
    [clip] = found.clips
    assert np.array_equal(clip.text, seen["text_hidden_states"][0])
    assert np.array_equal(clip.lyrics, seen["lyric_hidden_states"][0])
    assert np.array_equal(found.reference, seen["refer_audio_acoustic_hidden_states_packed"][0])
    assert np.array_equal(clip.text_mask, seen["text_attention_mask"][0])
    assert np.array_equal(clip.lyric_mask, seen["lyric_attention_mask"][0])


def test_states_of_a_coarser_type_are_kept_exactly(tiny: Instrument, library: Library) -> None:
    row = row_of(library, 1, 1.0)
    coarse = load("tiny", Settings(studio=Path("nowhere"), device="cpu"), dtype=torch.bfloat16)
    cache = EncodedCache(library, coarse)
    text, lyrics, reference = encode_conditions(coarse, cache.prompt_of(row, 48_000))
    for array in (text, lyrics, reference):
        assert torch.equal(torch.from_numpy(array).bfloat16().float(), torch.from_numpy(array))
    assert cache.text_key(cache.prompt_of(row, 48_000)) != EncodedCache(library, tiny).text_key(cache.prompt_of(row, 48_000))


def test_the_duration_that_is_told_is_the_clips_own(tiny: Instrument, library: Library) -> None:
    row = row_of(library, 1, 3.0, 2.0)
    run(frozen(row), tiny, library)
    longer, shorter = EncodedCache(library, tiny).row(row).clips
    assert not np.array_equal(longer.text, shorter.text)
    assert np.array_equal(longer.lyrics, shorter.lyrics)


@pytest.mark.thorough
def test_a_clip_longer_than_the_codecs_memory_is_encoded_in_tiles(
    tiny: Instrument, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = row_of(library, 1, 5.3)
    monkeypatch.setattr(codec, "tile_frames", lambda _: 130)
    run(frozen(row), tiny, library)
    [clip] = EncodedCache(library, tiny).row(row).clips
    sound = files.read(library.blobs.get(row.clips[0]))
    assert np.array_equal(clip.latents, codec.encode(tiny, sound, tile=130)[0].numpy())
    assert len(clip.latents) > 130


# --- once


def test_encoding_the_same_set_twice_asks_the_model_nothing_and_reads_no_sound(
    tiny: Instrument, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = frozen(row_of(library, 1, 1.0, 2.0), row_of(library, 2, 1.5, lyrics=WORDS, side="holdout"))
    first = run(rows, tiny, library)
    monkeypatch.setattr(files, "read", Deaf())
    again = run(rows, deaf(tiny), library)
    assert (first.kept, again.made, again.kept) == (0, 0, first.made)
    assert again.bytes == first.bytes == sum(path.stat().st_size for path in (library.studio / "cache").rglob("*.*"))
    assert (again.seconds, again.model, again.realtime, again.outside) == (0.0, 0.0, 0.0, 0.0)


def test_equal_words_and_equal_sounds_are_kept_once(tiny: Instrument, library: Library) -> None:
    row = row_of(library, 1, 2.0)
    other = row_of(library, 2, 2.0, caption=row.caption)
    copy = row.model_copy(update={"track": "track3"})
    report = run(frozen(row, other, copy), tiny, library)
    assert report.made == 2 + 1 + 1 + 1  # two sounds, one prompt, one lyric, the reference
    assert report.seconds == 4.0


def test_a_new_caption_costs_its_words_and_no_sound(tiny: Instrument, library: Library) -> None:
    row = row_of(library, 1, 1.0)
    run(frozen(row), tiny, library)
    edited = row.model_copy(update={"caption": "cold techno"})
    report = run(frozen(edited), replace(tiny, vae=Deaf()), library)
    assert (report.made, report.failures) == (1, {})
    cache = EncodedCache(library, tiny)
    assert not np.array_equal(cache.row(edited).clips[0].text, cache.row(row).clips[0].text)


def test_other_weights_share_nothing(tiny: Instrument, library: Library) -> None:
    row = row_of(library, 1, 1.0)
    first = run(frozen(row), tiny, library)
    other = replace(tiny, revision="b2:" + 32 * "0")
    with pytest.raises(NotFound):
        EncodedCache(library, other).row(row)
    assert run(frozen(row), other, library).made == first.made


def test_what_is_not_encoded_is_said_with_its_remedy(tiny: Instrument, library: Library) -> None:
    with pytest.raises(NotFound) as failure:
        EncodedCache(library, tiny).row(row_of(library, 1, 1.0))
    assert "twin dataset encode" in failure.value.remedy


# --- whole or absent


def damaged(path: Path, how: str) -> None:
    whole = bytearray(path.read_bytes())
    if how == "flipped":
        whole[-3] ^= 0x10
    else:
        del whole[
            {"empty": 0, "headless": 5, "in the header": 40, "in the array": -7, "all but the array": -len(whole) // 2}[how] :
        ]
    path.write_bytes(whole)


@pytest.mark.parametrize("how", ["empty", "headless", "in the header", "in the array", "all but the array", "flipped"])
def test_a_damaged_file_is_noticed_and_made_again(tiny: Instrument, library: Library, how: str) -> None:
    row = row_of(library, 1, 1.0)
    first = run(frozen(row), tiny, library)
    paths = sorted((library.studio / "cache").rglob("*.safetensors"))
    assert len(paths) == first.made == 4
    for path in paths:
        whole = path.read_bytes()
        damaged(path, how)
        with pytest.raises(NotFound, match="missing or damaged"):
            EncodedCache(library, tiny).row(row)
        report = run(frozen(row), tiny, library)
        assert (report.made, report.kept, report.bytes) == (1, 3, first.bytes)
        assert path.read_bytes() == whole


def test_a_file_in_the_place_of_another_counts_as_damaged(tiny: Instrument, library: Library) -> None:
    row, other = row_of(library, 1, 1.0), row_of(library, 2, 1.0)
    run(frozen(row, other), tiny, library)
    cache = EncodedCache(library, tiny)
    mine, theirs = (cache.entries.path(cache.clip_key(one.clips[0])) for one in (row, other))
    mine.write_bytes(theirs.read_bytes())
    assert run(frozen(row, other), tiny, library).made == 1


def test_a_foreign_file_counts_as_damaged(tmp_path: Path) -> None:
    from safetensors.numpy import save

    entries, key = ArrayCache(tmp_path), "b2:" + 32 * "a"
    entries.put(key, ArrayEntry(np.ones((2, 3), np.float32), 5))
    for content in (
        save({"array": np.ones((2, 3), np.float32)}),
        save({"other": np.ones(2, np.float32)}),
        save({"array": np.ones((2, 3), np.float64)}, {"producertwin": '{"samples": 5}'}),
        save({"array": np.ones((2, 3), np.float32)}, {"producertwin": "[]"}),
        save({"array": np.ones((2, 3), np.float32)}, {"producertwin": "{"}),
    ):
        entries.path(key).write_bytes(content)
        assert ArrayCache(tmp_path).find(key) is None


def test_a_full_disk_ends_the_run_and_the_next_one_goes_on(
    tiny: Instrument, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = frozen(*(row_of(library, number, 1.0) for number in range(3)))
    real, left = os.write, [2]

    def write(descriptor: int, data: memoryview) -> int:
        if left[0] == 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        left[0] -= 1
        return real(descriptor, data)

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", write)
        with pytest.raises(Resources):
            run(rows, tiny, library)
    there = [path for path in (library.studio / "cache").rglob("*") if path.is_file()]
    assert len(there) == 2
    report = run(rows, tiny, library)
    assert (report.kept, report.seconds) == (2, 1.0)


def test_a_run_killed_in_the_middle_of_a_file_leaves_no_part_of_it(
    tiny: Instrument, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = row_of(library, 1, 1.0)
    key = EncodedCache(library, tiny).clip_key(row.clips[0])

    def killed(*given: Any) -> None:
        raise KeyboardInterrupt

    for call in ("fsync", "replace"):
        with monkeypatch.context() as patch:
            patch.setattr(os, call, killed)
            with pytest.raises(KeyboardInterrupt):
                run(frozen(row), tiny, library)
        assert EncodedCache(library, tiny).entries.size(key) == 0
    assert run(frozen(row), tiny, library).kept == 0


def test_an_interrupted_run_goes_on_where_it_was(tiny: Instrument, library: Library) -> None:
    rows = frozen(*(row_of(library, number, 1.0) for number in range(4)))
    work = encode_dataset(rows, tiny, library, EncodePlan(workers=1))
    for event in work:
        if (event.what, event.done) == ("encode", 3):
            work.close()
    report = run(rows, tiny, library)
    assert (report.seconds, report.kept) == (1.0, 3)


def test_what_a_kill_left_unfinished_is_removed_after_a_day(tiny: Instrument, library: Library) -> None:
    row = row_of(library, 1, 1.0)
    run(frozen(row), tiny, library)
    folder = EncodedCache(library, tiny).entries.path(EncodedCache(library, tiny).clip_key(row.clips[0])).parent
    old, fresh = folder / ".x.safetensors.0a0a.part", folder / ".y.safetensors.0a0a.part"
    for path in (old, fresh):
        path.write_bytes(b"half")
    os.utime(old, (0, 0))
    run(frozen(row), tiny, library)
    assert (old.exists(), fresh.exists()) == (False, True)


# --- failures


def test_a_row_that_fails_is_told_and_the_others_are_encoded(tiny: Instrument, library: Library) -> None:
    good = row_of(library, 1, 1.0)
    gone = row_of(library, 2, 1.0, clips=(name_of(b"never stored"), good.clips[0]))
    noise = row_of(library, 3, 1.0, clips=(library.blobs.put(b"no sound"),))
    strange = row_of(library, 4, 1.0, key="H sharp")
    report = run(frozen(gone, good, noise, strange), tiny, library)
    assert {track: type(error).__name__ for track, error in report.failures.items()} == {
        "track2": "NotFound", "track3": "AudioRejected", "track4": "BadInput",
    }  # fmt: skip
    cache = EncodedCache(library, tiny)
    assert len(cache.row(good).clips) == 1
    for row in (gone, noise):
        with pytest.raises(NotFound):
            cache.row(row)


def test_few_sounds_are_read_ahead() -> None:
    begun: list[int] = []

    def read(number: int) -> tuple[Samples, ...]:
        begun.append(number)
        return ()

    jobs = [verb._EncodeTask("t", "t", (), partial(read, number)) for number in range(20)]
    for handed, (job, future) in enumerate(verb._read_ahead(jobs, 3), start=1):
        assert future.result() == ()
        assert job is jobs[handed - 1]
        assert len(begun) <= handed + 3
    assert sorted(begun) == list(range(20))


# --- reading


def test_rows_are_mapped_and_writing_into_them_does_not_reach_the_cache(tiny: Instrument, library: Library) -> None:
    row = row_of(library, 1, 1.0)
    run(frozen(row), tiny, library)
    read = EncodedCache(library, tiny).row(row)
    [clip] = read.clips
    assert all(isinstance(array, np.memmap) for array in (clip.latents, clip.text, clip.lyrics, read.reference))
    before = clip.latents.copy()
    torch.from_numpy(clip.latents).zero_()
    assert not clip.latents.any()
    assert np.array_equal(EncodedCache(library, tiny).row(row).clips[0].latents, before)
    assert read.row is row


def test_the_report_gives_speed_and_share() -> None:
    report = EncodeReport(made=3, kept=0, bytes=10, seconds=100.0, wall=10.0, model=9.5)
    assert report.realtime == 10.0
    assert report.outside == pytest.approx(0.05)


# --- stems


def stemmed(library: Library, seconds: float, profile: Profile) -> tuple[Row, Track, dict[str, Samples]]:
    """A screened track of two stems, twice as loud in the mix as they came, and its row."""
    sounds = {"bass": 0.3 * music(8, seconds), "drums": 0.3 * music(9, seconds - 0.5)}
    mix = sounds["bass"].copy()
    mix[:, : sounds["drums"].shape[1]] += sounds["drums"]
    draft = TrackDraft(
        producer="Ada", title="Both", format="wav", seconds=seconds, rate=48_000, channels=2,
        audio=files.encode(mix, "wav", subtype="FLOAT"),
        stems={name: files.encode(sound, "wav", subtype="FLOAT") for name, sound in sounds.items()},
    )  # fmt: skip
    track, _ = library.tracks.put(draft)
    note = finish(screen_tracks([track], ScreenPlan(profile=profile, workers=1), library))[track.id]
    assert note.verdict.accepted
    return row_of(library, 1, track=track.id, clips=note.clips), track, sounds | {"mix": mix}


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("seconds", "profile"),
    [
        (2.0, Profile(name="whole", shortest=1.0)),
        (3.0, Profile(name="cut", shortest=1.0, longest=2.5, look_back=1.0, fade=0.8)),
        (3.4, Profile(name="clips", shortest=1.0, longest=3.2, look_back=1.0, clip=0.8, shortest_clip=0.7)),
    ],
    ids=["whole", "cut", "clips"],
)
def test_stems_are_cut_and_levelled_like_their_mix(tiny: Instrument, library: Library, seconds: float, profile: Profile) -> None:
    row, track, sounds = stemmed(library, seconds, profile)
    report = run(frozen(row), tiny, library, stems=True)
    assert report.failures == {}
    end = ScreenNote.model_validate(library.tracks.notes(track.id)[NOTE]).verdict.end
    assert (end is None) == (profile.name == "whole")
    whole = sounds["mix"].shape[1] if end is None else round(end * 48_000)
    kept = {
        name: np.pad(sound, ((0, 0), (0, sounds["mix"].shape[1] - sound.shape[1])))[:, :whole] for name, sound in sounds.items()
    }
    if end is not None:
        kept = {name: edits.fade(sound, fade_out=profile.fade) for name, sound in kept.items()}
    gain = 10 ** (-1 / 20) / np.abs(kept["mix"]).max()
    start = 0
    for clip in EncodedCache(library, tiny).row(row, stems=True).clips:
        length = round(clip.seconds * 48_000)
        assert clip.stems.keys() == {"bass", "drums"}
        for stem, latents in clip.stems.items():
            expected = engine.encode(tiny, np.ascontiguousarray(gain * kept[stem][:, start : start + length], np.float32))
            assert latents.shape == clip.latents.shape
            assert np.abs(latents - expected).max() < 1e-5 * np.abs(expected).max()
        start += length
    again = run(frozen(row), deaf(tiny), library, stems=True)
    assert (again.made, again.kept) == (0, report.made)


def test_stems_are_left_alone_unless_they_are_asked_for(tiny: Instrument, library: Library) -> None:
    row, _, _ = stemmed(library, 3.0, Profile(name="short", shortest=1.0))
    run(frozen(row), tiny, library)
    cache = EncodedCache(library, tiny)
    assert cache.row(row).clips[0].stems == {}
    with pytest.raises(NotFound):
        cache.row(row, stems=True)


def test_stems_are_prepared_without_decoding_their_mix(
    tiny: Instrument, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    row, track, _ = stemmed(library, 1.5, Profile(name="short", shortest=1.0))
    run(frozen(row), tiny, library)
    read: list[Path] = []
    real = files.read

    def listed(path: Path) -> Samples:
        read.append(path)
        return real(path)

    monkeypatch.setattr(files, "read", listed)
    run(frozen(row), tiny, library, stems=True, workers=1)
    assert sorted(read) == sorted(library.tracks.content(track, stem) for stem in track.stems)


def test_stems_of_a_note_that_lacks_its_gain_ask_for_a_new_screening(tiny: Instrument, library: Library) -> None:
    row, track, _ = stemmed(library, 1.5, Profile(name="short", shortest=1.0))
    run(frozen(row), tiny, library)
    note = library.tracks.notes(track.id)[NOTE]
    old = {name: value for name, value in note["verdict"].items() if name not in {"gain", "fade"}}
    library.tracks.note(track.id, NOTE, note | {"key": "of another version", "verdict": old})
    error = run(frozen(row), tiny, library, stems=True).failures[track.id]
    assert isinstance(error, BadInput)
    assert "twin tracks screen" in error.remedy
    finish(screen_tracks([track], ScreenPlan(profile=Profile(name="short", shortest=1.0), workers=1), library))
    assert run(frozen(row), tiny, library, stems=True).failures == {}


def test_stems_of_a_track_that_was_screened_otherwise_since_are_refused(tiny: Instrument, library: Library) -> None:
    row, track, _ = stemmed(library, 3.0, Profile(name="short", shortest=1.0))
    note = ScreenNote(key="k", verdict=ScreeningResult(accepted=True, seconds=3.0), clips=(row.clips[0], row.clips[0]))
    library.tracks.note(track.id, NOTE, note.model_dump(mode="json"))
    report = run(frozen(row), tiny, library, stems=True)
    assert isinstance(report.failures[track.id], BadInput)
    assert "freeze" in report.failures[track.id].remedy
    assert len(EncodedCache(library, tiny).row(row).clips) == 1
