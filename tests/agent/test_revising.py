"""Albums are changed by talking: typed changes, shown first, and only of the tracks that were named."""

from __future__ import annotations

from pathlib import Path

import pytest

from producertwin.agent.album import AlbumPlan, read_plan, write_plan
from producertwin.agent.candidates import candidate_key
from producertwin.agent.commission import Commission
from producertwin.agent.decisions import Ledger
from producertwin.agent.delivery import delivery_key
from producertwin.agent.revising import apply_revision, plan_revision
from producertwin.agent.rules import plan_album
from producertwin.errors import BadInput, NotFound
from producertwin.house_band.sheet import write_toml
from producertwin.model.instrument import Card


@pytest.fixture
def folder(card: Card, tmp_path: Path) -> Path:
    """A folder with the plan of an album of four tracks."""
    place = tmp_path / "album"
    place.mkdir()
    (place / "plan.json").write_bytes(write_plan(plan_album(Commission(brief="house EP, 4 tracks, piano"), card)))
    return place


def keys(album: AlbumPlan) -> list[str]:
    return [candidate_key(one, one.seeds[0]) for one in album.tracks]


def test_slower_and_darker_change_tempo_mode_and_caption_of_that_track_alone(folder: Path, card: Card) -> None:
    before = read_plan(folder / "plan.json")
    found = plan_revision(folder, "track 3 slower and darker", card)
    assert {one.track for one in found.changes} == {3} and {"tempo", "caption", "length"} <= {one.field for one in found.changes}
    old, new = before.tracks[2].sheet, found.album.tracks[2].sheet
    assert (new.bpm or 0) < (old.bpm or 0) and new.form == old.form
    assert (new.key or "").endswith("minor") and "dark" in new.caption
    assert [one == other for one, other in zip(keys(before), keys(found.album), strict=True)] == [True, True, False, True]
    assert read_plan(folder / "plan.json") == before


def test_a_section_that_is_kept_keeps_its_chords(folder: Path, card: Card) -> None:
    before = read_plan(folder / "plan.json").tracks[0].sheet
    kept = plan_revision(folder, "track 1 faster, keep the drop of 1", card).album.tracks[0].sheet
    assert kept.sections["drop"].chords == before.sections["drop"].chords and (kept.bpm or 0) > (before.bpm or 0)


def test_another_key_moves_the_chords(folder: Path, card: Card) -> None:
    new = plan_revision(folder, "track 2 in E minor", card).album.tracks[1].sheet
    assert new.key == "E minor" and new.outline.symbols


def test_a_title_alone_plays_nothing_again(folder: Path, card: Card) -> None:
    before = read_plan(folder / "plan.json")
    for words in ('track 2 called "Second Wind"', 'rename track 2 to "Second Wind"', 'call 2 "Second Wind"'):
        found = plan_revision(folder, words, card)
        assert [(one.track, one.field, one.after) for one in found.changes] == [(2, "title", "Second Wind")]
        assert keys(found.album) == keys(before) and not found.unknown


def test_title_and_loudness_of_the_whole_album_are_changed(folder: Path, card: Card) -> None:
    found = plan_revision(folder, 'call it "Night Bus", -16 LUFS', card)
    assert [(one.of, one.field) for one in found.changes] == [("the album", "title"), ("the album", "loudness")]
    assert (found.album.title, found.album.loudness) == ("Night Bus", -16.0) and not found.unknown
    apply_revision(folder, found, "call it so")
    assert read_plan(folder / "plan.json") == found.album


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("5 tracks", "the album keeps its 4 tracks"),
        ("12 minutes in all", "say how long each"),
        ("louder", "-12 LUFS"),
        ("keep the kazoo of 1, track 1 faster", "keep the kazoo of 1: there is none"),
        ("keep the drop of 9, track 1 faster", "keep the drop of 9: there is none"),
        ("track 9 slower", "no track 9"),
        ("keep 9 as it is, track 1 faster", "there is no track 9"),
    ],
)
def test_what_a_revision_leaves_as_it_is_is_told(folder: Path, card: Card, words: str, told: str) -> None:
    try:
        cannot = plan_revision(folder, words, card).cannot
    except BadInput as error:
        cannot = (error.message,)
    assert any(told in one for one in cannot)


