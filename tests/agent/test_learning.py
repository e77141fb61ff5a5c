"""Learning of albums: what is planted is found, what is not is not proposed, and what is applied is taken back."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from producertwin.agent import learning
from producertwin.agent.album import AlbumPlan, write_plan
from producertwin.agent.budget import Cost
from producertwin.agent.candidates import candidate_key
from producertwin.agent.commission import Commission
from producertwin.agent.decisions import Decision, Ledger
from producertwin.agent.heuristics import load_heuristics
from producertwin.agent.learning import FEWEST, Measure, Outcome, compare, learn, propose
from producertwin.agent.own_table import BEFORE, FILE, keep_own, load_own, load_table, undo_own
from producertwin.agent.rules import plan_album
from producertwin.errors import BadInput, NotFound
from producertwin.model.instrument import Card
from producertwin.verbs.studio import Studio


def outcomes(
    rng: np.random.Generator, albums: int, effect: float, *, setting: str = "shift", measure: Measure = "stars"
) -> Iterator[Outcome]:
    """Albums of three tracks, of which each has 1 or 2 as the value of a setting; 2 does better by `effect`."""
    for number in range(albums):
        value = float(1 + number % 2)
        level = 3.0 + effect * (value == 2.0) + rng.normal(0, 0.4)
        for _ in range(3):
            stars = float(np.clip(level + rng.normal(0, 0.6), 1, 5))
            yield Outcome("lofi", "base", setting, value, 1.0, measure, f"album {number}", stars)


def test_a_planted_difference_is_proposed_with_its_evidence() -> None:
    found = compare(outcomes(np.random.default_rng(1), 40, 1.2))
    assert len(found) == 1 and found[0].albums == (20, 20)
    assert found[0].low < 1.2 < found[0].high + 0.3 and 0 < found[0].difference < found[0].means[0] - found[0].means[1]
    (proposal,) = propose(found, load_heuristics())
    assert (proposal.genre, proposal.family, proposal.setting, proposal.after) == ("lofi", "base", "shift", "2")
    assert "20 albums" in proposal.evidence[0] and "evidence" in proposal.evidence[0]


def test_a_value_that_does_worse_is_not_proposed() -> None:
    assert not list(propose(compare(outcomes(np.random.default_rng(1), 40, -1.2)), load_heuristics()))


def test_too_few_albums_are_not_compared() -> None:
    assert compare(outcomes(np.random.default_rng(1), 2 * FEWEST - 1, 2.0)) == []
    assert len(compare(outcomes(np.random.default_rng(1), 2 * FEWEST, 2.0))) == 1


def test_albums_that_agree_by_chance_convince_nobody() -> None:
    rows = [Outcome("lofi", "base", "shift", 1.0 + (one % 2), 1.0, "stars", str(one), 4.0 + (one % 2) * 0.1) for one in range(10)]
    assert not any(one.convinces for one in compare(rows))


@pytest.mark.thorough
def test_who_looks_after_every_album_at_many_settings_is_seldom_fooled() -> None:
    """The share of studios without any effect in which something is proposed at some time; six settings, 60 albums."""
    fooled, studios = 0, 150
    for seed in range(studios):
        rng = np.random.default_rng(seed)
        rows = [one for name in "abcdef" for one in outcomes(rng, 60, 0.0, setting=name)]
        looks = [[one for one in rows if int(one.album.split()[1]) < many] for many in range(10, 61, 5)]
        fooled += any(list(propose(compare(seen), load_heuristics())) for seen in looks)
    assert fooled / studios <= 0.05


def test_more_comparisons_need_more_evidence() -> None:
    rng = np.random.default_rng(3)
    one = compare(outcomes(rng, 20, 1.0))
    many = compare(row for name in "abcd" for row in outcomes(np.random.default_rng(3), 20, 1.0, setting=name))
    assert many[0].needed == 4 * one[0].needed


def test_points_propose_nothing_that_listeners_dislike() -> None:
    rng = np.random.default_rng(4)
    liked = [*outcomes(rng, 40, 1.5, measure="points"), *outcomes(rng, 40, -0.5)]
    assert not list(propose(compare(liked), load_heuristics()))
    assert list(propose(compare(outcomes(rng, 40, 1.5, measure="points")), load_heuristics()))


def album_of(planned: AlbumPlan, number: int, strength: float) -> AlbumPlan:
    """An album like the one that was planned, of another title, and played with another guide strength."""
    tracks = [
        one.model_copy(update={"playing": one.playing.model_copy(update={"guide_strength": strength})}) for one in planned.tracks
    ]
    return planned.model_copy(update={"title": f"Album {number}", "tracks": tuple(tracks)})


def write_album(folder: Path, album: AlbumPlan, points: float) -> None:
    """An album whose candidates have these points, as `produce` writes it, without sound."""
    folder.mkdir(parents=True)
    (folder / "plan.json").write_bytes(write_plan(album))
    ledger = Ledger(folder, writes=True)
    for place, track in enumerate(album.tracks, 1):
        for seed in track.seeds:
            take = base64.b32encode(hashlib.sha256(f"{album.key} {seed}".encode()).digest()).decode().lower()[:12]
            key = candidate_key(track, seed)
            ledger.add(
                Decision(step=0, at=datetime.now(UTC), kind="candidate", track=place, key=key, takes=(take,),
                         decision="played", scores={"inspector": points, "points": points}, cost=Cost(takes=1))
            )  # fmt: skip


@pytest.fixture
def albums(card: Card, tmp_path: Path) -> Path:
    """Sixteen albums: those with a guide strength of .3 have more points than those with nano's own."""
    own = card.song_strength or 0.5
    planned = plan_album(Commission(brief="lofi, 2 tracks, 20 seconds each", candidates=1), card)
    rng = np.random.default_rng(5)
    for number in range(16):
        weak = number % 2 == 1
        points = 7.0 + 1.5 * weak + float(rng.normal(0, 0.2))
        write_album(tmp_path / "albums" / str(number), album_of(planned, number, 0.3 if weak else own), points)
    return tmp_path / "albums"


