"""Plans by the rules: the same question the same plan, what was asked is planned, and no two tracks are alike."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from producertwin.agent.album import AlbumPlan, read_plan, write_plan
from producertwin.agent.candidates import stage_of
from producertwin.agent.commission import Commission
from producertwin.agent.rules import plan_album
from producertwin.agent.sheets import settle_length
from producertwin.errors import BadInput
from producertwin.house_band.compose import compose
from producertwin.house_band.styles import STYLES, match
from producertwin.model.instrument import Card
from producertwin.model.sampling.request import Metas
from producertwin.music import Key
from producertwin.pipeline import guide

STYLED = ["lofi", "jazz", "techno", "house", "trap", "ambient", "synthwave", "boom bap", "drill", "rnb", "rock", "rainy lofi"]
MOODS = ["dark", "happy", "calm", "melancholic", "warm", "dreamy", ""]
WISHES = [
    "", "one with sax", "the last one slower", "track 2 in F# minor", "half of them with piano", "no vocals", "one without drums",
    "two with strings", "the opener is dark", "female vocals on 1", "at 90 bpm", "2 minutes each", "12 minutes in all",
]  # fmt: skip


def plan(brief: str, card: Card, **asked: object) -> AlbumPlan:
    return plan_album(Commission.model_validate({"brief": brief, **asked}), card)


def check_invariants(album: AlbumPlan, count: int) -> None:
    """What every plan keeps to."""
    assert len(album.tracks) == count
    assert len({one.title.casefold() for one in album.tracks}) == count
    facts = [(one.sheet.bpm, one.sheet.key, one.sheet.form, one.sheet.chart) for one in album.tracks]
    assert len(set(facts)) == count
    for one in album.tracks:
        assert match(one.sheet.caption).style.id == one.style  # the band plays the style that was planned
        assert settle_length(one.sheet) == one.seconds <= 600
        assert one.sheet.bpm is not None and 30 <= one.sheet.bpm <= 300
        assert len(set(one.seeds)) == len(one.seeds) == 4
        assert one.sheet.outline.bars > 0


@pytest.mark.thorough
@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    st.sampled_from(STYLED), st.sampled_from(MOODS), st.lists(st.sampled_from(WISHES), max_size=3, unique=True), st.integers(2, 6)
)
def test_every_plan_keeps_its_promises(card: Card, style: str, mood: str, wishes: list[str], count: int) -> None:
    brief = ", ".join(filter(None, [f"{style} EP", f"{count} tracks", mood, *wishes]))
    album = plan(brief, card)
    check_invariants(album, count)
    assert write_plan(plan(brief, card)) == write_plan(album)
    assert album.unknown == ()
    if "12 minutes in all" in wishes and "2 minutes each" not in wishes:
        assert album.seconds == pytest.approx(720, abs=45)


def test_the_same_brief_and_seed_make_the_same_plan_and_another_seed_another(card: Card) -> None:
    one, again, other = (plan("lofi EP, 3 tracks, rainy", card, seed=seed) for seed in (7, 7, 8))
    assert write_plan(one) == write_plan(again)
    assert [track.sheet for track in one.tracks] != [track.sheet for track in other.tracks]


def test_the_brief_of_the_issue(card: Card) -> None:
    album = plan("lofi EP, 3 tracks, rainy, one with sax", card)
    check_invariants(album, 3)
    assert album.kind == "EP" and not album.unknown and not album.cannot
    [sax] = [one for one in album.tracks if "saxophone" in one.sheet.caption]
    assert sax.wishes == ("one with sax",)
    assert all("rain" in one.sheet.caption for one in album.tracks)
    assert len({one.sheet.key for one in album.tracks}) == 3


def test_the_band_plays_the_instrument_that_was_asked_for_with_every_seed(card: Card) -> None:
    from producertwin.agent.casting import _patches
    from producertwin.verbs.song import SongPlay, as_stage

    [track] = plan("one lofi track with flute", card).tracks
    stage = as_stage(track.sheet, SongPlay(guide_strength=0.5)).model_copy(update={"seconds": track.seconds})
    assert all("flute" in _patches(stage, seed, track.sheet) for seed in track.seeds)


def test_a_long_album_is_planned_without_a_note_of_it(card: Card, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = "lofi album, 6 tracks, sax, 9 minutes each"
    expected = plan(asked, card, candidates=2)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a plan needs no notes")

    monkeypatch.setattr(guide, "compose", refuse)
    assert plan(asked, card, candidates=2) == expected


@pytest.mark.parametrize("genre", ["lofi", "jazz", "techno", "ambient", "rock"])
def test_who_has_a_place_in_a_song_is_who_plays_in_it(card: Card, genre: str) -> None:
    (track,) = plan(f"{genre} single, piano, 30 seconds", card).tracks
    stage, sheet = stage_of(track, track.seeds[0]), track.sheet
    metas = Metas(bpm=sheet.bpm, key=Key.parse(sheet.key or ""), meter=sheet.meter)
    for seed in range(8):
        played = {part.patch for part in guide.write_score(stage, seed, metas).parts}
        assert guide.list_patches(stage, seed, metas) == played


def test_what_is_left_out_is_not_played(card: Card) -> None:
    [track] = plan("a lofi track without drums", card).tracks
    score = compose(track.style, seed=3, bpm=track.sheet.bpm, key=Key.parse(track.sheet.key or ""), outline=track.sheet.outline)
    assert "drums" not in score.stems
    assert "drums" not in track.sheet.caption


def test_voices_that_nano_does_not_have_are_told(card: Card) -> None:
    album = plan("jazz album, 4 tracks, female vocals on 3", card)
    assert any("track 3" in one and "nano sings no words" in one for one in album.cannot)
    assert "female" not in album.tracks[2].sheet.caption and album.tracks[2].instrumental
    assert "vocals" in album.tracks[2].sheet.players


def test_an_instrument_that_sings_is_asked_to(card: Card) -> None:
    singing = card.model_copy(update={"sings": True, "name": "base"})
    album = plan("jazz album, 4 tracks, female vocals on 3", singing, variant="base")
    assert not album.cannot and "female vocals" in album.tracks[2].sheet.caption
    assert not album.tracks[2].instrumental and any("write its words" in one for one in album.notes)
    assert (album.tracks[0].playing.shift, album.tracks[0].playing.refine) == (2.0, 0.6)  # jazz on base
    assert album.tracks[2].playing.guidance == 5.0  # the overlay for singers


def test_wishes_for_tracks_that_are_not_there_are_told(card: Card) -> None:
    assert any("no track 9" in one for one in plan("lofi EP, 3 tracks, track 9 faster", card).cannot)
    assert plan("lofi, 3 tracks, tracks 2-6 faster", card).cannot == (
        "tracks 2-6 faster: there are no tracks 4, 5, 6; the album has 3 tracks",
    )
    assert any("the album has 2" in one for one in plan("lofi, 2 tracks, three with flute", card).cannot)


def test_a_style_that_nobody_plays_is_refused_and_not_replaced(card: Card) -> None:
    with pytest.raises(BadInput, match="country"):
        plan("country album", card)


def test_the_rest_are_those_that_no_other_wish_names(card: Card) -> None:
    album = plan("lofi, 4 tracks, one with sax, two without drums and the rest with piano", card)
    own = [(one.asks.instruments, one.asks.without) for one in album.tracks]
    assert sorted(own) == [((), ("drums",)), ((), ("drums",)), (("piano",), ()), (("saxophone",), ())]
    told = plan("lofi, 2 tracks, one with sax, one with flute, the others with piano", card).cannot
    assert any("every track is spoken of" in text for text in told)


def test_tracks_that_are_named_one_by_one_share_a_length(card: Card) -> None:
    album = plan("track 1: lofi, 80 bpm. track 2: house, 122 bpm. 30 seconds each", card)
    assert [(STYLES[one.style].coarse, round(one.seconds, -1)) for one in album.tracks] == [("lofi", 30), ("house", 30)]


@pytest.mark.parametrize(
    ("brief", "coarse"),
    [
        ("late night R&B", "rnb"),
        ("christmas jazz", "jazz-trio"),
        ("fast drum & bass single", "drum-and-bass"),
        ("lofi jazz", "lofi"),
    ],
)
def test_a_genre_counts_before_what_else_a_style_is_called(card: Card, brief: str, coarse: str) -> None:
    assert STYLES[plan(brief, card).tracks[0].style].coarse == coarse


@pytest.mark.parametrize(
    "brief", ["rock, 28 seconds, 140 bpm", "jazz, 24 seconds, 169 bpm", "jazz waltz, 20 seconds", "trap, 12 seconds"]
)
def test_a_short_track_is_as_long_as_it_is_asked_to_be_to_a_bar(card: Card, brief: str) -> None:
    for one in plan(brief, card).tracks:
        assert one.asks.seconds is not None and one.sheet.bpm is not None
        assert abs(one.seconds - one.asks.seconds) <= 1.01 * one.sheet.meter * 60 / one.sheet.bpm


def test_wishes_that_contradict_each_other_are_told(card: Card) -> None:
    assert any("drums, wanted and left out" in one for one in plan("lofi with drums, without drums", card).cannot)
    assert any("bpm 80 and 90" in one for one in plan("lofi, 80 bpm, 90 bpm", card).cannot)
    assert any(one.startswith("jazz:") for one in plan("jazz and techno, 2 tracks", card).cannot)


def test_tracks_that_are_named_one_by_one_are_all_there_are(card: Card) -> None:
    album = plan("track 1: lofi. track 2: techno.", card)
    assert [one.genre for one in album.tracks] == ["lofi", "electronic"] and not album.notes
    assert {one.genre for one in plan("techno on 1", card).tracks} == {"electronic"}


def test_slower_darker_and_shorter_are_so(card: Card) -> None:
    plain = plan("lofi EP, 3 tracks", card)
    changed = plan("lofi EP, 3 tracks, the first one slower and darker and shorter", card)
    low = STYLES[changed.tracks[0].style].tempo[1]
    assert (changed.tracks[0].sheet.bpm or 0) < low
    assert (changed.tracks[0].sheet.key or "").endswith("minor") and "dark" in changed.tracks[0].sheet.caption
    assert changed.tracks[0].seconds < max(one.seconds for one in plain.tracks)


def test_tempi_are_spread_and_the_closer_is_slow(card: Card) -> None:
    tempi = [one.sheet.bpm or 0.0 for one in plan("house album, 6 tracks", card).tracks]
    assert len(set(tempi)) == 6 and tempi[-1] == min(tempi)


def test_a_plan_is_written_read_edited_and_read_again(card: Card, tmp_path: Path) -> None:
    album = plan("lofi EP, 2 tracks", card)
    path = tmp_path / "plan.json"
    path.write_bytes(write_plan(album))
    assert read_plan(path) == album
    path.write_text(
        path.read_text(encoding="utf-8").replace(f'"bpm": {album.tracks[0].sheet.bpm:.1f}', '"bpm": 50.0', 1), encoding="utf-8"
    )
    edited = read_plan(path)
    assert edited.tracks[0].sheet.bpm == 50 and edited.tracks[0].seconds > album.tracks[0].seconds
    path.write_text(path.read_text(encoding="utf-8").replace(edited.tracks[1].sheet.chords, "H7 | Qm"), encoding="utf-8")
    with pytest.raises(BadInput, match="track 2"):
        read_plan(path)


def test_two_tracks_that_are_one_are_refused(card: Card) -> None:
    album = plan("lofi EP, 2 tracks", card)
    with pytest.raises(BadInput, match="same sheet"):
        AlbumPlan.model_validate(album.model_dump() | {"tracks": [
            album.tracks[0].model_dump(), album.tracks[0].model_copy(update={"title": "Other"}).model_dump()]})  # fmt: skip


@pytest.mark.parametrize("wrong", [{"style": "CORE-1"}, {"genre": "polka"}, {"watch": ("rust",)}, {"seeds": (3, 3)}])
def test_an_edited_plan_of_what_nobody_knows_is_refused(card: Card, wrong: dict[str, object]) -> None:
    album = plan("one lofi track", card)
    with pytest.raises(BadInput) as caught:
        AlbumPlan.model_validate(album.model_dump() | {"tracks": [album.tracks[0].model_dump() | wrong]})
    assert album.tracks[0].title in caught.value.message


def test_long_albums_have_no_two_tracks_alike(card: Card) -> None:
    check_invariants(plan("30 techno tracks", card), 30)
    keys = [one.sheet.key for one in plan("30 techno tracks", card).tracks]
    assert all(one != other for one, other in itertools.pairwise(keys))