def test_drums_that_are_to_go_are_not_added(folder: Path, card: Card) -> None:
    new = plan_revision(folder, "remove the piano on 2", card).album.tracks[1]
    assert "piano" in new.asks.without and "piano" not in new.sheet.caption


@pytest.mark.parametrize(
    ("words", "changed"),
    [
        ("keep 1 and 2, the rest slower", {3, 4}),
        ("leave tracks 1, 2 and 4 as they are, everything slower", {3}),
        ("keep 1 and track 2 slower", {2}),
        ("keep 3, track 2 slower", {2}),
    ],
)
def test_several_tracks_are_kept_at_once(folder: Path, card: Card, words: str, changed: set[int]) -> None:
    found = plan_revision(folder, words, card)
    assert {one.track for one in found.changes} == changed and found.cannot == ()


def test_more_of_a_mood_is_a_wish_and_more_of_a_player_is_none(folder: Path, card: Card) -> None:
    found = plan_revision(folder, "track 2 more energetic, more piano", card)
    assert "energetic" in found.album.tracks[1].sheet.caption and [one.split(":")[0] for one in found.cannot] == ["more piano"]
    assert plan_revision(folder, "track 1 more like jazz", card).cannot == ()


def test_what_cannot_be_changed_is_told(folder: Path, card: Card) -> None:
    found = plan_revision(folder, "track 1 faster, less bass everywhere, more frobnication on 9", card)
    assert any("less bass" in one for one in found.cannot)
    with pytest.raises(BadInput):
        plan_revision(folder, "louder drums", card)
    with pytest.raises(NotFound):
        plan_revision(folder.parent, "track 1 faster", card)


def test_changes_are_written_down_and_refused_where_the_plan_moved_on(folder: Path, card: Card) -> None:
    found = plan_revision(folder, "track 1 slower", card)
    apply_revision(folder, found, "track 1 slower")
    assert read_plan(folder / "plan.json") == found.album
    assert any("tempo" in text for text in Ledger(folder).rows[-1].evidence)
    with pytest.raises(BadInput, match="has changed"):
        apply_revision(folder, found, "track 1 slower")


def edit(folder: Path, place: int, **sheet: object) -> None:
    """Write something into the sheet of a track in the plan of an album, as a person does."""
    album = read_plan(folder / "plan.json")
    tracks = list(album.tracks)
    tracks[place - 1] = tracks[place - 1].model_copy(update={"sheet": tracks[place - 1].sheet.model_copy(update=sheet)})
    (folder / "plan.json").write_bytes(write_plan(album.model_copy(update={"tracks": tuple(tracks)})))


def test_what_was_written_by_hand_stays_where_something_else_changes(folder: Path, card: Card) -> None:
    old = read_plan(folder / "plan.json").tracks[0].sheet
    words = {name: one.model_copy(update={"lyrics": "la la"}) for name, one in old.sections.items() if name == "drop"}
    caption = ", ".join([tag for tag in old.caption.split(", ") if tag != "piano"] + ["glass bottles"])
    edit(folder, 1, caption=caption, players="drums, bass, synth", sections={**old.sections, **words})
    found = plan_revision(folder, "track 1 slower and darker", card)
    new = found.album.tracks[0].sheet
    assert "glass bottles" in new.caption and "piano" not in new.caption.split(", ") and "dark" in new.caption
    assert (new.players, new.sections["drop"].lyrics) == ("drums, bass, synth", "la la")
    assert (new.bpm or 0) < (old.bpm or 0) and not found.cannot


def test_what_was_written_by_hand_and_has_no_room_is_told(folder: Path, card: Card) -> None:
    old = read_plan(folder / "plan.json").tracks[0].sheet
    name = next(iter(old.sections))
    edit(
        folder, 1, players="drums, bass", sections={**old.sections, name: old.sections[name].model_copy(update={"lyrics": "la"})}
    )
    found = plan_revision(folder, "track 1 with flute, track 1 is ambient", card)
    assert any("yours are dropped: drums, bass" in text for text in found.cannot)
    new = found.album.tracks[0].sheet
    assert new.sections[name].lyrics == "la" if name in new.form else any(name in text for text in found.cannot)