def test_albums_change_the_table_only_when_asked_and_plans_name_it(albums: Path, studio: Studio, card: Card) -> None:
    place = studio.settings.studio
    found = learn([albums], studio)
    assert found.albums == 16 and not (place / FILE).exists()
    (one,) = found.proposals
    assert (one.genre, one.family, one.setting, one.after) == ("lofi", "nano", "guide_strength", "0.3")
    assert learn([albums, albums / "3"], studio).albums == 16  # the same album twice is one

    asked = Commission(brief="lofi single")
    before = plan_album(asked, card, table=load_table(place))
    keep_own(place, found.own)
    after = plan_album(asked, card, table=load_table(place))
    assert after.tracks[0].playing.guide_strength == 0.3 != before.tracks[0].playing.guide_strength
    assert after.table != before.table == plan_album(asked, card).table
    assert not learn([albums], studio).proposals  # what is in force is not proposed again

    assert "shipped table" in undo_own(place)
    assert load_table(place) == load_heuristics() and not (place / BEFORE).exists()
    assert write_plan(plan_album(asked, card, table=load_table(place))) == write_plan(before)
    with pytest.raises(NotFound, match="taken back"):
        undo_own(place)


def test_a_form_that_does_worse_is_left_out(card: Card, studio: Studio, tmp_path: Path) -> None:
    rng = np.random.default_rng(6)
    album = plan_album(Commission(brief="lofi, 8 tracks", candidates=1), card)
    forms = [", ".join(part.rsplit(" ", 1)[0] for part in track.sheet.form.split(", ")) for track in album.tracks]
    name = forms[0]
    for number in range(8):
        for place, track in enumerate(album.tracks):
            single = album.model_copy(update={"title": f"{number} {place}", "tracks": (track,)})
            write_album(tmp_path / single.title, single, 7.0 - 2.0 * (forms[place] == name) + float(rng.normal(0, 0.2)))
    (one,) = learn([tmp_path], studio).proposals
    assert (one.setting, one.value) == ("form", name)
    keep_own(studio.settings.studio, learn([tmp_path], studio).own)
    forms = load_table(studio.settings.studio).genres["lofi"].forms
    assert len(forms) == len(load_heuristics().genres["lofi"].forms) - 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[genres.lofy]", "did you mean lofi"),
        ("[genres.lofi.variants.nano]\nsteps = 0", "steps"),
        ("[genres.lofi]\nforms = ['what']", "forms"),
        ("[genres.lofi]\nloudness = -3", "loudness"),
        ("[genres", "planner.toml"),
    ],
)
def test_a_wrong_table_of_ones_own_is_refused_with_its_place(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / FILE).write_text(text)
    with pytest.raises(BadInput, match=told):
        load_own(tmp_path)


