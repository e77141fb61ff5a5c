"""An album is like its references where its brief leaves that open, and a copy is not praised."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from producertwin.agent import reference_reading
from producertwin.agent.album import AlbumPlan, read_plan, write_plan
from producertwin.agent.budget import Budget
from producertwin.agent.candidates import Candidate
from producertwin.agent.commission import Commission
from producertwin.agent.likeness import find_sound_of, load_likeness
from producertwin.agent.more_candidates import best_likeness
from producertwin.agent.produce import produce
from producertwin.agent.reference_reading import find_references, read_references
from producertwin.agent.references import MOST, Reference
from producertwin.agent.rules import plan_album
from producertwin.agent.story import read_story
from producertwin.audio import files
from producertwin.audio.fingerprints import fingerprint
from producertwin.cli.main import run
from producertwin.dataset import screen
from producertwin.errors import BadInput, NotFound
from producertwin.house_band.compose import compose
from producertwin.house_band.render import render
from producertwin.house_band.styles import STYLES
from producertwin.model.instrument import Card
from producertwin.music import Key
from producertwin.progress import Steps, finish
from producertwin.verbs import release_facts
from producertwin.verbs.studio import Studio
from reference_kit import FORM, reference


def plan(brief: str, card: Card, *songs: Reference, **asked: object) -> AlbumPlan:
    return plan_album(Commission.model_validate({"brief": brief, **asked}), card, references=songs)


def test_the_first_track_takes_the_song_and_the_others_what_they_share(card: Card) -> None:
    album = plan("EP, 3 tracks", card, reference())
    first, *others = album.tracks
    assert (first.sheet.bpm, first.sheet.key, first.sheet.form) == (96, "D minor", FORM)
    assert "F | C | Dm | Bb" in first.sheet.chart and first.sheet.meter == 4
    assert {STYLES[one.style].coarse for one in album.tracks} == {"jazz-trio"}
    for one in others:
        assert abs(one.sheet.bpm or 0 - 96) and 88 <= (one.sheet.bpm or 0) <= 105
        assert Key.parse(one.sheet.key or "").mode == "minor" and one.sheet.chart != first.sheet.chart
    assert all("saxophone" in one.sheet.caption and one.like == reference().content for one in album.tracks)
    assert album.loudness == -16 and all(len(one.seeds) == 4 and len(one.spare) == 8 for one in album.tracks)


def test_what_the_brief_says_wins(card: Card) -> None:
    album = plan("techno EP, 2 tracks, 132 bpm, in E minor, -10 LUFS, no piano", card, reference())
    first = album.tracks[0]
    assert STYLES[first.style].coarse == "techno" and first.sheet.bpm == 132 and album.loudness == -10
    assert first.sheet.key == "E minor" and "Em | C | Am | B" in first.sheet.chart  # the chords, in the key that is asked for
    assert "piano" not in first.sheet.caption
    major = plan("single, in E major, 30 seconds", card, reference()).tracks[0]
    assert major.sheet.key == "E major" and "Dm" not in major.sheet.chart and major.seconds < 45
    waltz = plan("single, waltz", card, reference())
    assert waltz.tracks[0].sheet.meter == 3 and any("bars of 4" in one for one in waltz.notes)


def test_a_plan_holds_its_references_and_needs_no_file(card: Card, tmp_path: Path) -> None:
    songs = reference(), reference("other.wav", bpm=150.0, key="G major", style="house")
    album = plan("EP, 3 tracks", card, *songs)
    assert write_plan(album) == write_plan(plan("EP, 3 tracks", card, *songs))
    (tmp_path / "plan.json").write_bytes(write_plan(album))
    assert read_plan(tmp_path / "plan.json") == album
    assert [one.like for one in album.tracks] == [songs[0].content, songs[1].content, songs[0].content]
    [note] = [one for one in album.notes if "differ" in one]
    assert "tempo (96, 150 bpm)" in note and "mode (minor, major)" in note and "style (jazz-trio, house)" in note
    more = plan("single", card, *songs)
    assert any("no track follows other.wav" in one for one in more.notes)
    assert plan("lofi EP, 2 tracks", card).tracks == plan("lofi EP, 2 tracks", card).tracks
    with pytest.raises(BadInput, match="a reference that the plan does not hold"):
        AlbumPlan.model_validate(album.model_dump() | {"references": ()})


def test_what_was_not_believed_is_not_taken(card: Card) -> None:
    unsure = reference(bpm=None, key=None, style=None, instruments=(), form="", chords="", loudness=None)
    album = plan("lofi EP, 2 tracks", card, unsure)
    assert STYLES[album.tracks[0].style].coarse == "lofi" and album.loudness == -14
    assert plan("EP, 2 tracks", card, reference(drums=False)).tracks[0].asks.without == ("drums",)
    learned = plan("EP, 2 tracks", card, reference(learned="Rain"))
    assert learned.tracks[0].spare == () and learned.tracks[0].sheet.key == "D minor"


def test_a_hostile_reference_is_no_reference() -> None:
    for facts in (
        {"content": "b2:../../etc/passwd"}, {"content": "/etc/passwd"}, {"vector": (0.0,) * 128}, {"chords": "rm -rf /"},
        {"style": "../x"}, {"form": "verse 99999999"}, {"seconds": 1e9}, {"key": "H sharp"}, {"path": "/etc/passwd"},
    ):  # fmt: skip
        with pytest.raises((BadInput, ValueError)):
            reference(**facts)
    assert "\n" not in reference("a\nb\x1b[2J").name and "\x1b" not in reference("a\nb\x1b[2J").name


def test_more_candidates_are_for_those_that_count() -> None:
    def heard(**scores: float) -> Candidate:
        return Candidate("A", None, {"points": 1.0, **scores}, ())  # type: ignore[arg-type]

    assert best_likeness([heard(likeness=0.2), heard(likeness=0.7), heard()]) == 0.7
    assert best_likeness([heard()]) == -1.0


def test_what_is_no_song_is_refused(studio: Studio, tmp_path: Path) -> None:
    short = files.write(tmp_path / "short.wav", np.full((2, 48_000 * 3), 0.1, np.float32))
    silent = files.write(tmp_path / "silent.wav", np.zeros((2, 48_000 * 10), np.float32))
    with pytest.raises(NotFound, match="neither a take nor a file"):
        finish(read_references([str(tmp_path / "none.wav")], studio))
    with pytest.raises(BadInput, match=r"lasts 3\.0 s"):
        finish(read_references([str(short)], studio))
    with pytest.raises(BadInput, match="silent"):
        finish(read_references([str(silent)], studio))
    with pytest.raises(BadInput, match="more than an album takes"):
        finish(read_references([str(silent)] * (MOST + 1), studio))


@pytest.mark.thorough
def test_a_take_as_reference_is_played_for_until_the_candidates_end_and_its_copy_is_not_praised(
    card: Card, studio: Studio, tmp_path: Path
) -> None:
    asked = Commission(brief="lofi single, 10 seconds", variant="tiny", candidates=1)
    made = finish(produce(plan_album(asked, studio.read_card("tiny")), tmp_path / "first", studio)).tracks[0]
    content = studio.library.takes.content(made.take)
    song = reference(content="b2:" + str(made.take.audio).removeprefix("b2:"), form="", chords="", vector=(0.0,) * 127 + (1.0,))
    assert find_sound_of(song, studio) == content
    album = plan_album(asked, studio.read_card("tiny"), references=[song])
    judge = finish(load_likeness(album, studio))
    assert judge is not None and judge(album.tracks[0], made.take) is None  # it is the reference itself

    track = album.tracks[0].model_copy(update={"spare": album.tracks[0].spare[:2]})
    album = album.model_copy(update={"tracks": (track,), "repaired": 0})
    done = finish(produce(album, tmp_path / "second", studio))
    assert len(done.tracks[0].ranked) == 3 and all("likeness" in one.scores for one in done.tracks[0].ranked)
    [row] = [one for one in read_story(tmp_path / "second").decisions if one.kind == "likeness"]
    assert "below the bar" in row.decision and "no more are planned" in row.decision
    rows = (tmp_path / "second" / "decisions.jsonl").read_bytes()
    finish(produce(None, tmp_path / "second", studio))
    assert (tmp_path / "second" / "decisions.jsonl").read_bytes() == rows
    less = finish(produce(album, tmp_path / "third", studio, budget=Budget(takes=2)))
    assert len(less.tracks[0].ranked) == 2


@pytest.mark.thorough
def test_a_song_is_read_and_kept_by_its_hash(studio: Studio, tmp_path: Path) -> None:
    score = compose("jazz-trio", seed=3, seconds=40.0)
    path = files.write(tmp_path / "trio.wav", render(score).mix)
    [song] = finish(read_references([str(path), str(path)], studio))
    assert song.bpm == pytest.approx(score.bpm, rel=0.02) and song.loudness is not None and song.instruments
    assert song.name == "trio.wav" and find_sound_of(song, studio) is not None
    assert [song] == [*finish(read_references([str(path)], studio))]
    assert all("not believed" not in one for one in song.read)


def test_going_on_needs_no_song_again(card: Card, studio: Studio, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    brief, song, other = "single, 20 seconds", reference("one.wav"), reference("two.wav", bpm=120.0)
    album = plan(brief, card, song, other)
    folder = tmp_path / "album"
    folder.mkdir()
    (folder / "plan.json").write_bytes(write_plan(album))
    asked = ["--studio", str(studio.settings.studio), "--json", "produce", brief, "-o", str(folder), "--dry-run"]
    for like in ((), ("--like", "/gone/one.wav", "two.wav")):
        assert run([*asked, *like]) == 0
        told = capsys.readouterr()
        assert AlbumPlan.model_validate(json.loads(told.out)["plan"]) == album
        assert "one.wav" in told.err
    assert run([*asked, "--like", str(tmp_path / "three.wav")]) == 4, "a song that is new has to be there"
    capsys.readouterr()
    assert run([*asked[:4], "jazz single, 20 seconds", *asked[5:]]) == 0
    assert json.loads(capsys.readouterr().out)["plan"]["references"] == [], "another brief is another album"


def test_files_that_are_gone_are_taken_of_the_album_and_others_are_read(studio: Studio, tmp_path: Path) -> None:
    songs = (reference("one.wav"), reference("two.wav"))
    assert finish(find_references((), songs, studio)) == songs
    assert finish(find_references(("/gone/two.wav", "one.wav", "two.wav"), songs, studio)) == songs[::-1]
    with pytest.raises(NotFound):
        finish(find_references(("three.wav",), songs, studio))
    (tmp_path / "one.wav").write_bytes(b"no sound")
    with pytest.raises(BadInput):  # a file that is there is read
        finish(find_references((str(tmp_path / "one.wav"), "two.wav"), songs, studio))


def test_a_take_that_is_here_is_read_again(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    name, read = "abcdefghijkl", list[str]()

    def hear(names: tuple[str, ...], _: Studio, **__: object) -> Steps[tuple[Reference, ...]]:
        read.extend(names)
        yield from ()
        return tuple(reference(one, bpm=120.0) for one in names)

    monkeypatch.setattr(reference_reading, "read_references", hear)
    monkeypatch.setattr(Studio, "existing_library", SimpleNamespace(takes=SimpleNamespace(get={name: "a take"}.__getitem__)))
    songs = (reference(name), reference("one.wav"))
    assert [one.bpm for one in finish(find_references((name, "one.wav"), songs, studio))] == [120.0, 96.4]
    assert read == [name]
    monkeypatch.setattr(Studio, "existing_library", None)
    assert finish(find_references((name, "one.wav"), songs, studio)) == songs and read == [name]


def test_songs_that_are_called_alike_are_meant_in_order(studio: Studio) -> None:
    songs = tuple(reference("s.flac", content=reference(name).content) for name in "ab")
    assert finish(find_references(("/gone/a/s.flac", "/gone/b/s.flac"), songs, studio)) == songs
    for unclear in (("/gone/a/s.flac",), ("/gone/a/s.flac", "/gone/b/s.flac", "/gone/c/s.flac")):
        with pytest.raises(BadInput, match="2 songs that are called"):
            finish(find_references(unclear, songs, studio))


def test_a_sound_that_the_studio_lacks_is_told_with_what_to_do(card: Card, studio: Studio) -> None:
    work = load_likeness(plan("single", card, reference()), studio)
    studio.load_embedder = lambda: None  # type: ignore[method-assign, assignment, return-value]
    assert "give it again with --like" in next(iter(work)).text  # type: ignore[union-attr]


@pytest.mark.thorough
def test_two_songs_of_one_title_that_a_twin_learned_are_both_held_against_references(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sounds = {f"song{seed}": render(compose("jazz-trio", seed=seed, seconds=20.0)).mix for seed in (3, 4, 5)}
    paths = [str(files.write(tmp_path / f"{name}.wav", sound)) for name, sound in sounds.items()]
    learned = [SimpleNamespace(track=name) for name in ("song3", "song4")]
    tracks = SimpleNamespace(
        notes_of_kind=lambda *_: {name: name for name in sounds}, get=lambda name: SimpleNamespace(title="Rain", name=name)
    )
    monkeypatch.setattr(screen, "fingerprint_of", lambda name, _: fingerprint(sounds[name]))
    monkeypatch.setattr(release_facts, "find_manifest", lambda *_: SimpleNamespace(side=lambda _: learned))
    monkeypatch.setattr(Studio, "existing_library", SimpleNamespace(tracks=tracks))
    monkeypatch.setattr(Studio, "find_adapters", lambda *_: (SimpleNamespace(path=tmp_path),))
    monkeypatch.setattr(Studio, "read_adapter", lambda *_: SimpleNamespace(card=SimpleNamespace(dataset="set")))
    found = finish(read_references(paths, studio, adapters=("twin",), keep=False))
    assert [one.learned for one in found] == ["Rain", "Rain", ""]