def test_a_plan_of_the_rules_holds_no_edits(folder: Path, card: Card) -> None:
    for words in ("all slower", "track 2 with flute", "track 3 darker", "all in A minor"):
        found = plan_revision(folder, words, card)
        assert not [text for text in found.cannot if "dropped" in text], words


def test_a_sheet_that_was_edited_in_the_folder_is_taken_and_told(folder: Path, card: Card) -> None:
    sheet = read_plan(folder / "plan.json").tracks[1].sheet
    path = folder / "sheets" / "02.toml"
    path.parent.mkdir()
    path.write_text(write_toml(sheet))
    assert not [note for note in plan_revision(folder, "track 1 slower", card).notes if "edited" in note]
    path.write_text(write_toml(sheet.model_copy(update={"bpm": 111.0, "title": "By Hand"})))
    for words in ("take my sheets", "track 1 slower"):
        found = plan_revision(folder, words, card)
        assert {(2, "tempo"), (2, "title")} <= {(one.track, one.field) for one in found.changes}
        assert any("sheets/02.toml was edited" in note for note in found.notes)
    assert (plan_revision(folder, "track 2 faster", card).album.tracks[1].sheet.bpm or 0) > 111
    path.write_text("bpm = fast")
    with pytest.raises(BadInput, match=r"sheets/02\.toml"):
        plan_revision(folder, "track 1 slower", card)


@pytest.mark.parametrize(
    ("words", "tracks"),
    [
        ("2 slower", {2}),
        ("make 2 slower", {2}),
        ("#3 darker", {3}),
        ("no. 3 darker", {3}),
        ("3rd darker", {3}),
        ("1. darker", {1}),
        ("2. darker 3. slower", {2, 3}),
        ("2: darker", {2}),
        ("2 - darker", {2}),
        ("track 2 - slower, darker", {2}),
        ("2, slower", {2}),
        ("2 and 3 darker", {2, 3}),
        ("2, 3 and 4 slower", {2, 3, 4}),
        ("#2 and #4 slower", {2, 4}),
        ("2-4 slower", {2, 3, 4}),
        ("2 slower and 3 darker", {2, 3}),
        ("track 2 slower and track 3 darker", {2, 3}),
        ("1 slower, 2 faster", {1, 2}),
        ("keep 1, 2 slower", {2}),
        ("2 in 3/4", {2}),
        ("2 with sax", {2}),
        ("120 bpm on 2", {2}),
        ("slower on 1, 2 and 3", {1, 2, 3}),
        ("slower", {1, 2, 3, 4}),
        ("90 bpm", {1, 2, 3, 4}),
        ("70-80 bpm", {1, 2, 3, 4}),
        ("2 minutes each", {1, 2, 3, 4}),
        ("but 2 slower", {2}),
        ("and 2 slower", {2}),
        ("then 2 slower", {2}),
        ("only 2 slower", {2}),
        ("please make 2 slower", {2}),
        ("2 90 bpm", {2}),
        ("2, 90 bpm", {2}),
        ("2 6/8", {2}),
        ("1: 3/4, 2: 6/8", {1, 2}),
        ("2 or 3 slower", {2, 3}),
        ("2 the same but slower", {2}),
        ("track 2 slower but darker", {2}),
        ("2; darker", {2}),
    ],
)
def test_a_number_at_the_start_of_a_clause_names_a_track(words: str, tracks: set[int], folder: Path, card: Card) -> None:
    found = plan_revision(folder, words, card)
    assert {one.track for one in found.changes} == tracks and not found.unknown and not found.cannot


@pytest.mark.parametrize("words", ["two slower", "2 tracks slower", "two tracks slower", "2 of them slower", "2 slower tracks"])
def test_two_and_2_tracks_are_so_many_of_them(words: str, folder: Path, card: Card) -> None:
    found = plan_revision(folder, words, card)
    assert len({one.track for one in found.changes}) == 2 and not found.cannot and not found.notes


def test_how_a_bare_number_is_read_is_told(folder: Path, card: Card) -> None:
    assert plan_revision(folder, "2 slower", card).notes == ('2 is read as track 2: any 2 of them would be "2 tracks"',)
    for words in ("track 2 slower", "2: slower", "#2 slower", "2 and 3 slower", "two slower"):
        assert plan_revision(folder, words, card).notes == ()
    found = plan_revision(folder, "9 slower", card)
    assert found.changes == () and "there is no track 9; the album has 4 tracks" in found.cannot[0]
    titled = plan_revision(folder, 'call it "Rain, 2 slower"', card)
    assert [one.after for one in titled.changes] == ["Rain, 2 slower"]
    with pytest.raises(BadInput, match="say how loud"):
        plan_revision(folder, "3 louder", card)