def test_a_table_of_ones_own_that_was_edited_by_hand_is_put_back(tmp_path: Path, albums: Path, studio: Studio) -> None:
    place = studio.settings.studio
    (place / FILE).write_text("# mine\n[genres.jazz]\nvariants.nano = { steps = 12 }\n")
    found = learn([albums], studio)
    keep_own(place, found.own)
    own = load_own(place)
    assert own.genres["jazz"].variants["nano"].steps == 12 and own.genres["lofi"].variants["nano"].guide_strength == 0.3
    undo_own(place)
    assert (place / FILE).read_text().startswith("# mine")


def test_folders_without_albums_are_told(studio: Studio, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no album"):
        learn([tmp_path], studio)
    with pytest.raises(NotFound, match="no folder"):
        learn([tmp_path / "none"], studio)


def test_stars_of_a_track_before_its_revision_are_not_those_of_what_it_is_now(card: Card, studio: Studio, tmp_path: Path) -> None:
    planned = plan_album(Commission(brief="lofi, 1 track, 20 seconds", candidates=1), card)
    now = planned.model_copy(update={"tracks": (planned.tracks[0].model_copy(update={"seeds": (5,)}),)})
    write_album(tmp_path / "album", planned, 7.0)
    ledger = Ledger(tmp_path / "album", writes=True)
    old, key = ledger.rows[0], candidate_key(now.tracks[0], 5)
    (tmp_path / "album" / "plan.json").write_bytes(write_plan(now))
    ledger.add(old.model_copy(update={"kind": "choose", "key": ""}))
    ledger.add(old.model_copy(update={"key": key, "takes": ("a" * 12,)}))
    asked: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(learning, "_rate", lambda take, _: asked.append(take))
        learn([tmp_path / "album"], studio)
    assert asked == ["a" * 12]


def test_albums_of_an_instrument_that_is_gone_teach_the_rest_and_a_damaged_one_is_named(
    card: Card, studio: Studio, tmp_path: Path
) -> None:
    planned = plan_album(Commission(brief="lofi, 1 track, 20 seconds", candidates=1), card)
    playing = planned.tracks[0].playing.model_copy(update={"variant": str(tmp_path / "gone")})
    gone = planned.model_copy(update={"tracks": (planned.tracks[0].model_copy(update={"playing": playing}),)})
    write_album(tmp_path / "albums" / "one", gone, 7.0)
    assert learn([tmp_path / "albums"], studio).albums == 1
    (tmp_path / "albums" / "two").mkdir()
    (tmp_path / "albums" / "two" / "plan.json").write_text("{}")
    with pytest.raises(BadInput, match=r"albums/two: plan\.json"):
        learn([tmp_path / "albums"], studio)


def test_a_table_that_is_no_file_is_refused(studio: Studio, tmp_path: Path) -> None:
    place = studio.settings.studio / FILE
    place.symlink_to(tmp_path / "nowhere.toml")
    with pytest.raises(NotFound, match="no recipe at"):
        load_own(studio.settings.studio)
    place.unlink()
    place.mkdir()
    with pytest.raises(BadInput, match="not a file"):
        load_own(studio.settings.studio)