@pytest.mark.parametrize(
    ("words", "tracks"),
    [
        ("all but 2 darker", {1, 3, 4}),
        ("everything but 2 darker", {1, 3, 4}),
        ("all tracks but 3 darker", {1, 2, 4}),
        ("all except 2 darker", {1, 3, 4}),
        ("all but track 2 darker", {1, 3, 4}),
        ("all four but 2 darker", {1, 3, 4}),
        ("all, except 2, darker", {1, 3, 4}),
        ("except 2 all darker", {1, 3, 4}),
        ("darker everywhere but on 2", {1, 3, 4}),
        ("darker, except 2", {1, 3, 4}),
        ("all darker but not 2", {1, 3, 4}),
        ("all darker but 2", {1, 3, 4}),
        ("all but 1 and 3 darker", {2, 4}),
        ("all but 1-2 with sax", {3, 4}),
        ("every track but the first darker", {2, 3, 4}),
        ("tracks 1-3 darker except 2", {1, 3}),
        ("nothing but 2 darker", {2}),
        ("keep all but 2, darker", {2}),
        ("keep all but 2 and 3 as they are, darker", {2, 3}),
    ],
)
def test_tracks_that_are_left_out_stay_as_they_are(words: str, tracks: set[int], folder: Path, card: Card) -> None:
    found = plan_revision(folder, words, card)
    assert {one.track for one in found.changes} == tracks and not found.unknown and not found.cannot


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("all but one darker", "say the numbers of the tracks to leave out"),
        ("everything except the drums darker", "say the numbers of the tracks to leave out"),
        ("1 minute longer", "1 minute longer: say how long it is to be"),
        ("2 30 seconds shorter", "30 seconds shorter: say how long it is to be"),
        ("longer by 1:30", "longer by 1:30: say how long it is to be"),
        ("10 bpm slower", "10 bpm slower: say the tempo"),
        ("nine slower", "the album has 4 tracks"),
    ],
)
def test_what_cannot_be_read_is_told_and_changes_nothing(words: str, told: str, folder: Path, card: Card) -> None:
    found = plan_revision(folder, f'{words}; call it "Rain"', card)
    assert [one.field for one in found.changes] == ["title"] and [one for one in found.cannot if told in one]


@pytest.mark.parametrize(
    ("words", "changes"),
    [
        ('2: "Rain"', {(2, "title")}),
        ('2: called "Rain"', {(2, "title")}),
        ('track 2 "Rain"', {(2, "title")}),
        ('1 "Night", 2 "Rain"', {(1, "title"), (2, "title")}),
        ('call 1 "Night" and 2 "Rain"', {(1, "title"), (2, "title")}),
        ('2: "Rain", with sax', {(2, "title"), (2, "players"), (2, "caption")}),
        ('track 2 called "Rain" and with sax', {(2, "title"), (2, "players"), (2, "caption")}),
        ('call it "All but 2, nothing but rain"', {(0, "title")}),
    ],
)
def test_a_title_behind_a_track_is_its_own(words: str, changes: set[tuple[int, str]], folder: Path, card: Card) -> None:
    found = plan_revision(folder, words, card)
    assert {(one.track, one.field) for one in found.changes} == changes and not found.unknown and not found.cannot
    assert words.endswith('rain"') is (found.album.title == "All but 2, nothing but rain")


@pytest.mark.parametrize("change", [{"title": "Night Bus"}, {"artist": "Somebody"}, {"licence": "CC0-1.0"}])
def test_a_file_is_of_the_plan_whose_tags_it_has(change: dict[str, str], folder: Path) -> None:
    album = read_plan(folder / "plan.json")
    assert delivery_key(album, 1) != delivery_key(album.model_copy(update=change), 1)
    assert delivery_key(album, 1) != delivery_key(album.model_copy(update={"tracks": album.tracks[:3]}), 1)
    assert delivery_key(album, 1) == delivery_key(album.model_copy(update={"brief": "as it is"}), 1)
